"""The checks of lesson 17."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from classroom.exercises import exercise, require
from classroom.exercises.lesson_13 import probabilities
from classroom.exercises.runs import require_finished, run_named
from classroom.workspace import Lesson
from loanflow.data import CATEGORIES, ID


def _answers(folder) -> pq.ParquetDataset:
    files = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
    require(len(files) > 0, f"There are no Parquet files in the folder '{folder.name}'.")
    return pq.ParquetDataset(files)


def _shares(yes: pd.Series, areas: pd.Series) -> dict[str, float]:
    """Return the share of approved rows, among all and among those of each area."""
    by_area = yes.groupby(areas).mean()
    named = {f"approved_{area}": by_area[area] for area in CATEGORIES["Property_Area"]}
    return {"approved": yes.mean(), **named}


@exercise("17.1")
def check_month_in_chunks(lesson: Lesson) -> None:
    """Score the month again, at once, and compare counts and shares with the run's metrics."""
    run = run_named("month", lesson.tracking_uri, lesson.name)
    require_finished(run)
    told = run.data.metrics
    month = _answers(lesson.folder / "month").read().to_pandas()
    approval, areas = pd.Series(probabilities(month)), month["Property_Area"]
    due = _shares(approval >= 0.75, areas)
    for name in ("rows", *due):
        require(name in told, f"The run has no metric '{name}'.")
    rows = int(told["rows"])
    require(rows >= len(month), f"The run counts {rows:,} rows, but the month has more.")
    require(rows == len(month), f"The run counts {rows:,} rows, but the month has fewer.")
    slips = {
        "It approves from a probability of 0.5, not 0.75.": _shares(approval >= 0.5, areas),
        "It compares the probability of refusal with 0.75.": _shares(1 - approval >= 0.75, areas),
        "The areas' shares are of all rows; divide by the rows of the area.": due
        | {
            f"approved_{area}": ((approval >= 0.75) & (areas == area)).mean()
            for area in CATEGORIES["Property_Area"]
        },
    }
    for slip, shares in slips.items():
        require(any(abs(told[name] - shares[name]) > 1e-9 for name in due), slip)
    for name, share in due.items():
        require(
            abs(told[name] - share) < 1e-9,
            f"'{name}' is {told[name]:.6f}, which is not the share that the exercise asks for.",
        )


@exercise("17.2")
def check_answers_from_spark(lesson: Lesson) -> None:
    """Read the answers, compare them with the classifier's, and look who wrote the files."""
    answers = _answers(lesson.folder / "answers")
    require(
        set(answers.schema.names) == {ID, "probability"},
        "The files must have exactly the columns Loan_ID and probability.",
    )
    told = answers.read().to_pandas().set_index(ID)["probability"]
    require(told.index.is_unique, "An application has two answers.")
    leaky = _answers(lesson.folder / "leaky").read().to_pandas().set_index(ID)
    complete = leaky[leaky["ApplicantIncome"].notna()]
    lacking = told.index.isin(leaky.index.difference(complete.index)).sum()
    require(lacking == 0, f"{lacking:,} applications that lack ApplicantIncome have an answer.")
    missing = len(complete.index.difference(told.index))
    require(missing == 0, f"{missing:,} complete applications have no answer.")
    require(len(told) == len(complete), "Some answers belong to no application.")
    due = probabilities(complete)
    told = told.loc[complete.index].astype(float)
    refusal = np.allclose(told, 1 - due, rtol=0, atol=1e-9)
    require(not refusal, "These are the probabilities of refusal.")
    require(
        bool(np.allclose(told, due, rtol=0, atol=1e-9)),
        "The probabilities are not those that the lesson's classifier gives.",
    )
    wrote = answers.schema.metadata or {}
    require(b"org.apache.spark.version" in wrote, "These files were not written by Spark.")
