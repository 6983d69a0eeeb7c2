"""The loan model as a scorecard: look-ups, a sum and a sigmoid, for one application at a time.

Models from code, as in loan_decision.py. `loanflow.scorecard` writes the numbers of a fitted
logistic regression down; here they are applied, without pandas and scikit-learn.
"""

import math

import mlflow
from pydantic import BaseModel, Field


class Application(BaseModel):
    """Fields with a default may be missing. MLflow infers the signature from this class."""

    Gender: str | None = None
    Married: str | None = None
    Dependents: str | None = None
    Education: str
    Self_Employed: str | None = None
    ApplicantIncome: float = Field(ge=0, le=1e9)
    CoapplicantIncome: float = Field(ge=0, le=1e9)
    LoanAmount: float | None = Field(None, gt=0, le=1e9)
    Loan_Amount_Term: float | None = Field(None, gt=0, le=1e9)
    Credit_History: float | None = None
    Property_Area: str


class LoanScorecard(mlflow.pyfunc.PythonModel):
    """The probability of approval of each application."""

    def load_context(self, context):
        self.card = context.model_config

    def predict(self, model_input: list[Application], params=None) -> list[float]:
        return [self.probability(application.__dict__) for application in model_input]

    def probability(self, application):
        card = self.card
        amount, term = (
            median if application[name] is None else application[name]
            for name, median in card["medians"].items()
        )
        income = application["ApplicantIncome"] + application["CoapplicantIncome"]
        weights = card["weights"]
        log_odds = (
            card["intercept"]
            + weights["log total income"] * math.log1p(income)
            + weights["log amount"] * math.log1p(amount)
            + weights["term"] * term
            # A category that is missing or unknown adds nothing.
            + sum(table.get(application[name], 0.0) for name, table in card["points"].items())
        )
        # The sigmoid, written with tanh so that it cannot overflow.
        return (1 + math.tanh(log_odds / 2)) / 2


mlflow.models.set_model(LoanScorecard())
