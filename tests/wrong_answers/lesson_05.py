"""Wrong answers to the exercises of lesson 05 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

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


def _changed(answer: str, right: str, wrong: str) -> str:
    """Return the answer with one thing done wrong."""
    if answer.count(right) != 1:
        raise ValueError(f"{right!r} does not stand once in the answer.")
    return answer.replace(right, wrong)


WRONG = {
    "5.1": {
        "all six again": """
with mlflow.start_run(run_id=cut_off.info.run_id):
    for step in range(6):
        mlflow.log_metric("test_loss", losses[step], step=step)""",
        "the steps forgotten": """
with mlflow.start_run(run_id=cut_off.info.run_id):
    for step in range(3, 6):
        mlflow.log_metric("test_loss", losses[step])""",
        "the last value for all": """
with mlflow.start_run(run_id=cut_off.info.run_id):
    for step in range(3, 6):
        mlflow.log_metric("test_loss", losses[-1], step=step)""",
        "logged and left running": """
for step in range(3, 6):
    client.log_metric(cut_off.info.run_id, "test_loss", losses[step], step=step)""",
        "ended and not finished": """
client.set_terminated(cut_off.info.run_id)""",
        "a second run, and the first one deleted": """
client.delete_run(cut_off.info.run_id)
mlflow.set_experiment("loans")
with mlflow.start_run(run_name="cut off"):
    for step in range(6):
        mlflow.log_metric("test_loss", losses[step], step=step)""",
        "a second run of that name": """
mlflow.set_experiment("loans")
with mlflow.start_run(run_name="cut off"):
    for step in range(6):
        mlflow.log_metric("test_loss", losses[step], step=step)""",
    },
    "5.2": {
        "no start time": _changed(REST, ', "start_time": now', ""),
        "no end time": _changed(REST, ', "end_time": now', ""),
        "left running": _changed(REST, '"update"', '"set-no-status"'),
        "a metric without a timestamp": _changed(REST, '0.5, "timestamp": now', "0.5"),
        "by the client": """
mlflow.set_experiment("loans")
with mlflow.start_run(run_name="by rest"):
    mlflow.log_param("family", "rule")
    mlflow.log_metric("roc_auc", 0.5)""",
    },
}
