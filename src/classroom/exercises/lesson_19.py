"""The checks of lesson 19."""

from collections.abc import Callable

import mlflow
import pandas as pd

from classroom.exercises import exercise, require
from classroom.exercises.runs import champion_of, newest_model_named, script, time_with_zone
from classroom.workspace import Lesson
from loanflow.data import FEATURES, TARGET, load_loans, split_loans

NAME = "loans"
REFUSED = 4  # the version that the lesson sees refused
#: Candidate, champion, and whether there must be a reason: none, one for its scores, one for a gap.
PAIRS = [
    ("boosting", "logistic", False),
    ("unequal", "logistic", True),
    ("logistic", "boosting", True),
    ("unequal", None, False),
    ("a model that is not there", "logistic", True),
]


@exercise("19.1")
def check_refusal(lesson: Lesson) -> None:
    """Look at the tags of the refused version, and at what must not have changed."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    champion = champion_of(NAME, lesson)
    require(int(champion.version) != REFUSED, f"Version {REFUSED} is the champion.")
    versions = {int(v.version): v.tags for v in client.search_model_versions(f"name = '{NAME}'")}
    require(REFUSED in versions, f"There is no version {REFUSED} of {NAME}.")
    for number, tags in versions.items():
        told = any(key.startswith("refused.") for key in tags)
        require(
            number == REFUSED or not told,
            f"Version {number} has refused.* tags, but was not refused.",
        )
    tags = versions[REFUSED]
    for key in ("at", "by", "why", "over"):
        told = tags.get(f"refused.{key}")
        require(told is not None, f"Version {REFUSED} has no tag 'refused.{key}'.")
        require(told.strip() != "", f"The tag 'refused.{key}' is empty.")
    require(
        not any(key.startswith("promoted.") for key in tags),
        f"Version {REFUSED} has promoted.* tags, but was not promoted.",
    )
    require(time_with_zone(tags["refused.at"]), "refused.at is not a time with a time zone.")
    due = str(champion.version)
    require(tags["refused.over"] == due, f"refused.over is not the champion's number, {due}.")
    rows = load_loans().loc[split_loans(load_loans()).X_test.index]
    gate = script("loan_promotion").examine
    reasons = gate(f"models:/{NAME}/{REFUSED}", f"models:/{NAME}/{due}", rows)
    told = " ".join(tags["refused.why"].split())
    for reason in reasons:
        kept = " ".join(reason.split()) in told
        require(kept, f"refused.why lacks a reason of the gate: {reason.partition(':')[0]}.")


@exercise("19.2")
def check_fair_gate(lesson: Lesson, examine: Callable) -> None:
    """Let the function examine pairs of the lesson's models, on rows in an order of their own."""
    uris = {None: None, "a model that is not there": f"models:/{NAME}/999"}
    for name in ("logistic", "boosting", "unequal"):
        uris[name] = f"models:/{newest_model_named(name, lesson).model_id}"
    loans = load_loans()
    rows = loans.loc[split_loans(loans).X_test.index].sample(frac=1.0, random_state=14)
    for candidate, champion, refused in PAIRS:
        pair = f"{candidate!r} against {champion!r}" if champion else f"{candidate!r} alone"
        found = _reasons(examine, uris[candidate], uris[champion], rows, f"For {pair}")
        if found and not refused:  # with another file, the gate itself may have one
            due = script("loan_promotion").examine(uris[candidate], uris[champion], rows)
            require(bool(due), f"For {pair} it gives a reason although there is none.")
        require(found or not refused, f"For {pair} it gives no reason.")
    other = _where_only_the_gap_of_good_loans_grows(uris, rows)
    found = _reasons(examine, uris["boosting"], uris["logistic"], other, "With other rows")
    require(found, "With other rows, on which the gap of the good loans grows, it gives no reason.")
    other = _where_the_gap_favours_women_and_grows(uris, rows)
    found = _reasons(examine, uris["boosting"], uris["logistic"], other, "With other rows")
    told = "With other rows, the gap grows from below zero towards zero, but it gives no reason."
    require(found, told)


def _reasons(
    examine: Callable, candidate: str, champion: str | None, rows: pd.DataFrame, when: str
) -> list[str]:
    """Return what the reader's function has against a candidate; require a list of sentences."""
    try:
        found = examine(candidate, champion, rows.copy())
    except Exception as error:
        require(False, f"{when} the function raises {type(error).__name__}.")
    right = isinstance(found, list) and all(isinstance(reason, str) for reason in found)
    require(right, f"{when} the function does not return a list of strings.")
    return found


def _where_only_the_gap_of_good_loans_grows(uris: dict, rows: pd.DataFrame) -> pd.DataFrame:
    """Leave rows out, so that boosting widens the gap of the good loans a little, but not of all.

    Among the good loans, some women lose whom only boosting approves; among the bad ones, boosting
    approves no men, and refuses no women, whom the regression does not.
    """
    new, old = _approvals(uris, rows)
    good = rows[TARGET].eq("Y")
    women, men = (rows["Gender"].eq(gender) for gender in ("Female", "Male"))
    won = rows.index[good & women & new & ~old][:18]
    out = (~good & men & new & ~old) | (~good & women & ~new & old)
    return rows[~out].drop(index=won)


def _where_the_gap_favours_women_and_grows(uris: dict, rows: pd.DataFrame) -> pd.DataFrame:
    """Leave rows out, so that the gap is below zero for both models and larger for boosting.

    Of the good loans of women, those stay that both models approve; of those of men, that boosting
    approves or the regression refuses. So women's share is 1 with both, and men's is larger with
    boosting.
    """
    new, old = _approvals(uris, rows)
    good, women = rows[TARGET].eq("Y"), rows["Gender"].eq("Female")
    out = good & women & ~(new & old) | good & rows["Gender"].eq("Male") & old & ~new
    return rows[~out]


def _approvals(uris: dict, rows: pd.DataFrame) -> list[pd.Series]:
    """Return what boosting approves, and what the regression does."""
    found = []
    for name in ("boosting", "logistic"):
        with script("loan_process").ModelProcess(uris[name]) as model:
            found.append(model.predict(rows[FEATURES])["decision"].eq("approve"))
    return found
