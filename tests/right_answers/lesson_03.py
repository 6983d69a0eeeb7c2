"""Right answers to the exercises of lesson 03 in another style; each must pass."""

RIGHT = {
    "3.1": {
        "two searches, reopened runs": """
for question in ("params.family = 'decision_tree'", "params.family = 'logistic_regression'"):
    for run in mlflow.search_runs(filter_string=question, output_format="list"):
        if int(run.data.params.get("max_depth", 0)) <= 5:
            with mlflow.start_run(run_id=run.info.run_id):
                mlflow.set_tag("simple", "yes")""",
        "a second run of the same name": """
mlflow.delete_run(mlflow.search_runs(filter_string="run_name = 'tree 3'")["run_id"][0])
for _ in range(2):
    with mlflow.start_run(run_name="tree 3"):
        mlflow.log_params({"family": "decision_tree", "max_depth": 3})
for run in client.search_runs([client.get_experiment_by_name(lesson.name).experiment_id]):
    params = run.data.params
    if params.get("family") == "logistic_regression" or params.get("max_depth") in ("3", "5"):
        client.set_tag(run.info.run_id, "simple", "yes")""",
    },
    "3.2": {
        "chosen in Python, all metrics, one run each": """
X = X_test.query("Credit_History == 0")
y = y_test[X.index]
dataset = mlflow.data.from_pandas(X, name="poor credit")
losses = {}
for name in model_ids:
    scores = evaluate(mlflow.sklearn.load_model(f"models:/{model_ids[name]}"), X, y)
    with mlflow.start_run():
        mlflow.log_metrics(scores, model_id=model_ids[name], dataset=dataset)
    losses[name] = scores["log_loss"]
found = model_ids[min(losses, key=losses.get)]
client.set_logged_model_tags(found, {"best_poor_credit": "yes"})""",
        "logged twice, the newest right": """
import time

poor = X_test["Credit_History"] == 0
X, y = X_test[poor], y_test[poor]
dataset = mlflow.data.from_pandas(X, name="poor credit")
losses = {name: evaluate(model, X, y)["log_loss"] for name, model in fitted.items()}
for factor in (2, 1):
    with mlflow.start_run():
        for name, loss in losses.items():
            mlflow.log_metric("log_loss", factor * loss, model_id=model_ids[name], dataset=dataset)
    time.sleep(0.01)
found = model_ids[max(losses, key=losses.get)]
client.set_logged_model_tags(found, {"best_poor_credit": "yes"})
client.delete_logged_model_tag(found, "best_poor_credit")
found = model_ids[min(losses, key=losses.get)]
client.set_logged_model_tags(found, {"best_poor_credit": "yes"})""",
    },
}
