#!/usr/bin/env bash
# MLflow 3.17.2: the source of a copied model version is an address by name. After the original has been
# renamed and its old name given to another model, the copy still loads the right files, but its
# recorded source, models:/NAME/1, leads to the other model.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
from sklearn.linear_model import LinearRegression

mlflow.set_tracking_uri("sqlite:///store.db")
client = mlflow.MlflowClient()


def register(slope, name):
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, slope])
    about = {"pip_requirements": ["scikit-learn==1.9.1"], "registered_model_name": name}
    mlflow.sklearn.log_model(model, name="model", **about)


def answer(address):
    return mlflow.pyfunc.load_model(address).predict([[1.0]]).round(6).tolist()


register(1.0, "loans")
client.copy_model_version("models:/loans/1", "loans-prod")
client.rename_registered_model("loans", "loans-2025")
register(5.0, "loans")
source = client.get_model_version("loans-prod", "1").source
answers = {address: answer(address) for address in ("models:/loans-2025/1", "models:/loans-prod/1", source)}
print("source of models:/loans-prod/1:", source, "| answers:", answers)
assert answers == {"models:/loans-2025/1": [1.0], "models:/loans-prod/1": [1.0], "models:/loans/1": [5.0]}
PY
