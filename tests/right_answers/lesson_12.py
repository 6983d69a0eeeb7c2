"""Right answers to the exercises of lesson 12 in another style than the solutions'."""

from wrong_answers.lesson_12 import blind, gate

RIGHT = {
    "12.1": {
        "with a condition more": gate().replace(
            "conditions = {",
            'conditions = {\n    "accuracy_score": MetricThreshold(0.5, greater_is_better=True),',
        ),
        "raises as MLflow does": gate()
        .replace("return False", 'raise ModelValidationFailedException("no")')
        .replace("return True", "return None"),
        "without MLflow": """
import numpy as np


def my_gate(candidate, baseline):
    sides = [[r.metrics.get(n, np.nan) for n in ("expected_cost", "log_loss")]
             for r in (candidate, baseline)]
    (cost, loss), (before, _) = sides
    return np.isfinite(sides).all() and cost <= 0.5 and cost <= 0.95 * before and loss <= 0.48
""",
    },
    "12.2": {
        "blank with NaN, shares of a groupby": blind(
            fit="X_train.assign(Gender=float('nan'), Married=float('nan'))"
        )
        + """
blind_shares = (decisions == "approve").groupby(X_test["Gender"]).mean().round(3).to_dict()""",
        "after a wrong try": blind(fit="X_train") + blind(),
    },
}
