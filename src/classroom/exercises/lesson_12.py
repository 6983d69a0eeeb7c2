"""The checks of lesson 12."""

import math
from collections.abc import Callable, Mapping

import mlflow
import numpy as np
from mlflow.models import EvaluationResult
from mlflow.models.evaluation.validation import ModelValidationFailedException

from classroom.exercises import exercise, require
from classroom.exercises.runs import newest_model_named
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import APPROVED_BAD, REJECTED_GOOD, build_model, shares

_NAN = math.nan
#: What else an evaluation of the lesson holds, so that a gate may have conditions of its own.
_OTHERS = {"accuracy_score": 0.72, "f1_score": 0.77, "precision_score": 0.82, "roc_auc": 0.72}
_OTHERS |= {"score": 0.72, "recall_score": 0.76, "example_count": 1250, "true_positives": 655}
_BASELINE = {"expected_cost": 0.506, "log_loss": 0.467}
#: Pairs for the gate: candidate and baseline, whether it passes, and what is wrong otherwise.
_PAIRS: list[tuple[dict, dict, bool, str]] = [
    ({"expected_cost": 0.430, "log_loss": 0.454}, _BASELINE, True, "a clearly better model fails"),
    ({}, _BASELINE, False, "the baseline itself passes"),
    ({"expected_cost": 0.900}, _BASELINE, False, "a cost of 0.9 passes"),
    ({"expected_cost": 0.480}, _BASELINE, True, "a cost 5.1% below the baseline's fails"),
    ({"expected_cost": 0.4815}, _BASELINE, False, "a cost only 4.8% below the baseline's passes"),
    ({"log_loss": 0.48}, {}, True, "a log loss of 0.48 fails"),
    ({"log_loss": 0.4815}, {}, False, "a log loss of 0.4815 passes"),
    ({"log_loss": 0.900}, {}, False, "a log loss of 0.9 passes"),
    ({"expected_cost": 0.5}, {"expected_cost": 0.9}, True, "a cost of 0.5 fails"),
    ({"expected_cost": 0.505}, {"expected_cost": 0.9}, False, "a cost of 0.505 passes"),
    ({"expected_cost": _NAN}, {}, False, "a candidate whose cost is NaN passes"),
    ({"log_loss": _NAN}, {}, False, "a candidate whose log loss is NaN passes"),
    ({"expected_cost": None}, {}, False, "a candidate without the cost passes"),
    ({"log_loss": None}, {}, False, "a candidate without the log loss passes"),
    ({}, {"expected_cost": _NAN}, False, "a baseline whose cost is NaN lets a candidate pass"),
    ({}, {"log_loss": _NAN}, False, "a baseline whose log loss is NaN lets a candidate pass"),
    ({}, {"expected_cost": None}, False, "a baseline without the cost lets a candidate pass"),
    ({}, {"log_loss": None}, False, "a baseline without the log loss lets a candidate pass"),
]
_BETTER = {"expected_cost": 0.430, "log_loss": 0.454}


def _result(metrics: Mapping[str, float | None]) -> EvaluationResult:
    known = {name: value for name, value in metrics.items() if value is not None}
    return EvaluationResult({**_OTHERS, **known}, {})


def _answer(gate: Callable, candidate: Mapping, baseline: Mapping) -> bool | None:
    """Ask the gate; what it raises is a refusal if it is MLflow's own, and a fault otherwise."""
    try:
        answer = gate(_result(candidate), _result(baseline))
    except ModelValidationFailedException:
        return False
    except Exception as error:
        pair = f"the candidate {candidate} with the baseline {baseline}"
        require(False, f"It raises {type(error).__name__} for {pair}.")
    require(
        answer is None or isinstance(answer, bool | np.bool_),
        f"It returns {answer!r}, which is neither True nor False.",
    )
    return answer


@exercise("12.1")
def check_gate(gate: Callable) -> None:
    """Send pairs of candidate and baseline through the gate: some must pass and some must not."""
    require(callable(gate), "The gate is not a function of two results.")
    for candidate, baseline, due, wrong in _PAIRS:
        start = _BASELINE if not candidate and baseline == _BASELINE else _BETTER
        answer = _answer(gate, {**start, **candidate}, {**_BASELINE, **baseline})
        # A gate that raises for a refusal may return nothing otherwise.
        require(due or answer is not None, "It returns None; return True or False.")
        passes = answer is None or bool(answer)
        require(passes == due, f"With this gate, {wrong}.")


@exercise("12.2")
def check_fewer_columns(lesson: Lesson, answer: dict) -> None:
    """Ask the model about other genders and marriages, and fit its classifier again."""
    model = newest_model_named("blind", lesson)
    decide = mlflow.pyfunc.load_model(model.model_uri)
    X_train, X_test, y_train, _ = split_loans(load_loans())
    some = X_test.head(100)
    told = decide.predict(some)
    require(
        {"probability", "threshold"} <= set(getattr(told, "columns", [])),
        "It is not a decision model as `log_decision` logs it: its answer has no probability.",
    )
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
    require((told["threshold"] == threshold).all(), "Its threshold differs from the lesson's.")
    right = shares(due >= threshold, X_test["Gender"])["share"]
    for group in ("Female", "Male"):
        share = answer.get(group)
        require(share is not None, f"The share of the group {group} is missing or None.")
        require(
            abs(float(share) - right[group]) < 0.0006,
            f"The share of the group {group} is not what the model approves on the test rows.",
        )
