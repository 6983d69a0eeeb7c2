#!/usr/bin/env bash
# MLflow 3.17.2 with Optuna 5.0.0: in MLflow's own storage for Optuna, `create_study` with
# `load_if_exists=True` loads nothing. It begins another, empty study of the same name, and without the
# argument nothing is refused either, so workers started this way share no trials; the study's run
# stays RUNNING. Optuna's own storage loads the study, and refuses the second one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  optuna==5.0.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import mlflow
import optuna
from mlflow.optuna.storage import MlflowStorage

optuna.logging.set_verbosity(optuna.logging.ERROR)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
experiment = mlflow.create_experiment("loans")


def again(storage):
    """Run three trials of a study; return the trials that are found when it is loaded by name."""
    study = optuna.create_study(study_name="threshold", storage=storage())
    study.optimize(lambda trial: trial.suggest_float("threshold", 0, 1), n_trials=3)
    loaded = optuna.create_study(study_name="threshold", storage=storage(), load_if_exists=True)
    try:
        optuna.create_study(study_name="threshold", storage=storage())
        return len(loaded.trials), "not refused"
    except optuna.exceptions.DuplicatedStudyError:
        return len(loaded.trials), "refused"


optunas = again(lambda: "sqlite:///optuna.db")
mlflows = again(lambda: MlflowStorage(experiment_id=experiment))
print("Optuna's storage finds", optunas[0], "trials; a second study of this name is", optunas[1])
print("MLflow's storage finds", mlflows[0], "trials; a second study of this name is", mlflows[1])
named = mlflow.search_runs([experiment], "run_name = 'threshold'", output_format="list")
print("runs of that name:", [run.info.status for run in named])
assert optunas == (3, "refused")
assert mlflows == (0, "not refused")
assert [run.info.status for run in named] == ["RUNNING"] * 3
EOF
