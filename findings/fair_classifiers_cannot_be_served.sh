#!/usr/bin/env bash
# fairlearn 0.15.0 with MLflow 3.17.2 and scikit-learn 1.9.1: of its two usual fair classifiers, neither is a model to
# serve. ThresholdOptimizer must be told the sensitive feature at each prediction, which a pyfunc cannot pass
# on: it is logged, with a warning and without a signature, and every request fails. ExponentiatedGradient
# draws one of its models by lot for each row: the same rows, asked twice, get other answers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 fairlearn==0.15.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import mlflow
import numpy as np
import pandas as pd
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.reductions import DemographicParity, ExponentiatedGradient
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri("sqlite:///store.db")
draw = np.random.default_rng(0)
rows = pd.DataFrame({"income": draw.normal(5, 1, 400), "loan": draw.normal(3, 1, 400)})
gender = pd.Series(np.where(draw.random(400) < 0.5, "Female", "Male"))
approved = (rows.income - rows.loan + (gender == "Male") + draw.normal(0, 1, 400) > 2).astype(int)
thresholds = ThresholdOptimizer(estimator=LogisticRegression(), predict_method="predict_proba")
lot = ExponentiatedGradient(LogisticRegression(), DemographicParity())
asked = {}
for model in (thresholds, lot):
    model.fit(rows, approved, sensitive_features=gender)
    name = type(model).__name__
    logged = mlflow.sklearn.log_model(
        model, name=name, input_example=rows.head(2), serialization_format="cloudpickle"
    )
    loaded = mlflow.pyfunc.load_model(logged.model_uri)
    try:
        first, *others = [np.asarray(loaded.predict(rows)) for _ in range(5)]
        asked[name] = max(int((first != other).sum()) for other in others)
    except TypeError as error:
        asked[name] = str(error)
    print(name, "| signature:", logged.signature is not None, "| asked:", asked[name])
assert "missing 1 required keyword-only argument: 'sensitive_features'" in asked["ThresholdOptimizer"]
assert 10 < asked["ExponentiatedGradient"] < 200
EOF
