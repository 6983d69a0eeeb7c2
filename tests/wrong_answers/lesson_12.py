"""Wrong answers to the exercises of lesson 12 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""


def blind(fit="X_train.assign(Gender=None, Married=None)", asked="X_test", yes="approve"):
    """Log the model `blind` and count its approvals, in a way that may be wrong."""
    return f"""
classifier = build_model("logistic_regression").fit({fit}, y_train)
logged = log_decision("blind", log_classifier("blind classifier", classifier))
decisions = mlflow.pyfunc.load_model(logged.model_uri).predict({asked})["decision"]
share = shares(decisions == "{yes}", X_test["Gender"])["share"].round(3)
blind_shares = {{group: share[group] for group in ("Female", "Male")}}"""


def gate(cost="0.50, min_relative_change=0.05", loss="0.48", better="False"):
    """Write a gate that may be wrong."""
    return f"""
from mlflow.models import MetricThreshold

my_gate = {{
    "expected_cost": MetricThreshold({cost}, greater_is_better={better}),
    "log_loss": MetricThreshold({loss}, greater_is_better=False),
}}"""


WRONG = {
    "12.1": {
        "only the gain, which NaN passes": gate(cost="min_relative_change=0.05"),
        "only the limit": gate(cost="0.50"),
        "an absolute gain": gate(cost="0.50, min_absolute_change=0.05"),
        "the wrong direction": gate(better="True"),
        "no word on the log loss": gate() + '\ndel my_gate["log_loss"]',
        "a gain in place of the limit of the log loss": gate(loss="min_relative_change=0.02"),
        "another limit": gate(cost="0.55, min_relative_change=0.05"),
        "as a list": gate() + "\nmy_gate = list(my_gate.items())",
    },
    "12.2": {
        "only gender is blank": blind(fit="X_train.assign(Gender=None)"),
        "blank only when asked": blind(
            fit="X_train", asked="X_test.assign(Gender=None, Married=None)"
        ),
        "the refused are counted": blind(yes="refuse"),
        "another family": blind().replace("logistic_regression", "hist_gradient_boosting"),
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
