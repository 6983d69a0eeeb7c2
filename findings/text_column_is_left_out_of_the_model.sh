#!/usr/bin/env bash
# glum 3.4.1 with pandas 3.1.1, scikit-learn 1.9.1 and MLflow 3.17.2: a generalised linear model is fitted on a frame
# with a column of text by leaving the column out. A warning says so; nothing is raised, and n_features_in_ is 1 for two
# columns. The logged model has a signature that requires the text, and answers the same for every text. The same
# column as a category counts, and such a model takes text when it is asked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 glum==3.4.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python - <<'EOF'
import warnings

import mlflow
import numpy as np
import pandas as pd
from glum import GeneralizedLinearRegressor
from mlflow.models import infer_signature

random = np.random.default_rng(0)
housing = random.choice(["rent", "own", "free"], 500)
rows = pd.DataFrame({"housing": housing, "income": random.normal(size=500)})
good = (random.random(500) < np.where(housing == "own", 0.8, 0.3)).astype(float)
asked = pd.DataFrame({"housing": ["own", "rent"], "income": [0.0, 0.0]})
seen = {}
for kind in ("str", "category"):
    frame = rows.astype({"housing": kind})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = GeneralizedLinearRegressor(family="binomial", alpha=0.001).fit(frame, good)
    said = {str(one.message) for one in said if "ignored" in str(one.message)}
    warnings.simplefilter("ignore")
    mlflow.sklearn.save_model(
        model,
        kind,
        signature=infer_signature(frame),
        serialization_format="cloudpickle",
        pip_requirements=["glum"],
    )
    pyfunc = mlflow.pyfunc.load_model(kind)
    assert pyfunc.metadata.get_input_schema().input_dict()["housing"].required
    seen[kind] = list(model.feature_names_), pyfunc.predict(asked).round(2).tolist(), said
    print(f"housing as {kind}: {seen[kind][0]}, own and rent: {seen[kind][1]}, warnings: {said or 'none'}")
    if kind == "str":
        assert model.n_features_in_ == 1
names, answers, said = seen["str"]
assert names == ["income"] and answers[0] == answers[1] and len(said) == 1
names, answers, said = seen["category"]
assert len(names) == 4 and answers[0] - answers[1] > 0.3 and not said
EOF
