#!/usr/bin/env bash
# MLflow 3.17.2 with numpy 2.4.6: a step that is numpy's integer, as in `for step in np.arange(10)`, is stored in a
# SQLite store as bytes. The first steps are accepted; a later one may raise ("ufunc 'greater' did not contain a
# loop"), and the history then has steps such as b'\x01\x00...'. A server on that store answers each search for runs
# of that experiment with status 500, so the UI shows none of its runs. Through a server, the same loop is logged
# rightly; so it is with int(step).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python mlflow==3.17.2 numpy==2.4.6
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_HTTP_REQUEST_MAX_RETRIES=1
export MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true
server=
trap 'if [ -n "$server" ]; then kill -- "-$server" || true; fi; rm -rf "$folder"' EXIT
cat >train.py <<'PY'
import sys

import mlflow
import numpy as np

client = mlflow.MlflowClient()


def train(name, kind):
    mlflow.set_experiment(name)
    with mlflow.start_run() as run:
        for step in np.arange(3):
            try:
                mlflow.log_metric("loss", 1 - step / 10, step=kind(step))
            except mlflow.MlflowException as error:
                print(f"step {step}: {error}")
    steps = [metric.step for metric in client.get_metric_history(run.info.run_id, "loss")]
    print(f"{name}: steps {steps}")
    return steps


def look(name):
    experiment = client.get_experiment_by_name(name).experiment_id
    try:
        answer = f"{len(client.search_runs([experiment]))} run"
    except mlflow.MlflowException as error:
        answer = str(error)[-33:]
    print(f"search in {name} through the server: {answer}")
    return answer


if sys.argv[1] == "SQLite":
    assert train("numpy", np.int64) == [0, b"\x01" + 7 * b"\0"]
    assert train("whole", int) == [0, 1, 2]
else:
    assert train("server", np.int64) == [0, 1, 2]
    assert "too many 500 error responses" in look("numpy")
    assert look("whole") == look("server") == "1 run"
PY
python="environment/bin/python -W ignore"
MLFLOW_TRACKING_URI=sqlite:///store.db $python train.py SQLite 2>/dev/null | tee said.txt
grep -q "ufunc 'greater' did not contain a loop" said.txt
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
MLFLOW_TRACKING_URI=http://127.0.0.1:$port $python train.py server 2>/dev/null
