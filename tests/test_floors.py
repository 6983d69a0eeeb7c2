"""Imports run downwards only: loanflow, then classroom and steps, then scripts, tools and tests."""

import ast

import pytest

from classroom.workspace import REPOSITORY

#: What the code of each folder may import of this repository, and whether it may import MLflow.
MAY_IMPORT = {
    "src/loanflow": {"loanflow"},
    "src/classroom": {"loanflow", "classroom", "mlflow"},
    "steps": {"loanflow", "steps", "mlflow"},
    "notebooks": {"loanflow", "classroom", "notebooks", "mlflow"},
    "tools": {"loanflow", "classroom", "tools", "mlflow"},
}


def modules(folder):
    return sorted((REPOSITORY / folder).rglob("*.py"))


def floor_of(name):
    """Return the part of the repository that an imported module belongs to, or None."""
    first = name.split(".")[0]
    if first in ("loanflow", "classroom", "tools", "tests", "mlflow"):
        return first
    if first in ("conftest", "house_style"):
        return "tests"
    for folder in ("steps", "notebooks"):
        if (REPOSITORY / folder / f"{first}.py").exists():
            return folder
    return None


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by a relative name."
            yield node.module


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_run_downwards_only(folder):
    assert modules(folder)
    found = set()
    for path in modules(folder):
        place = path.relative_to(REPOSITORY).as_posix()
        floors = {floor_of(name) for name in imported(path)} - {None} - MAY_IMPORT[folder]
        found |= {(place, floor) for floor in floors}
    assert found == set()


def test_the_loan_problem_can_be_read_in_one_sitting():
    lines = {path.name: len(path.read_text().splitlines()) for path in modules("src/loanflow")}
    assert sum(lines.values()) < 2000, lines
