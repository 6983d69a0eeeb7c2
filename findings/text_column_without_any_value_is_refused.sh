#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: the signature calls a text column optional, and accepts a CSV file
# in which some rows lack it; a file in which all rows lack it is refused ("Can not safely convert
# float64"), as pandas reads an empty column as floats. An optional number passes in both cases, and
# so does the text column if it is read with dtype.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >model.py <<'PY'
import mlflow
from mlflow.models import set_model


class Count(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return len(model_input)


set_model(Count())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import io

import mlflow
import pandas as pd


def read(*lines, **how):
    return pd.read_csv(io.StringIO("\n".join(("id,gender,income", *lines))), **how)


signature = mlflow.models.infer_signature(read("1.5,Female,2000.5", "2.5,,"))
mlflow.pyfunc.save_model("model", python_model="model.py", signature=signature, pip_requirements=["mlflow==3.17.2"])
model = mlflow.pyfunc.load_model("model")
answers = {}
for name, rows in {
    "some lack it": ("1.5,Male,3000.5", "2.5,,4000.5"),
    "no income at all": ("1.5,Male,", "2.5,Male,"),
    "no gender at all": ("1.5,,3000.5", "2.5,,4000.5"),
}.items():
    try:
        answers[name] = model.predict(read(*rows))
    except mlflow.MlflowException as error:
        answers[name] = str(error).split("Error: ")[-1]
    print(f"{name}: {answers[name]}")
typed = read("1.5,,3000.5", dtype={"gender": "str"})
print("no gender at all, read as text:", model.predict(typed))
print(signature.inputs)
assert answers["some lack it"] == answers["no income at all"] == 2
assert "Can not safely convert float64" in answers["no gender at all"]
PY
