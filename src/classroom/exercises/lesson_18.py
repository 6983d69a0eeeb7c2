"""The checks of lesson 13."""

import mlflow

from classroom.exercises import exercise, require
from classroom.exercises.runs import the_champion_of
from classroom.workspace import Lesson

DEV, PROD = "loans-dev", "loans-prod"


def _origin(name: str, number: int) -> tuple[str | None, str | None]:
    """Return the ids of the logged model and of the run that a version's own files name."""
    info = mlflow.models.get_model_info(f"models:/{name}/{number}")
    return info.model_id, info.run_id


def _score(model_id: str | None, client: mlflow.MlflowClient) -> float:
    """Return the ROC AUC that a logged model recorded, or minus infinity."""
    metrics = client.get_logged_model(model_id).metrics if model_id else []
    return max((m.value for m in metrics or [] if m.key == "roc_auc"), default=float("-inf"))


@exercise("18.1")
def a_champion_that_loads(lesson: Lesson) -> None:
    """Look at prod's champion, and at what stands around it."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    champion = the_champion_of(PROD, lesson)
    require(int(champion.version) != 1, "The champion is still version 1.")
    require(champion.source.startswith(f"models:/{DEV}/"), f"The champion is no copy from {DEV}.")
    model, _ = _origin(PROD, champion.version)
    in_dev = client.search_model_versions(f"name = '{DEV}'")
    scores = {_score(_origin(DEV, version.version)[0], client) for version in in_dev}
    require(_score(model, client) == max(scores), "A model of dev has a higher recorded roc_auc.")
    require(champion.description == "replaces 1", "Its description is not 'replaces 1'.")
    in_prod = client.search_model_versions(f"name = '{PROD}'")
    require(1 in {int(v.version) for v in in_prod}, f"Version 1 of {PROD} is gone.")


@exercise("18.2")
def how_far_the_code_is_known(lesson: Lesson) -> None:
    """Walk from every version to its run, and compare the tag with what is there."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    for version in client.search_model_versions(f"name = '{DEV}'", order_by=["version_number ASC"]):
        _, run_id = _origin(DEV, version.version)
        due = "unknown"
        if run_id is not None:
            tags = client.get_run(run_id).data.tags
            due = "commit" if "mlflow.project.entryPoint" in tags else "run"
        told = version.tags.get("code")
        require(told is not None, f"Version {version.version} has no tag 'code'.")
        require(told == due, f"Version {version.version} says {told!r}.")
