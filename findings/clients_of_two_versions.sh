#!/usr/bin/env bash
# MLflow 3.17.2 and 2.22.5 over HTTP. New client, old server: log_model raises 404 and leaves a FAILED
# run; autolog raises nothing and leaves a FINISHED run without a model and without metrics. Old
# client, new server: models:/NAME/1 and @alias load in the pickle formats, and not in the default one
# of scikit-learn (skops); registering runs:/<id>/model gives a READY version without files.
set -euo pipefail
folder=$(mktemp -d)
server=
stop() {
    if [ -n "$server" ]; then kill -- "-$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    server=
}
trap 'stop; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv new
new/bin/pip install --quiet uv==0.13.9
python3 -m venv old
install="new/bin/uv pip install --quiet --compile-bytecode --python"
$install new/bin/python mlflow==3.17.2 numpy==2.4.6 scikit-learn==1.9.1
$install old/bin/python mlflow==2.22.5 'sqlalchemy<2.1' setuptools==80.9.0 numpy==2.4.6 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_HTTP_REQUEST_MAX_RETRIES=1
start() { # start VERSION: a server of that environment, with a store of its own
    local port
    port=$(python3 -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])")
    export MLFLOW_TRACKING_URI=http://127.0.0.1:$port
    set -m
    PATH="$folder/$1/bin:$PATH" mlflow server --workers 1 --backend-store-uri "sqlite:///$1.db" \
        --artifacts-destination "$folder/$1-files" --host 127.0.0.1 --port "$port" >"$1.log" 2>&1 &
    server=$!
    set +m
    for _ in $(seq 240); do
        if curl --silent --fail --output /dev/null "$MLFLOW_TRACKING_URI/health"; then return; fi
        sleep 0.5
    done
    return 1
}
start old
new/bin/python -W ignore - <<'PY'
import mlflow
from sklearn.linear_model import LinearRegression

client = mlflow.MlflowClient()


def left(run):
    run = client.get_run(run.info.run_id)
    files = [file.path for file in client.list_artifacts(run.info.run_id)]
    print(f"  {run.info.status}, params {len(run.data.params)}, metrics {run.data.metrics}, {files}")
    return run.info.status, len(run.data.params) > 0, run.data.metrics, files


print("client 3.17.2, server 2.22.5; log_model:")
model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
try:
    with mlflow.start_run() as run:
        mlflow.log_params({"c": 1})
        mlflow.log_metrics({"loss": 0.5})
        mlflow.log_text("notes", "notes.txt")
        mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
except mlflow.MlflowException as error:
    print(" ", str(error)[:81])
    assert "logged-models failed with error code 404" in str(error)
assert left(run) == ("FAILED", True, {"loss": 0.5}, ["notes.txt"])
print("autolog:")
mlflow.sklearn.autolog()
with mlflow.start_run() as run:
    LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
mlflow.sklearn.autolog(disable=True)
assert left(run) == ("FINISHED", True, {}, [])
print("save_model, log_artifacts, register_model:")
with mlflow.start_run() as run:
    mlflow.sklearn.save_model(model, "saved", pip_requirements=["scikit-learn"])
    mlflow.log_artifacts("saved", "model")
mlflow.register_model(f"runs:/{run.info.run_id}/model", "saved")
print("  models:/saved/1 answers", mlflow.pyfunc.load_model("models:/saved/1").predict([[3.0]]))
PY
stop
start new
new/bin/python -W ignore - <<'PY'
import mlflow
from sklearn.linear_model import LinearRegression

client = mlflow.MlflowClient()
model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
for name, more in {"default": {}, "pickled": {"serialization_format": "cloudpickle"}}.items():
    about = {"name": "model", "pip_requirements": ["scikit-learn"], "registered_model_name": name}
    with mlflow.start_run(run_name=name):
        mlflow.sklearn.log_model(model, **about, **more)
    client.set_registered_model_alias(name, "champion", 1)
PY
old/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow

client = mlflow.MlflowClient()


def attempt(address):
    try:
        return str(mlflow.pyfunc.load_model(address).predict([[3.0]]))
    except mlflow.MlflowException as error:
        return str(error)


print("client 2.22.5, server 3.17.2:")
for name in ("default", "pickled"):
    for address in (f"models:/{name}/1", f"models:/{name}@champion"):
        answer = attempt(address)
        print(f"  {address}: {answer[:40]}")
        assert answer.startswith("Unrecognized serialization format: skops" if name == "default" else "[3.")
    (run,) = client.search_runs(["0"], f"attributes.run_name = '{name}'")
    assert "404 Client Error" in attempt(f"runs:/{run.info.run_id}/model")
version = mlflow.register_model(f"runs:/{run.info.run_id}/model", "again")
print(f"  runs:/<id>/model: 404; registered all the same: version {version.version}, {version.status}")
assert version.status == "READY" and "404 Client Error" in attempt("models:/again/1")
PY
