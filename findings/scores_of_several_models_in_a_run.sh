#!/usr/bin/env bash
# MLflow 3.17.2: in a run that logs two models, log_metric scores the first model only, log_metrics
# scores both, and MlflowClient.log_metric scores none.
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
from sklearn.dummy import DummyClassifier

mlflow.set_tracking_uri("sqlite:///store.db")
dummy = DummyClassifier().fit([[0.0], [1.0]], [0, 1])
about = {"pip_requirements": ["scikit-learn==1.9.1"], "serialization_format": "cloudpickle"}
with mlflow.start_run() as run:
    ids = [mlflow.sklearn.log_model(dummy, name=n, **about).model_id for n in ("first", "second")]
    mlflow.log_metric("one", 1.0)
    mlflow.log_metrics({"many": 2.0})
    mlflow.MlflowClient().log_metric(run.info.run_id, "by_client", 3.0)
models = [mlflow.get_logged_model(i) for i in ids]
scores = {model.name: sorted(metric.key for metric in model.metrics or []) for model in models}
print(scores)
assert scores == {"first": ["many", "one"], "second": ["many"]}, scores
EOF
