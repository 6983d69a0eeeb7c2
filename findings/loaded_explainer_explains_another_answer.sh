#!/usr/bin/env bash
# MLflow 3.17.2 with shap 0.51.0 and scikit-learn 1.9.1: mlflow.shap.log_explainer saves the classifier behind an
# explainer of predict_proba, and load_explainer puts its predict there instead. The loaded explainer takes the same
# rows, raises nothing, and explains classes: other values, in another shape, where the logged one explained
# probabilities. The same goes for the pyfunc of it. With serialize_model_using_mlflow=False, it explains
# probabilities as before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 shap==0.51.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import contextlib
import io

import mlflow
import numpy as np
import pandas as pd
import shap
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri("sqlite:///mlflow.db")
random = np.random.default_rng(0)
rows = pd.DataFrame(random.normal(size=(200, 3)), columns=["income", "amount", "age"])
good = (rows["income"] - rows["amount"] + random.normal(size=200) > -1).astype(int)
model = LogisticRegression().fit(rows.to_numpy(), good)
few = rows.to_numpy()[:5]

explainer = shap.Explainer(model.predict_proba, rows.to_numpy(), algorithm="exact")
with mlflow.start_run():
    by_mlflow = mlflow.shap.log_explainer(explainer, name="explainer", pip_requirements=["shap"])
    by_shap = mlflow.shap.log_explainer(
        explainer, name="whole", pip_requirements=["shap"], serialize_model_using_mlflow=False
    )


def adds_up_to(explanation):
    """What the explanation explains: base value and contributions of a row add up to the answer."""
    return explanation.base_values + explanation.values.sum(axis=1)


ours = explainer(few)
with contextlib.redirect_stdout(io.StringIO()):  # shap prints what it loads
    theirs = mlflow.shap.load_explainer(by_mlflow.model_uri)(few)
    whole = mlflow.shap.load_explainer(by_shap.model_uri)(few)
    pyfunc = mlflow.pyfunc.load_model(by_mlflow.model_uri).predict(pd.DataFrame(few))
print("logged:", ours.values.shape, "adds up to", adds_up_to(ours)[:, 1].round(3))
print("loaded:", theirs.values.shape, "adds up to", adds_up_to(theirs).round(3))
print("whole: ", whole.values.shape, "adds up to", adds_up_to(whole)[:, 1].round(3))
assert np.allclose(adds_up_to(ours), model.predict_proba(few))
assert np.allclose(adds_up_to(theirs), model.predict(few))
assert np.allclose(adds_up_to(whole), model.predict_proba(few))
assert ours.values.shape == (5, 3, 2) and theirs.values.shape == pyfunc.shape == (5, 3)
EOF
