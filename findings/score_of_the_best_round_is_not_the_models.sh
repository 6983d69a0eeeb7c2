#!/usr/bin/env bash
# MLflow 3.17.2 with XGBoost 3.2.0: after xgb.train with early stopping, autolog's last loss is that of
# the best round, and the model that it logs answers with all rounds: the run shows another model's score.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 xgboost==3.2.0 lightgbm==4.7.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false
environment/bin/python -W ignore - <<'EOF'
import lightgbm
import mlflow
import xgboost
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.set_experiment("boosting")
X, y = make_classification(600, random_state=0)
X_train, X_valid, y_train, y_valid = train_test_split(X, y, random_state=0)


def with_xgboost():
    mlflow.xgboost.autolog(silent=True)
    train, valid = xgboost.DMatrix(X_train, y_train), xgboost.DMatrix(X_valid, y_valid)
    options = {"objective": "binary:logistic", "eval_metric": "logloss"}
    stop = {"early_stopping_rounds": 5, "verbose_eval": False}
    xgboost.train(options, train, 200, evals=[(valid, "valid")], **stop)


def with_lightgbm():
    mlflow.lightgbm.autolog(silent=True)
    train, valid = lightgbm.Dataset(X_train, y_train), lightgbm.Dataset(X_valid, y_valid)
    stop = [lightgbm.early_stopping(5, verbose=False)]
    options = {"objective": "binary", "verbose": -1}
    lightgbm.train(options, train, 200, valid_sets=[valid], callbacks=stop)


same = {}
for train in (with_xgboost, with_lightgbm):
    with mlflow.start_run() as run:
        train()
    shown = next(v for k, v in mlflow.get_run(run.info.run_id).data.metrics.items() if k.endswith("logloss"))
    (model,) = mlflow.search_logged_models(filter_string=f"source_run_id = '{run.info.run_id}'", output_format="list")
    loss = log_loss(y_valid, mlflow.pyfunc.load_model(model.model_uri).predict(X_valid))
    same[train.__name__] = abs(loss - shown) < 1e-5
    print(f"{train.__name__}: loss of the run {shown:.4f}, of its model {loss:.4f}")
assert same == {"with_xgboost": False, "with_lightgbm": True}
EOF
