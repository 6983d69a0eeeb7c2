#!/usr/bin/env bash
# scikit-learn 1.9.1 with MLflow 3.17.2: `set_config(transform_output="pandas")` belongs to the process
# and is not stored with a model. A pipeline whose second step chooses columns by name is fitted and
# logged, input example included; in a process without the setting it loads and fails when asked.
# `pipeline.set_output(transform="pandas")` is stored.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 skops==0.16.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_TRACKING_URI=sqlite:///mlflow.db
cat > log.py <<'EOF'
import sys

import mlflow
import pandas as pd
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

rows = pd.DataFrame({"income": [1.0, 2.0, 3.0, 4.0], "amount": [4.0, None, 2.0, 1.0]})
chosen = make_column_transformer(("passthrough", ["income"]))
pipeline = make_pipeline(SimpleImputer(), chosen, LogisticRegression())
if sys.argv[1] == "process":
    sklearn.set_config(transform_output="pandas")
else:
    pipeline.set_output(transform="pandas")
pipeline.fit(rows, [0, 0, 1, 1])
packages = ["scikit-learn", "skops", "pandas"]
example = rows.head(1)
mlflow.set_experiment(sys.argv[1])
kept = {"skops_trusted_types": ["numpy.dtype"], "pip_requirements": packages}
print(mlflow.sklearn.log_model(pipeline, name="model", input_example=example, **kept).model_uri)
EOF
cat > ask.py <<'EOF'
import sys

import mlflow
import pandas as pd

model = mlflow.pyfunc.load_model(sys.argv[1])
try:
    print(*model.predict(pd.DataFrame({"income": [4.0], "amount": [1.0]})))
except ValueError as error:
    print(error)
EOF
for where in process pipeline; do
  uri=$(environment/bin/python -W ignore log.py "$where" | tail -n 1)
  environment/bin/python -W ignore ask.py "$uri" > "$where"
  echo "set for the $where, asked in another process: $(cat "$where")"
done
grep -q "only supported for dataframes" process
[ "$(cat pipeline)" = 1 ]
