#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: the scoring server accepts CSV, "produced using the pandas.DataFrame.to_csv()
# method", but none for a model whose signature has a datetime: it asks pandas to read the column as datetime64, which
# read_csv does not do. Nor does it take any CSV for a model that was trained on an array. `mlflow models predict`,
# which reads CSV without the signature, refuses the dates as well. The same rows are accepted as JSON, and as
# Parquet.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python \
    mlflow==3.17.2 pandas==3.1.1 numpy==2.4.6 scikit-learn==1.9.1 \
    httpx==0.28.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >model.py <<'PY'
import mlflow
from mlflow.models import set_model


class Year(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["since"].dt.year.tolist()


set_model(Year())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import numpy as np
import pandas as pd
from fastapi.testclient import TestClient
from mlflow.models import infer_signature
from mlflow.pyfunc.scoring_server import _predict, init
from sklearn.linear_model import LinearRegression

frame = pd.DataFrame({"income": [2000.5, 3000.5], "since": pd.to_datetime(["2024-01-31", "2025-02-28"])})
about = {"signature": infer_signature(frame), "pip_requirements": ["mlflow==3.17.2"]}
print(about["signature"].inputs)
mlflow.pyfunc.save_model("dates", python_model="model.py", **about)
rows = np.array([[1.0, 2.0], [3.0, 4.0]])
about = {"signature": infer_signature(rows), "pip_requirements": ["scikit-learn==1.9.1"]}
mlflow.sklearn.save_model(LinearRegression().fit(rows, [1.0, 2.0]), "array", **about)


def ask(model, kind, body):
    server = TestClient(init(mlflow.pyfunc.load_model(model)))
    answer = server.post("/invocations", content=body, headers={"Content-Type": kind})
    said = answer.json()
    said = said.get("predictions") or said["message"].split("Error: ")[-1]
    print(f"{model}, {kind}: {answer.status_code} {said}")
    return answer.status_code


table = frame.to_json(orient="split", date_format="iso")
frame.to_csv("rows.csv", index=False)
assert ask("dates", "text/csv", frame.to_csv(index=False)) == 400
assert ask("dates", "application/json", '{"dataframe_split": %s}' % table) == 200
assert ask("dates", "application/vnd.apache.parquet", frame.to_parquet()) == 200
assert ask("array", "text/csv", pd.DataFrame(rows).to_csv(index=False)) == 400
assert ask("array", "application/json", '{"inputs": [[1.0, 2.0], [3.0, 4.0]]}') == 200
try:
    _predict("dates", "rows.csv", "answers.json", "csv")  # this is what `mlflow models predict` runs
except mlflow.MlflowException as error:
    print("mlflow models predict:", str(error).split("Error: ")[-1])
else:
    raise SystemExit("mlflow models predict accepted the file")
PY
