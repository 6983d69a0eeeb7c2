#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: infer_signature reads a category, a nullable Int64 with a gap, a
# nullable boolean with a gap or datetimes with a zone without complaint, and enforcing the
# signature then refuses the very frame it was made from.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature


class Count(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [len(model_input)]


days = pd.to_datetime(pd.Series(["2026-03-04", "2026-03-05"]))
frames = {
    "category": pd.Series(["a", "b"], dtype="category"),
    "Int64 with a gap": pd.Series([1, None], dtype="Int64"),
    "boolean with a gap": pd.Series([True, None], dtype="boolean"),
    "datetimes with a zone": days.dt.tz_localize("UTC"),
    "float with a gap": pd.Series([1.0, None]),
}
refused = []
for number, (name, column) in enumerate(frames.items()):
    frame, about = column.to_frame("x"), {"pip_requirements": ["mlflow==3.17.2"]}
    signature = infer_signature(frame)
    mlflow.pyfunc.save_model(f"{number}", python_model=Count(), signature=signature, **about)
    try:
        mlflow.pyfunc.load_model(f"{number}").predict(frame)
    except MlflowException as error:
        refused.append(name)
        print(f"{name}: {str(error)[:90]}")
assert refused == [name for name in frames if name != "float with a gap"], refused
EOF
