#!/usr/bin/env bash
# MLflow 3.17.2: the digest of an evaluation dataset (mlflow.genai.datasets) is made of its name and the time of its
# last merge, and not of its records: merging the same records again changes it, and deleting two of three does not,
# though the dataset then has one record.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import time

import mlflow
from mlflow.genai.datasets import create_dataset, get_dataset

mlflow.set_tracking_uri("sqlite:///store.db")
dataset_id = create_dataset(name="applications", experiment_id="0").dataset_id
records = [{"inputs": {"income": income}, "expectations": {"approved": True}} for income in (1000, 2000, 3000)]
states = []


def look(what):
    dataset = get_dataset(dataset_id=dataset_id)
    table = dataset.to_df()
    states.append((dataset.digest, sorted(row["income"] for row in table["inputs"])))
    print(f"{what}: digest {dataset.digest}, {len(table)} records, {dataset.profile}")
    return table


get_dataset(dataset_id=dataset_id).merge_records(records)
look("three records")
time.sleep(0.1)
get_dataset(dataset_id=dataset_id).merge_records(records)
table = look("the same three again")
get_dataset(dataset_id=dataset_id).delete_records(table["dataset_record_id"].tolist()[:2])
look("two of them deleted")
assert states[0][1] == states[1][1] and states[0][0] != states[1][0]
assert len(states[2][1]) == 1 and states[2][0] == states[1][0]
PY
