#!/usr/bin/env bash
# jpmml-mlflow 0.4.0 with sklearn2pmml 0.133.1, scikit-learn 1.9.1 and MLflow 3.17.2 (and Java): sklearn2pmml knows scikit-learn up to 1.9.0 and
# refuses 1.9.1. jpmml_mlflow.sklearn.log_model makes a warning of that and logs the model without the PMML
# that it is there for; the call succeeds, and only a request for the flavour `pmml` fails. With 1.9.0 it is there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > ask.py <<'EOF'
import logging

import jpmml_mlflow.sklearn
import mlflow
import pandas as pd
import sklearn
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

logging.disable(logging.ERROR)
mlflow.set_tracking_uri("sqlite:///store.db")
rows = pd.DataFrame({"income": [5.0, 4.0, 3.0, 6.0], "loan": [1.0, 2.0, 3.0, 1.0]})
approved = pd.Series(["Y", "N", "N", "Y"], name="status")
model = LogisticRegression().fit(rows, approved)
signature = infer_signature(rows, approved.to_frame())
with mlflow.start_run() as run:
    logged = jpmml_mlflow.sklearn.log_model(model, name="model", signature=signature)
status = mlflow.get_run(run.info.run_id).info.status
print(f"scikit-learn {sklearn.__version__}: run {status}, flavours {sorted(logged.flavors)}")
EOF
for version in 1.9.1 1.9.0; do
  environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 pip==26.3 \
    "scikit-learn==$version" sklearn2pmml==0.133.1 jpmml-mlflow==0.4.0
  environment/bin/python -W ignore ask.py 2> said | grep '^scikit-learn' | tee -a found || { tail -n 5 said; exit 1; }
done
diff found - <<'EOF'
scikit-learn 1.9.1: run FINISHED, flavours ['python_function', 'sklearn']
scikit-learn 1.9.0: run FINISHED, flavours ['pmml', 'python_function', 'sklearn']
EOF
