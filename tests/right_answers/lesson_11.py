"""Right answers to the exercises of lesson 11 in another style than the solutions'."""

from wrong_answers.lesson_11 import committee, price_8

CHEAPEST = "float(cost_curve(y_val, probability, approved_bad=8).idxmin())"

RIGHT = {
    "11.1": {
        "after a wrong try": price_8("chosen") + price_8(CHEAPEST),
        "every probability tried": """
from loanflow.training import expected_cost

tried = {t: expected_cost(y_val, probability >= t, approved_bad=8) for t in probability}
best = float(min(tried, key=tried.get))
"""
        + price_8("best"),
        "the prices scaled": price_8(
            "float(cost_curve(y_val, probability, rejected_good=0.125, approved_bad=1).idxmin())"
        ),
    },
    "11.2": {
        "in other words": committee(
            '"LoanAmount": ("above 0 and no more than 1,000", '
            'lambda x: x.between(0, 1000, inclusive="right"))',
        ),
    },
}
