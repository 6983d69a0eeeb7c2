#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1: the scoring server writes the gaps of an answer in three ways, all with status 200:
# a missing date is the text "NaT", a missing float or text a bare NaN, which is no JSON, and a missing nullable
# integer null. Of two columns of one name, only the second is answered. Dates in an array come as nanoseconds since
# 1970, and in a DataFrame as text. A decimal gives status 500 and the words Internal Server Error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python \
    mlflow==3.17.2 pandas==3.1.1 numpy==2.4.6 httpx==0.28.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >model.py <<'PY'
from datetime import date
from decimal import Decimal

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import set_model

ANSWERS = {
    "date": pd.DataFrame({"until": pd.to_datetime(["2026-01-31", None])}),
    "float": pd.DataFrame({"score": [0.5, np.nan]}),
    "text": pd.DataFrame({"reason": ["late", None]}),
    "nullable": pd.DataFrame({"points": pd.array([650, None], dtype="Int64")}),
    "one name": pd.DataFrame([[0.25, 0.75]], columns=["p", "p"]),
    "array of dates": np.array(["2026-01-31"], dtype="datetime64[ns]"),
    "decimal": pd.DataFrame({"rate": [Decimal("4.25")]}),
    "records": [{"until": date(2026, 1, 31)}, {"until": None}],
}


class Answer(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return ANSWERS[model_input["what"].iloc[0]]


set_model(Answer())
PY
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
from fastapi.testclient import TestClient
from mlflow.pyfunc.scoring_server import init

mlflow.pyfunc.save_model("model", python_model="model.py", pip_requirements=["mlflow==3.17.2"])
server = TestClient(init(mlflow.pyfunc.load_model("model")), raise_server_exceptions=False)
said = {}
for what in ("date", "float", "text", "nullable", "one name", "array of dates", "decimal", "records"):
    answer = server.post("/invocations", json={"dataframe_records": [{"what": what}]})
    said[what] = answer.status_code, answer.text.removeprefix('{"predictions": ').removesuffix("}")
    print(f"{what}: {answer.status_code} {said[what][1]}")
assert said == {
    "date": (200, '[{"until": "2026-01-31T00:00:00"}, {"until": "NaT"}]'),
    "float": (200, '[{"score": 0.5}, {"score": NaN}]'),
    "text": (200, '[{"reason": "late"}, {"reason": NaN}]'),
    "nullable": (200, '[{"points": 650}, {"points": null}]'),
    "one name": (200, '[{"p": 0.75}]'),
    "array of dates": (200, "[1769817600000000000]"),
    "decimal": (500, "Internal Server Error"),
    "records": (200, '[{"until": "2026-01-31"}, {"until": null}]'),
}
PY
