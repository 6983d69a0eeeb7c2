"""Begin a lesson: each file that a lesson touches, working, with FILL IN where words are due.

    python -m tools.lesson models_serve_more "Serve more" Models

The lesson is the last one: its number follows from those that are there. Fill in the notebook and
the checks; `make refresh` then brings the exercise's text into the solutions.
"""

import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from classroom.workspace import NOTEBOOKS, REPOSITORY, lessons
from tools.notebooks import NAVIGATION, clean, navigation

EXERCISE = """### Exercise {number}.1

FILL IN the task. Log a run named `mine` with the metric `share`, which is 0.5.

<details><summary>Hint</summary>FILL IN. <code>mlflow.log_metric(name, value)</code></details>"""
PROMISE = """# {title}

FILL IN: one sentence that says what we do.

You will be able to:

- **log** FILL IN;
- **find** FILL IN.

About 40 minutes; with exercises 60. It builds on lesson 01, and runs without it."""
RECAP = """## Recap

- We **logged** FILL IN.
- We **found** FILL IN.

The [solutions](solutions/{stem}_solutions.ipynb) show one way to solve the exercise."""
SET_UP = 'import classroom\n\nlesson = classroom.open_lesson("{stem}")'
STORE = """import mlflow

mlflow.set_tracking_uri(lesson.tracking_uri)
experiment = mlflow.set_experiment(lesson.name)"""
LOG = 'with mlflow.start_run(run_name="{run}"):\n    mlflow.log_metric("share", {value})'
FIND = """runs = mlflow.search_runs(experiment_names=[lesson.name])
runs[["tags.mlflow.runName", "metrics.share"]]"""
CHECK = 'classroom.check("{number}.1", lesson)'
CHECKS = '''"""The checks of lesson {two}."""

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, run_named
from classroom.workspace import Lesson


@exercise("{number}.1")
def check_share(lesson: Lesson) -> None:
    """Look at the metric of the run."""
    run = run_named("mine", lesson.tracking_uri, lesson.name)
    require_finished(run)
    require(run.data.metrics.get("share") == 0.5, "The metric share of the run is not 0.5.")
'''
WRONG = '''"""Wrong answers to the exercises of lesson {two} that a reader might well give."""

LOG = """
with mlflow.start_run(run_name="{{}}"):
    mlflow.log_metric("share", {{}})"""

WRONG = {{
    "{number}.1": {{
        "another value": LOG.format("mine", 0.25),
        "another name": LOG.format("yours", 0.5),
    }},
}}
'''
INSTRUCTOR = """
## {two} {title}

**Minutes:** 40; with exercises 60. **Slowest cells:** FILL IN.

**Say.** FILL IN.

**The room asks.**
- *FILL IN?* FILL IN.

**Late?** Skip FILL IN.
"""


def begin(name: str, title: str, part: str) -> list[Path]:
    """Write the files of a new lesson; return those that are to be filled in.

    Parameters
    ----------
    name : str
        The end of the notebook's name, of small letters and underscores, such as
        ``"models_serve_more"``.
    title, part : str
        The lesson's title and its part, as they stand in README's table.

    Raises
    ------
    ValueError
        If the name is not one, or a lesson has it.
    """
    before = lessons()
    if not name.isidentifier() or not name.islower():
        raise ValueError(f"The name is {name!r}; allowed are small letters and underscores.")
    if taken := [path.name for path in before if path.stem[3:] == name]:
        raise ValueError(f"{taken[0]} has this name; choose another.")
    two = f"{len(before):02d}"
    stem = f"{two}_{name}"
    about = {"number": len(before), "two": two, "stem": stem, "title": title}

    def text(cell_id: str, source: str) -> nbformat.NotebookNode:
        slide = {"slideshow": {"slide_type": "slide"}} if source.startswith(("# ", "## ")) else {}
        return new_markdown_cell(source.format(**about), id=cell_id, metadata=slide)

    def code(cell_id: str, source: str, **more: object) -> nbformat.NotebookNode:
        return new_code_cell(source.format(**{**about, **more}), id=cell_id)

    lesson = NOTEBOOKS / f"{stem}.ipynb"
    solutions = NOTEBOOKS / "solutions" / f"{stem}_solutions.ipynb"
    checks = REPOSITORY / "src" / "classroom" / "exercises" / f"lesson_{two}.py"
    wrong = REPOSITORY / "tests" / "wrong_answers" / f"lesson_{two}.py"
    instructor, readme = NOTEBOOKS / "INSTRUCTOR.md", REPOSITORY / "README.md"
    _write(
        lesson,
        text("promise", PROMISE),
        code("set-up", SET_UP),
        text("section", "## FILL IN: the section\n\nFILL IN what we want. We choose the store:"),
        code("store", STORE),
        text("run", "FILL IN what we do. We log a run:"),
        code("run-code", LOG, run="first", value=0.25),
        text("find", "FILL IN what to notice. We find it again:"),
        code("find-code", FIND),
        text("recap", RECAP),
        text("exercise-1", EXERCISE),
        code("exercise-1-answer", "# Your answer\n"),
        code("exercise-1-check", CHECK),
        text(NAVIGATION, ""),
    )
    _write(
        solutions,
        text("promise", "# Solutions: {title}\n\nFILL IN: one sentence."),
        code("set-up", SET_UP, stem=solutions.stem),
        code("store", STORE),
        text("exercise-1", EXERCISE),
        code("exercise-1-answer", LOG, run="mine", value=0.5),
        code("exercise-1-check", CHECK),
        text("exercise-1-why", "FILL IN which mistakes are easy to make."),
        text(NAVIGATION, ""),
    )
    checks.write_text(CHECKS.format(**about), encoding="utf-8")
    wrong.write_text(WRONG.format(**about), encoding="utf-8")
    with instructor.open("a", encoding="utf-8") as file:
        file.write(INSTRUCTOR.format(**about))
    last = f"](notebooks/solutions/{before[-1].stem}_solutions.ipynb) |\n"
    row = f"| {two} | [{title}](notebooks/{lesson.name}) | {part} | FILL IN | "
    row += f"[{two}](notebooks/solutions/{solutions.name}) |\n"
    pages = readme.read_text(encoding="utf-8")
    readme.write_text(pages.replace(last, last + row), encoding="utf-8")
    for path in (before[-1], lesson, solutions):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[-1].source = navigation(path)
        _write(path, *notebook.cells)
    return [lesson, solutions, checks, wrong, instructor, readme]


def _write(path: Path, *cells: nbformat.NotebookNode) -> None:
    notebook = new_notebook(cells=list(cells))
    clean(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit('Give all three, such as NAME=models_serve_more TITLE="Serve more" PART=Models.')
    try:
        made = begin(*sys.argv[1:])
    except ValueError as error:
        sys.exit(str(error))
    print("Fill in:", *(path.relative_to(REPOSITORY) for path in made), sep="\n  ")
    print("Then run make refresh, and make quick with the lesson's number.")
