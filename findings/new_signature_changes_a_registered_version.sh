#!/usr/bin/env bash
# MLflow 3.17.2: "model registry artifacts are read-only", says the documentation of set_signature, which refuses
# models:/NAME/1. A registered version has no files of its own, though: set_signature for the address of the logged
# model changes the signature of version 1, also after its registration, and of each copy in another registered model.
# A program that loaded the version before goes on with the old signature. Requests that passed are refused from the
# next loading on.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 numpy==2.4.6 \
    scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import pandas as pd
from mlflow.models import infer_signature, set_signature
from sklearn.linear_model import LinearRegression

mlflow.set_tracking_uri("sqlite:///store.db")
client = mlflow.MlflowClient()
frame = pd.DataFrame({"income": [0.5, 1.5]})
about = {"name": "model", "signature": infer_signature(frame), "pip_requirements": ["scikit-learn==1.9.1"]}
with mlflow.start_run():
    model = LinearRegression().fit(frame, [0.0, 1.0])
    info = mlflow.sklearn.log_model(model, registered_model_name="dev", **about)
client.copy_model_version("models:/dev/1", "prod")
changed = client.get_model_version("prod", "1").last_updated_timestamp


def ask(model):
    try:
        return model.predict(frame).round(1).tolist()
    except mlflow.MlflowException as error:
        return str(error).split("Error: ")[-1]


loaded = mlflow.pyfunc.load_model("models:/prod/1")
print("models:/prod/1:", loaded.metadata.signature.inputs, ask(loaded))
other = infer_signature(frame.assign(age=[40.0, 50.0]))
try:
    set_signature("models:/prod/1", other)
except mlflow.MlflowException as error:
    print(error)
else:
    raise SystemExit("set_signature accepts models:/NAME/VERSION")
set_signature(info.model_uri, other)
again = mlflow.pyfunc.load_model("models:/prod/1")
print("models:/prod/1:", again.metadata.signature.inputs, ask(again))
assert ask(loaded) == [0.0, 1.0]
assert "missing inputs ['age']" in ask(again)
assert mlflow.models.get_model_info("models:/dev/1").signature == again.metadata.signature == other
assert client.get_model_version("prod", "1").last_updated_timestamp == changed
PY
