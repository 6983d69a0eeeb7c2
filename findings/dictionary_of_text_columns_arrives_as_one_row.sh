#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: a pyfunc takes a table also as a dictionary of columns. If all columns are text, it
# arrives at the model as a single row, whose cells are the whole columns, and the signature, which says string, lets
# the lists pass. With one column of numbers more, the same dictionary arrives row by row; so do a DataFrame and a list
# of records of the same text, and the dictionary itself in a request to MLflow's server.
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


class Cars(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return (model_input["purpose"] == "car").tolist()


set_model(Cars())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import pandas as pd
from fastapi.testclient import TestClient
from mlflow.pyfunc.scoring_server import init

text = {"purpose": ["car", "radio", "car"], "housing": ["own", "rent", "own"]}
mixed = {**text, "income": [2000.5, 3000.5, 4000.5]}
answers = {}
for name, columns in {"text": text, "text and numbers": mixed}.items():
    frame = pd.DataFrame(columns)
    folder = name.replace(" ", "_")
    signature = mlflow.models.infer_signature(frame)
    print(name, signature.inputs)
    mlflow.pyfunc.save_model(folder, python_model="model.py", signature=signature, pip_requirements=["mlflow==3.17.2"])
    model = mlflow.pyfunc.load_model(folder)
    records = frame.to_dict("records")
    for kind, table in {"dictionary": columns, "DataFrame": frame, "records": records}.items():
        answers[name, kind] = model.predict(table)
    answer = TestClient(init(model)).post("/invocations", json={"inputs": columns})
    answers[name, "dictionary by HTTP"] = answer.json()["predictions"]
for key, answer in answers.items():
    print(*key, answer)
assert answers.pop(("text", "dictionary")) == [False]
assert len(answers) == 7 and all(answer == [True, False, True] for answer in answers.values())
PY
