"""Wrong answers to the exercises of lesson 02 that a reader might well give."""

from answers import changed

OUTSIDE = """
log_candidate("tree 7", "decision_tree", {"max_depth": 7})"""

CANDIDATE = """
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})"""

BY_HAND = """
tree = build_model("decision_tree", max_depth=7)
scores = cross_validation_scores(tree, X_train, y_train)["roc_auc"]
with mlflow.start_run(run_id=sweep.info.run_id):
    with mlflow.start_run(run_name="tree 7", nested=True, tags=tags):
        mlflow.log_params({"family": "decision_tree", "max_depth": 7})
        mlflow.log_metrics({"cv_roc_auc": scores.mean(), "cv_roc_auc_sd": scores.std()})
        for fold, score in scores.items():
            mlflow.log_metric("fold/roc_auc", score, step=fold)"""

GAP = """
children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{sweep.info.run_id}'")
run_ids = children.set_index("tags.mlflow.runName")["run_id"]
folds = pd.DataFrame(
    {
        name: {m.step: m.value for m in client.get_metric_history(run_id, "fold/roc_auc")}
        for name, run_id in run_ids.items()
    }
)
gap = folds["logistic C=1.0"] - folds["tree 12"]
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": gap.mean(), "gap_sd": gap.std()})
    mlflow.set_tag("gap_is", "real")"""

WRONG = {
    "2.1": {
        "not a child": OUTSIDE,
        "under a second sweep": changed(
            CANDIDATE, "run_id=sweep.info.run_id", 'run_name="sweep", tags=tags'
        ),
        "a child, and then a newer one outside": CANDIDATE + OUTSIDE,
        "only the name says 7": changed(CANDIDATE, '{"max_depth": 7}', "{}"),
        "says 7, but trained with the default": changed(BY_HAND, ", max_depth=7", ""),
        "cross-validated on the test rows": changed(
            CANDIDATE, "    log", "    X_train, y_train = X_test, y_test\n    log"
        ),
        "without the single folds": BY_HAND.partition("        for fold")[0]
        + '        mlflow.log_metric("fold/roc_auc", scores.mean())',
        "without the team's tags": "tags = {}" + CANDIDATE,
        "logged twice, the newest wrong": CANDIDATE + changed(CANDIDATE, "7}", "8}"),
    },
    "2.2": {
        "rounded to one decimal": changed(GAP, "gap.mean()", "round(gap.mean(), 1)").replace(
            "gap.std()", "round(gap.std(), 3)"
        ),
        "the spreads subtracted": changed(
            GAP, "gap.std()", 'folds["tree 12"].std() - folds["logistic C=1.0"].std()'
        ),
        "divided by five": changed(GAP, "gap.std()", "gap.std(ddof=0)"),
        "the sign turned": changed(GAP, "gap.mean()", "-gap.mean()"),
        "on the other run": changed(GAP, 'run_ids["tree 12"]', 'run_ids["logistic C=1.0"]'),
        "the wrong verdict": changed(GAP, '"real"', '"luck"'),
        "no verdict": changed(GAP, '\n    mlflow.set_tag("gap_is", "real")', ""),
        "another tree": changed(GAP, '- folds["tree 12"]', '- folds["tree 5"]'),
    },
}
