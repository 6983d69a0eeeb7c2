"""The checks of lesson 07."""

from functools import cache

import yaml
from mlflow.entities import Run

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, search
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_in_three
from loanflow.training import build_model, evaluate

SCORE = "validation_roc_auc"


@cache
def _score(family: str, test_size: float, seed: int = 0) -> float:
    """Return the validation score that the project, unedited, gives a family on the loans."""
    parts = split_in_three(load_loans(), test_size, seed)
    model = build_model(family, seed=seed).fit(*parts["train"])
    return evaluate(model, *parts["validation"])["roc_auc"]


def _is_half(default: object) -> bool:
    """Say whether a default, which YAML may hold as text, is 0.5."""
    try:
        return float(str(default)) == 0.5
    except ValueError:
        return False


def _entry_points(lesson: Lesson) -> dict:
    """Read the entry points of the clone's MLproject."""
    file = lesson.folder / "clone" / "MLproject"
    require(file.is_file(), "There is no clone. Run the lesson's cell that makes it.")
    try:
        project = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" near line {mark.line + 1}" if mark else ""
        require(False, f"The clone's MLproject is not valid YAML{place}; look at the indentation.")
    found = project.get("entry_points") if isinstance(project, dict) else None
    require(isinstance(found, dict), "The clone's MLproject no longer has entry_points.")
    return found


@exercise("7.1")
def check_own_entry_point(lesson: Lesson) -> None:
    """Read the clone's MLproject, and compare the run's score with that of its defaults."""
    quick = _entry_points(lesson).get("quick")
    require(quick is not None, "The clone's MLproject has no entry point 'quick'.")
    require(isinstance(quick, dict), "The entry point 'quick' has no command and parameters.")
    declared = quick.get("parameters")
    defaults = {
        name: value.get("default") if isinstance(value, dict) else None
        for name, value in (declared if isinstance(declared, dict) else {}).items()
    }
    require(defaults.get("family") == "tree", "The default of its parameter family is not tree.")
    half = _is_half(defaults.get("test_size"))
    require(half, "The default of its parameter test_size is not 0.5.")
    runs = search(lesson.tracking_uri, lesson.name, "tags.mlflow.project.entryPoint = 'quick'")
    require(bool(runs), "No run has the entry point 'quick'.")
    run = runs[0]  # the newest
    require_finished(run)
    right = abs(run.data.metrics.get(SCORE, 0) - _score("decision_tree", 0.5)) < 1e-9
    require(right, f"The {SCORE} of its newest run is not that of a tree with test_size 0.5.")


def _misleads(run: Run) -> bool:
    """Say whether the unedited code, run with the parameters of a run, scores otherwise."""
    test_size, seed = float(run.data.params["test_size"]), int(run.data.params["seed"])
    return abs(run.data.metrics[SCORE] - _score("random_forest", test_size, seed)) > 1e-9


@exercise("7.2")
def check_misleading_runs(lesson: Lesson) -> None:
    """Fit the forest again: the runs that differ from it, and no others, must be marked."""
    runs = search(lesson.tracking_uri, lesson.name)
    marked = [run for run in runs if "trusted" in run.data.tags]
    require(bool(marked), "No run has the tag trusted.")
    forests = {
        run.info.run_id: run
        for run in runs
        if run.data.params.get("family") == "forest"
        and run.info.status == "FINISHED"
        and run.data.tags.get("mlflow.project.entryPoint") == "main"
    }
    for run in marked:
        value, name = run.data.tags["trusted"], run.info.run_name
        require(value == "no", f"The tag trusted of the run '{name}' is {value!r}, not 'no'.")
        of_main = run.info.run_id in forests
        require(of_main, f"The run '{name}' is no finished forest of the entry point main.")
        require(_misleads(run), f"The scores of the run '{name}' are those of its commit.")
    left = [r for r in forests.values() if "trusted" not in r.data.tags and _misleads(r)]
    require(not left, f"The tag is missing on {len(left)} more of these runs.")
