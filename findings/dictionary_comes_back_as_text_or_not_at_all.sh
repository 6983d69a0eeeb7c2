#!/usr/bin/env bash
# MLflow 3.17.2: log_dict writes a numpy integer into JSON as text, and as the name of a Python object
# into YAML, which a safe YAML reader refuses; load_dict reads no YAML that log_dict has written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 numpy==2.4.6
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false
environment/bin/python -W ignore - <<'EOF'
import mlflow
import numpy as np
import yaml
from mlflow.exceptions import MlflowException

mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.set_experiment("dictionaries")
counted = {"rows": np.int64(1000), "share": np.float64(0.5)}
with mlflow.start_run() as run:
    mlflow.log_dict(counted, "counted.json")
    mlflow.log_dict(counted, "counted.yaml")
    mlflow.log_dict({"rows": 1000}, "plain.yaml")
uri = run.info.artifact_uri
as_json = mlflow.artifacts.load_dict(f"{uri}/counted.json")
print("JSON:", as_json)
assert as_json == {"rows": "1000", "share": 0.5}
text = mlflow.artifacts.load_text(f"{uri}/counted.yaml")
print("YAML:", text.splitlines()[0])
try:
    yaml.safe_load(text)
except yaml.constructor.ConstructorError as error:
    print("safe_load:", error.problem[:48])
else:
    raise SystemExit("a safe reader takes it")
try:
    mlflow.artifacts.load_dict(f"{uri}/plain.yaml")
except MlflowException as error:
    print("load_dict of plain YAML:", error)
else:
    raise SystemExit("load_dict reads YAML")
EOF
