#!/usr/bin/env bash
# MLflow 3.17.2: a server that keeps its files in an S3 store hands its clients presigned addresses of
# the store, and they fetch each file there, past the server. Where only the server reaches the store,
# as in a private network, no client can read a file or load a model. No option of the server was
# found; each client has to set MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD=false.
set -euo pipefail
folder=$(mktemp -d)
started=()
trap 'kill ${started[@]+"${started[@]}"} 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python \
    mlflow==3.17.2 boto3==1.44.5 "moto[server]==5.2.5"
export PATH="$folder/environment/bin:$PATH" DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true
export AWS_ACCESS_KEY_ID=mlflow AWS_SECRET_ACCESS_KEY=secret AWS_DEFAULT_REGION=us-east-1
free() { python -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])"; }
wait_for() { until python -c "import urllib.request as u; u.urlopen('$1')" 2>/dev/null; do sleep 0.5; done; }
bucket=$(free)
moto_server --host 127.0.0.1 --port "$bucket" >bucket.log 2>&1 &
started+=($!)
wait_for "http://127.0.0.1:$bucket/moto-api/"
python -c "
import boto3
boto3.client('s3', endpoint_url='http://127.0.0.1:$bucket').create_bucket(Bucket='mlflow')"
port=$(free)
MLFLOW_S3_ENDPOINT_URL="http://127.0.0.1:$bucket" MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
    mlflow server --backend-store-uri sqlite:///store.db --artifacts-destination s3://mlflow \
    --host 127.0.0.1 --port "$port" --workers 1 >server.log 2>&1 &
started+=($!)
wait_for "http://127.0.0.1:$port/health"
cat >client.py <<'PY'
import sys
from urllib.parse import urlsplit

import mlflow
import requests

asked, send = [], requests.Session.send


def noted(session, request, **options):
    asked.append(urlsplit(request.url).port)
    return send(session, request, **options)


requests.Session.send = noted
mlflow.set_tracking_uri(f"http://127.0.0.1:{sys.argv[1]}")
with mlflow.start_run() as run:
    mlflow.log_text("Kept.", "note.txt")
asked.clear()
assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/note.txt") == "Kept."
print("of the bucket" if int(sys.argv[2]) in asked else "of the server alone")
PY
run() { python -W ignore client.py "$port" "$bucket" 2>/dev/null | tail -1; }
default=$(run)
without=$(MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD=false run)
printf 'a client asks, by default, %s; with the variable, %s\n' "$default" "$without"
[ "$default" = "of the bucket" ] && [ "$without" = "of the server alone" ]
