"""Right answers to the exercises of lesson 02 in another style; each must pass."""

RIGHT = {
    "2.1": {
        "logged twice, the newest right": """
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {"max_depth": 8})
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "the sweep has a namesake": """
with mlflow.start_run(run_name="sweep"):
    pass
with mlflow.start_run(run_id=sweep.info.run_id):
    log_candidate("tree 7", "decision_tree", {"max_depth": 7})""",
        "by the parent's id": """
model = build_model("decision_tree", max_depth=7)
scores = cross_validation_scores(model, X_train, y_train)["roc_auc"]
with mlflow.start_run(run_name="tree 7", parent_run_id=sweep.info.run_id, tags=tags) as run:
    mlflow.log_params({"max_depth": 7, "family": "decision_tree"})
    mlflow.log_metrics({"cv_roc_auc_sd": scores.std(), "cv_roc_auc": scores.mean()})
    for fold in range(5):
        mlflow.log_metric("fold/roc_auc", scores[fold], step=fold)""",
    },
    "2.2": {
        "rounded as the lesson shows it": """
client = mlflow.MlflowClient()
found = client.search_runs([sweep.info.experiment_id], "params.family LIKE '%'")
run_ids = {run.info.run_name: run.info.run_id for run in found}
a, b = (
    pd.Series([m.value for m in client.get_metric_history(run_ids[name], "fold/roc_auc")])
    for name in ("logistic C=1.0", "tree 12")
)
gap = a - b
with mlflow.start_run(run_id=run_ids["tree 12"]):
    mlflow.log_metrics({"gap": round(gap.mean(), 3), "gap_sd": round(gap.std(), 3)})
    mlflow.set_tag("gap_is", "real" if gap.mean() > 2 * gap.std() else "luck")""",
        "by the client, with NumPy": """
import numpy as np

found = client.search_runs([sweep.info.experiment_id], "params.family LIKE '%'")
run_ids = {run.info.run_name: run.info.run_id for run in found}
a, b = (
    np.array([m.value for m in client.get_metric_history(run_ids[name], "fold/roc_auc")])
    for name in ("logistic C=1.0", "tree 12")
)
client.log_metric(run_ids["tree 12"], "gap", 0.0)
client.log_metric(run_ids["tree 12"], "gap", float(np.mean(a - b)), step=1)
client.log_metric(run_ids["tree 12"], "gap_sd", float(np.std(a - b, ddof=1)))
real = np.mean(a - b) > 2 * np.std(a - b, ddof=1)
client.set_tag(run_ids["tree 12"], "gap_is", "Real" if real else "Luck")""",
    },
}
