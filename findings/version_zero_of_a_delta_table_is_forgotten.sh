#!/usr/bin/env bash
# MLflow 3.17.2 with deltalake 1.6.6: a run that was trained on version 0 of a Delta table, the first one, records the
# table without a version: DeltaDatasetSource leaves a zero out. Whoever reads the source of the run's dataset gets
# the newest version of the table. Version 1 and later ones are recorded.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python \
    mlflow==3.17.2 pandas==3.1.1 pyarrow==25.0.1 \
    deltalake==1.6.6
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import json

import mlflow
import pandas as pd
from deltalake import DeltaTable, write_deltalake
from mlflow.data.delta_dataset_source import DeltaDatasetSource

mlflow.set_tracking_uri("sqlite:///store.db")
for incomes in ([2000.0, 3000.0], [4000.0], [5000.0]):  # versions 0, 1 and 2
    write_deltalake("loans", pd.DataFrame({"income": incomes}), mode="append")
recorded, trained, read = [], [], []
for version in range(3):
    frame = DeltaTable("loans", version=version).to_pandas()
    source = DeltaDatasetSource(path="loans", delta_table_version=version)
    assert source.delta_table_version == version
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, source=source), context="training")
    (logged,) = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    source = mlflow.data.get_source(logged)
    again = DeltaTable(source.path, version=source.delta_table_version).to_pandas()
    print(f"version {version}: recorded {logged.dataset.source}, {len(frame)} rows, read again {len(again)} rows")
    recorded.append(json.loads(logged.dataset.source).get("delta_table_version"))
    trained.append(len(frame))
    read.append(len(again))
assert recorded == [None, 1, 2]
assert trained == [2, 3, 4] and read == [4, 3, 4]
PY
