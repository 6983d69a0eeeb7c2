"""The checks of lesson 09."""

import mlflow
import numpy as np
from mlflow.models import EvaluationResult
from mlflow.models.evaluation.validation import ModelValidationFailedException

from classroom.exercises import exercise, require
from classroom.exercises.runs import the_newest_model_named
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import APPROVED_BAD, REJECTED_GOOD, build_model, shares

#: Candidates for the gate, beside a baseline: the metrics, whether they pass, and what they show.
_BASELINE = {"expected_cost": 0.506, "log_loss": 0.467}
_CANDIDATES = [
    (0.430, 0.454, True, "a clearly better model is refused"),
    (0.480, 0.479, True, "a cost 5.1 % below the baseline's, with a log loss of 0.479, is refused"),
    (0.506, 0.467, False, "the baseline itself passes"),
    (0.484, 0.454, False, "a cost only 4.3 % below the baseline's passes"),
    (0.430, 0.490, False, "a log loss of 0.49 passes"),
    (0.900, 0.454, False, "a cost of 0.9 passes"),
    (np.nan, 0.454, False, "a cost that is NaN passes"),
    (0.430, np.nan, False, "a log loss that is NaN passes"),
    (None, 0.454, False, "a result without the cost passes"),
    (0.430, None, False, "a result without the log loss passes"),
]


def _passes(gate: dict, metrics: dict, baseline: dict) -> bool:
    results = [
        EvaluationResult({k: v for k, v in m.items() if v is not None}, {})
        for m in (metrics, baseline)
    ]
    try:
        mlflow.validate_evaluation_results(gate, *results)
    except ModelValidationFailedException:
        return False
    return True


@exercise("12.1")
def a_gate(gate: dict) -> None:
    """Send candidates through the gate: those that must pass and those that must not."""
    require(isinstance(gate, dict), "The gate is not a dictionary.")
    require(bool(gate), "The gate has no conditions.")
    for cost, loss, due, wrong in _CANDIDATES:
        metrics = {"expected_cost": cost, "log_loss": loss}
        require(_passes(gate, metrics, _BASELINE) == due, f"With this gate, {wrong}.")
    # Beside a dearer baseline, the limit decides and not the gain.
    dear = {"expected_cost": 0.9, "log_loss": 0.467}
    for cost, due, wrong in [(0.5, True, "0.50 is refused"), (0.51, False, "0.51 passes")]:
        passes = _passes(gate, {"expected_cost": cost, "log_loss": 0.45}, dear)
        require(passes == due, f"With this gate, beside a baseline of 0.9, a cost of {wrong}.")


@exercise("12.2")
def a_model_without_gender_and_marriage(lesson: Lesson, answer: dict) -> None:
    """Ask the model about other genders and marriages, and fit its classifier again."""
    model = the_newest_model_named("blind", lesson)
    decide = mlflow.pyfunc.load_model(model.model_uri)
    X_train, X_test, y_train, _ = split_loans(load_loans())
    some = X_test.head(100)
    told = decide.predict(some)
    for column, values in {"Gender": ["Male", "Female"], "Married": ["Yes", "No"]}.items():
        asked = [decide.predict(some.assign(**{column: v}))["probability"] for v in values]
        require(np.allclose(*asked), f"Its probabilities still depend on {column}.")
    blank = X_train.assign(Gender=None, Married=None)
    due = build_model("logistic_regression").fit(blank, y_train).predict_proba(X_test)[:, 1]
    require(
        np.allclose(told["probability"], due[: len(some)]),
        "Its classifier is not the logistic regression fitted on the training rows with two "
        "blank columns.",
    )
    threshold = APPROVED_BAD / (APPROVED_BAD + REJECTED_GOOD)
    require((told["threshold"] == threshold).all(), "Its threshold is not that of the lesson.")
    right = shares(due >= threshold, X_test["Gender"])["share"]
    for group in ("Female", "Male"):
        require(answer[group] is not None, f"The share of the group {group} is still None.")
        require(
            abs(float(answer[group]) - right[group]) < 0.0006,
            f"The share of the group {group} is not that which it approves on the test rows.",
        )
