#!/usr/bin/env bash
# MLflow 3.17.2 with Optuna 5.0.0: MLflow's own storage for Optuna keeps the ranges of all parameters of a trial in one
# tag, which MLflow cuts after 8,000 characters with a warning. A search that switches each of 80 columns on or off
# stops in its first trial with an UnboundLocalError, and from then on nobody can read any trial of the study. A
# parameter whose name MLflow does not take, such as "C (log)", is dropped with a warning: the trial is COMPLETE and has
# a score, and its parameters are empty. A loss of infinity comes back as 1.8e308. Optuna's own storage keeps all three.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 optuna==5.0.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import math

import mlflow
import optuna
from mlflow.optuna.storage import MlflowStorage

optuna.logging.set_verbosity(optuna.logging.ERROR)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
experiment = mlflow.set_experiment("study").experiment_id
storages = {"Optuna": "sqlite:///optuna.db", "MLflow": MlflowStorage(experiment)}


def columns(trial):
    return sum(trial.suggest_categorical(f"use column {number:03}", [True, False]) for number in range(80))


def name(trial):
    return trial.suggest_float("C (log)", -3, 3) ** 2


def infinite(trial):
    return math.inf if trial.suggest_float("C", 0.1, 10) else 0


def tried(loss, storage):
    """Run one trial; return the error, if any, or score and number of parameters of the best one."""
    study = optuna.create_study(study_name=loss.__name__, storage=storage)
    try:
        study.optimize(loss, n_trials=1)
    except Exception as error:
        try:
            return type(error).__name__, study.trials[0].state.name
        except Exception as later:
            return type(error).__name__, type(later).__name__
    return study.best_value, len(study.best_params)


seen = {}
for loss in (columns, name, infinite):
    seen[loss.__name__] = {by: tried(loss, storage) for by, storage in storages.items()}
    print(loss.__name__, seen[loss.__name__])
assert seen["columns"]["Optuna"][1] == 80
assert seen["columns"]["MLflow"] == ("UnboundLocalError", "ValueError")
assert seen["name"]["Optuna"][1] == 1 and seen["name"]["MLflow"][0] >= 0 and seen["name"]["MLflow"][1] == 0
assert seen["infinite"]["Optuna"] == (math.inf, 1)
assert seen["infinite"]["MLflow"] == (1.7976931348623157e308, 1)
EOF
