#!/usr/bin/env bash
# MLflow 3.17.2 with pandas 3.1.1, scikit-learn 1.9.1, skl2onnx 1.20.0 and onnxruntime 1.32.0: a pipeline of a text
# and a number column, converted by skl2onnx with an input for each column, is logged with the signature of its table
# and can then not be asked: MLflow's pyfunc hands onnxruntime pandas' own array of text, or, for text as objects, a
# flat array where a column is asked for, and a dictionary does not fit the signature. A model of numbers that answers
# with an array of probabilities (zipmap=False) fails for a table too: "All arrays must be of the same length". With a
# signature of tensors, a column each, both are asked with the table.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python \
    mlflow==3.17.2 pandas==3.1.1 numpy==2.4.6 scikit-learn==1.9.1 skl2onnx==1.20.0 onnx==1.23.2 onnxruntime==1.32.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

frame = pd.DataFrame({"purpose": ["car", "radio", "car", "tv"] * 5, "income": np.arange(20.0)})
refused = [0, 1, 1, 0] * 5
columns = make_column_transformer((OneHotEncoder(), ["purpose"]), (StandardScaler(), ["income"]))
pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, refused)
kinds = [("purpose", StringTensorType([None, 1])), ("income", FloatTensorType([None, 1]))]
graph = to_onnx(pipeline, initial_types=kinds, options={"zipmap": False})
feed = {"purpose": frame[["purpose"]].to_numpy(object), "income": frame[["income"]].to_numpy("float32")}
numbers = LogisticRegression().fit(frame[["income"]], (frame["income"] > 9).astype(int))
small = to_onnx(numbers, initial_types=[("income", FloatTensorType([None, 1]))], options={"zipmap": False})
said = {}


def ask(name, graph, example, table):
    folder = f"model {len(said)}".replace(" ", "_")
    about = {"signature": infer_signature(example), "pip_requirements": ["onnxruntime==1.32.0"]}
    mlflow.onnx.save_model(graph, folder, **about)
    try:
        answer = mlflow.pyfunc.load_model(folder).predict(table)
        said[name] = np.asarray(answer["probabilities"])[:, 1]
        print(f"{name}: {said[name][:3].round(3)} ...")
    except Exception as error:
        said[name] = str(error)
        print(f"{name}: {type(error).__name__}: {said[name][-120:].strip()}")
    return said[name]


assert "a single numpy array for input 'purpose'" in ask("table", graph, frame, frame)
objects = frame.astype({"purpose": object})
assert "Got: 1 Expected: 2" in ask("table with text as objects", graph, frame, objects)
assert "Failed to enforce schema" in ask("dictionary", graph, frame, feed)
answer = ask("table, signature of tensors", graph, feed, frame)
assert np.allclose(answer, pipeline.predict_proba(frame)[:, 1], atol=1e-5)
income = frame[["income"]]
assert ask("numbers", small, income, income) == "All arrays must be of the same length"
answer = ask("numbers, signature of tensors", small, {"income": feed["income"]}, income)
assert np.allclose(answer, numbers.predict_proba(income)[:, 1], atol=1e-5)
PY
