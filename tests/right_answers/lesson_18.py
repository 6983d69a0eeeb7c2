"""Right answers to the exercises of lesson 18 in another style than that of the solutions."""

from wrong_answers.lesson_18 import FOLDER, RIVALS

BY_SEARCH = """
ids = [client.get_experiment_by_name(lesson.name).experiment_id]
order = [{"field_name": "metrics.roc_auc", "ascending": False}]
(best, *_) = mlflow.search_logged_models(ids, order_by=order, output_format="list")
number = next(
    v.version for v in versions("loans-dev") if v.source == f"models:/{best.model_id}"
)
new = client.copy_model_version(f"models:/loans-dev/{number}", "loans-prod")
before = client.get_model_version_by_alias("loans-prod", "champion").version
client.set_registered_model_alias("loans-prod", "champion", new.version)
client.update_model_version("loans-prod", new.version, f"replaces {before}")"""

RIGHT = {
    "18.1": {
        "by a search of logged models": RIVALS + BY_SEARCH,
        "answered twice": RIVALS + BY_SEARCH + BY_SEARCH,
        "described in a sentence": RIVALS
        + BY_SEARCH.replace("replaces {before}", "The best in dev. Replaces version {before}."),
    },
    "18.2": {
        "by the files alone": FOLDER
        + """
for version in client.search_model_versions("name = 'loans-dev'"):
    run_id = mlflow.models.get_model_info(f"models:/loans-dev/{version.version}").run_id
    if run_id is None:
        code = "unknown"
    elif "mlflow.project.entryPoint" in client.get_run(run_id).data.tags:
        code = "commit"
    else:
        code = "run"
    client.set_model_version_tag("loans-dev", str(version.version), key="code", value=code)""",
    },
}
