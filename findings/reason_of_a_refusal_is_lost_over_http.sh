#!/usr/bin/env bash
# MLflow 3.17.2: a server answers a refusal of kind INVALID_STATE with status 500, such as the renaming
# of a deleted experiment or the deletion of a workspace that is not empty. The client takes that for a
# failure of the server, asks seven more times with longer and longer pauses, and raises "too many 500
# error responses" without the reason, which the database store itself raises at once.
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
environment/bin/mlflow server --workers 1 --backend-store-uri sqlite:///store.db --enable-workspaces \
    --artifacts-destination "$folder/files" --host 127.0.0.1 --port "$port" >server.log 2>&1 &
server=$!
set +m
for _ in $(seq 240); do
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health"; then break; fi
    sleep 0.5
done
export MLFLOW_HTTP_REQUEST_MAX_RETRIES=2 # the default is 7, which takes minutes
environment/bin/python -W ignore - "http://127.0.0.1:$port" <<'PY'
import sys
import time

import mlflow


def refusal(action, *given, **named):
    start = time.monotonic()
    try:
        action(*given, **named)
    except mlflow.MlflowException as error:
        print(f"  {error.error_code}, {time.monotonic() - start:.1f} s: {str(error)[:45]} ... {str(error)[-45:]}")
        return error.error_code, str(error)
    raise SystemExit("it was not refused")


for uri in ("sqlite:///own.db", sys.argv[1]):
    print("a deleted experiment renamed,", uri.split(":")[0])
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("old")
    client.delete_experiment(experiment)
    code, message = refusal(client.rename_experiment, experiment, "older")
    if uri.startswith("sqlite"):
        assert (code, message) == ("INVALID_STATE", "Cannot rename a non-active experiment.")
    else:
        assert code == "INTERNAL_ERROR" and "too many 500 error responses" in message
        assert "non-active" not in message
print("a workspace that is not empty deleted, http")
mlflow.create_workspace(name="team")
mlflow.set_workspace("team")
client.create_experiment("trials")
code, message = refusal(mlflow.delete_workspace, "team")
assert "too many 500 error responses" in message and "still contains" not in message
PY
grep -o "table 'experiments' still contains 1 resource(s)" server.log | head -n 1 | sed 's/^/only the log of the server says: /'
