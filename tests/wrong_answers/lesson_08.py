"""Wrong answers to the exercises of lesson 08 that a reader might well give."""

REPEAT = """
def run(entry_point, env_manager="uv", **parameters):
    return mlflow.projects.run(
        str(clean), entry_point, parameters=parameters, env_manager=env_manager
    ).run_id

old = evaluated.run_id
"""


def repeated(trained="run('train')"):
    """Evaluate the model of a run in exercise 8.2, and mark the evaluation."""
    return f"""{REPEAT}
new = run("evaluate", model=f"runs:/{{{trained}}}/model")
client.set_tag(new, "reproduces", old)"""


WRONG = {
    "8.1": {
        "the children": """
children = f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
for run in mlflow.search_runs(filter_string=children, output_format="list"):
    client.set_tag(run.info.run_id, "stands_on", "yes")""",
        "all that finished": """
done = "attributes.status = 'FINISHED'"
for run in mlflow.search_runs(filter_string=done, output_format="list"):
    client.set_tag(run.info.run_id, "stands_on", "yes")""",
        "only what was reused": """
for run_id in reused.values():
    client.set_tag(run_id, "stands_on", "yes")""",
        "the parent itself": """client.set_tag(parent.info.run_id, "stands_on", "yes")""",
        "how, in place of yes": """
for name, run_id in mlflow.get_run(parent.info.run_id).data.tags.items():
    if name.startswith("step."):
        client.set_tag(run_id, "stands_on", "reused" if name in reused else "child")""",
    },
    "8.2": {
        "the old model evaluated again": repeated("trained.run_id"),
        "another family": repeated("run('train', family='tree')"),
        "trained in the environment of the notebook": repeated("run('train', 'local')"),
        "trained in the clone that was there": repeated().replace("clean", "clone"),
        "a right one first, then the old model": REPEAT
        + """
for uri in (f"runs:/{run('train')}/model", f"runs:/{trained.run_id}/model"):
    client.set_tag(run("evaluate", model=uri), "reproduces", old)""",
        "another seed": repeated("run('train', seed=1)"),
        "the training marked": REPEAT + 'client.set_tag(run("train"), "reproduces", old)',
        "the old run marked": """
client.set_tag(evaluated.run_id, "reproduces", evaluated.run_id)""",
    },
}
