"""Measure set-up, the tests, and what each lesson costs against its floor; write benchmark.md.

    python -m tools.bench             everything: some minutes
    python -m tools.bench lessons     the lessons alone
    python -m tools.bench serving     lesson 14's fast model beside the plain pipeline alone
    python -m tools.bench scale       Spark to chunks alone

Set-up and `make test` are timed in a fresh clone of the last commit: set-up with empty download
caches, then with full ones, then a second call.

The floor of a lesson is the same learning without MLflow: start a kernel, run the lesson's import
statements, fit its models on its data. To know the models, the lesson is executed once with a
recorder that keeps each pipeline or search and its data just before it is fitted; the floor's
notebook fits them again. What a lesson fits in another process (a project run) is not in its floor.
Lesson and floor are then timed in turn, each three times, and the medians compared.
"""

import ast
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from classroom.services.team import environment
from classroom.workspace import REPOSITORY, home, lessons
from tools.newest import run
from tools.notebooks import execute
from tools.scale import scale_table, seconds
from tools.serving import serving_table

REPEATS = 3

RECORDER = """
def record(folder):
    import pickle
    from pathlib import Path

    from sklearn.model_selection._search import BaseSearchCV
    from sklearn.pipeline import Pipeline

    fitting = []

    def keep(fit):
        def recorded(self, *args, **kwargs):
            if not fitting:
                path = Path(folder) / f"{len(list(Path(folder).iterdir())):05}.pickle"
                path.write_bytes(pickle.dumps((self, args, kwargs)))
            fitting.append(self)
            try:
                return fit(self, *args, **kwargs)
            except Exception:
                if len(fitting) == 1:  # a lesson may fail on purpose; the floor must not
                    path.unlink()
                raise
            finally:
                fitting.pop()

        return recorded

    for kind in (Pipeline, BaseSearchCV):
        kind.fit = keep(kind.fit)
"""

FITS = """
import pickle
from pathlib import Path

for path in sorted(Path({folder!r}).iterdir()):
    model, args, kwargs = pickle.loads(path.read_bytes())
    model.fit(*args, **kwargs)
"""


def imports(lesson: Path) -> str:
    """Return the top-level import statements of a lesson's code cells, in order."""
    cells = nbformat.read(lesson, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    code = TransformerManager().transform_cell(code)  # a line that begins with ! is no Python
    statements = (s for s in ast.parse(code).body if isinstance(s, ast.Import | ast.ImportFrom))
    return "\n".join(map(ast.unparse, statements))


def record_fits(lesson: Path, recorded: Path, workspace: Path) -> None:
    """Execute a lesson and keep every model that it fits, with its data, in a folder."""
    recorded.mkdir()
    startup = recorded.with_suffix(".py")
    startup.write_text(f"{RECORDER}\nrecord({str(recorded)!r})\ndel record\n", encoding="utf-8")
    with environment(PYTHONSTARTUP=startup):  # IPython runs it before the first cell
        execute(lesson, workspace)


def measure_lesson(lesson: Path, folder: Path) -> tuple[float, float, int]:
    """Return the median seconds of a lesson and of its floor, and how many models both fit."""
    recorded, workspace, floor = folder / "fits", folder / "workspace", folder / "floor.ipynb"
    record_fits(lesson, recorded, workspace)
    fits = len(list(recorded.iterdir()))
    cells = [imports(lesson), FITS.format(folder=str(recorded)) if fits else "pass"]
    code = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=code), floor)
    times = [
        [seconds(execute, notebook, workspace) for notebook in (lesson, floor)]
        for _ in range(REPEATS)
    ]
    return *map(statistics.median, zip(*times, strict=True)), fits


def lesson_table() -> list[str]:
    """Measure every lesson; return the lines of a table."""
    lines = ["| lesson | fits | seconds | floor | ratio |", "| --- | ---: | ---: | ---: | ---: |"]
    for lesson in lessons():
        with tempfile.TemporaryDirectory() as folder:
            cost, floor, fits = measure_lesson(lesson, Path(folder))
        lines.append(f"| {lesson.stem} | {fits} | {cost:.1f} | {floor:.1f} | {cost / floor:.2f} |")
        print(lines[-1], flush=True)
    return lines


def make(target: str, clone: Path, variables: dict[str, str]) -> None:
    """Make a target in the clone; end the benchmark where it fails."""
    print(f"make {target} ...", flush=True)
    run(["make", target], clone, variables)


def set_up_table() -> list[str]:
    """Measure set-up and the tests in a fresh clone; return the lines of a table."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone], check=True)
        # The clone makes its own choices: neither this make's nor this environment's.
        own = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VIRTUAL_ENV", "LOANFLOW_HOME", "LOANFLOW_DATA")
        variables = {name: value for name, value in os.environ.items() if name not in own}
        variables["UV_CACHE_DIR"] = str(Path(folder) / "uv")
        variables["PIP_CACHE_DIR"] = str(Path(folder) / "pip")
        rows = {"set-up, empty caches": seconds(make, "setup", clone, variables)}
        for made in (".venv", "workspace"):
            shutil.rmtree(clone / made)
        rows["set-up, full caches"] = seconds(make, "setup", clone, variables)
        rows["set-up, second call"] = seconds(make, "setup", clone, variables)
        rows["make test"] = seconds(make, "test", clone, variables)
    table = ["| what | seconds |", "| --- | ---: |"]
    return table + [f"| {what} | {time:.1f} |" for what, time in rows.items()]


TABLES = {
    "lessons": lesson_table,
    "serving": serving_table,
    "scale": scale_table,
    "set-up": set_up_table,
}


def main(arguments: list[str]) -> None:
    """Measure, print, and write the tables into the workspace."""
    if len(arguments) > 1 or set(arguments) - set(TABLES):
        sys.exit(f"Allowed is nothing, for everything, or one of {', '.join(TABLES)}.")
    machine = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores"
    lines = ["# Benchmark", "", machine]
    for name, table in TABLES.items():
        if arguments in ([], [name]):
            lines += ["", *table()]
    text = "\n".join(lines) + "\n"
    report = home() / "benchmark.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(text, encoding="utf-8")
    print(f"\n{text}\nWritten to {report}")


if __name__ == "__main__":
    main(sys.argv[1:])
