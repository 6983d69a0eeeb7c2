"""The checks of lesson 22."""

import json

import mlflow
import pandas as pd
from mlflow.entities import Run

from classroom.exercises import exercise, require
from classroom.exercises.runs import champion_of, run_named, script, search, text_in
from classroom.workspace import Lesson
from loanflow.data import load_new_applications, split_in_three

NAME = "loans-live"
_ROWS_A_MONTH = 200


def _of(*months: int):
    """Return the new applications of these months."""
    new = load_new_applications()
    return new[(new.index // _ROWS_A_MONTH + 1).isin(months)]


def _champion(lesson: Lesson) -> int:
    return int(champion_of(NAME, lesson).version)


def _table(run: Run, file: str, lesson: Lesson) -> pd.DataFrame:
    """Return a table that a run logged."""
    return pd.DataFrame(**json.loads(text_in(file, run, lesson)))


@exercise("22.1")
def check_retraining(lesson: Lesson) -> None:
    """Look at the newest version: its code, its rows, and what the gate said."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    versions = client.search_model_versions(f"name = '{NAME}'")
    version = max(versions, key=lambda version: int(version.version))
    number = int(version.version)
    require(number > 4, f"{NAME} has no version after 4.")
    run = client.get_run(mlflow.models.get_model_info(f"models:/{NAME}/{number}").run_id)
    fitted, allowed = set(_table(run, "fitted_on.json", lesson)["Loan_ID"]), _of(3, 4, 5, 6, 7)
    outside = fitted - set(allowed["Loan_ID"])
    require(not outside, f"{len(outside):,} of its rows are not from months 3 to 7.")
    due = len(split_in_three(allowed, test_size=0.1)["train"][0])
    told = f"Its fitted_on.json names {len(fitted):,} rows; with test_size=0.1, {due:,} are fitted."
    require(len(fitted) == due, told)
    by_project = "mlflow.project.entryPoint" in run.data.tags
    require(by_project, f"Version {number} was not trained by the project.")
    family = run.data.params.get("family")
    require(family == "boosting", f"Version {number} is of the family {family}.")
    digest = script("loan_promotion").digest_of(_of(8, 9))  # in any order
    again = "put it forward with the months that the text describes"
    if _champion(lesson) == number:
        passed = version.tags.get("promoted.rows") == digest
        way_out = f"Set the alias back to version 2, and {again}."
        require(passed, f"It is the champion, but other months examined it. {way_out}")
    else:
        reasons = version.tags.get("refused.why", "")
        require(
            "Metric" in reasons,
            f"Version {number} was not put forward; the gate has no verdict on it.",
        )
        examined = version.tags.get("refused.rows") == digest
        require(examined, f"The gate refused it, but other months examined it; {again}.")
        require(_champion(lesson) == 2, "The gate refused, and the champion is not version 2.")


@exercise("22.2")
def check_review(lesson: Lesson) -> None:
    """Ask version 4's log and today's champion, and compare with what was logged."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    run = run_named("review", lesson.tracking_uri, lesson.name)
    listed = _table(run, "review.json", lesson)
    require("Loan_ID" in listed, "review.json has no column Loan_ID.")
    require(listed["Loan_ID"].is_unique, "An application is listed twice.")
    versions = {int(v.version) for v in client.search_model_versions(f"name = '{NAME}'")}
    require(4 in versions, f"There is no version 4 of {NAME}.")
    months = search(lesson.tracking_uri, lesson.name, "tags.version LIKE '%'")
    require(len(months) > 0, "No run of the experiment holds decisions.")
    log = pd.concat(
        _table(month, "decisions.json", lesson).assign(by=month.data.tags["version"])
        for month in months
    )
    twice = log["Loan_ID"].duplicated().sum()
    way_out = "delete the run that decided them again"
    require(not twice, f"The log holds {twice} applications a second time; {way_out}.")
    new, told = load_new_applications().set_index("Loan_ID"), log[log["by"] == "4"]
    told = told.set_index("Loan_ID")["decision"]
    rows = new.loc[told.index]
    today = script("loan_life").answers(NAME, _champion(lesson), rows)["decision"]
    due = set(told.index[told != today])
    more, less = set(listed["Loan_ID"]) - due, due - set(listed["Loan_ID"])
    require(not more, f"{len(more)} applications do not belong on the list.")
    require(not less, f"{len(less)} applications are missing on the list.")
