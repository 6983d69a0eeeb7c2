"""The checks of lesson 05."""

import yaml

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, search
from classroom.workspace import REPOSITORY, Lesson
from loanflow.data import load_loans, split_in_three
from loanflow.training import build_model, evaluate

SCORE = "validation_roc_auc"


def _score(family: str, test_size: float, seed: int = 0) -> float:
    """Return the validation score that the project, unedited, gives a family on its own data."""
    loans = load_loans(REPOSITORY / "data" / "loan_status.csv")
    parts = split_in_three(loans, test_size, seed)
    model = build_model(family, seed=seed).fit(*parts["train"])
    return evaluate(model, *parts["validation"])["roc_auc"]


@exercise("7.1")
def an_entry_point_of_ones_own(lesson: Lesson) -> None:
    """Read the clone's MLproject, and compare the run's score with that of its defaults."""
    project = yaml.safe_load((lesson.folder / "clone" / "MLproject").read_text())
    quick = project["entry_points"].get("quick")
    require(quick is not None, "The clone's MLproject has no entry point 'quick'.")
    for name, default in {"family": "tree", "test_size": "0.5"}.items():
        found = (quick.get("parameters") or {}).get(name, {})
        right = isinstance(found, dict) and str(found.get("default")) == default
        require(right, f"The default of its parameter {name} is not {default}.")
    runs = search(lesson.tracking_uri, lesson.name, "tags.mlflow.project.entryPoint = 'quick'")
    require(bool(runs), "No run has the entry point 'quick'.")
    run = runs[0]
    require_finished(run)
    right = abs(run.data.metrics.get(SCORE, 0) - _score("decision_tree", 0.5)) < 1e-9
    require(right, f"The {SCORE} of its newest run is not that of a tree with test_size 0.5.")


@exercise("7.2")
def the_run_that_misleads(lesson: Lesson) -> None:
    """Fit the forest again: the run that differs from it, and no other, must be marked."""
    runs = search(lesson.tracking_uri, lesson.name)
    marked = [run for run in runs if "trusted" in run.data.tags]
    require(bool(marked), "No run has the tag trusted.")
    require(len(marked) == 1, f"{len(marked)} runs have the tag trusted; one is due.")
    (run,) = marked
    value, name = run.data.tags["trusted"], run.info.run_name
    require(value == "no", f"The tag trusted of the run '{name}' is {value!r}, not 'no'.")
    params, tags = run.data.params, run.data.tags
    of_forest = params.get("family") == "forest" and run.info.status == "FINISHED"
    of_main = tags.get("mlflow.project.entryPoint") == "main"
    require(
        of_forest and of_main, f"The run '{name}' is no finished forest of the entry point main."
    )
    score = _score("random_forest", float(params["test_size"]), int(params["seed"]))
    honest = abs(run.data.metrics[SCORE] - score) < 1e-9
    require(not honest, f"The scores of the run '{name}' are those of its commit.")
