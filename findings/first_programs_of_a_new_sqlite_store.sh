#!/usr/bin/env bash
# MLflow 3.17.2: three programs that open a new SQLite file in the same moment: two fail, with "table ...
# already exists" rather than "database is locked", since each of them makes the tables. The third
# goes on, and later programs find a whole store.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >log.py <<'PY'
import pathlib
import sys
import time

import mlflow

pathlib.Path(f"ready{sys.argv[1]}").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.001)
mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.set_experiment(f"trials of {sys.argv[1]}")
with mlflow.start_run():
    mlflow.log_metric("loss", 0.5)
PY
programs=()
for number in 1 2 3; do
    environment/bin/python -W ignore log.py $number 2>"said$number.txt" &
    programs+=($!)
done
while [ ! -e ready1 ] || [ ! -e ready2 ] || [ ! -e ready3 ]; do sleep 0.1; done
touch go
failed=0
for program in "${programs[@]}"; do wait "$program" || failed=$((failed + 1)); done
echo "$failed of 3 failed: $(grep -h '^sqlalchemy.*already exists' said?.txt | sort -u | tr '\n' ' ')"
[ "$failed" -ge 1 ] && grep -q '^sqlalchemy.exc.OperationalError.*already exists' said?.txt
environment/bin/python -W ignore log.py 4
echo "a fourth program logs"
