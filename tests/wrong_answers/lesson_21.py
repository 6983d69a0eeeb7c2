"""Wrong answers to the exercises of lesson 21 that a reader might well give."""


def carry(
    address="models:/loans/Production",
    number=3,
    signature="infer_signature(rows, model.predict(rows))",
    alias="champion",
    after="",
):
    """Carry a version of the old store over, in a way that may be wrong."""
    return f"""
import pandas as pd
from mlflow.models import infer_signature
with store(server) as client:
    run = client.get_run(mlflow.models.get_model_info("{address}").run_id)
    rows = pd.DataFrame(
        mlflow.artifacts.load_dict(run.info.artifact_uri + "/answers.json")["rows"]
    )
    model = mlflow.sklearn.load_model("{address}")
needs = ["scikit-learn==1.9.1", "skops==0.16.0"]
info = mlflow.sklearn.log_model(
    model, name="carried", signature={signature}, pip_requirements=needs
)
carried = mlflow.register_model(info.model_uri, "loans-carried")
client = mlflow.MlflowClient()
client.set_model_version_tag("loans-carried", carried.version, "came_from", "loans/{number}")
client.set_registered_model_alias("loans-carried", "{alias}", carried.version)
{after}"""


def bring_back(
    source="fresh_copy(copy)",
    name="winter campaign",
    points="(point for history in histories for point in history)",
    files="mlflow.log_artifacts(files)",
    tags='{"restored_from": lost.info.run_id}',
    params="mlflow.log_params(lost.data.params)",
):
    """Bring the deleted run back, in a way that may be wrong."""
    return f"""
trial = {source}
move(trial, "/srv/mlflow")
with store(trial) as client:
    runs = runs_of(client, "loans-2025", mlflow.entities.ViewType.DELETED_ONLY)
    (lost,) = [run for run in runs if run.info.run_name == "winter campaign"]
    histories = [client.get_metric_history(lost.info.run_id, key) for key in lost.data.metrics]
    files = mlflow.artifacts.download_artifacts(artifact_uri=lost.info.artifact_uri)
with mlflow.start_run(run_name="{name}", tags={tags}):
    {params}
    for point in {points}:
        mlflow.log_metric(point.key, point.value, step=point.step)
    {files}"""


WRONG = {
    "21.1": {
        "the older version in Production": carry("models:/loans/2", 2),
        "the older version under the right number": carry("models:/loans/2"),
        "the newest version": carry("models:/loans/latest", 4),
        "the right model under a wrong number": carry(number=2),
        "no signature": carry(signature="None"),
        "another alias": carry(alias="Production"),
        "only registered, from the old folder": """
with store(server) as client:
    folder = client.get_model_version_download_uri("loans", 3)
carried = mlflow.register_model(folder, "loans-carried")
client = mlflow.MlflowClient()
client.set_model_version_tag("loans-carried", carried.version, "came_from", "loans/3")
client.set_registered_model_alias("loans-carried", "champion", carried.version)""",
        "first right, then wrong": carry() + carry("models:/loans/2"),
    },
    "21.2": {
        "the last value only": bring_back(points="(history[-1] for history in histories)"),
        "no files": bring_back(files="pass"),
        "one of two files": bring_back(files='mlflow.log_artifact(files + "/note.txt")'),
        "files in a folder of their own": bring_back(files='mlflow.log_artifacts(files, "old")'),
        "no parameters": bring_back(params="pass"),
        "no tag": bring_back(tags="{}"),
        "its own id": bring_back(tags='{"restored_from": "itself"}'),
        "another name": bring_back(name="winter"),
        "the copy opened": bring_back(source="copy"),
        "first right, then wrong": bring_back() + bring_back(files="pass"),
    },
}
