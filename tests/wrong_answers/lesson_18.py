"""Wrong answers to the exercises of lesson 18 that a reader might well give."""

RIVALS = """
for family in ("hist_gradient_boosting", "random_forest"):
    log(family, registered_model_name="loans-dev")"""
FOLDER = """
copy = str(lesson.folder / "copy")
mlflow.artifacts.download_artifacts(logistic.model_uri, dst_path=copy)
_ = mlflow.register_model(copy, "loans-dev")"""


def replace(uri="models:/loans-dev/5", description="replaces 1", alias="new.version"):
    """Put another model in the place of prod's champion, in a way that may be wrong."""
    return f"""{RIVALS}
new = client.copy_model_version("{uri}", "loans-prod")
client.update_model_version("loans-prod", new.version, description="{description}")
client.set_registered_model_alias("loans-prod", "champion", {alias})"""


def tag(code, versions='versions("loans-dev")'):
    """Tag versions with what the expression `code` says of `version` and `told`."""
    return f"""{FOLDER}
for version in {versions}:
    told = origin("loans-dev", version.version)
    client.set_model_version_tag("loans-dev", version.version, "code", {code})"""


WRONG = {
    "18.1": {
        "the newest version, by its number": replace("models:/loans-dev/6"),
        "the newest version, by latest": replace("models:/loans-dev/latest"),
        "the version without a score": replace("models:/loans-dev/4"),
        "the regression": replace("models:/loans-dev/1"),
        "the folder": replace("models:/loans-dev/3"),
        "no description": replace(description=""),
        "the description of itself": replace(description="replaces 2"),
        "itself, in a sentence": replace(description="Replaces version 2."),
        "a number without the word": replace(description="better than version 1"),
        "a description without a number": replace(description="replaces the tree"),
        "the alias left where it was": replace(alias="1"),
        "registered anew": RIVALS
        + """
best = client.get_model_version_download_uri("loans-dev", 5).rpartition("/artifacts")[0]
new = mlflow.register_model("models:/" + best.rpartition("/")[2], "loans-prod")
client.update_model_version("loans-prod", new.version, description="replaces 1")
client.set_registered_model_alias("loans-prod", "champion", new.version)""",
        "the replaced version deleted": replace()
        + '\nclient.delete_model_version("loans-prod", 1)',
        "no champion at all": replace()
        + '\nclient.delete_registered_model_alias("loans-prod", "champion")',
        "first right, then wrong": replace()
        + replace("models:/loans-dev/6", "replaces 2").removeprefix(RIVALS),
    },
    "18.2": {
        "a run taken for a commit": tag('"commit" if told else "unknown"'),
        "by the record alone": tag(
            '"unknown" if not version.run_id else "commit" if told["commit"] else "run"'
        ),
        "all but the last": tag(
            '"unknown" if not told else "commit" if told["commit"] else "run"',
            'versions("loans-dev")[:-1]',
        ),
        "the commit itself": tag('"unknown" if not told else told["commit"] or "run"'),
        "tags of the name": FOLDER
        + """
client.set_registered_model_tag("loans-dev", "code", "commit")""",
    },
}
