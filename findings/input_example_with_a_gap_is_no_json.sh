#!/usr/bin/env bash
# MLflow 3.17.2: an input example with a missing number is written with a bare NaN, into
# input_example.json and serving_input_example.json, which strict JSON parsers refuse.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import json
import mlflow
import pandas as pd


class Count(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [len(model_input)]


example = pd.DataFrame({"x": [1.0, None]})
mlflow.pyfunc.save_model(
    "model", python_model=Count(), input_example=example, pip_requirements=["mlflow==3.17.2"]
)
bare = []
for name in ("input_example.json", "serving_input_example.json"):
    with open(f"model/{name}") as file:
        json.load(file, parse_constant=lambda constant, name=name: bare.append((name, constant)))
print(bare)
assert bare == [("input_example.json", "NaN"), ("serving_input_example.json", "NaN")]
EOF
