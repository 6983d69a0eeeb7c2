#!/usr/bin/env bash
# MLflow 3.17.2 with uv 0.13.9: MLFLOW_LOCK_MODEL_DEPENDENCIES=true locks what the package index has
# newest, and not what trained the model: with joblib 1.4.2 installed, the model's requirements pin
# a later joblib. Without uv on the PATH nothing is locked, and nothing says so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1 joblib==1.4.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_LOCK_MODEL_DEPENDENCIES=true
cat >train.py <<'PY'
import sys

import mlflow
from sklearn.linear_model import LinearRegression

model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
mlflow.sklearn.save_model(model, sys.argv[1], pip_requirements=["scikit-learn==1.9.1"])
PY
PATH="$folder/environment/bin:$PATH" environment/bin/python -W ignore train.py locked 2>/dev/null
PATH=/usr/bin:/bin environment/bin/python -W ignore train.py unlocked 2>said.txt
installed=$(environment/bin/uv pip freeze --quiet --python environment/bin/python | grep joblib)
locked=$(grep '^joblib' locked/requirements.txt)
echo "installed: $installed | locked: $locked, in $(grep -c '==' locked/requirements.txt) lines"
[ "$installed" = joblib==1.4.2 ] && [ "$locked" != joblib==1.4.2 ]
echo "without uv on the PATH: $(tr '\n' ' ' <unlocked/requirements.txt)"
[ ! -s said.txt ] && ! grep -q joblib unlocked/requirements.txt
