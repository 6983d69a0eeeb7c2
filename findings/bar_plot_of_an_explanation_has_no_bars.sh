#!/usr/bin/env bash
# MLflow 3.17.2 with shap 0.51.0 and scikit-learn 1.9.1: mlflow.shap.log_explanation, given the predict_proba of a
# classifier, as its documentation suggests, logs a summary_bar_plot.png without a bar: shap takes the two classes for a
# second axis of columns, and draws the "interaction" of the first two columns; the third one is missing. The values in
# shap_values.npy are right. Given the probability of one class, the picture shows a bar for each column.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 shap==0.51.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR MPLBACKEND=Agg
environment/bin/python -W ignore - <<'EOF'
import pathlib
from unittest import mock

import mlflow
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

mlflow.set_tracking_uri("sqlite:///mlflow.db")
random = np.random.default_rng(0)
rows = pd.DataFrame(random.normal(size=(50, 3)), columns=["income", "amount", "age"])
good = (3 * rows["income"] + rows["amount"] + random.normal(size=50) > 0).astype(int)
model = LogisticRegression().fit(rows.to_numpy(), good)
save = Figure.savefig


def explained(predict):
    """Log an explanation; return the shape of its values, and the labels and the number of bars of its picture."""
    drawn = []

    def look(figure, *arguments, **settings):
        labels = {label.get_text() for axes in figure.axes for label in axes.get_yticklabels()} - {""}
        drawn.append((sorted(labels), sum(len(axes.patches) for axes in figure.axes)))
        return save(figure, *arguments, **settings)

    with mlflow.start_run() as run, mock.patch.object(Figure, "savefig", look):
        mlflow.shap.log_explanation(predict, rows)
    folder = pathlib.Path(mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/model_explanations_shap"))
    assert (folder / "summary_bar_plot.png").exists() and len(drawn) == 1
    return np.load(folder / "shap_values.npy").shape, *drawn[0]


both = explained(model.predict_proba)
one = explained(lambda some: model.predict_proba(some)[:, 1])
print("both classes: values", both[0], "| labels", both[1], "| bars:", both[2])
print("one class:    values", one[0], "| labels", one[1], "| bars:", one[2])
assert both == ((50, 3, 2), ["amount", "income"], 0)
assert one == ((50, 3), ["age", "amount", "income"], 3)
EOF
