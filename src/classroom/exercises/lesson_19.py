"""The checks of lesson 14."""

import sys
from collections.abc import Callable
from datetime import datetime

import mlflow
import pandas as pd

from classroom.exercises import exercise, require
from classroom.exercises.runs import the_champion_of, the_newest_model_named
from classroom.workspace import REPOSITORY, Lesson
from loanflow.data import FEATURES, TARGET, load_loans, split_loans

NAME = "loans"
#: Candidate, champion, and whether there must be a reason: none, one for its scores, one for a gap.
PAIRS = [
    ("boosting", "logistic", False),
    ("unequal", "logistic", True),
    ("logistic", "boosting", True),
    ("unequal", None, False),
    ("a model that is not there", "logistic", True),
]


def _time(text: str) -> datetime | None:
    """Return the time that a text gives with its zone, or None."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


@exercise("19.1")
def a_rollback_with_its_story(lesson: Lesson) -> None:
    """Look at the champion, and at the tags of the version that lost its place."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    champion = the_champion_of(NAME, lesson)
    tags = client.get_model_version(NAME, "2").tags
    story = ("at", "by", "why", "over", "scores", "rows")
    whole = all(f"promoted.{key}" in tags for key in story)
    require(whole, "The story of version 2's promotion is not whole.")
    require(int(champion.version) != 2, "Version 2 is still the champion.")
    due = tags["promoted.over"]
    require(str(champion.version) == due, f"Version {champion.version} is the champion.")
    for key in ("at", "by", "why", "to"):
        told = tags.get(f"rolled_back.{key}")
        require(told is not None, f"Version 2 has no tag 'rolled_back.{key}'.")
        require(told.strip() != "", f"The tag 'rolled_back.{key}' of version 2 is empty.")
    require(tags["rolled_back.to"] == due, f"rolled_back.to says {tags['rolled_back.to']!r}.")
    at = _time(tags["rolled_back.at"])
    require(at is not None, "rolled_back.at is no time with its zone, such as promoted.at.")
    require(at >= _time(tags["promoted.at"]), "The rollback lies before the promotion.")
    strange = [key for key in champion.tags if key.startswith("rolled_back.")]
    require(not strange, "The new champion was not rolled back, but has such a tag.")


@exercise("19.2")
def a_gap_that_must_not_grow(lesson: Lesson, examine: Callable) -> None:
    """Let the function examine pairs of the lesson's models, on rows in an order of their own."""
    uris = {None: None, "a model that is not there": f"models:/{NAME}/999"}
    for name in ("logistic", "boosting", "unequal"):
        uris[name] = f"models:/{the_newest_model_named(name, lesson).model_id}"
    loans = load_loans()
    rows = loans.loc[split_loans(loans).X_test.index].sample(frac=1.0, random_state=14)
    for candidate, champion, refused in PAIRS:
        pair = f"{candidate!r} against {champion!r}" if champion else f"{candidate!r} alone"
        found = _reasons(examine, uris[candidate], uris[champion], rows, f"For {pair}")
        if found and not refused:  # with another file, the gate itself may have one
            due = _gate()(uris[candidate], uris[champion], rows)
            require(bool(due), f"For {pair} it gives a reason, and there is none.")
        require(found or not refused, f"For {pair} it gives no reason.")
    other = _where_only_the_gap_of_good_loans_grows(uris, rows)
    found = _reasons(examine, uris["boosting"], uris["logistic"], other, "With other rows")
    require(found, "With other rows, on which the gap of the good loans grows, it gives no reason.")


def _gate() -> Callable:
    """Return the function `examine` of the lesson's script."""
    sys.path.insert(0, str(REPOSITORY / "notebooks"))
    try:
        from loan_promotion import examine
    finally:
        sys.path.pop(0)
    return examine


def _reasons(
    examine: Callable, candidate: str, champion: str | None, rows: pd.DataFrame, when: str
) -> list[str]:
    """Return what the reader's function has against a candidate; require a list of sentences."""
    try:
        found = examine(candidate, champion, rows.copy())
    except Exception as error:
        require(False, f"{when} the function raises {type(error).__name__}.")
    right = isinstance(found, list) and all(isinstance(reason, str) for reason in found)
    require(right, f"{when} the function returns no list of sentences.")
    return found


def _where_only_the_gap_of_good_loans_grows(uris: dict, rows: pd.DataFrame) -> pd.DataFrame:
    """Leave rows out, so that boosting widens the gap of the good loans a little, but not of all.

    Among the good loans, some women lose whom only boosting approves; among the bad ones, boosting
    approves no men, and refuses no women, whom the regression does not.
    """
    new, old = (
        mlflow.pyfunc.load_model(uris[name]).predict(rows[FEATURES])["decision"].eq("approve")
        for name in ("boosting", "logistic")
    )
    good = rows[TARGET].eq("Y")
    women, men = (rows["Gender"].eq(gender) for gender in ("Female", "Male"))
    won = rows.index[good & women & new & ~old][:18]
    out = (~good & men & new & ~old) | (~good & women & ~new & old)
    return rows[~out].drop(index=won)
