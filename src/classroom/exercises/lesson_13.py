"""The checks of lesson 13."""

import io
import json

import numpy as np
import pandas as pd
from mlflow.entities import Run

from classroom.exercises import exercise, require
from classroom.exercises.runs import run_named, text_in
from classroom.workspace import Lesson
from loanflow.data import FEATURES, load_loans, load_new_applications, split_loans
from loanflow.training import build_model

_MOST = 50  # rows that exercise 13.1 allows in one request
_ROUNDED = 1e-6  # so that six decimals are enough
_ANSWERED = 'POST /invocations HTTP/1.1" 200'


def probabilities(applications: pd.DataFrame) -> np.ndarray:
    """Return the probability of approval that the logistic regression gives to each application."""
    X_train, _, y_train, _ = split_loans(load_loans())
    model = build_model().fit(X_train, y_train)
    return model.predict_proba(applications[FEATURES])[:, 1]


def require_probabilities(run: Run, lesson: Lesson) -> None:
    """Require that the run's answers.csv holds each new application's Loan_ID and probability."""
    table = pd.read_csv(io.StringIO(text_in("answers.csv", run, lesson)))
    named = sorted(table.columns) == ["Loan_ID", "probability"]
    require(named, "The columns of answers.csv are not Loan_ID and probability, and only those.")
    new = load_new_applications()
    require(len(table) == len(new), f"answers.csv has {len(table)} rows instead of {len(new)}.")
    require(set(table["Loan_ID"]) == set(new["Loan_ID"]), "Some Loan_IDs are missing.")
    due = pd.Series(probabilities(new), index=new["Loan_ID"])
    answers = table.set_index("Loan_ID")["probability"]
    refusals = bool((np.abs(1 - answers - due) < _ROUNDED).all())
    require(not refusals, "These are probabilities of refusal, not of approval.")
    same = np.abs(answers - due) < _ROUNDED
    require(bool(same.all()), f"{(~same).sum():,} probabilities are not those of the model.")


@exercise("13.1")
def check_client(lesson: Lesson) -> None:
    """Compare the logged table with the model, and the number of requests with the server's log."""
    run = run_named("client", lesson.tracking_uri, lesson.name)
    require_probabilities(run, lesson)
    sent = run.data.metrics.get("requests")
    require(sent is not None, "The run has no metric 'requests'.")
    least = -(-len(load_new_applications()) // _MOST)
    require(
        sent >= least,
        f"With {_MOST} rows at most in each, {least} requests are the fewest; you log {sent:g}.",
    )
    seen = text_in("server.log", run, lesson).count(_ANSWERED)
    require(
        seen >= sent,
        f"The log of the server shows {seen} answered requests, and you log {sent:g}.",
    )


@exercise("13.2")
def check_night(lesson: Lesson) -> None:
    """Compare the logged predictions of the command with what the model says of the same rows."""
    run = run_named("tonight", lesson.tracking_uri, lesson.name)
    answered = json.loads(text_in("answered.json", run, lesson))
    require(
        type(answered) is dict and type(answered.get("predictions")) is list,
        "answered.json does not hold the predictions as `mlflow models predict` writes them.",
    )
    new = load_new_applications()
    tonight = new[new["Dependents"].isin(["0", "1", "2"])]
    rows = answered["predictions"]
    require(
        len(rows) == len(tonight), f"There are {len(rows)} predictions instead of {len(tonight)}."
    )
    pairs = all(type(row) is list and len(row) == 2 for row in rows)
    require(pairs, "Each prediction of the model 'pipeline' is a pair of probabilities.")
    answers, due = np.array(rows, dtype=float)[:, 1], probabilities(tonight)
    wrong = np.abs(answers - due) > 1e-9
    require(
        not wrong.any() or not np.allclose(np.sort(answers), np.sort(due), rtol=0, atol=1e-9),
        "The predictions are right, but the rows are not in their original order.",
    )
    require(
        not wrong.any(),
        f"{wrong.sum():,} predictions are not those of the model; "
        "Dependents must be text, such as '1'.",
    )
