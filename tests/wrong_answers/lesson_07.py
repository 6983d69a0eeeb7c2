"""Wrong answers to the exercises of lesson 07 that a reader might well give."""

QUICK = """
with open(clone / "MLproject", "a") as file:
    file.write('''
  quick:
    parameters:
      data: {{type: string, default: data/loan_status.csv}}
      family: {{type: string, default: tree}}
      test_size: {{type: float, default: {test_size}}}
      seed: {{type: int, default: 0}}
    command: >
      python steps/{script}.py --data={{data}} --family={{family}}
      --test_size={{test_size}} --seed={{seed}}
''')
{run}"""
RUN = 'mlflow.projects.run(str(clone), "quick", env_manager="local"{})'


def quick(test_size=0.5, script="main", options="", run=RUN):
    """Write the entry point of exercise 7.1 and run it, in a way that may be wrong."""
    return QUICK.format(test_size=test_size, script=script, run=run.format(options))


WRONG = {
    "7.1": {
        "the values given to main": """
parameters = {"family": "tree", "test_size": 0.5}
mlflow.projects.run(str(clone), parameters=parameters, env_manager="local", run_name="quick")""",
        "the default left, the value given": quick(
            test_size=0.25, options=', parameters={"test_size": 0.5}'
        ),
        "trained and not evaluated": quick(script="train"),
        "the file broken": """
with open(clone / "MLproject", "a") as file:
    file.write("  quick:\\n parameters: [\\n")""",
        "the file emptied": """(clone / "MLproject").write_text("")""",
        "an entry point that is text": """
with open(clone / "MLproject", "a") as file:
    file.write("  quick: python steps/main.py\\n")""",
        "written and never run": quick(run=""),
        "run with another size": quick(options=', parameters={"test_size": 0.25}'),
    },
    "7.2": {
        "the highest score": """
best = mlflow.search_runs(order_by=["metrics.validation_roc_auc DESC"], output_format="list")[0]
client.set_tag(best.info.run_id, "trusted", "no")""",
        "all forests": """
for run in mlflow.search_runs(filter_string="params.family = 'forest'", output_format="list"):
    client.set_tag(run.info.run_id, "trusted", "no")""",
        "an honest run of another seed": """
model = build_model("random_forest", seed=1).fit(*split_in_three(loans, seed=1)["train"])
score = evaluate(model, *split_in_three(loans, seed=1)["validation"])["roc_auc"]
run = client.create_run(experiment.experiment_id, run_name="forest, seed 1", tags=tags)
for key, value in {**parameters, "seed": 1}.items():
    client.log_param(run.info.run_id, key, value)
client.log_metric(run.info.run_id, "validation_roc_auc", score)
client.set_terminated(run.info.run_id)
client.set_tag(run.info.run_id, "trusted", "no")""",
        "one of two": """
run = client.create_run(experiment.experiment_id, run_name="in a folder", tags=tags)
for key, value in parameters.items():
    client.log_param(run.info.run_id, key, value)
client.log_metric(run.info.run_id, "validation_roc_auc", 0.5)
client.set_terminated(run.info.run_id)
client.set_tag(run.info.run_id, "trusted", "no")""",
        "the right run, another word": """
(run,) = mlflow.search_runs(
    filter_string="attributes.run_name = 'in a folder'", output_format="list"
)
client.set_tag(run.info.run_id, "trusted", "false")""",
        "the others marked as trusted": """
for name, trusted in {"forest": "yes", "in a folder": "no"}.items():
    (run,) = mlflow.search_runs(
        filter_string=f"attributes.run_name = '{name}'", output_format="list"
    )
    client.set_tag(run.info.run_id, "trusted", trusted)""",
    },
}
