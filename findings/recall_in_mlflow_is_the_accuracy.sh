#!/usr/bin/env bash
# skore 0.28.0 (skore[mlflow]) with MLflow 3.17.2 and scikit-learn 1.9.1: the report of a classifier says recall 0.61 and
# precision 0.78 for the class it was told to watch; the run that Project.put writes into MLflow has 0.8375 for
# both, which is the accuracy: the run's recall and precision are averaged over all rows, whatever pos_label says.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 "skore[mlflow]==0.28.0"
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF' 2> said || { cat said; exit 1; }
import mlflow
import numpy as np
import pandas as pd
import skore
from sklearn.linear_model import LogisticRegression

draw = np.random.default_rng(0)
rows = pd.DataFrame({"income": draw.normal(5, 1, 400), "loan": draw.normal(3, 1, 400)})
approved = (rows.income - rows.loan + draw.normal(0, 1, 400) > 2.7).astype(int)
report = skore.evaluate(LogisticRegression(), rows, approved, splitter=0.2, pos_label=1)
project = skore.Project("loans", mode="mlflow", tracking_uri="sqlite:///store.db")
project.put("regression", report)
said = {name: getattr(report.metrics, name)() for name in ("accuracy", "recall", "precision")}
mlflow.set_tracking_uri("sqlite:///store.db")
run = mlflow.search_runs(search_all_experiments=True, filter_string="attributes.run_name = 'regression'").iloc[0]
logged = {name: run[f"metrics.{name}"] for name in said}
print("report:", {name: round(value, 4) for name, value in said.items()})
print("run:   ", {name: round(value, 4) for name, value in logged.items()})
assert said["recall"] < said["precision"] < said["accuracy"]
assert logged["recall"] == logged["precision"] == logged["accuracy"] == said["accuracy"]
EOF
