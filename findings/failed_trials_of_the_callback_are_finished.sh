#!/usr/bin/env bash
# optuna-integration 5.0.0: a run that Optuna's MLflowCallback writes is FINISHED also where its trial
# failed or was pruned, and a pruned trial shows the score of its last step as if it were complete.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 optuna==5.0.0 \
  optuna-integration==5.0.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import mlflow
import optuna
from optuna_integration.mlflow import MLflowCallback

optuna.logging.set_verbosity(optuna.logging.CRITICAL)
uri = "sqlite:///store.db"


def score(trial):
    if trial.number == 1:
        trial.report(0.99, step=0)
        raise optuna.TrialPruned
    if trial.number == 2:
        raise ValueError("this one fails")
    return 0.5


study = optuna.create_study(study_name="trials", direction="maximize")
callback = MLflowCallback(tracking_uri=uri, metric_name="score")
study.optimize(score, n_trials=3, callbacks=[callback], catch=ValueError)
client = mlflow.MlflowClient(uri)
experiment = client.get_experiment_by_name("trials").experiment_id
runs = client.search_runs([experiment], order_by=["metrics.score DESC"])
for run in runs:
    print(run.info.run_name, run.info.status, run.data.tags["state"], run.data.metrics)
print("best of the study:", study.best_value, "| first of the search:", runs[0].data.metrics)
assert {run.info.status for run in runs} == {"FINISHED"}
assert sorted(run.data.tags["state"] for run in runs) == ["COMPLETE", "FAIL", "PRUNED"]
assert study.best_value == 0.5 and runs[0].data.metrics == {"score": 0.99}
EOF
