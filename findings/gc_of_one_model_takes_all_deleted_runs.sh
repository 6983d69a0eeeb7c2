#!/usr/bin/env bash
# MLflow 3.17.2: mlflow gc --logged-model-ids limits the models alone; every soft-deleted run and
# experiment of the store is removed for ever, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import subprocess
import mlflow
from mlflow.entities import ViewType

uri = "sqlite:///store.db"
mlflow.set_tracking_uri(uri)
client = mlflow.MlflowClient()
experiment = client.create_experiment("trials")
client.delete_run(client.create_run(experiment).info.run_id)
model = client.create_logged_model(experiment, name="old")
client.finalize_logged_model(model.model_id, "READY")
client.delete_logged_model(model.model_id)


def deleted_runs():
    return len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY))


before = deleted_runs()
command = ["environment/bin/mlflow", "gc", "--backend-store-uri", uri, "--tracking-uri", uri]
subprocess.run([*command, "--logged-model-ids", model.model_id], check=True, capture_output=True)
print("deleted runs before:", before, "| after:", deleted_runs())
assert (before, deleted_runs()) == (1, 0)
EOF
