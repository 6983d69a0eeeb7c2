"""The checks of lesson 04."""

from mlflow.entities import Run
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, run_named, search
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, cross_validation_scores, evaluate

_CLOSE = 1e-6


def _parent_and_children(name: str, lesson: Lesson) -> tuple[Run, list[Run]]:
    """Return the newest run of that name in the lesson's experiment, and its finished children."""
    run = run_named(name, lesson.tracking_uri, lesson.name)
    require_finished(run)
    its_finished = f"tags.mlflow.parentRunId = '{run.info.run_id}' and status = 'FINISHED'"
    children = search(lesson.tracking_uri, lesson.name, its_finished)
    require(len(children) > 0, f"The run '{name}' has no child runs that finished.")
    return run, children


@exercise("4.1")
def check_grid_of_trees(lesson: Lesson) -> None:
    """Look for all six candidates and for no model, and repeat the search."""
    parent, children = _parent_and_children("tree grid", lesson)
    scores = {
        child.data.params.get("max_depth"): child.data.metrics.get("mean_test_score")
        for child in children
    }
    depths = [2, 3, 4, 5, 6, 7]
    require(
        len(children) == 6 and set(scores) == set(map(str, depths)),
        "Expected six child runs, one for each max_depth from 2 to 7; "
        f"found {len(children)} with the depths {', '.join(sorted(map(str, scores)))}.",
    )
    require(not parent.outputs or not parent.outputs.model_outputs, "A model was logged.")
    split = split_loans(load_loans())
    X_train, X_test = (X.select_dtypes("number") for X in (split.X_train, split.X_test))
    tree = DecisionTreeClassifier(random_state=0)
    due = GridSearchCV(tree, {"max_depth": depths}, scoring="roc_auc", cv=3)
    due.fit(X_train, split.y_train)
    for depth, score in zip(depths, due.cv_results_["mean_test_score"], strict=True):
        require(
            scores[str(depth)] is not None and abs(scores[str(depth)] - score) < _CLOSE,
            f"The child with depth {depth} does not have the mean ROC AUC of three folds.",
        )
    logged = parent.data.metrics.get("test_roc_auc")
    require(logged is not None, "The run 'tree grid' has no metric test_roc_auc.")
    require(
        abs(logged - evaluate(due.best_estimator_, X_test, split.y_test)["roc_auc"]) < _CLOSE,
        "The run's test_roc_auc is not the winner's ROC AUC on the test rows.",
    )


@exercise("4.2")
def check_study_of_trees(lesson: Lesson) -> None:
    """Look at each trial's run, score the best one again, and see which way the study went."""
    parent, children = _parent_and_children("tree study", lesson)
    require(len(children) == 8, f"It has {len(children)} finished child runs; expected 8.")
    names = ("max_depth", "min_samples_leaf")
    for child in children:
        missing = set(names) - set(child.data.params)
        require(not missing, f"A child run has no parameter {min(missing, default='')}.")
        require("roc_auc" in child.data.metrics, "A child run has no metric roc_auc.")
    for name in names:
        tried = {child.data.params[name] for child in children}
        require(len(tried) > 1, f"All trials tried the same {name}; let Optuna choose it.")
    best = max(children, key=lambda child: child.data.metrics["roc_auc"])
    params = {name: int(best.data.params[name]) for name in names}
    X_train, _, y_train, _ = split_loans(load_loans())
    model = build_model("decision_tree", **params)
    scores = cross_validation_scores(model, X_train, y_train, folds=3)["roc_auc"]
    require(
        abs(best.data.metrics["roc_auc"] - scores.mean()) < _CLOSE,
        "The best child's roc_auc is not the mean over the folds for the child's parameters.",
    )
    claimed = parent.data.metrics.get("best_roc_auc")
    require(claimed is not None, "The run 'tree study' has no metric best_roc_auc.")
    reached = [child.data.metrics["roc_auc"] for child in children]
    require(
        abs(claimed - min(reached)) > _CLOSE,
        "Its best_roc_auc is the lowest roc_auc of its children; let the study maximise.",
    )
    require(
        abs(claimed - max(reached)) < _CLOSE,
        "Its best_roc_auc is not the highest roc_auc of its children.",
    )
