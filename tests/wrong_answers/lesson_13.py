"""Wrong answers to the exercises of lesson 13 that a reader might well give.

Most ask the model itself and log what a server would have printed, which takes less time.
"""

CLIENT = """
import pandas as pd

from loanflow.data import FEATURES, load_new_applications

new = load_new_applications()
asked = new[FEATURES]
model = mlflow.pyfunc.load_model(logged.model_uri)


def predict(rows):
    return model.predict(rows)[:, 1]


{answer}
with mlflow.start_run(run_name="client"):
    mlflow.log_text(table.to_csv(index=False), "answers.csv")
    mlflow.log_metric("requests", {requests})
    mlflow.log_text('INFO: "POST /invocations HTTP/1.1" 200 OK\\\\n' * {seen}, "server.log")
"""
TABLE = 'table = pd.DataFrame({"Loan_ID": new["Loan_ID"], "probability": %s})'


def client(probability, requests=40, seen=40, then=""):
    """Log the table of exercise 13.1 with other probabilities, or another number of requests."""
    return CLIENT.format(answer=f"{TABLE % probability}\n{then}", requests=requests, seen=seen)


NIGHT = """
import json

import pandas as pd

from loanflow.data import FEATURES, load_new_applications

new = load_new_applications()
rows = new[new["Dependents"].isin(["0", "1", "2"])][FEATURES]
model = mlflow.pyfunc.load_model(logged.model_uri)
{answer}
with mlflow.start_run(run_name="tonight"):
    mlflow.log_dict(answered, "answered.json")
"""


def night(answered, before=""):
    """Log other predictions in exercise 13.2."""
    return NIGHT.format(answer=f"{before}\nanswered = {answered}")


PREDICTED = '{"predictions": model.predict(rows).tolist()}'

WRONG = {
    "13.1": {
        "without a server": client("predict(asked)", seen=0),
        "no log of a server": client("predict(asked)").replace("server.log", "log.txt"),
        "all in one request": client("predict(asked)", requests=1, seen=1),
        "a hundred in one request": client("predict(asked)", requests=20, seen=20),
        "more requests than the server saw": client("predict(asked)", seen=20),
        "gaps filled with 0": client("predict(asked.fillna({'LoanAmount': 0.5}))"),
        "rounded": client("predict(asked).round(4)"),
        "the chance of a refusal": client("1 - predict(asked)"),
        "in another order": client("sorted(predict(asked))"),
        "the first part only": client("predict(asked)", then="table = table.head(50)"),
        "rows with gaps left out": client(
            "predict(asked)", then="table = table[asked.notna().all(axis=1)]"
        ),
        "numbered from 0": client(
            "predict(asked)", then='table = table.assign(Loan_ID=table.index.astype("str"))'
        ),
        "requests not counted": client("predict(asked)").replace("log_metric", "log_param"),
    },
    "13.2": {
        "dependants as 1.0": night(
            PREDICTED, 'rows = rows.assign(Dependents=rows["Dependents"].astype(float).astype(str))'
        ),
        "large families and gaps, too": night(PREDICTED, "rows = new[FEATURES]"),
        "gaps left out": night(PREDICTED, "rows = rows.dropna()"),
        "in another order": night(PREDICTED, "rows = rows.sort_values('ApplicantIncome')"),
        "backwards": night(PREDICTED, "rows = rows[::-1]"),
        "the probabilities alone": night('{"predictions": model.predict(rows)[:, 1].tolist()}'),
        "the decisions": night('{"predictions": (model.predict(rows)[:, 1] > 0.5).tolist()}'),
        "a list": night("model.predict(rows).tolist()"),
        "another model": night(
            PREDICTED.replace("model.predict", "model.predict_proba"),
            "model = build_model('random_forest').fit(X_train, y_train)",
        ),
    },
}
