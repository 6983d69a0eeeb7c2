"""Check the two files for Azure ML; with --submit, create endpoint and deployment from them.

Usage: python to_azure.py FOLDER, which holds azure-endpoint.yml, azure-deployment.yml and the
model's files in model/. It runs in an environment made from azure-requirements.txt. To submit, it
needs AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP and AZURE_ML_WORKSPACE in the environment, and an
endpoint's name that is free in its region. An endpoint costs money until it is deleted:
az ml online-endpoint delete --name loan-approval
"""

import os
import sys
from pathlib import Path

from azure.ai.ml import MLClient, load_online_deployment, load_online_endpoint

folder = Path(sys.argv[1])
endpoint = load_online_endpoint(folder / "azure-endpoint.yml")
deployment = load_online_deployment(folder / "azure-deployment.yml")
print(f"{endpoint.name}: {endpoint.auth_mode}, valid")
print(f"{deployment.name} of {deployment.endpoint_name}: {deployment.instance_type}, valid")
if "--submit" in sys.argv:
    from azure.identity import DefaultAzureCredential

    names = ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZURE_ML_WORKSPACE")
    client = MLClient(DefaultAzureCredential(), *(os.environ[name] for name in names))
    client.online_endpoints.begin_create_or_update(endpoint).result()
    client.online_deployments.begin_create_or_update(deployment).result()
    endpoint.traffic = {deployment.name: 100}  # a new deployment gets no requests
    client.online_endpoints.begin_create_or_update(endpoint).result()
