#!/usr/bin/env bash
# skops 0.16.0 with scikit-learn 1.9.1 and MLflow 3.17.2: an estimator with a request of metadata
# routing, such as `set_fit_request(sample_weight=True)`, cannot be saved in skops, MLflow's format for
# scikit-learn. MLflow blames "custom functions or classes"; the cause is a RecursionError in skops.
# The logged model stays FAILED. With cloudpickle, the same estimator is saved.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 skops==0.16.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=CRITICAL
environment/bin/python -W ignore - <<'EOF'
import mlflow
import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

sklearn.set_config(enable_metadata_routing=True)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
experiment = mlflow.set_experiment("loans").experiment_id
rows, good = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
models = {
    "plain": LogisticRegression(),
    "with a request": LogisticRegression().set_fit_request(sample_weight=True),
}


def save(model, name, **options):
    """Log the model; return how the attempt ended, and the state of the logged model."""
    packages = ["scikit-learn", "skops", "cloudpickle"]
    try:
        mlflow.sklearn.log_model(model, name=name, pip_requirements=packages, **options)
        said = "saved"
    except mlflow.MlflowException as error:
        blamed = "custom functions or classes" if "custom functions or classes" in str(error) else ""
        said = f"{type(error.__cause__).__name__}, blamed on {blamed}"
    (kept,) = mlflow.search_logged_models(
        [experiment], f"name = '{name}'", output_format="list", max_results=1
    )
    return said, kept.status.name


for name, model in models.items():
    model.fit(rows, good, sample_weight=np.ones(4))
plain = save(models["plain"], "plain")
asked = save(models["with a request"], "asked")
pickled = save(models["with a request"], "pickled", serialization_format="cloudpickle")
print("plain, skops:", *plain)
print("with a request, skops:", *asked)
print("with a request, cloudpickle:", *pickled)
assert plain == pickled == ("saved", "READY")
assert asked == ("RecursionError, blamed on custom functions or classes", "FAILED")
EOF
