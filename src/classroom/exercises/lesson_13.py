"""The checks of lesson 13."""

import asyncio
import io
import json
import logging
import runpy
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd

from classroom.exercises import exercise, require
from classroom.exercises.runs import (
    the_newest_model_named,
    the_run_named,
    the_text_in,
)
from classroom.workspace import REPOSITORY, Lesson
from loanflow.data import FEATURES, load_loans, load_new_applications, split_loans
from loanflow.training import build_model

_LARGEST = 20_000  # bytes that the front of exercise 13.1 takes


@exercise("13.1")
def a_client_of_a_small_front(lesson: Lesson) -> None:
    """Compare the logged table with what the lesson's model says of the new applications."""
    run = the_run_named("client", lesson.tracking_uri, lesson.name)
    table = pd.read_csv(io.StringIO(the_text_in("answers.csv", run, lesson)))
    named = sorted(table.columns) == ["Loan_ID", "probability"]
    require(named, "The columns of answers.csv are not Loan_ID and probability, and only those.")
    new = load_new_applications()
    require(len(table) == len(new), f"answers.csv has {len(table)} rows of {len(new)}.")
    require(set(table["Loan_ID"]) == set(new["Loan_ID"]), "Its Loan_IDs are not all there.")
    X_train, _, y_train, _ = split_loans(load_loans())
    model = build_model().fit(X_train, y_train)
    due = pd.Series(model.predict_proba(new[FEATURES])[:, 1], index=new["Loan_ID"])
    same = np.abs(table.set_index("Loan_ID")["probability"] - due) < 1e-9
    require(bool(same.all()), f"{(~same).sum():,} probabilities are not those of the model.")
    sent = run.data.metrics.get("requests")
    require(sent is not None, "The run has no metric 'requests'.")
    values = json.loads(new[FEATURES].to_json(orient="values"))
    least = len(json.dumps(values, separators=(",", ":"))) / _LARGEST
    require(
        sent >= least, f"In {sent:g} requests, not all rows fit through {_LARGEST:,} bytes each."
    )


def _answer(front: Callable, rows: list[dict], params: dict) -> tuple[int, str]:
    """Let an application of ASGI answer a request with these rows: its status and its text."""
    body = json.dumps({"dataframe_records": rows, "params": params}).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/invocations",
        "headers": [(b"content-type", b"application/json")],
    }
    sent = []

    async def receive() -> dict:
        return {"type": "http.request", "body": body}

    async def send(message: dict) -> None:
        sent.append(message)

    logging.disable(logging.WARNING)  # what it refuses is no news here
    try:
        with ThreadPoolExecutor(1) as pool:  # a notebook's own thread has a loop already
            pool.submit(lambda: asyncio.run(front(scope, receive, send))).result()
    finally:
        logging.disable(logging.NOTSET)
    return sent[0]["status"], sent[1]["body"].decode()


@exercise("13.2")
def a_front_for_few(lesson: Lesson) -> None:
    """Put the logged front before the lesson's model, and send it few and many applications."""
    run = the_run_named("few front", lesson.tracking_uri, lesson.name)
    source = the_text_in("few_front.py", run, lesson)
    model = mlflow.pyfunc.load_model(the_newest_model_named("scorecard", lesson).model_uri)
    sys.path.insert(0, str(REPOSITORY / "notebooks"))
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "few_front.py"
            path.write_text(source, encoding="utf-8")
            front_class = runpy.run_path(str(path)).get("FewFront")
    finally:
        sys.path.remove(str(REPOSITORY / "notebooks"))
    require(isinstance(front_class, type), "few_front.py has no class FewFront.")
    front = front_class(model)
    row = json.loads(load_loans()[FEATURES].head(1).to_json(orient="records"))[0]
    row |= {"ApplicantIncome": 4321.0}

    def status(rows: list[dict], **params: float) -> int:
        try:
            answered, text = _answer(front, rows, params)
        except Exception as error:
            require(False, f"For {len(rows)} applications it raises {type(error).__name__}.")
        require("4321.0" not in text, "Its answer repeats what the client sent.")
        return answered

    require(status([row] * 100) == 200, "It does not answer 100 applications.")
    require(status([row]) == 200, "It does not answer a single application.")
    require(status([row] * 101) == 413, "It does not refuse 101 applications with status 413.")
    small = [{"Education": row["Education"]}] * 101
    require(status(small) == 413, "101 rows are refused for another reason than their number.")
    # A typed model checks its rows once more by itself; parameters, only the front does.
    for wrong in (status([row | {"LoanAmount": "a lot"}]), status([row], unknown=1)):
        require(wrong == 422, "The front's own checks are gone.")
