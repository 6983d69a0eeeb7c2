#!/usr/bin/env bash
# MLflow 3.17.2: once `mlflow server --enable-workspaces` has kept an experiment in another workspace,
# neither the plain server nor mlflow gc nor a program on the database itself opens the store, even
# when the experiment is deleted. `mlflow db migrate-to-default-workspace`, which the error does not
# name, is the way back; it stops at experiments of one name, deleted ones included.
set -euo pipefail
folder=$(mktemp -d)
server=
stop() {
    if [ -n "$server" ]; then kill -- "-$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    server=
}
trap 'stop; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
store=sqlite:///store.db
start() { # start [OPTION]: fails if the server ends before it answers
    local port
    port=$(python3 -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])")
    address=http://127.0.0.1:$port
    set -m
    environment/bin/mlflow server --workers 1 --backend-store-uri $store --artifacts-destination "$folder/files" \
        --host 127.0.0.1 --port "$port" "$@" >server.log 2>&1 &
    server=$!
    set +m
    for _ in $(seq 240); do
        if curl --silent --fail --output /dev/null "$address/health"; then return; fi
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.5
    done
    return 1
}
run() { MLFLOW_TRACKING_URI=$1 environment/bin/python -W ignore -c "import mlflow; client = mlflow.MlflowClient(); $2"; }
migrate() { environment/bin/mlflow db migrate-to-default-workspace --yes $store; }
closed="Cannot disable workspaces because experiments exist outside the default workspace"
start --enable-workspaces
run "$address" "
mlflow.set_experiment('trials')
mlflow.create_workspace(name='team')
mlflow.set_workspace('team')
experiment = mlflow.set_experiment('trials').experiment_id
with mlflow.start_run():
    mlflow.log_text('kept', 'notes.txt')
client.delete_experiment(experiment)"
stop
if start; then exit 1; fi
stop
grep -o "$closed" server.log | sed 's/^/plain server: /'
if environment/bin/mlflow gc --backend-store-uri $store >said.txt 2>&1; then exit 1; fi
grep -o "$closed" said.txt | sed 's/^/mlflow gc:    /'
if run $store "mlflow.search_experiments()" 2>said.txt; then exit 1; fi
grep -o "$closed" said.txt | sed 's/^/SQLite:       /'
if migrate >said.txt 2>&1; then exit 1; fi
grep -o "Move aborted: merging workspaces would create duplicate experiments with the same name" said.txt
start --enable-workspaces
run "$address" "
experiment = client.get_experiment_by_name('trials').experiment_id
client.rename_experiment(experiment, 'trials of all')"
stop
migrate | tail -n 1
start
run "$address" "
experiment = client.get_experiment_by_name('trials')
client.restore_experiment(experiment.experiment_id)
(run,) = client.search_runs([experiment.experiment_id])
text = mlflow.artifacts.load_text(run.info.artifact_uri + '/notes.txt')
print('plain server again:', experiment.artifact_location, text)
assert text == 'kept'"
