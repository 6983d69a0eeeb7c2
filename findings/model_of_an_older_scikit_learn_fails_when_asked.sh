#!/usr/bin/env bash
# scikit-learn 1.9.1 loads a pipeline of 1.7.2 with a warning and fails at the first prediction
# (SimpleImputer has no attribute _fill_dtype), with skops 0.16.0 as with cloudpickle, in MLflow 3.17.2.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip install --quiet uv==0.13.9
for version in 1.7.2 1.9.1; do
  tools/bin/uv venv --quiet --python python3 "with-$version"
  tools/bin/uv pip install --quiet --python "with-$version/bin/python" mlflow==3.17.2 pandas==2.3.3 \
    scikit-learn=="$version" skops==0.16.0
done
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
with-1.7.2/bin/python -W ignore - <<'EOF'
import mlflow
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

X = np.array([[1.0], [np.nan], [3.0], [4.0]])
model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(X, [0, 0, 1, 1])
for kind in ("skops", "cloudpickle"):
    mlflow.sklearn.save_model(model, kind, serialization_format=kind, skops_trusted_types=["numpy.dtype"])
print("1.7.2:", model.predict(X))
EOF
with-1.9.1/bin/python - 2>/dev/null <<'EOF'
import warnings

import mlflow
import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

X = np.array([[1.0], [np.nan], [3.0], [4.0]])
for kind in ("skops", "cloudpickle"):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = mlflow.sklearn.load_model(kind)
    warned = any(issubclass(warning.category, InconsistentVersionWarning) for warning in said)
    try:
        model.predict(X)
    except AttributeError as error:
        print(f"1.9.1, {kind}: loaded, warned: {warned};", error)
        assert warned and "_fill_dtype" in str(error)
    else:
        raise SystemExit(f"{kind} predicts")
EOF
