#!/usr/bin/env bash
# MLflow 3.17.2 with Optuna 5.0.0: Optuna promises that study.trials is ordered by trial number. In MLflow's own
# storage for Optuna the newest trial comes first: trials[-1] is the first one, trials[number] is another trial than
# that number, and trials that were enqueued are run last one first. A list of all studies cannot be had once a
# study has a trial (KeyError: 'optuna.study_direction'). Optuna's own storage does as promised.
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
import time

import mlflow
import optuna
from mlflow.optuna.storage import MlflowStorage

optuna.logging.set_verbosity(optuna.logging.WARNING)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
experiment = mlflow.set_experiment("study").experiment_id


def loss(trial):
    time.sleep(0.01)
    return trial.suggest_float("C", 0.1, 10) / 100


seen = {}
for name, storage in {"Optuna": "sqlite:///optuna.db", "MLflow": MlflowStorage(experiment)}.items():
    study = optuna.create_study(study_name="loans", storage=storage)
    for C in (1, 2, 3, 4):
        study.enqueue_trial({"C": C})
        time.sleep(0.01)
    study.optimize(loss, n_trials=4)
    numbers = [trial.number for trial in study.trials]
    of_each = [trial.params["C"] for trial in sorted(study.trials, key=lambda trial: trial.datetime_complete)]
    try:
        names = optuna.get_all_study_names(storage)
    except KeyError as error:
        names = f"KeyError: {error}"
    seen[name] = numbers, of_each, names
    print(f"{name}'s storage: numbers {numbers}, C in the order of the runs {of_each}, studies {names}")
assert seen["Optuna"] == ([0, 1, 2, 3], [1, 2, 3, 4], ["loans"])
assert seen["MLflow"] == ([3, 2, 1, 0], [4, 3, 2, 1], "KeyError: 'optuna.study_direction'")
EOF
