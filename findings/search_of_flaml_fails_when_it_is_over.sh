#!/usr/bin/env bash
# FLAML 2.8.0 with MLflow 3.17.2, pandas 3.1.1 and scikit-learn 1.9.1: within a run, AutoML.fit searches to the end, logs each trial,
# and then raises, as MLflow's default format, skops, does not save FLAML's own pipeline. The run is FAILED and
# has no model. (Or it raises before, with an IntegrityError, as it sets one tag from two threads; such a search
# is tried again here.) In MLflow 3.10.1, whose default format is cloudpickle, the same search ends well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > ask.py <<'EOF'
import logging
import time

import mlflow
from flaml import AutoML
from sklearn.datasets import make_classification

logging.disable(logging.CRITICAL)
X, y = make_classification(300, random_state=0)
mlflow.set_tracking_uri(f"sqlite:///{mlflow.__version__}.db")
mlflow.set_experiment(f"search {time.time()}")
search = AutoML()
try:
    with mlflow.start_run(run_name="search"):
        search.fit(
            X, y, task="classification", metric="roc_auc", estimator_list=["lrl1"],
            max_iter=2, time_budget=-1, verbose=0, eval_method="cv", n_splits=3,
        )
    raised = "nothing"
except Exception as error:
    raised = f"{type(error).__name__}, {str(error)[:49]}"
status = {run.info.run_name: run.info.status for run in mlflow.search_runs(output_format="list")}
print(f"{mlflow.__version__}: {len(status) - 1} trials, then raises {raised}; run {status['search']}")
EOF
for mlflow in 3.17.2 3.10.1; do
  environment/bin/uv pip install --quiet --python environment/bin/python "mlflow==$mlflow" \
    scikit-learn==1.9.1 "flaml[automl]==2.8.0" pandas
  for _ in 1 2 3 4 5 6 7 8; do
    environment/bin/python -W ignore ask.py > found_now 2> said || { tail -n 5 said; exit 1; }
    grep -q UNIQUE found_now || break
  done
  tee -a found < found_now
done
diff found - <<'EOF'
3.17.2: 2 trials, then raises MlflowException, The saved sklearn model references untrusted type; run FAILED
3.10.1: 2 trials, then raises nothing; run FINISHED
EOF
