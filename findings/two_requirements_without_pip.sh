#!/usr/bin/env bash
# MLflow 3.17.2 in an environment that uv made, which holds no pip: two requirements of one package that
# agree (scikit-learn>=1.5 and scikit-learn==1.9.1) are refused as "incompatible", for `No module named
# pip`, and a folder without requirements.txt is left. With pip installed they are accepted and merged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv venv --quiet --python environment/bin/python bare
environment/bin/uv pip install --quiet --python bare/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >save.py <<'PY'
import pathlib
import sys

import mlflow
from sklearn.linear_model import LinearRegression

model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
requirements = ["scikit-learn>=1.5", "scikit-learn==1.9.1"]
mlflow.sklearn.save_model(model, sys.argv[1], pip_requirements=requirements)
print("with pip:", pathlib.Path(sys.argv[1], "requirements.txt").read_text().split())
PY
if bare/bin/python -W ignore save.py first 2>said.txt; then exit 1; fi
grep -o "The specified requirements versions are incompatible" said.txt
grep -o "No module named pip" said.txt
echo "left in the folder:" first/*
[ -e first/MLmodel ] && [ ! -e first/requirements.txt ]
environment/bin/uv pip install --quiet --python bare/bin/python pip
bare/bin/python -W ignore save.py second 2>/dev/null
grep -q '^scikit-learn==1.9.1,>=1.5$' second/requirements.txt
