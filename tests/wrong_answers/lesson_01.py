"""Wrong answers to the exercises of lesson 01 that a reader might well give."""

from answers import changed

TREE = """
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
with mlflow.start_run(run_name="tree"):
    mlflow.log_param("max_depth", 4)
    mlflow.log_metrics(evaluate(tree, X_test, y_test))"""

REVIEW = """
scores = pd.DataFrame({"approved": y_test, "probability": tree.predict_proba(X_test)[:, 1]})
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")"""


def scored(code):
    """Log the table of exercise 1.2 with other probabilities."""
    return changed(REVIEW, "\nwith", f"\n{code}\nwith")


WRONG = {
    "1.1": {
        "trained with the default": changed(TREE, ", max_depth=4", ""),
        "scored on the training rows": changed(TREE, "X_test, y_test", "X_train, y_train"),
        "still running": changed(TREE, "with", "if"),
        "ended by an error": changed(
            TREE, "with", "import contextlib\nwith contextlib.suppress(ZeroDivisionError),"
        )
        + "\n    1 / 0",
        "in another experiment": changed(
            TREE, "with", 'mlflow.set_experiment("somewhere else")\nwith'
        ),
        "a metric left out": changed(
            TREE,
            "log_metrics(evaluate(tree, X_test, y_test))",
            'log_metric("roc_auc", evaluate(tree, X_test, y_test)["roc_auc"])',
        ),
    },
    "1.2": {
        "a second run of that name": changed(REVIEW, "run_id=run.info.run_id", 'run_name="tree"'),
        "a parameter and not a tag": changed(REVIEW, "set_tag", "log_param"),
        "a blank reviewer": changed(REVIEW, '"Ada"', '" "'),
        "the table in a folder": changed(REVIEW, '"scores.parquet"', '"tables/scores.parquet"'),
        "any file of that name": changed(
            REVIEW, "log_table(scores", 'log_text("approved,probability"'
        ),
        "the probability of rejection": scored(
            'scores["probability"] = tree.predict_proba(X_test)[:, 0]'
        ),
        "the decision and no probability": scored('scores["probability"] = tree.predict(X_test)'),
        "a shallower tree": scored(
            'shallow = build_model("decision_tree").fit(X_train, y_train)\n'
            'scores["probability"] = shallow.predict_proba(X_test)[:, 1]'
        ),
        "the training rows": changed(REVIEW, "y_test", "y_train").replace("X_test", "X_train"),
        "rows out of step": scored(
            'scores["probability"] = scores["probability"].sort_values().to_numpy()'
        ),
    },
}
