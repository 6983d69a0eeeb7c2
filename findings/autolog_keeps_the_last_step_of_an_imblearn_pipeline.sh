#!/usr/bin/env bash
# MLflow 3.17.2 with imbalanced-learn 0.14.2: under mlflow.sklearn.autolog, a fit of imbalanced-learn's
# Pipeline logs the last step as the run's model: without the scaler and the sampler, and without a
# warning. The logged model gets raw rows wrong that the pipeline gets right, and the run's training
# scores are of scaled and resampled rows. scikit-learn's own Pipeline is logged whole.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 imbalanced-learn==0.14.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import imblearn.pipeline
import mlflow
import numpy as np
import pandas as pd
import sklearn.pipeline
from imblearn.over_sampling import RandomOverSampler
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

mlflow.set_tracking_uri("sqlite:///mlflow.db")
random = np.random.default_rng(0)
rows = pd.DataFrame(random.normal(50, 10, size=(300, 2)), columns=["income", "amount"])
good = (rows["income"] > 60).astype(int)
mlflow.sklearn.autolog(serialization_format="cloudpickle")


def logged(name, pipeline):
    """Fit a pipeline under autolog; return the logged class, and both accuracies on the rows."""
    experiment = mlflow.set_experiment(name).experiment_id
    with mlflow.start_run():
        pipeline.fit(rows, good)
    (kept,) = mlflow.search_logged_models([experiment], output_format="list")
    model = mlflow.sklearn.load_model(kept.model_uri)
    right = [(m.predict(rows) == good).mean() for m in (pipeline, model)]
    return type(model).__name__, *map(float, right)


steps = [("scale", StandardScaler()), ("classify", LogisticRegression())]
sampled = [steps[0], ("sample", RandomOverSampler(random_state=0)), steps[1]]
for name, pipeline in {
    "scikit-learn": sklearn.pipeline.Pipeline(steps),
    "imbalanced-learn": imblearn.pipeline.Pipeline(sampled),
}.items():
    kind, ours, theirs = logged(name, pipeline)
    print(f"{name}: logged {kind}; the pipeline gets {ours:.2f} right, the logged model {theirs:.2f}")
    if name == "scikit-learn":
        assert kind == "Pipeline" and ours == theirs
    else:
        assert kind == "LogisticRegression" and ours > 0.9 and theirs < 0.5
EOF
