"""The checks of lesson 14."""

import asyncio
import json
import logging
import runpy
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import mlflow

from classroom.exercises import exercise, require
from classroom.exercises.lesson_13 import require_probabilities
from classroom.exercises.runs import newest_model_named, run_named, scripts_at_hand, text_in
from classroom.workspace import Lesson
from loanflow.data import FEATURES, load_loans, load_new_applications

_LARGEST = 20_000  # bytes that the front of exercise 14.1 takes


def rows_of_requests(lesson: Lesson) -> list[int]:
    """Return how many rows each traced request had, the newest first."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    experiment = client.get_experiment_by_name(lesson.name).experiment_id
    found, token = [], None
    while token or not found:
        page = client.search_traces(locations=[experiment], max_results=500, page_token=token)
        found, token = found + list(page), page.token
        if not token:
            break
    newest_first = sorted(found, key=lambda trace: -trace.info.request_time)
    spans = (span for trace in newest_first for span in trace.data.spans)
    return [span.attributes["rows"] for span in spans if "rows" in span.attributes]


@exercise("14.1")
def check_traced_client(lesson: Lesson) -> None:
    """Compare the logged table with the model, and its requests with their traces."""
    run = run_named("client", lesson.tracking_uri, lesson.name)
    require_probabilities(run, lesson)
    new = load_new_applications()
    asked, left = [], len(new)
    for rows in rows_of_requests(lesson):
        if left > 0:
            asked.append(rows)
            left -= rows
    require(
        left <= 0,
        f"The traces in this experiment cover {len(new) - left:,} of {len(new):,} rows.",
    )
    values = json.loads(new[FEATURES].to_json(orient="values"))
    fit = _LARGEST * len(new) / len(json.dumps(values, separators=(",", ":")))
    require(
        max(asked) < 1.5 * fit,
        f"A request had {max(asked):,} rows, which do not fit into {_LARGEST:,} bytes.",
    )


def _answer(front: Callable, rows: list[dict], params: dict) -> tuple[int, str]:
    """Let an application of ASGI answer a request with these rows: its status and its text."""

    async def ask() -> httpx.Response:
        to_front = httpx.ASGITransport(front)
        async with httpx.AsyncClient(transport=to_front, base_url="http://front") as client:
            body = {"dataframe_records": rows, "params": params}
            return await client.post("/invocations", json=body)

    logging.disable(logging.WARNING)  # what it refuses is no news here
    try:
        with ThreadPoolExecutor(1) as pool:  # a notebook's own thread has a loop already
            answer = pool.submit(lambda: asyncio.run(ask())).result()
    finally:
        logging.disable(logging.NOTSET)
    return answer.status_code, answer.text


@exercise("14.2")
def check_few_front(lesson: Lesson) -> None:
    """Put the logged front before the lesson's model, and send it few and many applications."""
    run = run_named("few front", lesson.tracking_uri, lesson.name)
    source = text_in("few_front.py", run, lesson)
    model = mlflow.pyfunc.load_model(newest_model_named("scorecard", lesson).model_uri)
    with scripts_at_hand(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "few_front.py"
        path.write_text(source, encoding="utf-8")
        front_class = runpy.run_path(str(path)).get("FewFront")
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
    require(
        status(small) == 413,
        "101 applications must be refused because of their number, before any value is checked.",
    )
    # A typed model checks its rows once more by itself; parameters, only the front does.
    for wrong in (status([row | {"LoanAmount": "a lot"}]), status([row], unknown=1)):
        require(wrong == 422, "The front's own checks no longer run; call super().check.")
