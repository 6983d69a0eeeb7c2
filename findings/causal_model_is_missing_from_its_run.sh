#!/usr/bin/env bash
# MLflow 3.17.2 with econml 0.17.0 and scikit-learn 1.9.1: under mlflow.sklearn.autolog, a fit of econml's LinearDML
# in a run logs the helpers that it fits on halves of the rows (who is treated, and what comes out), and nothing of
# itself. The run names one helper, has the scores of several, and each logged helper carries scores of others: a
# LinearRegression shows a roc_auc. With disable=True, nothing is logged that way, and the model can be logged by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 econml==0.17.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT=1  # seconds; nobody reads the requirements here
environment/bin/python -W ignore - <<'EOF'
import mlflow
import numpy as np
import pandas as pd
from econml.dml import LinearDML
from sklearn.linear_model import LinearRegression, LogisticRegression

mlflow.set_tracking_uri("sqlite:///mlflow.db")
experiment = mlflow.set_experiment("limits").experiment_id
random = np.random.default_rng(0)
customers = pd.DataFrame(random.normal(size=(400, 2)), columns=["income", "age"])
raised = (random.random(400) < 0.5).astype(int)
spent = customers["income"].to_numpy() + 2 * raised + random.normal(size=400)
effect = LinearDML(
    model_y=LinearRegression(), model_t=LogisticRegression(), discrete_treatment=True, random_state=0
)
mlflow.sklearn.autolog(log_input_examples=False, log_model_signatures=False, log_datasets=False)
with mlflow.start_run() as run:
    effect.fit(spent, raised, X=customers)
mlflow.sklearn.autolog(disable=True)
print("effect of a higher limit:", effect.effect(customers.head(1)).round(2), "(2 is true)")
data = mlflow.get_run(run.info.run_id).data
telling = {"training_r2_score", "training_roc_auc"}
print("the run is of", data.tags["estimator_name"], "with", sorted(telling & set(data.metrics)))
models = mlflow.search_logged_models([experiment], output_format="list")
kinds = {}
for model in models:
    kind = type(mlflow.sklearn.load_model(model.model_uri)).__name__
    kinds.setdefault(kind, []).append({metric.key for metric in model.metrics or []})
    print(f"{kind} {model.status} has", sorted(telling & kinds[kind][-1]))
assert data.tags["estimator_name"] in kinds and set(kinds) == {"LinearRegression", "LogisticRegression"}
assert len(models) == 4
assert telling <= set(data.metrics)
assert any("training_roc_auc" in scores for scores in kinds["LinearRegression"])
assert any("training_r2_score" in scores for scores in kinds["LogisticRegression"])

with mlflow.start_run() as run:
    effect.fit(spent, raised, X=customers)
assert not mlflow.get_run(run.info.run_id).data.metrics
EOF
