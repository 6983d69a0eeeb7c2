"""Right answers to the exercises of lesson 08 in another style than the solutions'."""

RIGHT = {
    "8.1": {
        "each used run once, as a set": """
tags = mlflow.get_run(parent.info.run_id).data.tags
for run_id in {i for name, i in tags.items() if name.startswith("step.")}:
    client.set_tag(run_id, "stands_on", "yes")""",
    },
    "8.2": {
        "from the command line, after a wrong attempt": """
import subprocess

def run(entry_point, env_manager, *parameters):
    command = ["mlflow", "run", str(clean), "-e", entry_point, "--env-manager", env_manager]
    for parameter in parameters:
        command += ["-P", parameter]
    subprocess.run(command, check=True)
    return mlflow.search_runs(output_format="list", max_results=1)[0].info.run_id

old = f"model=runs:/{trained.run_id}/model"
client.set_tag(run("evaluate", "local", old), "reproduces", evaluated.run_id)
data = parameters.get("data", clean / "data" / "loan_status.csv")
new = run("train", "uv", f"data={data}")
new = run("evaluate", "uv", f"model=runs:/{new}/model", "rows=validation")
client.set_tag(new, "reproduces", evaluated.run_id)""",
    },
}
