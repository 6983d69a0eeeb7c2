"""The checks of lesson 02."""

import mlflow
import numpy as np
from mlflow.entities import Run

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, search
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, cross_validation_scores


def _runs(lesson: Lesson, question: str = "") -> list[Run]:
    """Return the runs of the lesson's experiment that the filter finds."""
    return search(lesson.tracking_uri, lesson.name, question)


def _sweep(lesson: Lesson) -> tuple[Run, list[Run]]:
    """Return the lesson's parent run and its children."""
    parents = _runs(lesson, "run_name = 'sweep'")
    require(len(parents) == 1, f"There are {len(parents)} runs named 'sweep'; there must be one.")
    sweep = parents[0]
    return sweep, _runs(lesson, f"tags.mlflow.parentRunId = '{sweep.info.run_id}'")


@exercise("2.1")
def a_tree_of_depth_seven(lesson: Lesson) -> None:
    """Cross-validate the tree again and compare mean, spread and each fold."""
    require(bool(_runs(lesson, "run_name = 'tree 7'")), "There is no run named 'tree 7'.")
    sweep, children = _sweep(lesson)
    named = [run for run in children if run.info.run_name == "tree 7"]
    require(bool(named), "The run 'tree 7' is not a child of the run 'sweep'.")
    require(len(named) == 1, f"The sweep has {len(named)} runs named 'tree 7'; delete all but one.")
    (run,) = named
    require_finished(run)
    require_finished(sweep)
    for name, value in {"family": "decision_tree", "max_depth": "7"}.items():
        require(run.data.params.get(name) == value, f"Its parameter {name} is not {value}.")
    for name in ("sweep", "owner", "state"):
        require(name in run.data.tags, f"It lacks the tag {name}, which the team agreed on.")
    X_train, _, y_train, _ = split_loans(load_loans())
    model = build_model("decision_tree", max_depth=7)
    scores = cross_validation_scores(model, X_train, y_train)["roc_auc"]
    for name, value in {"cv_roc_auc": scores.mean(), "cv_roc_auc_sd": scores.std()}.items():
        logged = run.data.metrics.get(name, np.nan)
        right = abs(logged - value) < 1e-6
        require(right, f"Its {name} is not that of a tree of depth 7 on the training rows.")
    client = mlflow.MlflowClient(lesson.tracking_uri)
    steps = {m.step: m.value for m in client.get_metric_history(run.info.run_id, "fold/roc_auc")}
    right = set(steps) == set(scores.index) and all(
        abs(steps[fold] - score) < 1e-6 for fold, score in scores.items()
    )
    require(right, "Its fold/roc_auc does not hold the five folds as steps 0 to 4.")


def _is_simple(run: Run) -> bool:
    """Say whether the run is a tree of at most 5 levels or a logistic regression."""
    params = run.data.params
    if params.get("family") == "decision_tree":
        return int(params["max_depth"]) <= 5
    return params.get("family") == "logistic_regression"


@exercise("2.2")
def the_simple_models(lesson: Lesson) -> None:
    """Compare the runs that carry the tag with those that should."""
    _, children = _sweep(lesson)
    due = {run.info.run_id: run for run in children if _is_simple(run)}
    tagged = [run for run in _runs(lesson) if "simple" in run.data.tags]
    require(bool(tagged), "No run has the tag simple.")
    values = {run.data.tags["simple"] for run in tagged}
    require(values == {"yes"}, f"The tag simple must be yes; it is {sorted(values)}.")
    over = sorted(run.info.run_name for run in tagged if run.info.run_id not in due)
    require(not over, f"A run that is not simple has the tag: {', '.join(over)}.")
    found = {run.info.run_id for run in tagged}
    missing = sorted(run.info.run_name for i, run in due.items() if i not in found)
    require(not missing, f"The tag is missing on {len(missing)} of the {len(due)} simple runs.")
