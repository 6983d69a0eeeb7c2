"""The checks of lesson 03."""

from mlflow.entities import Run
from sklearn.tree import DecisionTreeClassifier

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, search, the_run_named
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, cross_validation_scores, evaluate


def _parent_and_children(name: str, lesson: Lesson) -> tuple[Run, list[Run]]:
    """Return the one run of that name in the lesson's experiment, and its finished children."""
    run = the_run_named(name, lesson.tracking_uri, lesson.name)
    require_finished(run)
    its_finished = f"tags.mlflow.parentRunId = '{run.info.run_id}' and status = 'FINISHED'"
    children = search(lesson.tracking_uri, lesson.name, its_finished)
    require(len(children) > 0, f"The run '{name}' has no child runs that finished.")
    return run, children


@exercise("4.1")
def a_grid_of_trees(lesson: Lesson) -> None:
    """Look for all six candidates, for no model, and fit the winner again."""
    parent, children = _parent_and_children("tree grid", lesson)
    depths = {child.data.params.get("max_depth") for child in children}
    require(
        depths == {"2", "3", "4", "5", "6", "7"},
        f"{len(children)} child runs do not hold the six depths from 2 to 7, once each.",
    )
    require(not parent.outputs or not parent.outputs.model_outputs, "A model was logged.")
    searched = parent.data.params.get("scoring"), parent.data.params.get("cv")
    require(searched == ("roc_auc", "3"), "It does not search by ROC AUC on three folds.")
    logged = parent.data.metrics.get("test_roc_auc")
    require(logged is not None, "Its metric test_roc_auc is missing.")
    split = split_loans(load_loans())
    X_train, X_test = (X.select_dtypes("number") for X in (split.X_train, split.X_test))
    depth = int(parent.data.params["best_max_depth"])
    winner = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X_train, split.y_train)
    require(
        abs(logged - evaluate(winner, X_test, split.y_test)["roc_auc"]) < 1e-6,
        "Its test_roc_auc is not that of the winner on the test rows.",
    )


@exercise("4.2")
def a_study_of_trees(lesson: Lesson) -> None:
    """Look at each trial's run, and score the best one again."""
    _, children = _parent_and_children("tree study", lesson)
    require(len(children) == 8, f"It has {len(children)} finished child runs where 8 are due.")
    for child in children:
        missing = {"max_depth", "min_samples_leaf"} - set(child.data.params)
        require(not missing, f"A child run has no parameter {min(missing, default='')}.")
        require("roc_auc" in child.data.metrics, "A child run has no metric roc_auc.")
    tried = {tuple(sorted(child.data.params.items())) for child in children}
    require(len(tried) > 1, "All trials tried the same parameters.")
    best = max(children, key=lambda child: child.data.metrics["roc_auc"])
    params = {name: int(best.data.params[name]) for name in ("max_depth", "min_samples_leaf")}
    X_train, _, y_train, _ = split_loans(load_loans())
    scores = cross_validation_scores(
        build_model("decision_tree", **params), X_train, y_train, folds=3
    )
    require(
        abs(best.data.metrics["roc_auc"] - scores["roc_auc"].mean()) < 1e-6,
        "The best child's roc_auc is not the mean over the folds for the parameters it names.",
    )
