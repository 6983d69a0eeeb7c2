"""Right answers to the exercises of lesson 00 in another style; each must pass."""

RIGHT = {
    "0.1": {
        "not rounded": """
rule = ~(loans["Credit_History"] == 0)
answer = rule.eq(loans["Loan_Status"].eq("Y")).mean()""",
        "as text": """
rule = loans["Credit_History"] != 0
answer = f'{(rule == (loans["Loan_Status"] == "Y")).mean():.3f}'""",
    },
    "0.2": {
        "a set": 'answer = {"boosting", "boosting, tuned", "forest 1", "forest 10"}',
        "in another order, one twice": """
answer = ("boosting, tuned", "boosting", "forest 10", "forest 1", "forest 1")""",
    },
}
