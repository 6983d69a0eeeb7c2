#!/usr/bin/env bash
# azureml-mlflow 1.62.0.post6 with MLflow 3.17.2: it asks for mlflow-skinny<=3.15.0. Beside MLflow 3.17.2, pip installs
# mlflow-skinny 3.15.0 over the same files, with a line about a conflict: pip still lists mlflow 3.17.2,
# `import mlflow` is 3.15.0, and a store that 3.17.2 has made can no longer be opened. uv, which is asked for both,
# takes azureml-mlflow 1.60.0, an older release that names no bound.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pip==26.3
ask() { environment/bin/python -W ignore - <<'EOF' 2> /dev/null
from importlib.metadata import version

import mlflow

mlflow.set_tracking_uri("sqlite:///store.db")
try:
    found = f"{len(mlflow.search_experiments())} experiment"
except Exception as error:
    found = str(error).splitlines()[0][:58]
print(f"mlflow {version('mlflow')} is listed, {mlflow.__version__} is imported; its store: {found}")
EOF
}
ask | tee found
environment/bin/pip install azureml-mlflow==1.62.0.post6 > said 2>&1
grep -o "mlflow 3.17.2 requires mlflow-skinny==3.17.2" said | tee -a found
ask | tee -a found
diff found - <<'EOF'
mlflow 3.17.2 is listed, 3.17.2 is imported; its store: 1 experiment
mlflow 3.17.2 requires mlflow-skinny==3.17.2
mlflow 3.17.2 is listed, 3.15.0 is imported; its store: Detected out-of-date database schema (found version dc1166
EOF
echo "mlflow==3.17.2
azureml-mlflow" | environment/bin/uv pip compile --quiet --python environment/bin/python - | grep "^azureml-mlflow==1.60.0"
