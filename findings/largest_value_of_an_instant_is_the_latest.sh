#!/usr/bin/env bash
# MLflow 3.17.2, SQLite: of values of one metric with the same step and the same time, as a batch without
# steps has them, the run keeps the largest as its latest value, whichever was logged last. A loss that
# falls from 0.9 to 0.4 is shown, searched and sorted as 0.9, and its history comes back sorted by
# value. With a step for each value, and in calls of their own, 0.4 is the latest.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > ask.py <<'EOF'
import time

import mlflow
from mlflow.entities import Metric

mlflow.set_tracking_uri("sqlite:///mlflow.db")
client, now, losses = mlflow.MlflowClient(), int(time.time() * 1000), [0.9, 0.5, 0.4]
with mlflow.start_run() as run:
    at_once = [Metric("no steps", loss, now, 0) for loss in losses]
    with_steps = [Metric("steps", loss, now, step) for step, loss in enumerate(losses)]
    client.log_batch(run.info.run_id, metrics=at_once + with_steps)
    for loss in losses:
        mlflow.log_metric("one by one", loss)
        time.sleep(0.01)
latest = client.get_run(run.info.run_id).data.metrics
history = [point.value for point in client.get_metric_history(run.info.run_id, "no steps")]
found = mlflow.search_runs(filter_string="metrics.`no steps` < 0.5", output_format="list")
print(latest, "history:", history, "runs found with a loss below 0.5:", len(found))
assert latest == {"no steps": 0.9, "steps": 0.4, "one by one": 0.4}
assert history == sorted(losses) and found == []
EOF
environment/bin/python -W ignore ask.py
