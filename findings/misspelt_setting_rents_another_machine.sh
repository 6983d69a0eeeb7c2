#!/usr/bin/env bash
# MLflow 3.17.2: the client of SageMaker ignores a setting whose name it does not know. With
# "instance_typ" for "instance_type", create_deployment succeeds and rents an ml.m4.xlarge.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 boto3==1.44.5 "moto[s3,sagemaker,sts]==5.2.5"
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export AWS_ACCESS_KEY_ID=nobody AWS_SECRET_ACCESS_KEY=nothing AWS_DEFAULT_REGION=eu-west-1
environment/bin/python -W ignore - <<'EOF'
import boto3
import mlflow
from mlflow.deployments import get_deploy_client
from moto import mock_aws
from sklearn.linear_model import LogisticRegression

model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
mlflow.sklearn.save_model(model, "model", serialization_format="cloudpickle")
with mock_aws():
    boto3.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    config = {
        "execution_role_arn": "arn:aws:iam::123456789012:role/loans",
        "image_url": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mlflow-pyfunc:3.17.2",
        "bucket": "models",
        "region_name": "eu-west-1",
        "instance_typ": "ml.t2.medium",
        "synchronous": False,
        "archive": True,
    }
    get_deploy_client("sagemaker:/eu-west-1").create_deployment("loans", "model", config=config)
    sagemaker = boto3.client("sagemaker")
    name = sagemaker.describe_endpoint(EndpointName="loans")["EndpointConfigName"]
    (machine,) = sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
print("asked for: ml.t2.medium | rented:", machine["InstanceType"])
assert machine["InstanceType"] == "ml.m4.xlarge"
EOF
