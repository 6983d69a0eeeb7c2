"""Wrong answers to the exercises of lesson 01 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

WRONG = {
    "1.1": {
        "trained with the default": """
tree = build_model("decision_tree").fit(X_train, y_train)
with mlflow.start_run(run_name="tree"):
    mlflow.log_param("max_depth", 4)
    mlflow.log_metrics(evaluate(tree, X_test, y_test))""",
        "scored on the training rows": """
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
with mlflow.start_run(run_name="tree"):
    mlflow.log_param("max_depth", 4)
    mlflow.log_metrics(evaluate(tree, X_train, y_train))""",
        "still running": """
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
mlflow.start_run(run_name="tree")
mlflow.log_param("max_depth", 4)
mlflow.log_metrics(evaluate(tree, X_test, y_test))""",
        "in another experiment": """
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
mlflow.set_experiment("somewhere else")
with mlflow.start_run(run_name="tree"):
    mlflow.log_param("max_depth", 4)
    mlflow.log_metrics(evaluate(tree, X_test, y_test))""",
        "a metric left out": """
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
with mlflow.start_run(run_name="tree"):
    mlflow.log_param("max_depth", 4)
    mlflow.log_metric("roc_auc", evaluate(tree, X_test, y_test)["roc_auc"])""",
    },
    "1.2": {
        "a second run of that name": """
with mlflow.start_run(run_name="tree"):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_figure(roc_curves({"tree": tree}, X_test, y_test), "roc_curve.png")""",
        "a parameter and not a tag": """
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.log_param("reviewed_by", "Ada")
    mlflow.log_figure(roc_curves({"tree": tree}, X_test, y_test), "roc_curve.png")""",
        "the file in a folder": """
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_figure(roc_curves({"tree": tree}, X_test, y_test), "plots/roc_curve.png")""",
    },
}
