#!/usr/bin/env bash
# MLflow 3.17.2: an experiment is deleted and restored, and with it come back the runs that had been deleted from it
# one by one before: they are active again, as if nobody had deleted them. The deletion of the experiment also makes
# them deleted anew, so that `mlflow gc --older-than` counts their age from then.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import sqlite3
import time

import mlflow

mlflow.set_tracking_uri("sqlite:///store.db")
client = mlflow.MlflowClient()
experiment = client.create_experiment("loans")
client.create_run(experiment, run_name="kept")
withdrawn = client.create_run(experiment, run_name="withdrawn").info.run_id
client.delete_run(withdrawn)


def active():
    return sorted(run.info.run_name for run in client.search_runs([experiment]))


def deleted_at():
    with sqlite3.connect("store.db") as store:
        return store.execute("SELECT deleted_time FROM runs WHERE run_uuid = ?", [withdrawn]).fetchone()[0]


before, since = active(), deleted_at()
time.sleep(1)
client.delete_experiment(experiment)
later = deleted_at() - since
client.restore_experiment(experiment)
after = active()
print(f"active before: {before}; the deletion of the experiment came {later} ms later; active after: {after}")
assert before == ["kept"] and after == ["kept", "withdrawn"]
assert later >= 1000
assert client.get_run(withdrawn).info.lifecycle_stage == "active"
PY
