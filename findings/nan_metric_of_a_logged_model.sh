#!/usr/bin/env bash
# MLflow 3.17.2: a NaN metric that is logged on a LoggedModel reads back as 0.0, so that the model
# comes first when models are ordered by loss, lowest first. The run itself keeps NaN, and neither
# <, > nor = finds it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import math
import mlflow

mlflow.set_tracking_uri("sqlite:///store.db")
experiment = mlflow.set_experiment("losses").experiment_id
for name, loss in {"good": 0.4, "poor": 0.6, "broken": math.nan}.items():
    with mlflow.start_run(run_name=name):
        model = mlflow.initialize_logged_model(name=name)
        mlflow.log_metric("loss", loss, model_id=model.model_id)
        mlflow.finalize_logged_model(model.model_id, "READY")
found = mlflow.search_logged_models(
    [experiment], order_by=[{"field_name": "metrics.loss"}], output_format="list"
)
models = [(model.name, model.metrics[0].value) for model in found]
runs = mlflow.search_runs([experiment], output_format="list")
kept = {run.info.run_name: run.data.metrics["loss"] for run in runs}
asked = {}
for sign in ("<", "=", ">", "!="):
    question = f"metrics.loss {sign} 0"
    hits = mlflow.search_runs([experiment], filter_string=question, output_format="list")
    asked[sign] = [run.info.run_name for run in hits]
print("models, lowest loss first:", models)
print("runs:", kept)
print("runs by filter:", asked)
assert models[0] == ("broken", 0.0), models
assert math.isnan(kept["broken"])
assert not any("broken" in asked[sign] for sign in ("<", "=", ">")) and "broken" in asked["!="]
EOF
