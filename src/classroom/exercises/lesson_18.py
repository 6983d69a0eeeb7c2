"""The checks of lesson 18."""

import re

import mlflow

from classroom.exercises import exercise, require
from classroom.exercises.runs import champion_of
from classroom.workspace import Lesson

DEV, PROD = "loans-dev", "loans-prod"


def _origin(name: str, number: int | str) -> tuple[str | None, str | None]:
    """Return the ids of the logged model and of the run that a version's own files name."""
    info = mlflow.models.get_model_info(f"models:/{name}/{number}")
    return info.model_id, info.run_id


def _score(model_id: str | None, client: mlflow.MlflowClient) -> float:
    """Return the ROC AUC that a logged model recorded, or minus infinity."""
    metrics = client.get_logged_model(model_id).metrics if model_id else []
    return max((m.value for m in metrics or [] if m.key == "roc_auc"), default=float("-inf"))


@exercise("18.1")
def check_best_version_in_prod(lesson: Lesson) -> None:
    """Look at the champion of prod, its source and its description."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    champion = champion_of(PROD, lesson)
    number = int(champion.version)
    require(number != 1, f"The champion of {PROD} is still version 1.")
    copied = champion.source.startswith(f"models:/{DEV}/")
    require(copied, f"The champion of {PROD} was not copied from {DEV}.")
    model, _ = _origin(PROD, champion.version)
    in_dev = client.search_model_versions(f"name = '{DEV}'")
    scores = {_score(_origin(DEV, version.version)[0], client) for version in in_dev}
    require(
        _score(model, client) == max(scores),
        f"Another version of {DEV} has a model with a higher recorded roc_auc.",
    )
    told = champion.description or ""
    said = re.search(r"\breplaces (?:version )?(\d+)\b", told, flags=re.IGNORECASE)
    require(
        said is not None,
        "The description of the champion does not say which version it replaces, such as "
        "'replaces 1'.",
    )
    require(
        int(said[1]) < number,
        f"The description says {said[0]!r}, but the champion itself is version {number}.",
    )
    in_prod = {int(v.version) for v in client.search_model_versions(f"name = '{PROD}'")}
    missing = sorted({1, int(said[1])} - in_prod)
    require(not missing, f"Version {missing[0] if missing else ''} of {PROD} is gone.")


@exercise("18.2")
def check_known_code(lesson: Lesson) -> None:
    """Follow every version to its run, and compare the tag with what is there."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    for version in client.search_model_versions(f"name = '{DEV}'", order_by=["version_number ASC"]):
        _, run_id = _origin(DEV, version.version)
        due, known = "unknown", "its files name no run"
        if run_id is not None:
            due, known = "run", "its files name a run that is not a project run"
            if "mlflow.project.entryPoint" in client.get_run(run_id).data.tags:
                due, known = "commit", "its files name a project run, which has a commit"
        told = version.tags.get("code")
        require(told is not None, f"Version {version.version} of {DEV} has no tag 'code'.")
        require(
            told == due, f"The tag 'code' of version {version.version} is {told!r}, but {known}."
        )
