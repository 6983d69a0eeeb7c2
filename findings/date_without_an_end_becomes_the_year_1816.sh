#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: the date 9999-12-31, which registers use for "without an end", is an ordinary date
# in pandas 3, and infer_signature takes it. The model then refuses the very table ("Out of bounds nanosecond
# timestamp"), as MLflow converts dates to nanoseconds, which end in 2262. The scoring server refuses it in
# dataframe_records; in inputs and instances it hands the model the 29th of March 1816, with status 200.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 httpx==0.28.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >model.py <<'PY'
import mlflow
from mlflow.models import set_model


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [str(date)[:10] for date in model_input["until"]]


set_model(Echo())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import pandas as pd
from fastapi.testclient import TestClient
from mlflow.pyfunc.scoring_server import init

days = ["2026-01-31", "9999-12-31"]
frame = pd.DataFrame({"until": pd.to_datetime(days)})
print(frame.dtypes["until"], frame["until"].dt.year.tolist())
about = {"signature": mlflow.models.infer_signature(frame), "pip_requirements": ["mlflow==3.17.2"]}
print(about["signature"].inputs)
mlflow.pyfunc.save_model("model", python_model="model.py", **about)
model = mlflow.pyfunc.load_model("model")
try:
    model.predict(frame)
except Exception as error:
    print(f"in Python: {type(error).__name__}: {error}")
    assert "Out of bounds nanosecond timestamp" in str(error)
else:
    raise SystemExit("the table is accepted")
server = TestClient(init(model))
rows = [{"until": day} for day in days]
said = {}
for form, body in {"dataframe_records": rows, "inputs": {"until": days}, "instances": rows}.items():
    answer = server.post("/invocations", json={form: body})
    said[form] = answer.json().get("predictions") or answer.status_code
    print(f"{form}: {answer.status_code} {said[form]}")
assert said["dataframe_records"] == 400
assert said["inputs"] == said["instances"] == ["2026-01-31", "1816-03-29"]
PY
