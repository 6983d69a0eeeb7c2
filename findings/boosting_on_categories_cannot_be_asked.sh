#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1, XGBoost 3.2.0, LightGBM 4.7.0 and CatBoost 1.2.10: the signature of a
# model that was fitted on a column of categories says "string", so its pyfunc refuses categories. Text,
# which it asks for, is refused by XGBoost and LightGBM themselves. Such a model is logged without an
# error, and fails for every frame. CatBoost gives the same answers for text as for categories.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 xgboost-cpu==3.2.0 lightgbm==4.7.0 catboost==1.2.10
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > ask.py <<'EOF'
import mlflow
import numpy as np
import pandas as pd
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from mlflow.models import infer_signature
from xgboost import XGBClassifier

draw = np.random.default_rng(0)
area = draw.choice(["Rural", "Semiurban", "Urban"], 400)
rows = pd.DataFrame({"area": pd.Categorical(area), "income": draw.normal(5, 1, 400)})
approved = ((area == "Urban") | (draw.random(400) < 0.3)).astype(int)
models = {
    mlflow.xgboost: XGBClassifier(n_estimators=5, enable_categorical=True),
    mlflow.lightgbm: LGBMClassifier(n_estimators=5, verbose=-1),
    mlflow.catboost: CatBoostClassifier(
        iterations=5, verbose=0, cat_features=["area"], allow_writing_files=False
    ),
}
found = {}
for flavor, model in models.items():
    answer = np.ravel(model.fit(rows, approved).predict(rows))
    name = type(model).__name__
    flavor.save_model(model, name, signature=infer_signature(rows, answer))
    loaded = mlflow.pyfunc.load_model(name)
    for kind in ("category", "str"):
        try:
            same = (np.ravel(loaded.predict(rows.astype({"area": kind}))) == answer).all()
            found[name, kind] = f"the model's own answers: {same}"
        except Exception as error:
            found[name, kind] = f"{type(error).__name__}, {str(error).splitlines()[-1][-70:]}"
        print(name, kind, found[name, kind], sep=": ")
for name in ("XGBClassifier", "LGBMClassifier"):
    assert found[name, "category"].startswith("MlflowException"), found
    assert found[name, "str"].startswith("ValueError"), found
assert found["CatBoostClassifier", "category"].startswith("MlflowException"), found
assert found["CatBoostClassifier", "str"] == "the model's own answers: True", found
EOF
environment/bin/python -W ignore ask.py
