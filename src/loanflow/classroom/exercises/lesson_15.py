"""The checks of lesson 15."""

import mlflow
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from loanflow.classroom.exercises import exercise, require
from loanflow.classroom.exercises.runs import require_finished, search, the_run_named
from loanflow.classroom.workspace import Lesson
from loanflow.data import FEATURES, TARGET, load_new_applications

NAME = "loans-live"
_ROWS_A_MONTH = 200


def _of(*months: int):
    """Return the new applications of these months."""
    new = load_new_applications()
    return new[(new.index // _ROWS_A_MONTH + 1).isin(months)]


def _version(number: int, client: mlflow.MlflowClient) -> ModelVersion:
    try:
        return client.get_model_version(NAME, number)
    except MlflowException:
        require(False, f"There is no version {number} of {NAME}.")


def _champion(client: mlflow.MlflowClient) -> int:
    try:
        return int(client.get_model_version_by_alias(NAME, "champion").version)
    except MlflowException:
        require(False, f"No version of {NAME} is the champion.")


def _table(run: Run, file: str, lesson: Lesson):
    """Return a table that a run logged."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    found = [entry.path for entry in client.list_artifacts(run.info.run_id)]
    require(file in found, f"The run '{run.info.run_name}' has no table {file}.")
    return client.load_table(run.info.experiment_id, file, [run.info.run_id])


@exercise("15.1")
def the_gate_has_the_last_word(lesson: Lesson) -> None:
    """Look at the newest version: its code, its rows, and what the gate said."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    versions = client.search_model_versions(f"name = '{NAME}'")
    version = max(versions, key=lambda version: int(version.version))
    number = int(version.version)
    require(number > 4, f"{NAME} has no version after 4.")
    run = client.get_run(mlflow.models.get_model_info(f"models:/{NAME}/{number}").run_id)
    fitted, allowed = set(_table(run, "fitted_on.json", lesson)["Loan_ID"]), _of(3, 4, 5, 6, 7)
    outside = fitted - set(allowed["Loan_ID"])
    require(not outside, f"{len(outside):,} of its rows are not of months 3 to 7.")
    whole = len(fitted) > 0.75 * len(allowed)
    require(whole, f"It was fitted on {len(fitted):,} of {len(allowed):,} rows; test_size is 0.1.")
    by_project = "mlflow.project.entryPoint" in run.data.tags
    require(by_project, f"Version {number} was not trained by the project.")
    family = run.data.params.get("family")
    require(family == "boosting", f"Version {number} is of the family {family}.")
    if _champion(client) == number:
        digest = mlflow.data.from_pandas(_of(8, 9)[[*FEATURES, TARGET]]).digest
        passed = version.tags.get("promoted.rows") == digest
        require(passed, "It is the champion, and not by an examination on months 8 and 9.")
    else:
        reasons = version.tags.get("refused.why", "")
        require("Metric" in reasons, f"Version {number} was not put forward: no word of the gate.")
        require(_champion(client) == 2, "The gate refused, and the champion is not version 2.")


@exercise("15.2")
def decisions_to_review(lesson: Lesson) -> None:
    """Ask version 4's log and today's champion, and compare with what was logged."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    run = the_run_named("review", lesson.tracking_uri, lesson.name)
    require_finished(run)
    listed = _table(run, "review.json", lesson)
    require("Loan_ID" in listed, "review.json has no column Loan_ID.")
    require(listed["Loan_ID"].is_unique, "An application is listed twice.")
    _version(4, client)
    model = mlflow.pyfunc.load_model(f"models:/{NAME}/{_champion(client)}")
    new, due = load_new_applications().set_index("Loan_ID"), set()
    for month in search(lesson.tracking_uri, lesson.name, "tags.version = '4'"):
        told = _table(month, "decisions.json", lesson).set_index("Loan_ID")["decision"]
        today = model.predict(new.loc[told.index, FEATURES])["decision"]
        due |= set(told.index[told != today])
    more, less = set(listed["Loan_ID"]) - due, due - set(listed["Loan_ID"])
    require(not more, f"{len(more)} applications do not belong on the list.")
    require(not less, f"{len(less)} applications are missing on the list.")
