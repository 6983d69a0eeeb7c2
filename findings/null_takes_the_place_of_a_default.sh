#!/usr/bin/env bash
# MLflow 3.17.2: the parameters of a signature are checked strictly: for a double, "0.7" and true are refused. null is
# not: it reaches the model as None, in place of the default. A datetime of the form 2026-03-31 arrives as a date,
# although the default of the same parameter is a datetime, and the two cannot be compared in Python.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python \
    mlflow==3.17.2 pandas==3.1.1 httpx==0.28.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >model.py <<'PY'
import mlflow
from mlflow.models import set_model


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [f"{params['threshold']!r}, {params['as_of']!r}"]


set_model(Echo())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
from datetime import datetime

import mlflow
import pandas as pd
from fastapi.testclient import TestClient
from mlflow.pyfunc.scoring_server import init

frame = pd.DataFrame({"income": [2000.5]})
params = {"threshold": 0.5, "as_of": datetime(2026, 1, 31)}
signature = mlflow.models.infer_signature(frame, params=params)
print(signature.params)
mlflow.pyfunc.save_model("model", python_model="model.py", signature=signature, pip_requirements=["mlflow==3.17.2"])
model = mlflow.pyfunc.load_model("model")
server = TestClient(init(model))


def ask(**params):
    answer = server.post("/invocations", json={"dataframe_split": frame.to_dict("split"), "params": params})
    said = answer.json()["predictions"][0] if answer.status_code == 200 else answer.status_code
    print(f"{params}: {said}")
    return said


default = "datetime.datetime(2026, 1, 31, 0, 0)"
assert ask() == f"0.5, {default}"
assert ask(threshold="0.7") == ask(threshold=True) == 400
assert ask(threshold=None) == f"None, {default}"
assert model.predict(frame, params={"threshold": None}) == [f"None, {default}"]
assert ask(as_of="2026-03-31T00:00:00") == "0.5, datetime.datetime(2026, 3, 31, 0, 0)"
assert ask(as_of="2026-03-31") == "0.5, datetime.date(2026, 3, 31)"
PY
