"""Wrong answers to the exercises of lesson 03 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

RURAL = """
rural = X_test["Property_Area"] == "Rural"
X, y = X_test[rural], y_test[rural]
dataset = mlflow.data.from_pandas(X, name="rural rows")
losses = {name: evaluate(model, X, y)["log_loss"] for name, model in fitted.items()}
best, worst = min(losses, key=losses.get), max(losses, key=losses.get)


def log(dataset=dataset, losses=losses):
    with mlflow.start_run(run_name="rural") as run:
        for name, loss in losses.items():
            mlflow.log_metric("log_loss", loss, model_id=ids[name], dataset=dataset)
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
        "the experiment tagged in their place": """
mlflow.set_experiment_tag("simple", "yes")""",
    },
    "3.2": {
        "no dataset": RURAL
        + """
log(dataset=None)
client.set_logged_model_tags(ids[best], {"best_rural": "yes"})""",
        "all test rows": RURAL
        + """
losses = {name: evaluate(model, X_test, y_test)["log_loss"] for name, model in fitted.items()}
log(losses=losses)
client.set_logged_model_tags(ids[min(losses, key=losses.get)], {"best_rural": "yes"})""",
        "on the run and not on the model": RURAL
        + """
run = log()
client.set_tag(run.info.run_id, "best_rural", "yes")""",
        "the highest first": RURAL
        + """
log()
client.set_logged_model_tags(ids[worst], {"best_rural": "yes"})""",
        "on all three": RURAL
        + """
log()
for model_id in ids.values():
    client.set_logged_model_tags(model_id, {"best_rural": "yes"})""",
        "by the client, which scores no model": RURAL
        + """
run = client.create_run(client.get_experiment_by_name(lesson.name).experiment_id)
for loss in losses.values():
    client.log_metric(run.info.run_id, "log_loss", loss)
client.set_logged_model_tags(ids[best], {"best_rural": "yes"})""",
        "one value for all": RURAL
        + """
log(losses=dict.fromkeys(losses, losses[best]))
client.set_logged_model_tags(ids[best], {"best_rural": "yes"})""",
        "a loss that is not a number": RURAL
        + """
log(losses=losses | {worst: float("nan")})
client.set_logged_model_tags(ids[worst], {"best_rural": "yes"})""",
        "two models, one forgotten": RURAL
        + """
log(losses={name: losses[name] for name in ("logistic", "tree")})
client.set_logged_model_tags(ids[best], {"best_rural": "yes"})""",
    },
}
