"""What is solved is kept, with its date, in the reader's store; what the solutions solve is not."""

import datetime
import re
import sqlite3
import subprocess
import sys
import time

import mlflow
import nbformat
import pytest

import classroom
from classroom import workspace
from classroom.__main__ import main
from classroom.desk import progress
from classroom.workspace import NOTEBOOKS, Lesson, home, lessons, tracking_uri

BEGAN = datetime.date.today().isoformat()
NOTED = ["forest 1", "forest 10", "boosting", "boosting, tuned"]  # solves exercise 0.2


def solved_today():
    """Return the numbers of what is solved; each must bear the day of this run of the tests.

    A run may begin before midnight and end after it.
    """
    solved = progress.solved()
    for date in solved.values():
        assert BEGAN <= date <= datetime.date.today().isoformat()
    return list(solved)


@pytest.fixture(autouse=True)
def no_notebook(monkeypatch):
    """Nobody has opened a lesson, and no notebook calls."""
    monkeypatch.setattr(workspace, "opened", None)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)


def test_a_solved_exercise_is_kept_and_an_open_one_is_not(workspace, capsys):
    classroom.check("0.2", [])
    assert progress.solved() == {}
    classroom.check("0.2", NOTED)
    assert solved_today() == ["0.2"]
    said = capsys.readouterr().out.splitlines()
    assert said[1:] == ["Exercise 0.2: correct."]  # not a word about the note
    tags = mlflow.MlflowClient(tracking_uri()).get_experiment("0").tags
    assert tags["loanflow.exercise.0.2"] == progress.solved()["0.2"]


def test_done_stays_done_with_its_date(workspace):
    progress.carry_over({"0.2": "2026-05-04"}, home() / "mlflow.db")
    classroom.check("0.2", [])
    classroom.check("0.2", NOTED)
    assert progress.solved() == {"0.2": "2026-05-04"}


def test_it_survives_that_a_lesson_is_opened_again(workspace, tracking):
    classroom.check("0.2", NOTED)
    classroom.open_lesson("00_start_here")
    assert solved_today() == ["0.2"]


@pytest.mark.parametrize("sign", ["lesson", "opened", "jupyterlab", "vs code"])
def test_what_the_solutions_solve_is_not_the_readers(workspace, monkeypatch, sign):
    name = "09_models_log_and_load_solutions"
    lesson, file = Lesson(name, tracking_uri()), f"/course/notebooks/solutions/{name}.ipynb"
    if sign == "opened":
        monkeypatch.setattr("classroom.workspace.opened", lesson)
    elif sign == "jupyterlab":
        monkeypatch.setenv("JPY_SESSION_NAME", file)
    elif sign == "vs code":
        monkeypatch.setattr("__main__.__vsc_ipynb_file__", file, raising=False)
    progress.note_solved("9.1", (lesson,) if sign == "lesson" else ())
    assert progress.solved() == {}


def test_the_lessons_own_notebook_is_the_readers(workspace, monkeypatch):
    name = "09_models_log_and_load"
    monkeypatch.setenv("JPY_SESSION_NAME", f"/course/notebooks/{name}.ipynb")
    monkeypatch.setattr("classroom.workspace.opened", Lesson(name, tracking_uri()))
    progress.note_solved("9.1", (Lesson(name, tracking_uri()), object()))
    assert solved_today() == ["9.1"]


@pytest.mark.parametrize("path", lessons(NOTEBOOKS / "solutions")[1:], ids=lambda path: path.stem)
def test_each_solutions_notebook_opens_a_lesson_that_says_so(path):
    """Lesson 00 opens none: there the file that JupyterLab or VS Code names has to do."""
    cells = nbformat.read(path, as_version=4).cells
    (set_up,) = [cell.source for cell in cells if cell.id == "set-up"]
    assert re.search(rf'open_lesson\(\s*"{path.stem}"', set_up)


def test_without_a_store_nothing_is_kept_or_made_or_raised(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path / "none"))
    classroom.check("0.2", NOTED)
    assert capsys.readouterr().out == "Exercise 0.2: correct.\n"
    assert progress.solved() == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00 and then nothing"])
def test_a_broken_store_costs_no_verdict(monkeypatch, tmp_path, capsys, content):
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path))
    (tmp_path / "mlflow.db").write_bytes(content)
    classroom.check("0.2", NOTED)
    assert capsys.readouterr().out == "Exercise 0.2: correct.\n"
    assert (tmp_path / "mlflow.db").read_bytes() == content


def test_a_store_that_somebody_else_writes_to_keeps_nobody_waiting(workspace, capsys):
    other = sqlite3.connect(home() / "mlflow.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    classroom.check("0.2", NOTED)
    assert time.monotonic() - started < 5
    assert capsys.readouterr().out == "Exercise 0.2: correct.\n"
    other.close()
    assert progress.solved() == {}


def test_a_note_does_not_import_mlflow(workspace):
    code = (
        "import sys; from classroom import check\nfrom classroom.desk import progress;"
        f"check('0.2', {NOTED}); print(list(progress.solved()), 'mlflow' in sys.modules)"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert printed.splitlines()[-1] == "['0.2'] False"


def test_the_report_lists_the_lessons_own_exercises(workspace, capsys):
    progress.carry_over({"0.2": "2026-05-04", "77.7": "2026-05-04"}, home() / "mlflow.db")
    main(["progress"])
    *lines, empty, closing = capsys.readouterr().out.splitlines()
    assert [line[:2] for line in lines] == [path.name[:2] for path in lessons()]
    assert lines[0].startswith("00  Start here: ")
    assert lines[0].endswith("  0.1 open, 0.2 done 2026-05-04")
    total = sum(path.read_text(encoding="utf-8").count('"### Exercise ') for path in lessons())
    assert (empty, closing) == ("", f"1 of {total} exercises are done.")
