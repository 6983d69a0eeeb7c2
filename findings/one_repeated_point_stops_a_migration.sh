#!/usr/bin/env bash
# MLflow 2.22.5 and 3.17.2: a folder mlruns may hold one point of a metric twice, as a batch without steps writes it
# where a value comes again. `mlflow migrate-filestore` of 3.17.2 stops there with an IntegrityError and migrates
# nothing at all, whatever else the folder holds. Logged into a database, the same batch is accepted, and the second
# point is dropped. Without the repeated line, the folder is migrated.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
python3 -m venv old
environment/bin/uv pip install --quiet --python old/bin/python \
    mlflow==2.22.5 'sqlalchemy<2.1' setuptools==80.9.0
cat >train.py <<'PY'
import mlflow
from mlflow.entities import Metric

client = mlflow.MlflowClient()
experiment = client.create_experiment("loans")
client.create_run(experiment, run_name="another one")
run = client.create_run(experiment, run_name="with a batch").info.run_id
points = [Metric("accuracy", value, 1_700_000_000_000, 0) for value in (0.8, 0.9, 0.9)]
client.log_batch(run, metrics=points)
print(mlflow.__version__, [metric.value for metric in client.get_metric_history(run, "accuracy")])
PY
MLFLOW_TRACKING_URI="$folder/mlruns" old/bin/python -W ignore train.py 2>/dev/null | tee said.txt
grep -q "0.8, 0.9, 0.9" said.txt
MLFLOW_TRACKING_URI=sqlite:///other.db environment/bin/python -W ignore train.py 2>/dev/null | tee said.txt
grep -q "0.8, 0.9\]" said.txt
migrate() { environment/bin/mlflow migrate-filestore --source mlruns --target "sqlite:///$1" --no-progress; }
runs() { python3 -c "import sqlite3; print(sqlite3.connect('$1').execute('select count(*) from runs').fetchone()[0])"; }
if migrate first.db >said.txt 2>&1; then exit 1; fi
grep -o -m 1 "UNIQUE constraint failed: .*" said.txt
echo "runs in the database: $(runs first.db)"
test "$(runs first.db)" = 0
for file in mlruns/*/*/metrics/*; do
    awk '!seen[$0]++' "$file" >once.txt
    cp once.txt "$file"
done
migrate second.db >said.txt 2>&1
echo "without the repeated line: $(runs second.db)"
test "$(runs second.db)" = 2
