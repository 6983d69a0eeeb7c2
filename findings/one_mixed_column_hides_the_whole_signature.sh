#!/usr/bin/env bash
# MLflow 3.17.2: one column that holds numbers and text turns the inferred signature of a whole
# frame into a single nameless column of type Any; predict then takes any frame, also one without
# those columns.
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
from mlflow.models import infer_signature


class Answer(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return ["an answer"]


mixed = pd.Series([1, "one"], dtype=object)
signature = infer_signature(pd.DataFrame({"income": [1.0, 2.0], "note": mixed}))
print("inputs:", signature.inputs)
assert len(signature.inputs.inputs) == 1 and signature.inputs.inputs[0].name is None
mlflow.pyfunc.save_model(
    "model", python_model=Answer(), signature=signature, pip_requirements=["mlflow==3.17.2"]
)
answer = mlflow.pyfunc.load_model("model").predict(pd.DataFrame({"other": [5.0]}))
print("a frame with another column:", answer)
EOF
