"""Run the lessons with the newest releases of all packages, and say what moved and what broke.

    python -m tools.newest                        every lesson; writes workspace/newest.md
    python -m tools.newest 01 07                  these lessons only

It takes a clone of the last commit, names the new versions there in place of the pins, and compares
every cell with its stored output. Nothing of the course itself is changed. It needs the network.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import nbformat
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from classroom.workspace import NOTEBOOKS, REPOSITORY, home, lessons

#: Where a version is named that the newest one has to replace.
NAMING = ("python_env.yaml", "conda.yaml", "Dockerfile", "steps/*.py", "notebooks/*.ipynb")
UV = (sys.executable, "-m", "uv", "--no-progress")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m|#x1B\[[0-9;]*m")


class Broken(NamedTuple):
    """A lesson whose outputs are no longer those that it stores."""

    lesson: str
    cell: str  # the id of the first cell that differs
    line: str  # its first line that differs: what was stored and what came, or the exception
    cells: int  # how many of its cells differ; one that fails takes later ones along


def loosened(pyproject: str) -> list[Requirement]:
    """Return the direct dependencies of a pyproject.toml without their versions."""
    found = [Requirement(text) for text in tomllib.loads(pyproject)["project"]["dependencies"]]
    for requirement in found:
        requirement.specifier = SpecifierSet()
    return found


def versions(pins: str) -> dict[str, str]:
    """Return the versions in the lines ``name==version`` of a text, by canonical name."""
    found = re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([\w.+!-]+)", pins, flags=re.M)
    return {canonicalize_name(name): version for name, version in found}


def moved(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the old and the new version of each package that is in both and differs."""
    both = sorted(before.keys() & after.keys())
    return {name: (before[name], after[name]) for name in both if before[name] != after[name]}


def rename(folder: Path, changes: Mapping[str, tuple[str, str]]) -> None:
    """Name the new versions wherever the files of a clone name the old ones."""
    for path in (path for pattern in NAMING for path in sorted(folder.glob(pattern))):
        text = path.read_text(encoding="utf-8")
        for name, (old, new) in changes.items():
            loose = re.escape(name).replace(r"\-", "[-_.]")
            text = re.sub(rf"(?<![\w-])({loose}==){re.escape(old)}(?![\w.])", rf"\g<1>{new}", text)
        path.write_text(text, encoding="utf-8", newline="\n")


def first_difference(message: str) -> str:
    """Return, from what nbval says of a cell, the first line that differs."""
    lines = [line.strip() for line in _COLOURS.sub("", message).splitlines() if line.strip()]
    if any("Cell execution caused an exception" in line for line in lines):
        return lines[-1]
    told = next((n for n, line in enumerate(lines) if line == "Traceback:"), -1)
    reason, *difference = lines[told + 1 :] or ["no reason given"]
    # In pytest's comparison the left side, what is stored, has a plus, and what came a minus.
    start = next((n for n, line in enumerate(difference) if line[:1] in "+-"), None)
    if start is None:
        return reason
    first = list(takewhile(lambda line: line[:1] in "+-?", difference[start:]))
    stored, came = (next((line[2:] for line in first if line[0] == sign), "") for sign in "+-")
    return f"stored `{stored}`, came `{came}`"


def broken_lessons(results: str) -> list[Broken]:
    """Read the failed cells off pytest's JUnit file."""
    failures = defaultdict(list)
    for case in ElementTree.fromstring(results).iter("testcase"):
        cell = re.search(r"Cell (\d+)", case.get("name"))
        said = [element for element in case if element.tag in ("failure", "error")]
        if said and cell:
            lesson = re.search(r"(\d\d_\w+)", case.get("classname") + case.get("name"))[1]
            failures[lesson].append((int(cell[1]), said[0].text or said[0].get("message", "")))
    found = []
    for lesson, cells in sorted(failures.items()):
        number, message = min(cells)
        notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        found.append(Broken(lesson, code[number].id, first_difference(message), len(cells)))
    return found


def report(
    python: str,
    direct: Mapping[str, tuple[str, str]],
    indirect: Mapping[str, tuple[str, str]],
    tried: Sequence[str],
    broken: Sequence[Broken],
) -> str:
    lines = [
        f"# The lessons with the newest releases, {time.strftime('%Y-%m-%d')}, Python {python}",
        "",
        f"{len(tried) - len(broken)} of {len(tried)} lessons give the outputs that they store.",
        "",
    ]
    if direct:
        lines += ["| Package | Pinned | Newest |", "| --- | --- | --- |"]
        lines += [f"| {name} | {old} | {new} |" for name, (old, new) in direct.items()]
    else:
        lines.append("Every direct dependency is the newest that fits.")
    others = ", ".join(f"{name} {old} → {new}" for name, (old, new) in indirect.items())
    lines += ["", f"Of what they need, {len(indirect)} more moved. {others}".rstrip()]
    scripts = len(list((REPOSITORY / "findings").glob("*.sh")))
    lines += ["", f"`make findings` says which of the {scripts} findings still hold."]
    if broken:
        lines += ["", "| Lesson | First cell that differs | First line that differs | Cells |"]
        lines.append("| --- | --- | --- | --- |")
    for lesson, cell, line, cells in broken:
        line = line.replace("|", "\\|")[:300]
        lines.append(f"| {lesson} | `{cell}` | {line} | {cells} |")
    return "\n".join(lines) + "\n"


def install(folder: Path, requirements: Sequence[Requirement]) -> tuple[Path, str]:
    """Make an environment with the newest releases; return its Python and what it has, as pins."""
    environment = folder / "environment"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # With pip, as set-up makes it: without, MLflow warns in each cell that logs a model.
    run([*UV, "venv", "--quiet", "--seed", "--python", sys.executable, str(environment)], folder)
    into = ["--quiet", "--python", str(python)]
    loose = map(str, requirements)
    run([*UV, "pip", "install", *into, "--compile-bytecode", "--upgrade", *loose], folder)
    return python, run([*UV, "pip", "freeze", *into], folder)


def clone(folder: Path, python: Path, changes: Mapping[str, tuple[str, str]], pins: str) -> Path:
    """Make a clone of the last commit that names the new versions, and install it."""
    course = folder / "course"
    run(["git", "clone", "--quiet", str(REPOSITORY), str(course)], folder)
    rename(course, changes)
    (course / "constraints.txt").write_text(pins, encoding="utf-8")
    me = ["-c", "user.name=newest", "-c", "user.email=newest@localhost"]
    run(["git", *me, "commit", "--quiet", "--all", "--allow-empty", "-m", "newest"], course)
    into = ["--quiet", "--python", str(python)]
    run([*UV, "pip", "install", *into, "--no-deps", "-e", str(course)], folder)
    # As set-up does: made in a lesson, the environment of project runs prints what uv says of it.
    make = [str(python), "-m", "classroom", "environment"]
    run(make, course, {**_surroundings(python), "LOANFLOW_HOME": str(folder / "workspace")})
    return course


def run_lessons(course: Path, python: Path, names: Sequence[str]) -> str:
    """Execute the lessons of a clone and compare them; return pytest's JUnit file."""
    results = course / "results.xml"
    command = [
        *(str(python), "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-k", "Cell"),
        *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=240", f"--junitxml={results}"),
        *(f"notebooks/{name}.ipynb" for name in names),
    ]
    subprocess.run(command, cwd=course, env=_surroundings(python))  # may fail
    return results.read_text(encoding="utf-8")


def _surroundings(python: Path) -> dict[str, str]:
    """Return environment variables that lead to the new environment, and not to our own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "LOANFLOW_"))}
    path = os.pathsep.join((str(python.parent), os.environ.get("PATH", "")))
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(python.parent.parent)}


def run(command: Sequence[str], folder: Path, environment: Mapping | None = None) -> str:
    """Run a program in a folder; return what it prints, and end with that where it fails."""
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    done = subprocess.run(command, cwd=folder, env=environment, **quiet)
    if done.returncode:
        sys.exit(f"This failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Run the command line; end with code 1 where a lesson broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="*", help="their numbers, such as 01 (default: all)")
    asked = parser.parse_args()
    names = [p.stem for p in lessons() if not asked.lessons or p.name[:2] in asked.lessons]
    before = versions((REPOSITORY / "constraints.txt").read_text(encoding="utf-8"))
    requirements = loosened((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="loanflow-newest-") as temporary:
        folder = Path(temporary)
        python, pins = install(folder, requirements)
        changes = moved(before, versions(pins))
        course = clone(folder, python, changes, pins)
        broken = broken_lessons(run_lessons(course, python, names))
    named = {canonicalize_name(requirement.name) for requirement in requirements}
    direct = {name: change for name, change in changes.items() if name in named}
    indirect = {name: change for name, change in changes.items() if name not in named}
    text = report(platform.python_version(), direct, indirect, names, broken)
    home().mkdir(parents=True, exist_ok=True)
    (home() / "newest.md").write_text(text, encoding="utf-8")
    print(text)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
