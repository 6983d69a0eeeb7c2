"""Wrong answers to the exercises of lesson 12 that a reader might well give."""


def blind(fit="X_train.assign(Gender=None, Married=None)", asked="X_test", yes="approve"):
    """Log the model `blind` and count its approvals, in a way that may be wrong."""
    return f"""
classifier = build_model("logistic_regression").fit({fit}, y_train)
logged_blind = mlflow.sklearn.log_model(classifier, name="blind classifier", **about)
logged = log_decision("blind", logged_blind)
decisions = mlflow.pyfunc.load_model(logged.model_uri).predict({asked})["decision"]
share = shares(decisions == "{yes}", X_test["Gender"])["share"].round(3)
blind_shares = {{group: share[group] for group in ("Female", "Male")}}"""


LOOK = """
    for result in (candidate, baseline):
        if not all(math.isfinite(result.metrics.get(name, math.nan)) for name in conditions):
            return False"""


def gate(cost="0.50, min_relative_change=0.05", loss="0.48", better="False", look=LOOK):
    """Write a gate that may be wrong."""
    return f"""
import math

from mlflow.models import MetricThreshold
from mlflow.models.evaluation.validation import ModelValidationFailedException

conditions = {{
    "expected_cost": MetricThreshold({cost}, greater_is_better={better}),
    "log_loss": MetricThreshold({loss}, greater_is_better=False),
}}


def my_gate(candidate, baseline):
    {look.strip() or "pass"}
    try:
        mlflow.validate_evaluation_results(conditions, candidate, baseline)
    except ModelValidationFailedException:
        return False
    return True
"""


WRONG = {
    "12.1": {
        "only MLflow's own conditions": gate(look=""),
        "only the candidate is looked at": gate(
            look=LOOK.replace("(candidate, baseline)", "[candidate]")
        ),
        "NaN is looked for, and no missing metric": gate(
            look=LOOK.replace(".get(name, math.nan)", "[name]")
        ),
        "a missing metric is looked for, and no NaN": gate(
            look=LOOK.replace(
                "math.isfinite(result.metrics.get(name, math.nan))", "name in result.metrics"
            )
        ),
        "only the gain": gate(cost="min_relative_change=0.05"),
        "only the limit": gate(cost="0.50"),
        "an absolute gain": gate(cost="0.50, min_absolute_change=0.05"),
        "a gain of 4.5%": gate(cost="0.50, min_relative_change=0.045"),
        "a log loss of 0.485": gate(loss="0.485"),
        "the wrong direction": gate(better="True"),
        "no word on the log loss": gate().replace(
            "\n\ndef", '\ndel conditions["log_loss"]\n\n\ndef'
        ),
        "a gain in place of the limit of the log loss": gate(loss="min_relative_change=0.02"),
        "another limit": gate(cost="0.55, min_relative_change=0.05"),
        "a cost strictly below the limit": gate().replace(
            "    try:",
            '    if candidate.metrics["expected_cost"] >= 0.5:\n        return False\n    try:',
        ),
        "the conditions alone": gate() + "\nmy_gate = conditions",
        "says nothing": gate().replace("return False", "pass").replace("return True", "pass"),
    },
    "12.2": {
        "only gender is blank": blind(fit="X_train.assign(Gender=None)"),
        "blank only when asked": blind(
            fit="X_train", asked="X_test.assign(Gender=None, Married=None)"
        ),
        "the refused are counted": blind(yes="refuse"),
        "another family": blind().replace("logistic_regression", "hist_gradient_boosting"),
        "the classifier alone": blind()
        + '\n_ = mlflow.sklearn.log_model(classifier, name="blind", **about)',
        "the shares at one half": blind()
        + """
yes = classifier.predict(X_test) == 1
blind_shares = shares(yes, X_test["Gender"])["share"].round(3)""",
        "the shares of those with a good loan": blind()
        + """
good = y_test.astype(bool)
blind_shares = shares(decisions[good] == "approve", X_test["Gender"][good])["share"].round(3)""",
    },
}
