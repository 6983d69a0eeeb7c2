#!/usr/bin/env bash
# apache-hamilton 1.90.0 with MLflow 3.17.2 and pandas 3.1.1: of a result that is no number, MLFlowTracker logs a file
# NAME.pickle that is no pickle. A frame is in it as it is printed, as one JSON text: of 100 rows, ten are left. A
# scikit-learn model is there as its name, "LogisticRegression()". The true pickle is left in the working folder, where
# the next run writes over it. Text and dictionaries are named .pickle as well, and are JSON.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 apache-hamilton==1.90.0
export DO_NOT_TRACK=true HAMILTON_TELEMETRY_ENABLED=false MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > decisions.py <<'EOF'
import pandas as pd
from sklearn.linear_model import LogisticRegression


def loans(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"income": range(rows), "good": [row % 2 for row in range(rows)]})


def model(loans: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(loans[["income"]], loans["good"])


def limits(loans: pd.DataFrame) -> dict:
    return {"income": int(loans["income"].max())}
EOF
environment/bin/python -W ignore - <<'EOF'
import json
import pathlib
import pickle

import decisions
import mlflow
from hamilton import base, driver
from hamilton.plugins.h_mlflow import MLFlowTracker

mlflow.set_tracking_uri("sqlite:///mlflow.db")
tracker = MLFlowTracker(experiment_name="loans")
graph = driver.Builder().with_modules(decisions).with_adapters(tracker, base.DictResult()).build()
graph.execute(["loans", "model", "limits"], inputs={"rows": 100})
(run,) = mlflow.search_runs(search_all_experiments=True, output_format="list")
logged = {}
for name in ("loans", "model", "limits"):
    text = pathlib.Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/{name}.pickle")).read_bytes()
    logged[name] = json.loads(text)
    print(f"{name}.pickle begins with {text[:60]}")
    try:
        pickle.loads(text)
        raise SystemExit(f"{name}.pickle is a pickle")
    except (pickle.UnpicklingError, ValueError, KeyError, IndexError, EOFError) as error:
        print("  read as a pickle:", repr(error))
rows = [line for line in logged["loans"].splitlines() if line[:1].isdigit()]
print("rows of the frame in loans.pickle:", len(rows), "of 100")
assert len(rows) == 10 and "..." in logged["loans"]
assert logged["model"] == "LogisticRegression()" and logged["limits"] == {"income": 99}
assert len(pickle.loads(pathlib.Path("loans.pickle").read_bytes())) == 100
EOF
