#!/usr/bin/env bash
# MLflow 3.17.2: in a search for runs, each condition on a dataset may be met by another dataset of the run. A run
# that was trained on march and tested on april is found by dataset.name = 'march' AND dataset.context = 'testing', as
# if it had been tested on march. Its inputs say which is which.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import pandas as pd

mlflow.set_tracking_uri("sqlite:///store.db")
months = {
    name: mlflow.data.from_pandas(pd.DataFrame({"income": [income]}), name=name)
    for name, income in {"march": 2000.0, "april": 3000.0}.items()
}
for run, contexts in {
    "trained on march": {"march": "training", "april": "testing"},
    "tested on march": {"april": "training", "march": "testing"},
}.items():
    with mlflow.start_run(run_name=run):
        for name, context in contexts.items():
            mlflow.log_input(months[name], context=context)
asked = "dataset.name = 'march' AND dataset.context = 'testing'"
found, right = [], []
for run in mlflow.search_runs(["0"], asked, output_format="list"):
    inputs = {item.dataset.name: item.tags[0].value for item in run.inputs.dataset_inputs}
    print(f"{asked}: {run.info.run_name}, {inputs}")
    found.append(run.info.run_name)
    if inputs["march"] == "testing":
        right.append(run.info.run_name)
assert sorted(found) == ["tested on march", "trained on march"]
assert right == ["tested on march"]
PY
