"""Wrong answers to the exercises of lesson 02 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

WRONG = {
    "2.1": {
        "not a child": """log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "under a second sweep": """
with mlflow.start_run(run_name="sweep", tags=tags):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "only the name says 7": """
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {})""",
        "says 7, but trained with the default": """
scores = cross_validation_scores(build_model("decision_tree"), X_train, y_train)["roc_auc"]
with mlflow.start_run(run_id=sweep.info.run_id):
    with mlflow.start_run(run_name="tree 7", nested=True, tags=tags):
        mlflow.log_params({"family": "decision_tree", "max_depth": 7})
        mlflow.log_metrics({"cv_roc_auc": scores.mean(), "cv_roc_auc_sd": scores.std()})
        for fold, score in scores.items():
            mlflow.log_metric("fold/roc_auc", score, step=fold)""",
        "cross-validated on the test rows": """
with mlflow.start_run(run_id=sweep.info.run_id):
    X_train, y_train = X_test, y_test
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "without the single folds": """
scores = cross_validation_scores(build_model("decision_tree", max_depth=7), X_train, y_train)
scores = scores["roc_auc"]
with mlflow.start_run(run_id=sweep.info.run_id):
    with mlflow.start_run(run_name="tree 7", nested=True, tags=tags):
        mlflow.log_params({"family": "decision_tree", "max_depth": 7})
        mlflow.log_metrics({"cv_roc_auc": scores.mean(), "cv_roc_auc_sd": scores.std()})
        mlflow.log_metric("fold/roc_auc", scores.mean())""",
        "without the team's tags": """
tags = {}
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "logged twice": """
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
    },
    "2.2": {
        "depth compared as text": """
for run in mlflow.search_runs(output_format="list"):
    params = run.data.params
    if params.get("max_depth", "9") <= "5" or params.get("family") == "logistic_regression":
        client.set_tag(run.info.run_id, "simple", "yes")""",
        "trees only": """
children = mlflow.search_runs(filter_string="params.family = 'decision_tree'")
for run_id in children.loc[children["params.max_depth"].astype(int) <= 5, "run_id"]:
    client.set_tag(run_id, "simple", "yes")""",
        "what has no depth counts as simple": """
children = mlflow.search_runs(filter_string="params.family LIKE '%'")
for run_id in children.loc[~(children["params.max_depth"].astype(float) > 5), "run_id"]:
    client.set_tag(run_id, "simple", "yes")""",
        "less than 5": """
children = mlflow.search_runs(filter_string="params.family LIKE '%'")
depth = children["params.max_depth"].astype(float)
for run_id in children.loc[(depth < 5) | children["params.C"].notna(), "run_id"]:
    client.set_tag(run_id, "simple", "yes")""",
        "another value for the rest": """
for run in mlflow.search_runs(filter_string="params.family LIKE '%'", output_format="list"):
    params = run.data.params
    simple = int(params.get("max_depth", "9")) <= 5 or "C" in params
    client.set_tag(run.info.run_id, "simple", "yes" if simple else "no")""",
        "the parent tagged in their place": """
client.set_tag(sweep.info.run_id, "simple", "yes")""",
    },
}
