"""Measure how many single rows a second lesson 14's fast model scores beside the plain pipeline.

Both ratios come from one run: in this process, each model called by itself; and over HTTP, the
pipeline behind ``mlflow models serve`` and the scorecard behind the front, under the same load.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from timeit import timeit

import mlflow
from sklearn.pipeline import Pipeline

from classroom.services.load import drive
from classroom.services.servers import HOST, local_server
from classroom.workspace import NOTEBOOKS
from loanflow.data import load_loans, split_loans
from loanflow.scorecard import scorecard
from loanflow.training import TRUSTED_TYPES, build_model

REPEATS = 5


def save_pipeline(folder: Path, requirements: Sequence[str] = ("mlflow",)) -> Pipeline:
    """Fit the plain pipeline and save it with two probabilities as its answer; return it."""
    X_train, _, y_train, _ = split_loans(load_loans())
    pipeline = build_model().fit(X_train, y_train)
    mlflow.sklearn.save_model(
        pipeline,
        folder,
        signature=mlflow.models.infer_signature(X_train, pipeline.predict_proba(X_train)),
        pyfunc_predict_fn="predict_proba",
        skops_trusted_types=TRUSTED_TYPES,
        pip_requirements=list(requirements),
    )
    return pipeline


def save_models(folder: Path) -> tuple[Path, Path]:
    """Save the plain pipeline and the scorecard with the same numbers; return their folders."""
    plain, fast = folder / "pipeline", folder / "scorecard"
    mlflow.pyfunc.save_model(
        fast,
        python_model=NOTEBOOKS / "loan_scorecard.py",
        model_config=scorecard(save_pipeline(plain)),
        pip_requirements=["mlflow"],
    )
    return plain, fast


def rates_in_process(plain: Path, fast: Path) -> list[tuple[float, float]]:
    """Return how many rows a second each model scores, in turn, a few times."""
    row = split_loans(load_loans()).X_test.head(1)
    record = json.loads(row.to_json(orient="records"))
    plain_model, fast_model = (mlflow.pyfunc.load_model(str(path)) for path in (plain, fast))
    return [
        (
            50 / timeit(lambda: plain_model.predict(row), number=50),
            2000 / timeit(lambda: fast_model.predict(record), number=2000),
        )
        for _ in range(REPEATS)
    ]


def rates_over_http(plain: Path, fast: Path) -> list[tuple[float, float]]:
    """Return how many requests a second each server answers, in turn, a few times."""
    (record,) = json.loads(split_loans(load_loans()).X_test.head(1).to_json(orient="records"))
    body = json.dumps({"dataframe_records": [record]}).encode()
    serve = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    serve += ["--host", HOST, "--port", "{port}", "--model-uri", str(plain)]
    front = [sys.executable, str(NOTEBOOKS / "loan_front.py"), str(fast), "--port", "{port}"]
    ready = {"health_path": "/ping", "timeout": 120}
    with local_server(serve, **ready) as slow, local_server(front, **ready) as quick:
        for server in (slow, quick):
            drive(server.port, body)  # the first requests also import
        return [
            tuple(drive(server.port, body, seconds=2).per_second for server in (slow, quick))
            for _ in range(REPEATS)
        ]


def serving_table() -> list[str]:
    """Measure both; return the lines of a table, with the medians and the smallest ratio."""
    with tempfile.TemporaryDirectory() as folder:
        models = save_models(Path(folder))
        measured = {
            "in process": rates_in_process(*models),
            "over HTTP, four connections": rates_over_http(*models),
        }
    lines = [
        "| one row at a time | pipeline, rows/s | scorecard, rows/s | ratio | smallest ratio |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for where, pairs in measured.items():
        slow, fast = (statistics.median(rates) for rates in zip(*pairs, strict=True))
        ratios = [b / a for a, b in pairs]
        numbers = f"{slow:,.0f} | {fast:,.0f} | {statistics.median(ratios):.0f}"
        lines.append(f"| {where} | {numbers} | {min(ratios):.0f} |")
        print(lines[-1], flush=True)
    return lines
