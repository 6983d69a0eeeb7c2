"""The checks of lesson 01."""

import mlflow

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, the_run_named
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, evaluate


@exercise("1.1")
def a_run_of_a_tree(lesson: Lesson) -> None:
    """Fit the tree again and compare the logged metrics with its own."""
    run = the_run_named("tree", lesson.tracking_uri, lesson.name)
    require_finished(run)
    require(run.data.params.get("max_depth") == "4", "Its parameter max_depth is not 4.")
    X_train, X_test, y_train, y_test = split_loans(load_loans())
    tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
    for name, value in evaluate(tree, X_test, y_test).items():
        logged = run.data.metrics.get(name)
        require(logged is not None, f"Its metric {name} is missing.")
        require(
            abs(logged - value) < 1e-6,
            f"Its {name} is not that of build_model with max_depth=4 on the test rows, unrounded.",
        )


@exercise("1.2")
def a_reviewed_run(lesson: Lesson) -> None:
    """Look for the tag and the artifact on the run of exercise 1.1."""
    run = the_run_named("tree", lesson.tracking_uri, lesson.name)
    require_finished(run)
    require(
        bool(run.data.metrics), "The run 'tree' has no metrics; it is not that of exercise 1.1."
    )
    require(bool(run.data.tags.get("reviewed_by")), "It has no tag reviewed_by.")
    client = mlflow.MlflowClient(lesson.tracking_uri)
    files = [file.path for file in client.list_artifacts(run.info.run_id)]
    require("roc_curve.png" in files, "It has no artifact roc_curve.png.")
