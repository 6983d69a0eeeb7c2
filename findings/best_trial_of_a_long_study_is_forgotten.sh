#!/usr/bin/env bash
# MLflow 3.17.2 with Optuna 5.0.0: MLflow's own storage for Optuna reads the newest 1,000 trials of a study and no more.
# Of 1,003 trials, the first three are missing from study.trials without a word, and if the best is among them,
# study.best_value is that of another one. MLflow still has all the runs.
# (To be fast, most trials are written here as runs with the tags of a real trial; with 1,005 real ones it is the same.)
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
import mlflow
import optuna
from mlflow.entities import Metric
from mlflow.optuna.storage import MlflowStorage

optuna.logging.set_verbosity(optuna.logging.ERROR)
mlflow.set_tracking_uri("sqlite:///file:store?mode=memory&cache=shared&uri=true")  # in memory: much faster
experiment = mlflow.set_experiment("study").experiment_id
client = mlflow.MlflowClient()
study = optuna.create_study(study_name="loans", storage=MlflowStorage(experiment))
for loss in (0.1, 0.2, 0.3):
    study.add_trial(optuna.trial.create_trial(value=loss))
print(len(study.trials), "trials, best:", study.best_value)
assert len(study.trials) == 3 and study.best_value == 0.1

real = client.get_run(study.best_trial._trial_id)
tags = {key: value for key, value in real.data.tags.items() if key != "mlflow.runName"}
for number in range(3, 1003):
    start = real.info.start_time + 10_000 + number
    run = client.create_run(experiment, start_time=start, tags=tags | {"numbers": str(number)})
    client.log_batch(run.info.run_id, metrics=[Metric("value", 0.5, start, 1)])
    client.set_terminated(run.info.run_id)
trials = study.trials
numbers = sorted(trial.number for trial in trials)
runs = mlflow.search_runs([experiment], "metrics.value > 0", max_results=5000, output_format="list")
print(len(trials), "trials, numbers", numbers[0], "to", numbers[-1], "| best:", study.best_value, "| runs:", len(runs))
assert len(runs) == 1003 and min(run.data.metrics["value"] for run in runs) == 0.1
assert len(trials) == 1000 and numbers[0] == 3 and study.best_value == 0.5
EOF
