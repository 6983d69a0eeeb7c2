#!/usr/bin/env bash
# MLflow 3.17.2 with datasets 5.2.0: the digest of a dataset by from_huggingface is that of its first 10,000 rows, and
# does not know how many there are: 10,000, 20,000 and 30,000 rows have one digest, so a dataset to which rows were
# appended looks like the old one. from_pandas counts the rows.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python \
    mlflow==3.17.2 pandas==3.1.1 pyarrow==25.0.1 \
    datasets==5.2.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import datasets
import mlflow
import pandas as pd

frame = pd.DataFrame({"income": [float(number) for number in range(30_000)]})
digests = {"huggingface": [], "pandas": []}
for rows in (10_000, 20_000, 30_000):
    part = frame.head(rows)
    dataset = mlflow.data.from_huggingface(datasets.Dataset.from_pandas(part))
    assert dataset.profile["num_rows"] == rows
    digests["huggingface"].append(dataset.digest)
    digests["pandas"].append(mlflow.data.from_pandas(part).digest)
for name, found in digests.items():
    print(f"10,000, 20,000 and 30,000 rows by {name}:", *found)
assert len(set(digests["huggingface"])) == 1
assert len(set(digests["pandas"])) == 3
PY
