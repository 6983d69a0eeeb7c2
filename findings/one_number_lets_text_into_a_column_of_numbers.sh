#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: a column of text is refused where the signature says double. A column that holds
# text beside a number is not: its text is converted, "650" to 650.0, " 7 " to 7.0, "" to a gap, also where the
# signature requires the column, and true to 1.0. The answer to one row so depends on the rows that are asked with it.
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


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["income"].tolist()


set_model(Echo())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import pandas as pd

signature = mlflow.models.infer_signature(pd.DataFrame({"income": [2000.5, 3000.5]}))
print(signature.inputs)
mlflow.pyfunc.save_model("model", python_model="model.py", signature=signature, pip_requirements=["mlflow==3.17.2"])
model = mlflow.pyfunc.load_model("model")


def ask(*incomes):
    try:
        answer = model.predict([{"income": income} for income in incomes])
    except mlflow.MlflowException as error:
        answer = str(error).split("Error: ")[-1]
    print(f"{list(incomes)}: {answer}")
    return str(answer)


for text in ("650", " 7 ", ""):
    assert "Can not safely convert" in ask(text)
assert "Can not safely convert bool" in ask(True)
assert ask(2000.5, "650", " 7 ", "", True) == "[2000.5, 650.0, 7.0, nan, 1.0]"
PY
