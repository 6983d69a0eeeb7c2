#!/usr/bin/env bash
# MLflow 3.17.2: an experiment keeps one record for each name and digest of a dataset, and the name is "dataset"
# unless another is given. A second run with the same rows from another source, such as next month's file or a version
# of a Delta table, is shown with the source of the first run. Nothing says so. In another experiment, or under
# another name, the source is recorded.
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
from mlflow.data.delta_dataset_source import DeltaDatasetSource

mlflow.set_tracking_uri("sqlite:///store.db")
client = mlflow.MlflowClient()
frame = pd.DataFrame({"income": [2000.0, 3000.0]})


def record(source, **about):
    dataset = mlflow.data.from_pandas(frame, source=source, **about)
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
    (logged,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    print(f"logged {dataset.source.to_json()}, recorded {logged.dataset.source}, {logged.dataset.digest}")
    return logged.dataset.source


january = record("s3://bucket/january.csv")
february = record("s3://bucket/february.csv")
delta = record(DeltaDatasetSource(path="loans", delta_table_version=3))
named = record("s3://bucket/february.csv", name="february")
mlflow.set_experiment("another")
elsewhere = record("s3://bucket/february.csv")
assert january == february == delta == '{"uri": "s3://bucket/january.csv"}'
assert named == elsewhere == '{"uri": "s3://bucket/february.csv"}'
PY
