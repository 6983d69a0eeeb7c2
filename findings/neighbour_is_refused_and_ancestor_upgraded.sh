#!/usr/bin/env bash
# MLflow 3.15.2, 3.16.0 and 3.17.2: the older the store, the less a newer MLflow asks. 3.16.0 refuses a
# SQLite store of 3.15.2 ("out-of-date database schema") until `mlflow db upgrade` has run; 3.17.2
# upgrades the same store at a mere search. What decides is whether the store lacks a whole table.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >look.py <<'PY'
import sqlite3
import sys

import mlflow

try:
    mlflow.MlflowClient(f"sqlite:///{sys.argv[1]}").search_experiments()
    said = "answers"
except mlflow.MlflowException as error:
    said = "refuses" if "out-of-date database schema" in str(error) else str(error)
(revision,) = sqlite3.connect(sys.argv[1]).execute("SELECT version_num FROM alembic_version").fetchone()
print(f"MLflow {mlflow.__version__} {said}; the revision is {revision}")
PY
look() { "mlflow-$1/bin/python" -W ignore look.py "$2" 2>/dev/null; }
for version in 3.15.2 3.16.0 3.17.2; do
    environment/bin/uv venv --quiet --python environment/bin/python "mlflow-$version"
    environment/bin/uv pip install --quiet --python "mlflow-$version/bin/python" "mlflow==$version"
done
made=$(look 3.15.2 store.db)
cp store.db other.db
neighbour=$(look 3.16.0 store.db)
ancestor=$(look 3.17.2 other.db)
printf '%s\n' "$made" "$neighbour" "$ancestor"
[ "$neighbour" = "MLflow 3.16.0 refuses; the revision is ${made##* }" ]
[[ "$ancestor" = "MLflow 3.17.2 answers; the revision is "* ]] && [ "${ancestor##* }" != "${made##* }" ]
