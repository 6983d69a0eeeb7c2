#!/usr/bin/env bash
# MLflow 3.17.2: `mlflow migrate-filestore` writes a NaN score of a logged model into the database as NULL, and ends
# as a success. Read from the database, the score is None; through a server, the search for the logged models of the
# experiment fails with status 500, for this model and all others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_HTTP_REQUEST_MAX_RETRIES=1
server=
trap 'if [ -n "$server" ]; then kill -- "-$server" || true; fi; rm -rf "$folder"' EXIT
MLFLOW_ALLOW_FILE_STORE=true MLFLOW_TRACKING_URI="$folder/mlruns" environment/bin/python -W ignore - 2>/dev/null <<'PY'
import math

import mlflow

mlflow.set_experiment("loans")
for name, loss in {"diverged": math.nan, "good": 0.4}.items():
    with mlflow.start_run():
        model = mlflow.initialize_logged_model(name=name)
        mlflow.log_metric("loss", loss, model_id=model.model_id)
        mlflow.finalize_logged_model(model.model_id, "READY")
    print("in the folder:", name, mlflow.get_logged_model(model.model_id).metrics[0].value)
PY
environment/bin/mlflow migrate-filestore --source mlruns --target sqlite:///store.db --no-progress >said.txt 2>&1
grep "logged_model_metrics" said.txt
cat >look.py <<'PY'
import mlflow

(experiment,) = mlflow.search_experiments(filter_string="name = 'loans'")
try:
    models = mlflow.search_logged_models([experiment.experiment_id], output_format="list")
    print({model.name: model.metrics[0].value if model.metrics else "without a score" for model in models})
except mlflow.MlflowException as error:
    print(type(error).__name__, str(error)[-60:])
PY
MLFLOW_TRACKING_URI=sqlite:///store.db environment/bin/python -W ignore look.py 2>/dev/null | tee said.txt
grep -q "'diverged': None" said.txt
port=$(python3 -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])")
set -m
environment/bin/mlflow server --workers 1 --backend-store-uri sqlite:///store.db \
    --artifacts-destination "$folder/files" --host 127.0.0.1 --port "$port" >server.log 2>&1 &
server=$!
set +m
for _ in $(seq 240); do
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health"; then break; fi
    sleep 0.5
done
MLFLOW_TRACKING_URI=http://127.0.0.1:$port environment/bin/python -W ignore look.py 2>/dev/null | tee said.txt
grep -q "500 error responses" said.txt
python3 - <<'PY'
import sqlite3

with sqlite3.connect("store.db") as store:
    store.execute("DELETE FROM logged_model_metrics WHERE metric_value IS NULL")
PY
MLFLOW_TRACKING_URI=http://127.0.0.1:$port environment/bin/python -W ignore look.py 2>/dev/null | tee said.txt
grep -q "'good': 0.4" said.txt
