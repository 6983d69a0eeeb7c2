"""The instructor's check on the day before: the machine, the notebooks, the snapshots and the UI.

The machine is what the doctor checks; the rest is what only somebody who teaches needs.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from classroom.desk import doctor, snapshots
from classroom.desk.doctor import MISSING, OK, WRONG, Check
from classroom.services.servers import LocalServer, ServerError, mlflow_server
from classroom.workspace import NOTEBOOKS, lessons

LAB_PAGE = Path("share/jupyter/lab/settings/overrides.json")  # below the environment's folder


def check_notebooks(notebooks: Path = NOTEBOOKS) -> Check:
    """Check that the notebooks are as they were stored: executed in order, and not edited since."""
    costs = "the room sees other outputs than those that are told of"
    paths = [*lessons(notebooks), *lessons(notebooks / "solutions")]
    stale = [path.stem for path in paths if not _in_order(path)]
    if stale:
        found = f"not executed from top to bottom: {', '.join(stale)}"
        return Check("notebooks", WRONG, found, costs, "make refresh", needed=True)
    command = ["git", "-C", str(notebooks), "status", "--porcelain", "--", "*.ipynb"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return Check("notebooks", OK, f"all {len(paths)} executed in order", needed=True)
    if changed := [Path(line[3:].strip('"')).stem for line in done.stdout.splitlines()]:
        found = f"changed since the last commit: {', '.join(sorted(changed))}"
        remedy = "git restore notebooks, or commit what you meant to change"
        return Check("notebooks", WRONG, found, costs, remedy, needed=True)
    return Check("notebooks", OK, f"all {len(paths)} as committed", needed=True)


def check_snapshots() -> Check:
    """Check that there is a snapshot of the store after each lesson, and of this very lesson."""
    problems = {name[:2]: snapshots.problem_with(name) for name in snapshots.lesson_names()}
    wrong = [f"{number} {problem}" for number, problem in problems.items() if problem]
    if not wrong:
        return Check("snapshots", OK, f"one after each of the {len(problems)} lessons", needed=True)
    none = all(problem == snapshots.NONE for problem in problems.values())
    found = "none" if none else ", ".join(wrong)
    costs = "when a live lesson fails, there is only an empty store to go back to"
    return Check("snapshots", MISSING, found, costs, "make run", needed=True)


def check_button(prefix: Path = Path(sys.prefix)) -> Check:
    """Check that JupyterLab offers the MLflow UI."""
    points = entry_points(group="jupyter_serverproxy_servers", name="mlflow")
    settings = prefix / LAB_PAGE
    if points and settings.is_file() and "server-proxy:open" in settings.read_text():
        return Check("button MLflow UI", OK, "in JupyterLab's top bar", needed=True)
    found = f"JupyterLab of {prefix} does not know it"
    costs = "the UI has to be opened in a browser tab of its own, by make ui"
    remedy = "delete .venv, then make setup"
    return Check("button MLflow UI", MISSING, found, costs, remedy, needed=True)


def check_ui(start: Callable[[], LocalServer] = mlflow_server) -> Check:
    """Start the MLflow UI on the store, and end it."""
    started = time.monotonic()
    try:
        with start():
            seconds = time.monotonic() - started
    except ServerError as error:
        said = str(error).splitlines()
        costs = "nothing can be shown in the UI"
        remedy = "read the last lines of `make ui`; where the store is broken, make reset, make run"
        return Check("MLflow UI", WRONG, f"{said[0]} {said[-1]}", costs, remedy, needed=True)
    return Check("MLflow UI", OK, f"ready after {seconds:.0f} s", needed=True)


def check_all() -> list[Check]:
    """Run every check, those of the machine first."""
    return [*doctor.check_all(), check_notebooks(), check_snapshots(), check_button(), check_ui()]


def main() -> int:
    """Say whether the course can be taught from this machine."""
    return doctor.tell(check_all(), _verdict)


def _verdict(needed: Sequence[str], others: Sequence[str]) -> str:
    if needed:
        return f"Not ready to teach: see to {', '.join(needed)}."
    if others:
        return f"Ready to teach, but for what needs {', '.join(others)}."
    return "Ready to teach."


def _in_order(path: Path) -> bool:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
    return counts == list(range(1, len(counts) + 1))
