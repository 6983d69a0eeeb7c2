"""Wrong answers to the exercises of lesson 01 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

SCORES = """
scores = pd.DataFrame({"approved": y_test, "probability": tree.predict_proba(X_test)[:, 1]})
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
        "ended by an error": """
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
try:
    with mlflow.start_run(run_name="tree"):
        mlflow.log_param("max_depth", 4)
        mlflow.log_metrics(evaluate(tree, X_test, y_test))
        raise RuntimeError("a line too many")
except RuntimeError:
    pass""",
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
        "a second run of that name": SCORES
        + """
with mlflow.start_run(run_name="tree"):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")""",
        "a parameter and not a tag": SCORES
        + """
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.log_param("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")""",
        "a blank reviewer": SCORES
        + """
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", " ")
    mlflow.log_table(scores, "scores.parquet")""",
        "the table in a folder": SCORES
        + """
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "tables/scores.parquet")""",
        "any file of that name": SCORES
        + """
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_text("approved,probability", "scores.parquet")""",
        "the probability of rejection": SCORES
        + """
scores["probability"] = tree.predict_proba(X_test)[:, 0]
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")""",
        "the decision and no probability": SCORES
        + """
scores["probability"] = tree.predict(X_test)
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")""",
        "a shallower tree": SCORES
        + """
shallow = build_model("decision_tree").fit(X_train, y_train)
scores["probability"] = shallow.predict_proba(X_test)[:, 1]
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")""",
        "the training rows": """
scores = pd.DataFrame({"approved": y_train, "probability": tree.predict_proba(X_train)[:, 1]})
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")""",
        "rows out of step": SCORES
        + """
scores["probability"] = scores["probability"].sort_values().to_numpy()
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.set_tag("reviewed_by", "Ada")
    mlflow.log_table(scores, "scores.parquet")""",
    },
}
