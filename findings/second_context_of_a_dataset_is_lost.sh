#!/usr/bin/env bash
# MLflow 3.17.2: log_input of one dataset with context "training" and again with context "testing" in the
# same run: the second call raises nothing and stores nothing, and the run knows the first context only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'PY'
import mlflow
import pandas as pd

mlflow.set_tracking_uri("sqlite:///store.db")
rows = mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), name="rows")
with mlflow.start_run() as run:
    mlflow.log_input(rows, context="training")
    mlflow.log_input(rows, context="testing")
inputs = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
contexts = [(given.dataset.name, given.tags[0].value) for given in inputs]
print("inputs of the run:", contexts)
assert contexts == [("rows", "training")], contexts
PY
