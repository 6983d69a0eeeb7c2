#!/usr/bin/env bash
# MLflow 3.17.2: where a column holds objects, dictionaries within a row, checking the signature changes them in
# place, in the caller's own list or DataFrame: whole numbers become numpy's. A program that writes its rows as JSON
# after it has asked the model fails: "Object of type int64 is not JSON serializable". Plain columns are left alone.
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
        return [1] * len(model_input)


set_model(Count())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import json

import mlflow
import pandas as pd

rows = [{"id": "a", "income": 2000, "loan": {"amount": 5000, "term": 12}}]
written = json.dumps(rows)
about = {"signature": mlflow.models.infer_signature(pd.DataFrame(rows)), "pip_requirements": ["mlflow==3.17.2"]}
print(about["signature"].inputs)
mlflow.pyfunc.save_model("model", python_model="model.py", **about)
model = mlflow.pyfunc.load_model("model")
for kind, table, again in (
    ("list", rows, lambda table: table),
    ("DataFrame", pd.DataFrame(json.loads(written)), lambda table: table.to_dict("records")),
):
    assert json.dumps(again(table)) == written
    model.predict(table)
    row = again(table)[0]
    types = {name: type(value).__name__ for name, value in {**row, **row["loan"]}.items()}
    print(f"after predict with a {kind}: {types}")
    assert types["income"] == "int" and types["amount"] == "int64"
    try:
        json.dumps(again(table))
    except TypeError as error:
        print(error)
    else:
        raise SystemExit("the rows are still JSON")
PY
