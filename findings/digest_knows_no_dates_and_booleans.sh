#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: the digest of a pandas dataset leaves out columns of datetimes, of
# booleans and of lists: other values give the same digest, and a frame of dates has the digest of a
# frame of booleans. Numbers, text and categories count.
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

pairs = {
    "datetimes": (pd.to_datetime(["2020-01-01", "2020-01-02"]), pd.to_datetime(["2021-06-01", "2020-01-02"])),
    "booleans": ([True, False], [True, True]),
    "lists": ([[1], [2]], [[1], [3]]),
    "numbers": ([1, 2], [1, 3]),
    "text": (["a", "b"], ["a", "c"]),
    "categories": (pd.Categorical(["a", "b"]), pd.Categorical(["a", "a"], categories=["a", "b"])),
}
digests = {
    name: [mlflow.data.from_pandas(pd.DataFrame({"x": values})).digest for values in pair]
    for name, pair in pairs.items()
}
for name, (first, second) in digests.items():
    print(f"{name:10}", first, second, "the same" if first == second else "different")
same = [name for name, (first, second) in digests.items() if first == second]
assert same == ["datetimes", "booleans", "lists"], same
assert digests["datetimes"] == digests["booleans"]
PY
