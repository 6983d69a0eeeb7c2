"""Wrong answers to the exercises of lesson 03 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

POOR = """
poor = X_test["Credit_History"] == 0
X, y = X_test[poor], y_test[poor]
dataset = mlflow.data.from_pandas(X, name="poor credit")
losses = {name: evaluate(model, X, y)["log_loss"] for name, model in fitted.items()}
best, worst = min(losses, key=losses.get), max(losses, key=losses.get)


def log(dataset=dataset, losses=losses):
    with mlflow.start_run(run_name="poor credit") as run:
        for name, loss in losses.items():
            mlflow.log_metric("log_loss", loss, model_id=model_ids[name], dataset=dataset)
    return run


"""

WRONG = {
    "3.1": {
        "depth compared as text": """
for run in mlflow.search_runs(output_format="list"):
    params = run.data.params
    if params.get("max_depth", "9") <= "5" or params.get("family") == "logistic_regression":
        client.set_tag(run.info.run_id, "simple", "yes")""",
        "trees only": """
runs = mlflow.search_runs(filter_string="params.family = 'decision_tree'")
for run_id in runs.loc[runs["params.max_depth"].astype(int) <= 5, "run_id"]:
    client.set_tag(run_id, "simple", "yes")""",
        "what has no depth counts as simple": """
runs = mlflow.search_runs(filter_string="params.family LIKE '%'")
for run_id in runs.loc[~(runs["params.max_depth"].astype(float) > 5), "run_id"]:
    client.set_tag(run_id, "simple", "yes")""",
        "less than 5": """
runs = mlflow.search_runs(filter_string="params.family LIKE '%'")
depth = runs["params.max_depth"].astype(float)
for run_id in runs.loc[(depth < 5) | runs["params.C"].notna(), "run_id"]:
    client.set_tag(run_id, "simple", "yes")""",
        "another value for the rest": """
for run in mlflow.search_runs(filter_string="params.family LIKE '%'", output_format="list"):
    params = run.data.params
    simple = int(params.get("max_depth", "9")) <= 5 or "C" in params
    client.set_tag(run.info.run_id, "simple", "yes" if simple else "no")""",
        "an older copy tagged": """
for run in mlflow.search_runs(filter_string="params.family LIKE '%'", output_format="list"):
    params = run.data.params
    if int(params.get("max_depth", "9")) <= 5 or "C" in params:
        client.set_tag(run.info.run_id, "simple", "yes")
with mlflow.start_run(run_name="tree 3"):
    mlflow.log_params({"family": "decision_tree", "max_depth": 3})""",
        "the experiment tagged in their place": """
mlflow.set_experiment_tag("simple", "yes")""",
    },
    "3.2": {
        "no dataset": POOR
        + """
log(dataset=None)
client.set_logged_model_tags(model_ids[best], {"best_poor_credit": "yes"})""",
        "all test rows": POOR
        + """
losses = {name: evaluate(model, X_test, y_test)["log_loss"] for name, model in fitted.items()}
log(losses=losses)
found = model_ids[min(losses, key=losses.get)]
client.set_logged_model_tags(found, {"best_poor_credit": "yes"})""",
        "on the run and not on the model": POOR
        + """
run = log()
client.set_tag(run.info.run_id, "best_poor_credit", "yes")""",
        "the best of all rows": POOR
        + """
log()
client.set_logged_model_tags(model_ids["boosting"], {"best_poor_credit": "yes"})""",
        "the highest first": POOR
        + """
log()
client.set_logged_model_tags(model_ids[worst], {"best_poor_credit": "yes"})""",
        "on all three": POOR
        + """
log()
for model_id in model_ids.values():
    client.set_logged_model_tags(model_id, {"best_poor_credit": "yes"})""",
        "by the client, which scores no model": POOR
        + """
run = client.create_run(client.get_experiment_by_name(lesson.name).experiment_id)
for loss in losses.values():
    client.log_metric(run.info.run_id, "log_loss", loss)
client.set_logged_model_tags(model_ids[best], {"best_poor_credit": "yes"})""",
        "one value for all": POOR
        + """
log(losses=dict.fromkeys(losses, losses[best]))
client.set_logged_model_tags(model_ids[best], {"best_poor_credit": "yes"})""",
        "a loss that is not a number": POOR
        + """
log(losses=losses | {worst: float("nan")})
client.set_logged_model_tags(model_ids[worst], {"best_poor_credit": "yes"})""",
        "two models, one forgotten": POOR
        + """
log(losses={name: losses[name] for name in ("logistic", "tree")})
client.set_logged_model_tags(model_ids[best], {"best_poor_credit": "yes"})""",
    },
}
