"""Put a logged model on a SageMaker endpoint: python to_sagemaker.py models:/... loan-approval.

It needs AWS credentials and MLFLOW_TRACKING_URI in the environment, an execution role, a bucket,
and the image that `mlflow sagemaker build-and-push-container` has pushed. An endpoint costs money
until it is deleted: python to_sagemaker.py --delete loan-approval.
"""

import argparse

from mlflow.deployments import get_deploy_client

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("model_uri", nargs="?")
parser.add_argument("name")
parser.add_argument("--delete", action="store_true")
parser.add_argument("--region", default="eu-west-1")
parser.add_argument("--role", help="ARN of the execution role")
parser.add_argument("--bucket", help="where the model's archive goes")
parser.add_argument("--image", help="image in ECR; by default mlflow-pyfunc")
parser.add_argument("--instance-type", default="ml.m5.large")
given = parser.parse_args()

client = get_deploy_client(f"sagemaker:/{given.region}")
if given.delete:
    client.delete_deployment(given.name)
else:
    config = {"instance_type": given.instance_type, "instance_count": 1}
    config |= {"execution_role_arn": given.role, "bucket": given.bucket, "image_url": given.image}
    exists = given.name in [e["EndpointName"] for e in client.list_deployments()]
    put = client.update_deployment if exists else client.create_deployment
    put(given.name, given.model_uri, config=config)
    print(given.name, client.get_deployment(given.name)["EndpointStatus"])
