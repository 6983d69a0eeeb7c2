#!/usr/bin/env bash
# MLflow 3.17.2: mlflow.set_registry_uri(uri) also sets MLFLOW_REGISTRY_URI, so that
# set_registry_uri(None) and a later set_tracking_uri do not undo it: models are still registered
# in the old place.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import mlflow

mlflow.set_registry_uri("sqlite:///theirs.db")
mlflow.set_registry_uri(None)
mlflow.set_tracking_uri("sqlite:///mine.db")
print("tracking:", mlflow.get_tracking_uri(), "| registry:", mlflow.get_registry_uri())
assert mlflow.get_registry_uri() == "sqlite:///theirs.db"
EOF
