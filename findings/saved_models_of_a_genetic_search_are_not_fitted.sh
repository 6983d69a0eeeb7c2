#!/usr/bin/env bash
# sklearn-genetic-opt 0.12.0 (the newest for Python 3.11) with MLflow 3.17.2 and scikit-learn 1.9.1: with
# MLflowConfig(save_models=True), each candidate's run has a score and a READY model, which was never fitted: it loads,
# and its predict raises NotFittedError. The tags that are given go to a run of their own, which is made at once and
# stays RUNNING; the runs with the scores have none of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 sklearn-genetic-opt==0.12.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT=1  # seconds; nobody reads the requirements here
environment/bin/python -W ignore - <<'EOF'
import mlflow
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.tree import DecisionTreeClassifier
from sklearn_genetic import GASearchCV
from sklearn_genetic.mlflow_log import MLflowConfig
from sklearn_genetic.space import Integer

X, y = make_classification(100, random_state=0)
log = MLflowConfig("sqlite:///mlflow.db", "search", "candidate", save_models=True, tags={"team": "credit"})
search = GASearchCV(
    DecisionTreeClassifier(random_state=0),
    param_grid={"max_depth": Integer(1, 3), "min_samples_leaf": Integer(1, 2)},
    population_size=2,
    generations=1,
    scoring="accuracy",
    log_config=log,
    verbose=False,
)
search.fit(X, y)
assert len(search.predict(X)) == 100
runs = mlflow.search_runs(search_all_experiments=True, output_format="list")
candidates = [run for run in runs if "score" in run.data.metrics]
(other,) = [run for run in runs if "score" not in run.data.metrics]
print("runs with a score:", len(candidates), "| of them with the tag:", sum("team" in r.data.tags for r in candidates))
print("run without a score:", other.info.status, "| tag:", other.data.tags["team"])
assert candidates and not any("team" in run.data.tags for run in candidates)
assert other.info.status == "RUNNING" and other.data.tags["team"] == "credit"
models = mlflow.search_logged_models([other.info.experiment_id], output_format="list")
assert len(models) == len(candidates)
for model in models:
    try:
        mlflow.sklearn.load_model(model.model_uri).predict(X)
        raise SystemExit("a saved model is fitted")
    except NotFittedError as error:
        print(f"model {model.status}: {type(error).__name__}: {str(error)[:60]}")
EOF
