#!/usr/bin/env bash
# MLflow 3.17.2: log_metric with step=1.5 is stored in a SQLite store as it is, though steps are whole
# numbers, and reads back as 1.5; the same call through a server raises TypeError in the client, before
# anything is sent ('float' object cannot be interpreted as an integer).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'PY'
import mlflow

client = mlflow.MlflowClient("sqlite:///store.db")
run_id = client.create_run("0").info.run_id
client.log_metric(run_id, "loss", 0.5, step=1.5)
steps = [metric.step for metric in client.get_metric_history(run_id, "loss")]
print("SQLite keeps the step", steps)
assert steps == [1.5]
try:
    mlflow.MlflowClient("http://127.0.0.1:9").log_metric(run_id, "loss", 0.5, step=1.5)
except TypeError as error:
    print("a client of a server: TypeError:", error)
else:
    raise SystemExit("it was sent")
PY
