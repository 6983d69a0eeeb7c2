"""Register a logged model in Unity Catalog and serve it: python to_databricks.py models:/... NAME.

NAME has three parts, such as main.lending.loan_approval. It needs DATABRICKS_HOST, DATABRICKS_TOKEN
and MLFLOW_TRACKING_URI in the environment. With --version, a version that is there is served. An
endpoint that does not scale to zero costs money until it is deleted.
"""

import argparse

import mlflow
from mlflow.deployments import get_deploy_client

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("model_uri")
parser.add_argument("name")
parser.add_argument("--version")
parser.add_argument("--endpoint", default="loan-approval")
given = parser.parse_args()

version = given.version
if version is None:
    mlflow.set_registry_uri("databricks-uc")
    version = mlflow.register_model(given.model_uri, given.name).version
entity = {"entity_name": given.name, "entity_version": str(version)}
entity |= {"workload_size": "Small", "scale_to_zero_enabled": True}
client = get_deploy_client("databricks")
client.create_endpoint(config={"name": given.endpoint, "config": {"served_entities": [entity]}})
print(f"asked for {given.endpoint} with version {version} of {given.name}")
