"""The checks of lesson 11."""

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities import LoggedModel
from sklearn.model_selection import train_test_split

from classroom.exercises import exercise, require
from classroom.exercises.runs import newest_model_named
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, cost_curve, expected_cost


class _TheLesson:
    """The rows, the classifier's probabilities and the curve, worked out again."""

    def __init__(self) -> None:
        X_train, X_test, y_train, self.y_test = split_loans(load_loans())
        X_fit, X_val, y_fit, self.y_val = train_test_split(
            X_train, y_train, test_size=0.25, stratify=y_train, random_state=0
        )
        classifier = build_model("logistic_regression").fit(X_fit, y_fit)
        self.X_test = X_test
        self.on_val = classifier.predict_proba(X_val)[:, 1]
        self.on_test = classifier.predict_proba(X_test)[:, 1]

    def require_decisions(self, answers: pd.DataFrame, threshold: float) -> None:
        """Require the classifier's probabilities and the decisions that the threshold makes."""
        same = np.allclose(answers["probability"], self.on_test)
        require(same, "Its probabilities are not those of the lesson's classifier.")
        due = np.where(self.on_test >= threshold, "approve", "refuse")
        require((answers["decision"] == due).all(), "Its decisions do not follow its threshold.")
        refused = answers["decision"] == "refuse"
        require(answers.loc[refused, "reasons"].ne("").any(), "Its refusals give no reasons.")


def _decisions(model: LoggedModel, applications: pd.DataFrame) -> pd.DataFrame:
    """Ask the model without params; require the answer of a decision model."""
    signature = mlflow.models.get_model_info(model.model_uri).signature
    params = [] if signature is None or signature.params is None else signature.params
    require(
        "threshold" in [param.name for param in params],
        f"The signature of '{model.name}' has no parameter `threshold`.",
    )
    try:
        answers = mlflow.pyfunc.load_model(model.model_uri).predict(applications)
    except Exception as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        require(
            False, f"The model '{model.name}' fails when it is called without params: {reason}."
        )
    due = ["probability", "threshold", "decision", "reasons"]
    told = list(getattr(answers, "columns", []))
    require(set(due) <= set(told), f"Its answer should have the columns {', '.join(due)}.")
    return answers


@exercise("11.1")
def check_careful_model(lesson: Lesson) -> None:
    """Ask the model without params, and compare with the cheapest threshold at a price of 8."""
    model = newest_model_named("loan_decision_8", lesson)
    due = _TheLesson()
    on_curve = cost_curve(due.y_val, due.on_val, approved_bad=8).min()
    answers = _decisions(model, due.X_test)
    require(answers["threshold"].nunique() == 1, "It does not use one threshold for all rows.")
    used = answers["threshold"].iloc[0]
    cost = expected_cost(due.y_val, due.on_val >= used, approved_bad=8)
    cheapest = cost <= on_curve + 1e-9
    by_test_rows = cost_curve(due.y_test, due.on_test, approved_bad=8).idxmin()
    require(
        cheapest or used != by_test_rows,
        "Its threshold was chosen on the test rows, which must stay impartial.",
    )
    require(
        cheapest,
        f"Without params it decides at {used:.5g}, which costs {cost:.4f} on the validation rows "
        f"at a price of 8; the cheapest threshold of the curve costs {on_curve:.4f}.",
    )
    due.require_decisions(answers, used)


@exercise("11.2")
def check_committee(lesson: Lesson) -> None:
    """Ask the model about amounts on both sides of the limit, and about everything else."""
    model = newest_model_named("loan_decision_1000", lesson)
    due = _TheLesson()
    applications = due.X_test.head(1).loc[[due.X_test.index[0]] * 6].reset_index(drop=True)
    amounts = [1000.0, 1001.0, 50_000.0, np.nan, -0.5, 130.0]
    answers = _decisions(model, applications.assign(LoanAmount=amounts))
    invalid = dict(zip(amounts, answers["decision"] == "invalid", strict=True))
    require(
        invalid[1001.0] and invalid[50_000.0],
        "The model does not call an amount of 1,001 invalid. Has the script's text changed? "
        "`replace` raises no error if it finds nothing.",
    )
    require(
        not invalid[1000.0],
        "The model calls an amount of 1,000 invalid, but 1,000 is allowed.",
    )
    require(not invalid[amounts[3]], "The model calls a missing amount invalid, but it is allowed.")
    require(invalid[-0.5], "An amount below 0 is no longer invalid.")
    reason = answers["reasons"][1].replace(",", "")
    for part, due_text in {
        "row": "row 1",
        "column": "LoanAmount",
        "value 1001": "1001",
        "limit of 1000": "1000",
    }.items():
        require(due_text in reason, f"Its message for an amount of 1,001 does not name the {part}.")
    unknown = _decisions(model, applications.head(1).assign(Property_Area="Suburban"))
    require(
        unknown["decision"][0] == "invalid",
        "Another rule is gone. The model accepts an unknown area.",
    )
    answers = _decisions(model, due.X_test)
    chosen = cost_curve(due.y_val, due.on_val).idxmin()
    require((answers["threshold"] == chosen).all(), "Its default threshold is not `chosen`.")
    due.require_decisions(answers, chosen)
