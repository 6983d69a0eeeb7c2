"""The checks of lesson 01."""

import numpy as np
import pandas as pd
from mlflow.entities import Run
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline

from classroom.exercises import exercise, require
from classroom.exercises.runs import artifact, require_finished, run_named
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, evaluate

TABLE = "scores.parquet"


def _tree() -> tuple[Pipeline, pd.DataFrame, pd.Series]:
    """Fit the tree of the exercises; return it with the test rows and their outcomes."""
    X_train, X_test, y_train, y_test = split_loans(load_loans())
    return build_model("decision_tree", max_depth=4).fit(X_train, y_train), X_test, y_test


@exercise("1.1")
def check_tree_run(lesson: Lesson) -> None:
    """Fit the tree again and compare the logged metrics with its own."""
    run = run_named("tree", lesson.tracking_uri, lesson.name)
    require_finished(run)
    require(
        run.data.params.get("max_depth") == "4",
        "The parameter max_depth of the newest run 'tree' is not 4.",
    )
    for name, value in evaluate(*_tree()).items():
        logged = run.data.metrics.get(name)
        require(logged is not None, f"The newest run 'tree' has no metric {name}.")
        require(
            abs(logged - value) < 1e-6,
            f"The {name} of the newest run 'tree' is not that of build_model with max_depth=4 on "
            "the test rows, unrounded.",
        )


@exercise("1.2")
def check_review(lesson: Lesson) -> None:
    """Look for the tag, and compare the table with the tree's own probabilities."""
    run = run_named("tree", lesson.tracking_uri, lesson.name)
    require_finished(run)
    metrics, tags = run.data.metrics, run.data.tags
    require(
        bool(metrics), "The newest run 'tree' has no metrics; it is not the run of exercise 1.1."
    )
    require("reviewed_by" in tags, "The newest run 'tree' has no tag reviewed_by.")
    require(bool(tags["reviewed_by"].strip()), "The tag reviewed_by holds no name.")
    table = _table(run, lesson)
    missing = [name for name in ("approved", "probability") if name not in table]
    require(not missing, f"The table {TABLE} has no column {' and no column '.join(missing)}.")
    tree, X_test, y_test = _tree()
    require(
        len(table) >= len(y_test),
        f"The table {TABLE} has {len(table)} rows; expected {len(y_test)}, one for each test row.",
    )
    # log_table appends, so what was logged last stands at the end.
    table = table.tail(len(y_test))
    for name, values, source in [
        ("approved", y_test, "y_test"),
        ("probability", tree.predict_proba(X_test)[:, 1], "the tree's probability of approval"),
    ]:
        logged = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
        right = np.allclose(np.sort(logged), np.sort(values), atol=1e-6)
        require(right, f"The column {name} is not {source}.")
    score = roc_auc_score(table["approved"].astype(int), table["probability"].astype(float))
    in_step = abs(score - evaluate(tree, X_test, y_test)["roc_auc"]) < 1e-3
    require(in_step, "The rows of the two columns do not belong together.")


def _table(run: Run, lesson: Lesson) -> pd.DataFrame:
    """Return the table that the run logged; require that it is one."""
    with artifact(TABLE, run, lesson) as path:
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError):
            require(
                False, f"The artifact {TABLE} is not a Parquet table. Create it with log_table."
            )
