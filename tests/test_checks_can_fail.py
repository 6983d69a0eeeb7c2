"""The checks of a notebook must be able to fail: each small lie in a copy is noticed."""

import shutil

import pytest
from alone import PYTEST, run_copy

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
    return run_copy(copy, *PYTEST, "--nbval-cell-timeout=120", "-k", which, "notebooks")


def replace(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_an_honest_copy_passes(copy):
    done = validate(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "code", "right", "wrong"),
    [
        (f"notebooks/{LESSON}", "C={}", "1.0", "2.0"),
        ("src/loanflow/data.py", "(loans: pd.DataFrame, test_size: float = {}", "0.25", "0.26"),
    ],
    ids=["a literal in a lesson", "a coefficient in the package"],
)
def test_what_changes_an_output_is_rejected(copy, file, code, right, wrong):
    replace(copy / file, code.format(right), code.format(wrong))
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
