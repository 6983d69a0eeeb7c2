"""The checks of lesson 02."""

import mlflow
import numpy as np
from mlflow.entities import Run

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, search
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, cross_validation_scores

PARENT = "tags.mlflow.parentRunId"
#: A number may be rounded to three decimals, as the lesson shows it.
ROUNDED = 0.0006


def _sweep(lesson: Lesson, known: str) -> tuple[Run, list[Run]]:
    """Return the newest run 'sweep' with a child named `known`, and all its children."""
    for sweep in search(lesson.tracking_uri, lesson.name, "run_name = 'sweep'"):  # newest first
        of_sweep = f"{PARENT} = '{sweep.info.run_id}'"
        children = search(lesson.tracking_uri, lesson.name, of_sweep)
        if known in {run.info.run_name for run in children}:
            return sweep, children
    require(False, f"There is no run named 'sweep' with a child named '{known}'.")


def _newest(name: str, children: list[Run]) -> Run:
    """Return the newest child of that name; require one."""
    named = [run for run in children if run.info.run_name == name]
    require(bool(named), f"The lesson's run 'sweep' has no child named '{name}'.")
    return max(named, key=lambda run: run.info.start_time)


def _folds(run: Run, lesson: Lesson) -> dict[int, float]:
    """Return the scores of the folds that the run logged, by step; the newest of each counts."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    return {m.step: m.value for m in client.get_metric_history(run.info.run_id, "fold/roc_auc")}


@exercise("2.1")
def check_depth_seven(lesson: Lesson) -> None:
    """Cross-validate the tree again and compare mean, spread and each fold."""
    named = search(lesson.tracking_uri, lesson.name, "run_name = 'tree 7'")
    require(bool(named), "There is no run named 'tree 7'.")
    run = max(named, key=lambda run: run.info.start_time)
    sweep, _ = _sweep(lesson, "tree 12")
    require(
        run.data.tags.get("mlflow.parentRunId") == sweep.info.run_id,
        "The newest run 'tree 7' is not a child of the lesson's run 'sweep'.",
    )
    require_finished(run)
    require_finished(sweep)
    for name, value in {"family": "decision_tree", "max_depth": "7"}.items():
        require(run.data.params.get(name) == value, f"Its parameter {name} is not {value}.")
    for name in ("sweep", "owner", "state"):
        require(
            name in run.data.tags,
            f"The run has no tag {name}, which the team's convention requires.",
        )
    X_train, _, y_train, _ = split_loans(load_loans())
    model = build_model("decision_tree", max_depth=7)
    scores = cross_validation_scores(model, X_train, y_train)["roc_auc"]
    for name, value in {"cv_roc_auc": scores.mean(), "cv_roc_auc_sd": scores.std()}.items():
        logged = run.data.metrics.get(name, np.nan)
        right = abs(logged - value) < 1e-6
        require(
            right,
            f"The run's {name} is not a tree's of depth 7, cross-validated on the training rows.",
        )
    steps = _folds(run, lesson)
    right = set(steps) == set(scores.index) and all(
        abs(steps[fold] - score) < 1e-6 for fold, score in scores.items()
    )
    require(right, "Its fold/roc_auc does not hold the five folds as steps 0 to 4.")


@exercise("2.2")
def check_gap(lesson: Lesson) -> None:
    """Compute the gap from the folds in the store and compare what the run says of it."""
    _, children = _sweep(lesson, "tree 12")
    run = _newest("tree 12", children)
    require_finished(run)
    better, worse = _folds(_newest("logistic C=1.0", children), lesson), _folds(run, lesson)
    gaps = np.array([better[fold] - worse[fold] for fold in sorted(worse)])
    mean, sd = gaps.mean(), gaps.std(ddof=1)
    said = run.data.metrics
    require("gap" in said, "The run 'tree 12' of the sweep has no metric `gap`.")
    require("gap_sd" in said, "The run 'tree 12' of the sweep has no metric `gap_sd`.")
    if abs(said["gap"] - mean) >= ROUNDED:
        turned = abs(said["gap"] + mean) < ROUNDED
        require(
            not turned,
            "The gap has the wrong sign. Subtract the tree's score from the regression's.",
        )
        require(False, "Its gap is not the mean difference over the folds.")
    require(
        abs(said["gap_sd"] - sd) < ROUNDED,
        "Its gap_sd is not the standard deviation of the five differences (pandas' std).",
    )
    verdict = run.data.tags.get("gap_is", "").strip().lower()
    require(verdict in ("real", "luck"), "Its tag gap_is must be real or luck.")
    due = "real" if mean > 2 * sd else "luck"
    require(verdict == due, f"Its tag gap_is says {verdict}; compare gap with twice gap_sd.")
