#!/usr/bin/env bash
# mlserver-mlflow 1.7.1 with MLflow 3.17.2: the model's metadata promise the output "output-0" with
# shape [-1]; the answer calls it "output-1" and gives it the shape [rows, 1].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 mlserver==1.7.1 mlserver-mlflow==1.7.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression

rows = pd.DataFrame({"income": [1.0, 2.0, 3.0, 4.0]})
model = LogisticRegression().fit(rows, [0, 1, 0, 1])
signature = mlflow.models.infer_signature(rows, model.predict(rows))
mlflow.sklearn.save_model(model, "model", signature=signature, serialization_format="cloudpickle")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


port = free_port()
os.mkdir("serve")
served = {"implementation": "mlserver_mlflow.MLflowRuntime", "parameters": {"uri": os.path.abspath("model")}}
ports = {"http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
for file, said in {
    "model-settings.json": {"name": "loans", **served},
    "settings.json": {"host": "127.0.0.1", "parallel_workers": 0, **ports},
}.items():
    with open(f"serve/{file}", "w") as settings:
        json.dump(said, settings)
with open("log", "w") as log:
    command = ["environment/bin/mlserver", "start", "serve"]
    server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def ask(path, body=None):
    """Ask the server, again for two minutes if it does not answer yet."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v2/{path}", body, headers)
    for _ in range(240):
        try:
            return urllib.request.urlopen(request).read()
        except OSError:
            time.sleep(0.5)


try:
    ask("health/ready")
    (promised,) = json.loads(ask("models/loans"))["outputs"]
    column = {"name": "income", "datatype": "FP64", "shape": [2], "data": [1.0, 2.0]}
    question = {"parameters": {"content_type": "pd"}, "inputs": [column]}
    (given,) = json.loads(ask("models/loans/infer", json.dumps(question).encode()))["outputs"]
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait()
print("promised:", promised["name"], promised["shape"], "| given:", given["name"], given["shape"])
assert (promised["name"], promised["shape"]) == ("output-0", [-1])
assert (given["name"], given["shape"]) == ("output-1", [2, 1])
EOF
