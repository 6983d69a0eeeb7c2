"""The checks of lesson 14."""

from collections.abc import Callable
from datetime import datetime

import mlflow
from mlflow.exceptions import MlflowException

from loanflow.classroom.exercises import exercise, require
from loanflow.classroom.exercises.runs import the_newest_model_named
from loanflow.classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans

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


@exercise("14.1")
def a_rollback_with_its_story(lesson: Lesson) -> None:
    """Look at the champion, and at the tags of the version that lost its place."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    try:
        champion = client.get_model_version_by_alias(NAME, "champion")
    except MlflowException:
        require(False, f"No version of {NAME} is the champion.")
    tags = client.get_model_version(NAME, "2").tags
    story = ("at", "by", "why", "over", "scores", "rows")
    whole = all(f"promoted.{key}" in tags for key in story)
    require(whole, "The story of version 2's promotion is not whole.")
    require(int(champion.version) != 2, "Version 2 is still the champion.")
    due = tags["promoted.over"]
    require(str(champion.version) == due, f"Version {champion.version} is the champion.")
    for key in ("at", "by", "why", "to"):
        told = tags.get(f"rolled_back.{key}", "").strip()
        require(told != "", f"Version 2 has no tag 'rolled_back.{key}'.")
    require(tags["rolled_back.to"] == due, f"rolled_back.to says {tags['rolled_back.to']!r}.")
    at = _time(tags["rolled_back.at"])
    require(at is not None, "rolled_back.at is no time with its zone, such as promoted.at.")
    require(at >= _time(tags["promoted.at"]), "The rollback lies before the promotion.")
    strange = [key for key in champion.tags if key.startswith("rolled_back.")]
    require(not strange, "The new champion was not rolled back, but has such a tag.")


@exercise("14.2")
def a_gap_that_must_not_grow(lesson: Lesson, examine: Callable) -> None:
    """Let the function examine pairs of the lesson's models, on rows in an order of their own."""
    uris = {None: None, "a model that is not there": f"models:/{NAME}/999"}
    for name in ("logistic", "boosting", "unequal"):
        uris[name] = f"models:/{the_newest_model_named(name, lesson).model_id}"
    loans = load_loans()
    rows = loans.loc[split_loans(loans).X_test.index].sample(frac=1.0, random_state=14)
    for candidate, champion, refused in PAIRS:
        found = examine(uris[candidate], uris[champion], rows.copy())
        pair = f"{candidate!r} against {champion!r}" if champion else f"{candidate!r} alone"
        right = isinstance(found, list) and all(isinstance(reason, str) for reason in found)
        require(right, f"For {pair} the function returns no list of sentences.")
        require(refused or not found, f"For {pair} it gives a reason, and there is none.")
        require(found or not refused, f"For {pair} it gives no reason.")
