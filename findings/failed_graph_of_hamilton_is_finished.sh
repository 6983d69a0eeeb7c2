#!/usr/bin/env bash
# apache-hamilton 1.90.0 with MLflow 3.17.2: a graph that fails under MLFlowTracker leaves a run that is FINISHED: the
# tracker sets it FAILED, and then ends it once more, by mlflow.end_run(), whose status is FINISHED. Where the failed
# node is a number that was asked for, its error is replaced as well: the tracker takes float() of the missing result.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  scikit-learn==1.9.1 apache-hamilton==1.90.0
export DO_NOT_TRACK=true HAMILTON_TELEMETRY_ENABLED=false MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > loans.py <<'EOF'
def share(month: int) -> float:
    if month == 13:
        raise ValueError("no such month")
    return month / 12


def report(share: float) -> str:
    return f"a share of {share}"
EOF
environment/bin/python -W ignore - <<'EOF'
import logging

import loans
import mlflow
from hamilton import driver
from hamilton.plugins.h_mlflow import MLFlowTracker

logging.disable(logging.CRITICAL)  # Hamilton logs the trace of each failure
mlflow.set_tracking_uri("sqlite:///mlflow.db")
graph = driver.Builder().with_modules(loans).with_adapters(MLFlowTracker(experiment_name="loans")).build()
seen = {}
for wanted, month in (("share", 6), ("report", 13), ("share", 13)):
    try:
        raised = None
        graph.execute([wanted], inputs={"month": month})
    except Exception as error:
        raised = type(error).__name__
    run = mlflow.search_runs(search_all_experiments=True, max_results=1, output_format="list")[0]
    print(f"{wanted} of month {month}: raised {raised}, run {run.info.status}, metrics {run.data.metrics}")
    seen[wanted, month] = raised, run.info.status
assert seen == {
    ("share", 6): (None, "FINISHED"),
    ("report", 13): ("ValueError", "FINISHED"),
    ("share", 13): ("TypeError", "FINISHED"),
}
EOF
