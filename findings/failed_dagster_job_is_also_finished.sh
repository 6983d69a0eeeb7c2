#!/usr/bin/env bash
# dagster-mlflow 0.28.11 with dagster 1.12.11 and MLflow 3.17.2: with end_mlflow_on_run_finished, a job of two independent ops,
# one of which fails first, leaves two MLflow runs: FAILED, and a second one that the other op has opened without
# the id of the job, FINISHED. Without the hook, the run of a failed job stays RUNNING, and so
# does that of a job that succeeds.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 \
  dagster==1.12.11 dagster-mlflow==0.28.11
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR DAGSTER_DISABLE_TELEMETRY=true
cat > ask.py <<'EOF'
import logging

import mlflow
from dagster import job, op
from dagster_mlflow import end_mlflow_on_run_finished, mlflow_tracking

logging.disable(logging.CRITICAL)
store = "sqlite:///store.db"


@op(required_resource_keys={"mlflow"})
def a_training(context):
    """Fail after a first metric."""
    context.resources.mlflow.log_metric("roc_auc", 0.7)
    raise ValueError("did not converge")


@op(required_resource_keys={"mlflow"})
def b_report(context):
    """Log something that does not need the training."""
    context.resources.mlflow.log_metric("rows", 614)


def runs(name, *ops, hooks=()):
    """Run a job of these ops; return the status, the metrics and the job's id of each MLflow run."""

    @job(name=name, resource_defs={"mlflow": mlflow_tracking}, hooks=set(hooks))
    def pipeline():
        for each in ops:
            each()

    config = {"experiment_name": name, "mlflow_tracking_uri": store}
    resources = {"resources": {"mlflow": {"config": config}}}
    succeeded = pipeline.execute_in_process(run_config=resources, raise_on_error=False).success
    mlflow.set_tracking_uri(store)
    while mlflow.active_run():
        # it would be ended when this process ends, and stays RUNNING where Dagster's own processes run the job
        mlflow.tracking.fluent._active_run_stack.get().pop()
    found = mlflow.search_runs(experiment_names=[name], output_format="list", order_by=["start_time ASC"])
    said = [(run.info.status, list(run.data.metrics), "dagster_run_id" in run.data.tags) for run in found]
    print(f"{name}: succeeded {succeeded}, MLflow {said}")
    return said


hook = [end_mlflow_on_run_finished]
failed = ("FAILED", ["roc_auc"], True)
assert runs("two_ops", a_training, b_report, hooks=hook) == [failed, ("FINISHED", ["rows"], False)]
assert runs("failed", a_training) == [("RUNNING", ["roc_auc"], True)]
assert runs("succeeded", b_report) == [("RUNNING", ["rows"], True)]
EOF
environment/bin/python -W ignore ask.py 2> said || { tail -n 20 said; exit 1; }
