#!/usr/bin/env bash
# MLflow 3.17.2: of three programs that open a new SQLite file in the same moment, one to three fail, with "table
# ... already exists", "duplicate column name" or "Online migration expected to match one row", and not with "database is locked", since each
# of them makes the tables. Where one goes on, later programs find a whole store; where all three fail, the
# file is left half made, and every later program fails at it, too.
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
lost='^(sqlalchemy.exc.OperationalError.*(already exists|duplicate column name)|.*Online migration expected)'
all=0
for round in 1 2 3 4; do
  rm -f store.db ready? go said?
  programs=()
  for number in 1 2 3; do
    environment/bin/python -W ignore log.py $number 2> "said$number" &
    programs+=($!)
  done
  while [ ! -e ready1 ] || [ ! -e ready2 ] || [ ! -e ready3 ]; do sleep 0.1; done
  touch go
  failed=0
  for program in "${programs[@]}"; do wait "$program" || failed=$((failed + 1)); done
  [ "$failed" = "$(grep -l -E "$lost" said? | wc -l)" ]
  all=$((all + failed))
  if environment/bin/python -W ignore log.py 4 2> /dev/null; then later=logs; else later=fails; fi
  echo "round $round: $failed of 3 failed, a fourth program $later"
  if [ "$failed" -lt 3 ]; then [ $later = logs ]; else [ $later = fails ]; fi
done
[ "$all" -ge 1 ]
