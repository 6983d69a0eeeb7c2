#!/usr/bin/env bash
# MLflow 3.17.2: the call by which the UI draws a curve answers with 320 points at most, taken at even
# distances, so that a single bad step of a long run is not in the picture. get_metric_history has it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
environment/bin/python -W ignore - <<'EOF'
import json
import socket
import subprocess
import time
import urllib.request

import mlflow
from mlflow.entities import Metric

uri = "sqlite:///store.db"
client = mlflow.MlflowClient(uri)
run = client.create_run(client.create_experiment("a long run")).info.run_id
losses = [Metric("loss", 100.0 if step == 1234 else 1.0, step, step) for step in range(5000)]
for start in range(0, 5000, 1000):
    client.log_batch(run, metrics=losses[start : start + 1000])
history = client.get_metric_history(run, "loss")

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = ["environment/bin/mlflow", "server", "--workers", "1", "--port", str(port)]
with open("log", "w") as log:
    server = subprocess.Popen([*command, "--backend-store-uri", uri], stdout=log, stderr=log)
try:
    path = "ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"
    address = f"http://127.0.0.1:{port}/{path}?run_ids={run}&metric_key=loss&max_results=320"
    for _ in range(240):
        try:
            drawn = json.load(urllib.request.urlopen(address))["metrics"]
            break
        except OSError:
            time.sleep(0.5)
finally:
    server.terminate()
    server.wait()

peaks = max(m.value for m in history), max(m["value"] for m in drawn)
print("points logged and drawn:", len(history), len(drawn), "| highest loss:", *peaks)
assert (len(history), len(drawn), peaks) == (5000, 320, (100.0, 1.0))
EOF
