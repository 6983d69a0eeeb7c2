#!/usr/bin/env bash
# MLflow 3.17.2: prompts and registered models share one list of names. A prompt under the name of a model is refused.
# A model under the name of a prompt is not: log_model with registered_model_name says "Created version '2' of model",
# the run is FINISHED, and the model is lost to its name: models:/NAME/2 is "not found", search_registered_models does
# not list it, and version 2 of the prompt is None. By its own address, the model loads.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 numpy==2.4.6 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true
environment/bin/python -W ignore - 2>said.txt <<'PY'
import mlflow
from sklearn.linear_model import LinearRegression

mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.register_prompt("letter", "Dear {{name}}")
with mlflow.start_run() as run:
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    about = {"name": "model", "pip_requirements": ["scikit-learn==1.9.1"]}
    info = mlflow.sklearn.log_model(model, registered_model_name="letter", **about)
print(f"run: {mlflow.get_run(run.info.run_id).info.status}, registered version: {info.registered_model_version}")
assert info.registered_model_version == 2
try:
    mlflow.pyfunc.load_model("models:/letter/2")
except mlflow.MlflowException as error:
    print(f"models:/letter/2: {error}")
    assert "Registered Model with name='letter' not found" in str(error)
else:
    raise SystemExit("the model is found")
models = [model.name for model in mlflow.search_registered_models()]
print(f"registered models: {models}; prompts:/letter/2: {mlflow.load_prompt('prompts:/letter/2')}")
assert models == [] and mlflow.load_prompt("prompts:/letter/2") is None
print("by its own address:", mlflow.pyfunc.load_model(info.model_uri).predict([[3.0]]))
mlflow.sklearn.log_model(model, registered_model_name="loans", **about)
try:
    mlflow.register_prompt("loans", "Dear {{name}}")
except mlflow.MlflowException as error:
    print(f"the other way: {error}")
else:
    raise SystemExit("a prompt under the name of a model is accepted")
PY
grep "Created version '2'" said.txt
