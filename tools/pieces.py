"""The pieces that some cells need and a machine may lack."""

import functools
import shutil
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from classroom.desk.doctor import find_postgresql
from classroom.services import containers, spark
from classroom.services.environments import OtherMachine, OtherMachineError


@functools.cache
def packages_at_hand() -> bool:
    """Say whether another machine can be made: from uv's cache, or from the package index."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(f"mlflow=={version('mlflow')}", encoding="utf-8")
        try:
            OtherMachine(requirements).stop()
        except OtherMachineError:
            return False
        return True


#: How to find each piece, and what to say where it is missing.
PIECES = {
    "curl": (functools.partial(shutil.which, "curl"), "There is no curl on the PATH."),
    "engine": (containers.base_is_ready, containers.MISSING),
    "packages": (packages_at_hand, "uv has no packages here, and reaches no package index."),
    "postgresql": (find_postgresql, "There is no PostgreSQL; `make doctor` says how to get one."),
    "spark": (spark.is_here, spark.MISSING),
}
#: Lessons that need a piece from the start. Elsewhere a cell says so by its tag, `needs-<piece>`.
NEEDS = {"06": "postgresql", "B_": "postgresql"}


def needed_by(notebook: Path, tags: Iterable[str]) -> list[str]:
    """Return the pieces that cells with these tags need in a lesson or in its solutions."""
    needed = {tag.removeprefix("needs-") for tag in tags if tag.startswith("needs-")}
    if lesson := NEEDS.get(notebook.name[:2]):
        needed.add(lesson)
    return sorted(needed)
