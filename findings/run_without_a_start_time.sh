#!/usr/bin/env bash
# MLflow 3.17.2: POST runs/create without start_time is accepted, and the run starts on 1 January 1970:
# searches, which show the newest first, show it last, and a filter by start does not find it. POST
# runs/update with FINISHED and without end_time gives a finished run that has no end.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill -- "-$server" || true; fi; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
port=$(python3 -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])")
set -m
environment/bin/mlflow server --workers 1 --backend-store-uri sqlite:///store.db \
    --artifacts-destination "$folder/files" --host 127.0.0.1 --port "$port" >server.log 2>&1 &
server=$!
set +m
api=http://127.0.0.1:$port
for _ in $(seq 240); do
    if curl --silent --fail --output /dev/null "$api/health"; then break; fi
    sleep 0.5
done
environment/bin/python -W ignore - "$api" <<'PY'
import sys

import mlflow
import requests

address = sys.argv[1]
mlflow.set_tracking_uri(address)
client = mlflow.MlflowClient()


def post(call, **body):
    answer = requests.post(f"{address}/api/2.0/mlflow/runs/{call}", json=body)
    answer.raise_for_status()
    return answer.json()


client.create_run("0", run_name="by the client")
run = post("create", experiment_id="0", run_name="by REST")["run"]["info"]
post("update", run_id=run["run_id"], status="FINISHED")
found = mlflow.search_runs(["0"])
print(found[["tags.mlflow.runName", "status", "start_time", "end_time"]].to_string(index=False))
assert found["tags.mlflow.runName"].tolist() == ["by the client", "by REST"]
late = client.get_run(run["run_id"]).info
assert (late.start_time, late.end_time, late.status) == (0, None, "FINISHED")
started = client.search_runs(["0"], "attributes.start_time > 0")
assert [run.info.run_name for run in started] == ["by the client"]
PY
