"""Wrong answers to the exercises of lesson 00 that a reader might well give."""

WRONG = {
    "0.1": {
        "missing history rejected": """
rule = loans["Credit_History"] == 1
answer = round((rule == (loans["Loan_Status"] == "Y")).mean(), 3)""",
        "on the test rows": """
from loanflow.data import split_loans
X_train, X_test, y_train, y_test = split_loans(loans)
answer = ((X_test["Credit_History"] != 0) == y_test).mean()""",
        "share approved": 'answer = round((loans["Loan_Status"] == "Y").mean(), 3)',
        "in per cent": """
rule = loans["Credit_History"] != 0
answer = round(100 * (rule == (loans["Loan_Status"] == "Y")).mean(), 1)""",
    },
    "0.2": {
        "the boosted ones forgotten": 'answer = ["forest 1", "forest 10"]',
        "one too many": """
answer = ["tree 10", "forest 1", "forest 10", "boosting", "boosting, tuned"]""",
        "a number": "answer = 4",
        "one name": 'answer = "forest 1"',
        "a misspelt name": """
answer = ["forest 1", "forest 10", "boosting", "boosting tuned"]""",
    },
}
