#!/usr/bin/env bash
# MLflow 3.17.2 with --app-name basic-auth: READ on a registered model shows its versions, and lets its
# holder copy one to a name of her own, READY; loading either is refused, as the files belong to the
# experiment. The refusal is requests' HTTPError, which `except MlflowException` does not catch; all
# other refusals are MlflowException.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill -- "-$server" || true; fi; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python 'mlflow[auth]==3.17.2' scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
MLFLOW_FLASK_SERVER_SECRET_KEY=$(python3 -c "import secrets; print(secrets.token_hex())")
MLFLOW_AUTH_ADMIN_PASSWORD=$(python3 -c "import secrets; print(secrets.token_hex())")
export MLFLOW_FLASK_SERVER_SECRET_KEY MLFLOW_AUTH_ADMIN_PASSWORD MLFLOW_AUTH_CONFIG_PATH=$folder/auth.ini
cat >auth.ini <<'INI'
[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///auth.db
admin_username = admin
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
INI
port=$(python3 -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])")
set -m
environment/bin/mlflow server --workers 1 --app-name basic-auth --backend-store-uri sqlite:///store.db \
    --artifacts-destination "$folder/files" --host 127.0.0.1 --port "$port" >server.log 2>&1 &
server=$!
set +m
for _ in $(seq 240); do
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health"; then break; fi
    sleep 0.5
done
export MLFLOW_TRACKING_URI=http://127.0.0.1:$port
environment/bin/python -W ignore - <<'PY'
import os

import mlflow
import requests
from mlflow.server import get_app_client
from sklearn.linear_model import LinearRegression

password = os.environ["MLFLOW_AUTH_ADMIN_PASSWORD"]
os.environ.update(MLFLOW_TRACKING_USERNAME="admin", MLFLOW_TRACKING_PASSWORD=password)
experiment = mlflow.set_experiment("trials").experiment_id
model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
about = {"pip_requirements": ["scikit-learn==1.9.1"], "registered_model_name": "loans"}
with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model", **about)
rights = get_app_client("basic-auth", os.environ["MLFLOW_TRACKING_URI"])
rights.create_user("ann", password)
rights.grant_user_permission("ann", "registered_model", "loans", "READ")

os.environ["MLFLOW_TRACKING_USERNAME"] = "ann"
client = mlflow.MlflowClient()


def refusal(action, *given):
    try:
        action(*given)
    except (mlflow.MlflowException, requests.HTTPError) as error:
        assert "403" in str(error), error
        return type(error).__name__
    raise SystemExit("it was not refused")


print("READ on the name; she reads the source", client.get_model_version("loans", "1").source[:10] + "...")
copy = client.copy_model_version("models:/loans/1", "mine")
print("her own copy is", copy.status)
assert copy.status == "READY"
for address in ("models:/loans/1", "models:/mine/1"):
    kind = refusal(mlflow.pyfunc.load_model, address)
    print(f"load {address}: {kind}, 403")
    assert kind == "HTTPError"
kind = refusal(client.get_experiment, experiment)
print(f"read the experiment: {kind}, 403")
assert kind == "MlflowException"
PY
