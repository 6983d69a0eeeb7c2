#!/usr/bin/env bash
# MLflow 3.17.2: the digest of a pandas dataset of 30,000 rows does not change when a value in row
# 20,000 does; in row 5,000 it does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import mlflow
import pandas as pd

table = pd.DataFrame({"x": [float(n) for n in range(30_000)]})
late, early = table.copy(), table.copy()
late.loc[20_000, "x"] = early.loc[5_000, "x"] = -1.0
digests = [mlflow.data.from_pandas(frame).digest for frame in (table, late, early)]
print("as it was, row 20,000 changed, row 5,000 changed:", digests)
assert digests[0] == digests[1] != digests[2]
EOF
