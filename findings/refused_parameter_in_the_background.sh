#!/usr/bin/env bash
# MLflow 3.17.2: with synchronous=False, a parameter that the store refuses, because it has another
# value already, raises nowhere but in the future's wait(): the run ends FINISHED, and
# flush_async_logging() raises nothing.
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
from mlflow.exceptions import MlflowException

mlflow.set_tracking_uri("sqlite:///store.db")
with mlflow.start_run() as run:
    mlflow.log_param("C", 1)
    waiting = mlflow.log_params({"C": 10}, synchronous=False)
    mlflow.flush_async_logging()
kept = mlflow.get_run(run.info.run_id)
print("status:", kept.info.status, "| C:", kept.data.params["C"])
assert (kept.info.status, kept.data.params["C"]) == ("FINISHED", "1")
try:
    waiting.wait()
except MlflowException as error:
    print("wait() raises:", type(error).__name__)
else:
    raise AssertionError("wait() raised nothing")
EOF
