"""The checks of a notebook must be able to fail: each small lie in a copy is noticed."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest

from classroom.workspace import NOTEBOOKS, REPOSITORY

LESSON = "01_tracking_first_run.ipynb"


@pytest.fixture
def copy(tmp_path):
    """A copy of the lesson, the package and the data, which `validate` executes."""
    for folder in ("src", "data", "tools"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    shutil.copy(REPOSITORY / "conftest.py", tmp_path)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(NOTEBOOKS / LESSON, tmp_path / "notebooks")
    return tmp_path


def validate(copy, which="Cell"):
    environment = {**os.environ, "PYTHONPATH": str(copy / "src")}
    for name in list(environment):
        if name.startswith(("PYTEST_", "LOANFLOW_", "MLFLOW_")):
            del environment[name]
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    return subprocess.run(
        [sys.executable, *command, "--nbval-cell-timeout=120", "-k", which, "notebooks"],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
    )


def replace(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_an_honest_copy_passes(copy):
    done = validate(copy)
    assert done.returncode == 0, done.stdout


def test_a_changed_literal_in_a_lesson_is_rejected(copy):
    path = copy / "notebooks" / LESSON
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "fit")
    assert "C=1.0" in cell.source
    cell.source = cell.source.replace("C=1.0", "C=2.0")
    nbformat.write(notebook, path)
    done = validate(copy)
    assert done.returncode == 1, done.stdout
    assert "Cell execution caused an exception" not in done.stdout
    assert "mismatch" in done.stdout


def test_a_changed_coefficient_in_the_package_is_rejected(copy):
    split = "def split_loans(loans: pd.DataFrame, test_size: float = {}"
    replace(copy / "src/loanflow/data.py", split.format("0.25"), split.format("0.26"))
    done = validate(copy)
    assert done.returncode == 1, done.stdout
    assert "Cell execution caused an exception" not in done.stdout
    assert "mismatch" in done.stdout


def test_a_model_that_cannot_be_installed_elsewhere_is_rejected(copy):
    path = copy / "notebooks" / LESSON
    replace(path, '\\"skops==0.16.0\\"]', '\\"skops==0.0.0\\"]')
    done = validate(copy, "Cell or machine")
    assert done.returncode == 1, done.stdout
    assert "models on another machine - " in done.stdout
    assert "01_tracking_first_run, model (0)" in done.stdout
