#!/usr/bin/env bash
# MLflow 3.17.2: the scoring server turns `instances`, a list of records, into columns, and leaves no gap where a record
# lacks an optional column, as records do whose nulls were dropped. The values below move up: of three applicants, each
# without another value, the model is given two rows that mix all three, with status 200. The same records as
# `dataframe_records` or `inputs` are read rightly, and so are `instances` with nulls; where columns come out of
# different lengths, the request is refused.
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
        return model_input.fillna(-1).values.tolist()


set_model(Echo())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import pandas as pd
from fastapi.testclient import TestClient
from mlflow.pyfunc.scoring_server import init

gap = None
frame = pd.DataFrame([[gap, 1.1, 1.2], [2.0, gap, 2.2], [3.0, 3.1, gap]], columns=["income", "loan", "term"])
signature = mlflow.models.infer_signature(frame)
print(signature.inputs)
mlflow.pyfunc.save_model("model", python_model="model.py", signature=signature, pip_requirements=["mlflow==3.17.2"])
server = TestClient(init(mlflow.pyfunc.load_model("model")))
nulls = [{key: None if pd.isna(value) else value for key, value in row.items()} for row in frame.to_dict("records")]
rows = [{key: value for key, value in row.items() if value is not None} for row in nulls]


def ask(form, records):
    answer = server.post("/invocations", json={form: records})
    return answer.json()["predictions"] if answer.status_code == 200 else answer.status_code


right = frame.fillna(-1).values.tolist()
for form in ("dataframe_records", "inputs", "instances"):
    print(f"{form}: {ask(form, rows)}, with nulls {ask(form, nulls)}")
assert ask("dataframe_records", rows) == ask("inputs", rows) == right
assert ask("instances", nulls) == right
assert ask("instances", rows) == [[2.0, 1.1, 1.2], [3.0, 3.1, 2.2]]
assert ask("instances", rows[:2]) == 400
PY
