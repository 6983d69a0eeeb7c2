"""Right answers to the exercises of lesson 05 in another style than that of the solutions."""

RIGHT = {
    "5.1": {
        "by the client, in one batch": """
import time

from mlflow.entities import Metric

now = int(time.time() * 1000)
later = [Metric("test_loss", losses[step], now, step) for step in (5, 3, 4)]
client.log_batch(cut_off.info.run_id, metrics=later)
client.set_terminated(cut_off.info.run_id)""",
        "over HTTP, after a new attempt of the lesson": """
again = client.create_run(experiment, run_name="cut off", tags={"left_by": "lesson 05"})
with mlflow.start_run(run_id=again.info.run_id):
    for step, loss in enumerate(losses):
        mlflow.log_metric("test_loss", loss, step=step)""",
    },
    "5.2": {
        "in one batch, after a failed attempt": """
import time

import requests

server = start_server()
api = f"{server.url}/api/2.0/mlflow"
for attempt in range(2):
    now = round(time.time() * 1000)
    body = {"experiment_id": experiment, "start_time": now}
    body["tags"] = [{"key": "mlflow.runName", "value": "by rest"}]
    made = requests.post(f"{api}/runs/create", json=body)
    run_id = made.json()["run"]["info"]["run_id"]
batch = {
    "run_id": run_id,
    "params": [{"key": "family", "value": "rule"}],
    "metrics": [{"key": "roc_auc", "value": 0.5, "timestamp": now, "step": 0}],
}
requests.post(f"{api}/runs/log-batch", json=batch).raise_for_status()
end = {"run_id": run_id, "status": "FINISHED", "end_time": now + 5, "run_name": "by rest"}
requests.post(f"{api}/runs/update", json=end).raise_for_status()
server.stop()""",
    },
}
