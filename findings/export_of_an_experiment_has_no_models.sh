#!/usr/bin/env bash
# mlflow-export-import 1.2.0 with MLflow 3.17.2: "exported" is an experiment without its
# logged models, a registered model is exported without files and cannot be imported; and the package
# does not name tabulate, which it imports, among its requirements.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 mlflow-export-import==1.2.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
if environment/bin/export-experiment --help > said 2>&1; then exit 1; fi
grep "No module named 'tabulate'" said
environment/bin/uv pip install --quiet --python environment/bin/python tabulate==0.10.0
environment/bin/python -W ignore - <<'EOF'
import os
import re
import socket
import subprocess
import time
import urllib.request
from contextlib import ExitStack

import mlflow
from sklearn.linear_model import LogisticRegression


def serve(name, stack):
    """Start a server with a store of its own; return its address when it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d" % free.getsockname()[1]
    place = ["--backend-store-uri", f"sqlite:///{name}.db", "--artifacts-destination", name]
    command = ["environment/bin/mlflow", "server", "--workers", "1", "--port", url.split(":")[2]]
    log = stack.enter_context(open(f"{name}.log", "w"))
    server = subprocess.Popen([*command, *place], stdout=log, stderr=log)
    stack.callback(server.wait)
    stack.callback(server.terminate)
    for _ in range(240):
        try:
            urllib.request.urlopen(url)
            return url
        except OSError:
            time.sleep(0.5)


def run(url, *command):
    environment = {**os.environ, "MLFLOW_TRACKING_URI": url}
    program = [f"environment/bin/{command[0]}", *command[1:]]
    done = subprocess.run(program, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


with ExitStack() as stack:
    here, there = serve("here", stack), serve("there", stack)
    mlflow.set_tracking_uri(here)
    mlflow.set_experiment("loans")
    with mlflow.start_run():
        mlflow.log_metric("auc", 0.5)
        model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
        kept = {"serialization_format": "cloudpickle", "registered_model_name": "loans"}
        mlflow.sklearn.log_model(model, name="model", **kept)
    code, said = run(here, "export-experiment", "--experiment", "loans", "--output-dir", "experiment")
    print(said.strip().splitlines()[-1])
    assert code == 0 and re.search(r"All 1 runs \w+ exported", said)
    files = [name for _, _, names in os.walk("experiment") for name in names]
    print("files of the experiment:", sorted(files))
    assert "MLmodel" not in files
    code, said = run(there, "import-experiment", "--experiment-name", "loans", "--input-dir", "experiment")
    client = mlflow.MlflowClient(there)
    experiment = client.get_experiment_by_name("loans").experiment_id
    runs = client.search_runs([experiment])
    models = client.search_logged_models([experiment])
    print("imported:", [run.data.metrics for run in runs], list(models))
    assert code == 0 and runs[0].data.metrics == {"auc": 0.5} and list(models) == []
    code, said = run(here, "export-model", "--model", "loans", "--output-dir", "model")
    assert code == 0 and "Exported 1/1 'all' versions" in said
    target = ["--model", "loans", "--experiment-name", "moved", "--input-dir", "model"]
    code, said = run(there, "import-model", *target)
    print("import of the registered model:", said.strip().splitlines()[-1][:70] if code else "done")
    assert code and "in registered model version source field 'models:/" in said
EOF
