#!/usr/bin/env bash
# MLflow 3.17.2 with lifelines 0.30.3 (which asks for pandas below 3: 2.3.3): a server leaves out the index of a frame
# that a model answers. A survival function of lifelines has the times as its index and a column for each customer:
# over HTTP three customers and three times give three records without a time, and the first record is not the first
# customer but the first time of all of them. `mlflow models predict` does the same. As columns, the times arrive.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==2.3.3 \
  scikit-learn==1.9.1 lifelines==0.30.3 httpx==0.28.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > default.py <<'EOF'
import mlflow
import pandas as pd


class TimeToDefault(mlflow.pyfunc.PythonModel):
    """The chance that no default has come after 12, 26 and 52 weeks."""

    def __init__(self, model, by_customer):
        self.model = model
        self.by_customer = by_customer

    def predict(self, context, model_input: pd.DataFrame):
        curves = self.model.predict_survival_function(model_input, times=[12, 26, 52])
        return curves.T.rename(columns=lambda weeks: f"{weeks:.0f} weeks") if self.by_customer else curves
EOF
environment/bin/python -W ignore - <<'EOF'
import json
import subprocess

import mlflow
from default import TimeToDefault
from fastapi.testclient import TestClient
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi
from mlflow.pyfunc import scoring_server

mlflow.set_tracking_uri("sqlite:///mlflow.db")
rows = load_rossi()
model = CoxPHFitter().fit(rows, "week", "arrest")
customers = rows.drop(columns=["week", "arrest"]).head(3)
request = json.dumps({"dataframe_split": customers.to_dict(orient="split")})
answers = {}
for by_customer in (False, True):
    folder = f"model-{by_customer}"
    curves = TimeToDefault(model, by_customer)
    mlflow.pyfunc.save_model(folder, python_model=curves, code_paths=["default.py"], pip_requirements=["lifelines"])
    pyfunc = mlflow.pyfunc.load_model(folder)
    client = TestClient(scoring_server.init(pyfunc))
    frame = pyfunc.predict(customers)
    answer = client.post("/invocations", content=request, headers={"Content-Type": "application/json"}).json()
    answers[by_customer] = frame, answer["predictions"]
    print(frame.round(3), "over HTTP:", *answer["predictions"], sep="\n")
curves, records = answers[False]
assert list(curves.index) == [12, 26, 52] and len(records) == 3
assert all(list(record) == ["0", "1", "2"] for record in records)
assert "12" not in json.dumps([list(record) for record in records])
assert list(records[0].values()) == curves.loc[12].tolist() != curves[0].tolist()
assert all(list(record) == ["12 weeks", "26 weeks", "52 weeks"] for record in answers[True][1])

command = ["environment/bin/mlflow", "models", "predict", "--model-uri", "model-False", "--env-manager", "local"]
with open("request.json", "w") as file:
    file.write(request)
output = subprocess.run(
    [*command, "--input-path", "request.json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
)
assert json.loads(output.stdout)["predictions"] == records
EOF
