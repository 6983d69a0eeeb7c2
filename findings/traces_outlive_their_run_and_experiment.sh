#!/usr/bin/env bash
# MLflow 3.17.2: deleting a run, also for ever by `mlflow gc`, leaves the traces that were recorded in it, with the
# inputs of each call. Deleting an experiment hides its runs from searches, and not its traces: search_traces finds
# them as before. They go when `mlflow gc` removes the experiment, or by delete_traces.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_TRACKING_URI=sqlite:///store.db
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import sqlite3

import mlflow
from click.testing import CliRunner
from mlflow.cli import gc

client = mlflow.MlflowClient()
experiment = mlflow.set_experiment("loans").experiment_id


@mlflow.trace
def decide(income):
    return income > 3000


def look(what):
    traces = client.search_traces(locations=[experiment])
    incomes = sorted(trace.data.spans[0].inputs["income"] for trace in traces)
    print(f"{what}: {len(client.search_runs([experiment]))} runs, traces of the incomes {incomes}")
    return incomes


def collect():
    said = CliRunner().invoke(gc, ["--backend-store-uri", "sqlite:///store.db"])
    assert said.exit_code == 0, said.output
    print(said.output.strip())
    return said.output


with mlflow.start_run() as run:
    decide(4321)
    decide(5432)
mlflow.flush_trace_async_logging()
assert look("recorded") == [4321, 5432]
client.delete_run(run.info.run_id)
assert f"{run.info.run_id} has been permanently deleted" in collect()
assert look("after mlflow gc of the run") == [4321, 5432]
trace = client.search_traces(locations=[experiment])[0].info.trace_id
assert client.delete_traces(experiment, trace_ids=[trace]) == 1
client.delete_experiment(experiment)
assert client.get_experiment(experiment).lifecycle_stage == "deleted"
assert len(look("one trace deleted, then the experiment")) == 1
collect()
with sqlite3.connect("store.db") as store:
    left = store.execute("SELECT count(*) FROM trace_info").fetchone()[0]
print(f"traces after mlflow gc of the experiment: {left}")
assert left == 0
PY
