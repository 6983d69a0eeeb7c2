"""Wrong answers to the exercises of lesson 02 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

FOLDS = """
children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{sweep.info.run_id}'")
run_ids = children.set_index("tags.mlflow.runName")["run_id"]
folds = pd.DataFrame(
    {
        name: {m.step: m.value for m in client.get_metric_history(run_id, "fold/roc_auc")}
        for name, run_id in run_ids.items()
    }
)
gap = folds["logistic C=1.0"] - folds["tree 12"]
"""

WRONG = {
    "2.1": {
        "not a child": """log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "under a second sweep": """
with mlflow.start_run(run_name="sweep", tags=tags):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "a child, and then a newer one outside": """
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})
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
        "logged twice, the newest wrong": """
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})
    log_candidate("tree 7", "decision_tree", {"max_depth": 8})""",
    },
    "2.2": {
        "rounded to one decimal": FOLDS
        + """
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": round(gap.mean(), 1), "gap_sd": round(gap.std(), 3)})
    mlflow.set_tag("gap_is", "real")""",
        "the spreads subtracted": FOLDS
        + """
sd = folds["tree 12"].std() - folds["logistic C=1.0"].std()
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": gap.mean(), "gap_sd": sd})
    mlflow.set_tag("gap_is", "real")""",
        "divided by five": FOLDS
        + """
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": gap.mean(), "gap_sd": gap.std(ddof=0)})
    mlflow.set_tag("gap_is", "real")""",
        "the sign turned": FOLDS
        + """
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": -gap.mean(), "gap_sd": gap.std()})
    mlflow.set_tag("gap_is", "real")""",
        "on the other run": FOLDS
        + """
with mlflow.start_run(run_id=run_ids["logistic C=1.0"]):
    mlflow.log_metrics({"gap": gap.mean(), "gap_sd": gap.std()})
    mlflow.set_tag("gap_is", "real")""",
        "the wrong verdict": FOLDS
        + """
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": gap.mean(), "gap_sd": gap.std()})
    mlflow.set_tag("gap_is", "luck")""",
        "no verdict": FOLDS
        + """
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": gap.mean(), "gap_sd": gap.std()})""",
        "another tree": FOLDS
        + """
gap = folds["logistic C=1.0"] - folds["tree 5"]
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": gap.mean(), "gap_sd": gap.std()})
    mlflow.set_tag("gap_is", "real")""",
    },
}
