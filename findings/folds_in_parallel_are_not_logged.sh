#!/usr/bin/env bash
# MLflow 3.17.2 with scikit-learn 1.9.1: what autolog keeps of a cross-validation depends on n_jobs. With
# one process, each of five fits is a run; with n_jobs=2 the workers know nothing of autolog, and there is
# no run. Within a run of our own, the five fits share it: its training metrics are those of the last fold.
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
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score

mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.sklearn.autolog(silent=True, log_models=False, log_datasets=False)
X, y = make_classification(400, flip_y=0.3, random_state=0)
runs = {}
for jobs in (1, 2):
    mlflow.set_experiment(f"{jobs} jobs")
    cross_val_score(LogisticRegression(), X, y, cv=5, n_jobs=jobs)
    runs[jobs] = len(mlflow.search_runs())
print("runs with one process and with two:", runs)
mlflow.set_experiment("one run")
with mlflow.start_run() as run:
    cross_val_score(LogisticRegression(), X, y, cv=5, n_jobs=1)
kept = mlflow.get_run(run.info.run_id).data.metrics["training_accuracy_score"]
mlflow.sklearn.autolog(disable=True)
folds = [
    LogisticRegression().fit(X[rows], y[rows]).score(X[rows], y[rows])
    for rows, _ in StratifiedKFold(5).split(X, y)
]
print("training accuracy of the folds:", [round(score, 3) for score in folds], "| of the run:", round(kept, 3))
assert runs == {1: 5, 2: 0}
assert kept == folds[-1] and len(set(folds)) > 1
EOF
