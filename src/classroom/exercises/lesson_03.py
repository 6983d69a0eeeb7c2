"""The checks of lesson 03."""

import numpy as np
from mlflow.entities import LoggedModel, Run

from classroom.exercises import exercise, require
from classroom.exercises.runs import newest_model_named, search
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, evaluate

#: The lesson's three models: the family and the parameters of each.
MODELS = {
    "logistic": ("logistic_regression", {}),
    "tree": ("decision_tree", {"max_depth": 9}),
    "boosting": ("hist_gradient_boosting", {}),
}
DATASET = "poor credit"


def _is_simple(run: Run) -> bool:
    """Say whether the run is a tree with `max_depth` up to 5 or a logistic regression."""
    params = run.data.params
    if params.get("family") == "decision_tree":
        return int(params["max_depth"]) <= 5
    return params.get("family") == "logistic_regression"


@exercise("3.1")
def check_simple_models(lesson: Lesson) -> None:
    """Compare the runs that carry the tag with those that should; the newest of a name counts."""
    runs = search(lesson.tracking_uri, lesson.name)
    newest = {run.info.run_name: run for run in reversed(runs)}  # they come newest first
    due = {name for name, run in newest.items() if _is_simple(run)}
    require(bool(due), "The runs of the lesson are missing; run its cells first.")
    tagged = [run for run in runs if "simple" in run.data.tags]
    require(bool(tagged), "No run has the tag simple.")
    values = {run.data.tags["simple"] for run in tagged}
    require(values == {"yes"}, f"The tag simple must be yes; it is {sorted(values)}.")
    over = sorted({run.info.run_name for run in tagged} - due)
    require(not over, f"A run that is not simple has the tag: {', '.join(over)}.")
    missing = sorted(name for name in due if "simple" not in newest[name].data.tags)
    older = sorted(set(missing) & {run.info.run_name for run in tagged})
    require(not older, f"The tag must be on the newest run of the name {', '.join(older)}.")
    require(not missing, f"The tag is missing on {len(missing)} of the {len(due)} simple runs.")


@exercise("3.2")
def check_best_for_poor_credit(lesson: Lesson) -> None:
    """Fit the three models again, compare their losses, and see which one has the tag."""
    X_train, X_test, y_train, y_test = split_loans(load_loans())
    poor = X_test["Credit_History"] == 0
    models, due = {}, {}
    for name, (family, params) in MODELS.items():
        models[name] = newest_model_named(name, lesson)
        fitted = build_model(family, **params).fit(X_train, y_train)
        due[name] = evaluate(fitted, X_test[poor], y_test[poor])["log_loss"]
    for name, model in models.items():
        loss = _loss(model)
        require(
            loss is not None,
            f"The model '{name}' has no log_loss on a dataset named '{DATASET}'.",
        )
        require(
            np.isclose(loss, due[name], atol=1e-6),
            f"The log_loss of the model '{name}' is not that of the test rows with poor credit.",
        )
    best = min(due, key=due.get)
    tagged = {name for name, model in models.items() if "best_poor_credit" in model.tags}
    require(
        bool(tagged),
        "None of the three models has the tag best_poor_credit (a tag on a run does not count).",
    )
    values = sorted({models[name].tags["best_poor_credit"] for name in tagged})
    require(values == ["yes"], f"The tag best_poor_credit must be yes; it is {values}.")
    require(
        tagged == {best},
        "The tag best_poor_credit must be only on the model with the lowest loss.",
    )


def _loss(model: LoggedModel) -> float | None:
    """Return the log loss that was logged last for the model on the exercise's dataset."""
    found = [
        metric
        for metric in model.metrics or []
        if metric.key == "log_loss" and metric.dataset_name == DATASET
    ]
    return max(found, key=lambda metric: metric.timestamp).value if found else None
