#!/usr/bin/env bash
# MLflow 3.17.2 with scikit-learn 1.9.1: autolog knows GridSearchCV. Of HalvingGridSearchCV it keeps
# neither the best parameters nor their score nor child runs, and of TunedThresholdClassifierCV no threshold.
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
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, TunedThresholdClassifierCV
from sklearn.tree import DecisionTreeClassifier

mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.set_experiment("search")
mlflow.sklearn.autolog(silent=True, log_models=False, log_datasets=False)
X, y = make_classification(300, random_state=0)
depths = {"max_depth": [1, 2, 3]}
kept = {}
for search in (
    GridSearchCV(DecisionTreeClassifier(random_state=0), depths),
    HalvingGridSearchCV(DecisionTreeClassifier(random_state=0), depths, random_state=0),
    TunedThresholdClassifierCV(LogisticRegression()),
):
    with mlflow.start_run() as run:
        search.fit(X, y)
    data = mlflow.get_run(run.info.run_id).data
    of_this = f"tags.mlflow.parentRunId = '{run.info.run_id}'"
    children = len(mlflow.search_runs(filter_string=of_this))
    best = sorted(key for key in [*data.params, *data.metrics] if key.startswith("best_"))
    kept[type(search).__name__] = best, children
    print(type(search).__name__, "| fitted:", hasattr(search, "best_score_"), "| kept:", best, "| children:", children)
assert kept == {
    "GridSearchCV": (["best_cv_score", "best_max_depth"], 3),
    "HalvingGridSearchCV": ([], 0),
    "TunedThresholdClassifierCV": ([], 0),
}
EOF
