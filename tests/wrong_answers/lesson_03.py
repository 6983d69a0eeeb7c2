"""Wrong answers to the exercises of lesson 03 that a reader might well give."""

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


def poor(logged="log()", found="best"):
    """Log the losses of exercise 3.2 and mark a model, in a way that may be wrong."""
    mark = f'client.set_logged_model_tags(model_ids[{found}], {{"best_poor_credit": "yes"}})'
    return f"{POOR}{logged}\n{mark}"


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
        "no dataset": poor("log(dataset=None)"),
        "all test rows": poor(
            "for name, model in fitted.items():\n"
            '    losses[name] = evaluate(model, X_test, y_test)["log_loss"]\n'
            "log()",
            "min(losses, key=losses.get)",
        ),
        "on the run and not on the model": POOR
        + 'client.set_tag(log().info.run_id, "best_poor_credit", "yes")',
        "the best of all rows": poor(found='"boosting"'),
        "the highest first": poor(found="worst"),
        "on all three": poor().replace("client.", "for best in model_ids: client."),
        "by the client, which scores no model": poor(
            "run = client.create_run(client.get_experiment_by_name(lesson.name).experiment_id)\n"
            "for loss in losses.values():\n"
            '    client.log_metric(run.info.run_id, "log_loss", loss)'
        ),
        "one value for all": poor("log(losses=dict.fromkeys(losses, losses[best]))"),
        "a loss that is not a number": poor(
            'log(losses=losses | {worst: float("nan")})', found="worst"
        ),
        "two models, one forgotten": poor(
            'log(losses={name: losses[name] for name in ("logistic", "tree")})'
        ),
    },
}
