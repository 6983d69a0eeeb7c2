#!/usr/bin/env bash
# MLflow 3.17.2 with pygam 0.12.0 and scikit-learn 1.9.1: mlflow.sklearn logs pygam's LogisticGAM, whose methods are
# called as those of scikit-learn, and the pyfunc answers. mlflow.models.evaluate of the same model stops with an
# IndexError: predict_proba of pygam returns one number for each row, and MLflow reads two. With the answers as a column
# of the table, evaluate works.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 pygam==0.12.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR MPLBACKEND=Agg
environment/bin/python -W ignore - <<'EOF'
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from pygam import LogisticGAM

mlflow.set_tracking_uri("sqlite:///mlflow.db")
random = np.random.default_rng(0)
rows = pd.DataFrame(random.normal(size=(300, 2)), columns=["income", "amount"])
good = (rows["income"] + random.normal(size=300) > 0).astype(int)
model = LogisticGAM().fit(rows.to_numpy(), good)
info = mlflow.sklearn.log_model(
    model,
    name="additive",
    signature=infer_signature(rows, model.predict(rows)),
    serialization_format="cloudpickle",
    pip_requirements=["pygam"],
)
answers = mlflow.pyfunc.load_model(info.model_uri).predict(rows)
right = (answers == good).mean()
print(f"the pyfunc answers {answers[:3]}, {right:.2f} right; predict_proba has shape", model.predict_proba(rows).shape)
table = rows.assign(good=good)
settings = {"targets": "good", "model_type": "classifier", "evaluator_config": {"log_explainer": False}}
try:
    mlflow.models.evaluate(info.model_uri, table, **settings)
    raise SystemExit("it was evaluated")
except IndexError as error:
    print("evaluate of the model: IndexError:", error)
result = mlflow.models.evaluate(data=table.assign(answer=answers.astype(int)), predictions="answer", **settings)
print("evaluate of the answers: accuracy", round(result.metrics["accuracy_score"], 2))
assert model.predict_proba(rows).shape == (300,) and right > 0.6
assert np.isclose(result.metrics["accuracy_score"], right)
EOF
