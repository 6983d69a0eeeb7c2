#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: a DataFrame that was made of an array has the numbers 0, 1, ... as its column
# names, and so has the signature of a model that was trained on it. Such a model answers in Python; the scoring
# server then refuses records, columns and CSV with "Model is missing inputs [0, 1]", as the names are text there. The
# forms that name no columns, or name them as numbers within a list, are accepted.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 numpy==2.4.6 \
    scikit-learn==1.9.1 httpx==0.28.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import numpy as np
import pandas as pd
from fastapi.testclient import TestClient
from mlflow.pyfunc.scoring_server import init
from sklearn.linear_model import LinearRegression

frame = pd.DataFrame(np.array([[0.5, 1.5], [1.5, 2.5]]))
about = {"signature": mlflow.models.infer_signature(frame), "pip_requirements": ["scikit-learn==1.9.1"]}
mlflow.sklearn.save_model(LinearRegression().fit(frame, [0.0, 1.0]), "model", **about)
model = mlflow.pyfunc.load_model("model")
print(model.metadata.signature.inputs, model.predict(frame))
server = TestClient(init(model))
said = {}
for name, body in {
    "dataframe_records": '{"dataframe_records": %s}' % frame.to_json(orient="records"),
    "inputs by column": '{"inputs": {"0": [0.5, 1.5], "1": [1.5, 2.5]}}',
    "CSV": frame.to_csv(index=False),
    "dataframe_split": '{"dataframe_split": %s}' % frame.to_json(orient="split"),
    "inputs by row": '{"inputs": %s}' % frame.to_json(orient="values"),
}.items():
    kind = "text/csv" if name == "CSV" else "application/json"
    answer = server.post("/invocations", content=body, headers={"Content-Type": kind})
    said[name] = answer.status_code
    text = answer.json().get("predictions") or answer.json()["message"].split("Error: ")[-1]
    print(f"{name}: {answer.status_code} {text}")
    assert answer.status_code == 200 or "missing inputs [0, 1]" in text
assert list(said.values()) == [400, 400, 400, 200, 200]
PY
