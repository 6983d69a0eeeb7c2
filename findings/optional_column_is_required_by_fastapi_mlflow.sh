#!/usr/bin/env bash
# fastapi-mlflow 0.8.0 (which asks for pandas below 3: 2.3.3) with MLflow 3.17.2 and scikit-learn 1.9.1: a column that
# the signature calls optional is required by the API that is built from it, and null is no number to it (422): nobody
# can ask about an applicant with a gap, though the model itself answers. A model whose pyfunc is predict_proba gets an
# API, too, which answers 500 to each request.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==2.3.3 \
  scikit-learn==1.9.1 fastapi-mlflow==0.8.0 httpx==0.28.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import logging

import mlflow
import numpy as np
import pandas as pd
from fastapi.testclient import TestClient
from fastapi_mlflow.applications import build_app
from mlflow.models import infer_signature
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

logging.disable(logging.CRITICAL)  # the API logs the trace of each failure
mlflow.set_tracking_uri("sqlite:///mlflow.db")
random = np.random.default_rng(0)
rows = pd.DataFrame(random.normal(size=(100, 2)), columns=["income", "amount"])
good = (rows["income"] > 0).astype(int)
rows.loc[3, "amount"] = np.nan
model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(rows, good)
requests = {"given": {"income": 1.5, "amount": 2.5}, "null": {"income": 1.5, "amount": None}}
seen = {}
for method in ("predict", "predict_proba"):
    info = mlflow.sklearn.log_model(
        model,
        name=method,
        pyfunc_predict_fn=method,
        signature=infer_signature(rows, getattr(model, method)(rows)),
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    )
    pyfunc = mlflow.pyfunc.load_model(info.model_uri)
    assert not pyfunc.metadata.get_input_schema().input_dict()["amount"].required
    client = TestClient(build_app(pyfunc), raise_server_exceptions=False)
    for name, request in requests.items():
        ours = np.asarray(pyfunc.predict(pd.DataFrame([request]).astype(float)).tolist())
        theirs = client.post("/predictions", json={"data": [request]})
        print(f"{method}, amount {name}: the model says {ours.round(2).tolist()}, the API {theirs.status_code}")
        print("   ", theirs.text[:150])
        seen[method, name] = theirs.status_code
    required = client.get("/openapi.json").json()["components"]["schemas"]["RequestRow"]["required"]
    assert required == ["income", "amount"]
assert [seen["predict", name] for name in requests] == [200, 422]
assert [seen["predict_proba", name] for name in requests] == [500, 422]
EOF
