"""What people do with the server of compose.yaml; `test_compose` runs this as a program of its own.

    python tests/team_member.py ADDRESS ACTION [ARGUMENT ...]

signs in as the variables MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD say.
"""

import json
import os
import sys

import mlflow
import requests
from mlflow.server import get_app_client
from sklearn.linear_model import LinearRegression


def add(address: str, name: str, password: str, *rights: str) -> None:
    """Add a member, who may do with the team's experiment what the rights say, or nothing."""
    users = get_app_client("basic-auth", address)
    users.create_user(name, password)
    experiment = mlflow.set_experiment("team")
    for right in rights:
        users.grant_user_permission(name, "experiment", experiment.experiment_id, right)


def work(address: str, *run_ids: str) -> tuple[str, list]:
    """Log a run with a model; return its id, and what is read back of it and of earlier runs."""
    mlflow.set_experiment("team")
    with mlflow.start_run() as run:
        mlflow.log_metric("error", 0.25)
        mlflow.log_text("Kept.", "note.txt")
        model = LinearRegression().fit([[0], [1]], [1, 3])
        mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
    return run.info.run_id, [read(run_id) for run_id in (*run_ids, run.info.run_id)]


def read(run_id: str) -> tuple[float, str, float]:
    """Read what is kept of a run: in the database, in the bucket, and in both, its model."""
    run = mlflow.get_run(run_id)
    note = mlflow.artifacts.load_text(f"runs:/{run_id}/note.txt")
    (output,) = run.outputs.model_outputs
    model = mlflow.sklearn.load_model(f"models:/{output.model_id}")
    return run.data.metrics["error"], note, round(float(model.predict([[2]])[0]), 6)


def where(address: str, run_id: str) -> str:
    """Return where the server would send a client for a file of a run, if the client let it."""
    path = mlflow.get_run(run_id).info.artifact_uri.partition(":/")[2]
    name, password = (os.environ[f"MLFLOW_TRACKING_{what}"] for what in ("USERNAME", "PASSWORD"))
    asked = f"{address}/api/2.0/mlflow-artifacts/presigned/{path}/note.txt"
    return requests.get(asked, auth=(name, password), timeout=60).json()["url"]


if __name__ == "__main__":
    mlflow.set_tracking_uri(sys.argv[1])
    action = {"add": add, "work": work, "where": where}[sys.argv[2]]
    print(json.dumps(action(sys.argv[1], *sys.argv[3:])))
