"""Wrong answers to the exercises of lesson 14 that a reader might well give.

Most ask the model itself and leave the traces that a front would, which takes less time.
"""

CLIENT = """
import pandas as pd

from loanflow.data import FEATURES, load_new_applications

new = load_new_applications()
asked = new[FEATURES]
predict = mlflow.pyfunc.load_model(logged_card.model_uri).predict
{answer}
for rows in {rows}:
    with mlflow.start_span("invocations") as span:
        span.set_attribute("rows", rows)
mlflow.flush_trace_async_logging()
with mlflow.start_run(run_name="client"):
    mlflow.log_text(table.to_csv(index=False), "answers.csv")
"""
TABLE = 'table = pd.DataFrame({"Loan_ID": new["Loan_ID"], "probability": %s})'


def client(probability, rows="[250] * 8", then=""):
    """Log the table of exercise 14.1 with other probabilities, or requests of other sizes."""
    return CLIENT.format(answer=f"{TABLE % probability}\n{then}", rows=rows)


FRONT = """
(lesson.folder / "few_front.py").write_text('''from loan_front import Front, Refused


class FewFront(Front):
    {method}
''')
with mlflow.start_run(run_name="few front"):
    mlflow.log_artifact(lesson.folder / "few_front.py")
"""


def front(*lines, method="def check(self, records, params):"):
    """Log the front of exercise 14.2 with another body of its method."""
    return FRONT.format(method="\n        ".join([method, *lines]))


MANY = "if len(records) > 100:"
REFUSE = '    raise Refused(413, "At most 100 applications.")'
REST = "super().check(records, params)"

WRONG = {
    "14.1": {
        "without a front": client("predict(asked)", rows="[]"),
        "all in one request": client("predict(asked)", rows="[2000]"),
        "a part through the front": client("predict(asked)", rows="[250] * 4"),
        "gaps filled with 0": client("predict(asked.fillna({'LoanAmount': 0.5}))"),
        "rounded": client("[round(p, 4) for p in predict(asked)]"),
        "the chance of a refusal": client("[1 - p for p in predict(asked)]"),
        "in another order": client("sorted(predict(asked))"),
        "the first part only": client("predict(asked)", then="table = table.head(50)"),
        "rows with gaps left out": client(
            "predict(asked)", then="table = table[asked.notna().all(axis=1)]"
        ),
        "numbered from 0": client(
            "predict(asked)", then='table = table.assign(Loan_ID=table.index.astype("str"))'
        ),
    },
    "14.2": {
        "a hundred are too many": front(MANY.replace(">", ">="), REFUSE, REST),
        "the front's checks are lost": front(MANY, REFUSE),
        "the number is looked at last": front(REST, MANY, REFUSE),
        "another status": front(MANY, REFUSE.replace("413", "422"), REST),
        "any exception": front(MANY, '    raise ValueError("too many")', REST),
        "bytes in place of rows": front(
            "super().__init__(model, 25_000)", method="def __init__(self, model, *others):"
        ),
        "the applicants are repeated": front(
            MANY, '    raise Refused(413, f"At most 100, not {records}.")', REST
        ),
        "cut off after a hundred": front("del records[100:]", REST),
        "no class of that name": front(MANY, REFUSE, REST).replace("FewFront", "SmallFront"),
    },
}
