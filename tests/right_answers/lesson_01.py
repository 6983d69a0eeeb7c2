"""Right answers to the exercises of lesson 01 in another style; each must pass."""

RIGHT = {
    "1.1": {
        "logged twice, the newest right": """
with mlflow.start_run(run_name="tree"):
    mlflow.log_param("max_depth", 5)
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
run = mlflow.start_run(run_name="tree")
mlflow.log_params({"max_depth": "4", "family": "decision_tree"})
for name, value in evaluate(tree, X_test, y_test).items():
    mlflow.log_metric(name, value)
mlflow.end_run()""",
        "by the client": """
client = mlflow.MlflowClient()
tree = build_model("decision_tree", max_depth=4).fit(X_train, y_train)
run = client.create_run(client.get_experiment_by_name(lesson.name).experiment_id, run_name="tree")
client.log_param(run.info.run_id, "max_depth", 4)
for name, value in evaluate(tree, X_test, y_test).items():
    client.log_metric(run.info.run_id, name, value)
client.set_terminated(run.info.run_id)""",
    },
    "1.2": {
        "in another order, with another column": """
scores = X_test.assign(probability=tree.predict_proba(X_test)[:, 1], approved=y_test == 1)
scores = scores.sort_values("probability", ascending=False)
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.log_table(scores[["LoanAmount", "probability", "approved"]], "scores.parquet")
    mlflow.set_tags({"reviewed_by": "Ada Lovelace"})""",
        "logged twice, the newest right": """
scores = pd.DataFrame({"approved": y_test, "probability": tree.predict_proba(X_test)[:, 0]})
for scores["probability"] in tree.predict_proba(X_test).T:
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.set_tag("reviewed_by", "Ada")
        mlflow.log_table(scores, "scores.parquet")""",
        "as a file": """
import tempfile
from pathlib import Path
scores = {"probability": tree.predict_proba(X_test)[:, 1], "approved": y_test}
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "scores.parquet"
    pd.DataFrame(scores).to_parquet(path)
    client = mlflow.MlflowClient()
    client.log_artifact(run.info.run_id, path)
client.set_tag(run.info.run_id, "reviewed_by", "A. B.")""",
    },
}
