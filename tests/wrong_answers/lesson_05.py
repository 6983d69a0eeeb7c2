"""Wrong answers to the exercises of lesson 05 that a reader might well give."""

from answers import changed

REST = """
import time

import requests

with start_server() as server:
    api = f"{server.url}/api/2.0/mlflow"
    question = {"experiment_name": "loans"}
    found = requests.get(f"{api}/experiments/get-by-name", params=question).json()["experiment"]
    now = int(time.time() * 1000)
    new = {"experiment_id": found["experiment_id"], "run_name": "by rest", "start_time": now}
    run_id = requests.post(f"{api}/runs/create", json=new).json()["run"]["info"]["run_id"]
    for call, content in {
        "log-parameter": {"key": "family", "value": "rule"},
        "log-metric": {"key": "roc_auc", "value": 0.5, "timestamp": now},
        "update": {"status": "FINISHED", "end_time": now},
    }.items():
        requests.post(f"{api}/runs/{call}", json={"run_id": run_id, **content})"""

#: Goes on where the run was cut off; and begins a second run instead.
LATER = """
with mlflow.start_run(run_id=cut_off.info.run_id):
    for step in range(3, 6):
        mlflow.log_metric("test_loss", losses[step], step=step)"""
SECOND = 'mlflow.set_experiment("loans")' + changed(
    LATER, "run_id=cut_off.info.run_id", 'run_name="cut off"'
).replace("3, 6", "6")

WRONG = {
    "5.1": {
        "all six again": changed(LATER, "3, 6", "6"),
        "the steps forgotten": changed(LATER, ", step=step", ""),
        "the last value for all": changed(LATER, "losses[step]", "losses[-1]"),
        "logged and left running": """
for step in range(3, 6):
    client.log_metric(cut_off.info.run_id, "test_loss", losses[step], step=step)""",
        "ended and not finished": """
client.set_terminated(cut_off.info.run_id)""",
        "a second run, and the first one deleted": f"""
client.delete_run(cut_off.info.run_id)
{SECOND}""",
        "a second run of that name": SECOND,
    },
    "5.2": {
        "no start time": changed(REST, ', "start_time": now', ""),
        "no end time": changed(REST, ', "end_time": now', ""),
        "left running": changed(REST, '"update"', '"set-no-status"'),
        "a metric without a timestamp": changed(REST, '0.5, "timestamp": now', "0.5"),
        "by the client": """
mlflow.set_experiment("loans")
with mlflow.start_run(run_name="by rest"):
    mlflow.log_param("family", "rule")
    mlflow.log_metric("roc_auc", 0.5)""",
    },
}
