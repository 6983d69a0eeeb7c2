#!/usr/bin/env bash
# MLflow 3.17.2: log_table to a .json file and load_table give other values back: text of digits
# with a leading zero turns into numbers, a text column named date into datetimes, and a float
# keeps ten decimals. The same table as .parquet comes back unchanged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1 pyarrow==25.0.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import mlflow
import pandas as pd

mlflow.set_tracking_uri("sqlite:///store.db")
dates = ["2026-03-04", "2026-03-05"]
table = pd.DataFrame({"code": ["01067", "01069"], "date": dates, "x": [1 / 3, 2 / 3]})
back = {}
with mlflow.start_run():
    for ending in ("json", "parquet"):
        mlflow.log_table(table, f"table.{ending}")
        back[ending] = mlflow.load_table(f"table.{ending}")[list(table)]
for ending, frame in back.items():
    print(ending, frame.dtypes.astype(str).to_dict(), frame.iloc[0].tolist())
assert back["json"]["code"].tolist() == [1067, 1069]
assert str(back["json"]["date"].dtype).startswith("datetime64")
assert back["json"]["x"].tolist() != table["x"].tolist()
assert back["parquet"]["code"].tolist() == table["code"].tolist()
assert back["parquet"]["x"].tolist() == table["x"].tolist()
EOF
