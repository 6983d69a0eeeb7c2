#!/usr/bin/env bash
# MLflow 3.17.2: validate_evaluation_results with a threshold and min_relative_change lets a
# candidate pass whose baseline's metric is NaN, though it improves on nothing. A baseline without
# the metric is refused.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import math
import mlflow
from mlflow.models import EvaluationResult, MetricThreshold

gate = {"cost": MetricThreshold(0.55, min_relative_change=0.02, greater_is_better=False)}


def validate(candidate, baseline):
    mlflow.validate_evaluation_results(
        validation_thresholds=gate,
        candidate_result=EvaluationResult(metrics=candidate, artifacts={}),
        baseline_result=EvaluationResult(metrics=baseline, artifacts={}),
    )


validate({"cost": 0.54}, {"cost": math.nan})
print("a cost of 0.54 passes against a baseline of NaN")
EOF
