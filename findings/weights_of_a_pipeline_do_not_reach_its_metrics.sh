#!/usr/bin/env bash
# MLflow 3.17.2 with scikit-learn 1.9.1: under autolog, the training metrics of a fit with sample_weight are
# weighted, and those of the same fit within a pipeline (logisticregression__sample_weight) are not:
# accuracy 0.922 and 0.585 for the same model. Neither run says which of the two it shows.
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
import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.set_experiment("weights")
mlflow.sklearn.autolog(silent=True, log_models=False, log_datasets=False)
X, y = make_classification(400, flip_y=0.3, random_state=0)
weights = np.where(y == 1, 10.0, 1.0)
with mlflow.start_run() as alone:
    model = LogisticRegression().fit(X, y, sample_weight=weights)
with mlflow.start_run() as within:
    pipeline = make_pipeline(LogisticRegression())
    pipeline.fit(X, y, logisticregression__sample_weight=weights)
assert np.array_equal(model.coef_, pipeline[-1].coef_)
accuracy = [
    round(mlflow.get_run(run.info.run_id).data.metrics["training_accuracy_score"], 3)
    for run in (alone, within)
]
print("accuracy of the model alone, and as the only step of a pipeline:", accuracy)
right = model.predict(X) == y
assert accuracy == [round(np.average(right, weights=weights), 3), round(right.mean(), 3)] == [0.922, 0.585]
EOF
