"""Right answers to the exercises of lesson 07 in another style than the solutions'."""

RIGHT = {
    "7.1": {
        "rewritten by yaml, with the number as text and fewer parameters": """
import yaml

file = clone / "MLproject"
project = yaml.safe_load(file.read_text())
command = f"python steps/main.py --data={data} --seed=0"
project["entry_points"]["quick"] = {
    "parameters": {
        "family": {"type": "string", "default": "tree"},
        "test_size": {"type": "float", "default": "0.50"},
    },
    "command": command + " --family={family} --test_size={test_size}",
}
file.write_text(yaml.safe_dump(project))
mlflow.projects.run(str(clone), "quick", env_manager="local")""",
        "run wrongly at first, then rightly": """
text = (clone / "MLproject").read_text()
main = text[text.index("  main:"):text.index("  validate:")]
quick = main.replace("main:", "quick:").replace("regression", "tree").replace("0.25", "0.5")
(clone / "MLproject").write_text(text + "\\n" + quick)
for size in (0.3, 0.5):
    parameters = {"test_size": size, "data": data}
    mlflow.projects.run(str(clone), "quick", parameters=parameters, env_manager="local")""",
    },
    "7.2": {
        "the lesson's cell run twice, and both runs marked": """
(first,) = client.search_runs([experiment.experiment_id], "run_name = 'in a folder'")
again = client.create_run(experiment.experiment_id, run_name="in a folder", tags=tags)
for key, value in parameters.items():
    client.log_param(again.info.run_id, key, value)
score = first.data.metrics["validation_roc_auc"]
client.log_metric(again.info.run_id, "validation_roc_auc", score)
client.set_terminated(again.info.run_id)
for run in (first, again):
    client.set_tag(run.info.run_id, "trusted", "no")""",
        "found by its name": """
(run,) = client.search_runs([experiment.experiment_id], "run_name = 'in a folder'")
client.set_tag(run.info.run_id, "trusted", "no")""",
    },
}
