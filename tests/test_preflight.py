"""The check of the day before fails for what a class would stumble over, and says what to do."""

import json
import shutil
import subprocess
from unittest.mock import Mock

import pytest
from test_doctor import assert_lacks

from classroom.__main__ import main
from classroom.desk import doctor, preflight, snapshots
from classroom.desk.doctor import MISSING, OK, WRONG, Check
from classroom.services.servers import ServerError
from classroom.workspace import NOTEBOOKS

LESSON, SOLUTIONS = "00_start_here.ipynb", "solutions/00_start_here_solutions.ipynb"


@pytest.fixture
def notebooks(tmp_path):
    """A folder of two notebooks that are committed."""
    folder = tmp_path / "notebooks"
    (folder / "solutions").mkdir(parents=True)
    for name in (LESSON, SOLUTIONS):
        shutil.copy(NOTEBOOKS / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    return folder


def git(folder, *arguments):
    ada = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "-C", str(folder), *ada, *arguments], check=True, capture_output=True)


def edit(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change([cell for cell in content["cells"] if cell["cell_type"] == "code"])
    path.write_text(json.dumps(content), encoding="utf-8")


def test_notebooks_as_committed_are_ok_and_without_git_the_order_alone_decides(notebooks):
    assert preflight.check_notebooks(notebooks).found == "all 2 as committed"
    shutil.rmtree(notebooks / ".git")
    check = preflight.check_notebooks(notebooks)
    assert (check.status, check.found) == (OK, "all 2 executed in order")


@pytest.mark.parametrize("name", [LESSON, SOLUTIONS])
def test_a_notebook_that_a_rehearsal_changed_is_named(notebooks, name):
    edit(notebooks / name, lambda cells: cells[0]["outputs"].clear())
    check = preflight.check_notebooks(notebooks)
    assert_lacks(check, WRONG, needed=True)
    assert check.found == f"changed since the last commit: {(notebooks / name).stem}"


@pytest.mark.parametrize("count", [None, 7])
def test_a_notebook_that_was_not_run_from_the_top_is_named(notebooks, count):
    edit(notebooks / LESSON, lambda cells: cells[1].update(execution_count=count))
    git(notebooks, "commit", "-qam", "y")
    check = preflight.check_notebooks(notebooks)
    assert_lacks(check, WRONG, needed=True)
    assert check.found == "not executed from top to bottom: 00_start_here"


def test_each_missing_or_old_snapshot_is_named(workspace, monkeypatch):
    assert preflight.check_snapshots().found == "none"
    names = snapshots.lesson_names()
    for name in names:
        snapshots.take(name)
    assert preflight.check_snapshots().status == OK
    shutil.rmtree(snapshots.place_of(names[3]))
    (snapshots.place_of(names[5]) / "lesson.json").write_text('{"cells": "of another notebook"}')
    check = preflight.check_snapshots()
    assert_lacks(check, MISSING, needed=True)
    assert check.found == "03 no snapshot, 05 a snapshot older than the notebook"


def test_the_ui_starts_on_the_store(workspace):
    check = preflight.check_ui()
    assert check.status == OK and check.found.startswith("ready after ")


def test_a_ui_that_does_not_start_is_told():
    message = "The server mlflow ended before it was ready.\nlog\nno such table"
    check = preflight.check_ui(Mock(side_effect=ServerError(message)))
    assert_lacks(check, WRONG, needed=True)
    assert check.found.endswith("ready. no such table")


def test_the_button_needs_its_settings(tmp_path):
    assert_lacks(preflight.check_button(tmp_path), MISSING, needed=True)
    settings = tmp_path / preflight.LAB_PAGE
    settings.parent.mkdir(parents=True)
    settings.write_text('{"command": "server-proxy:open"}')
    assert preflight.check_button(tmp_path).status == OK


@pytest.mark.parametrize(
    ("status", "needed", "code", "verdict"),
    [
        (OK, True, 0, "Ready to teach."),
        (MISSING, False, 0, "Ready to teach, but for what needs conda."),
        (WRONG, True, 1, "Not ready to teach: see to conda."),
    ],
)
def test_one_verdict(monkeypatch, capsys, status, needed, code, verdict):
    checks = [Check("conda", status, "found", "costs", "remedy", needed)]
    monkeypatch.setattr(doctor, "check_all", lambda: checks)
    ok = Check("fine", OK, "yes", needed=True)
    for name in ("check_notebooks", "check_snapshots", "check_button", "check_ui"):
        monkeypatch.setattr(preflight, name, lambda: ok)
    with pytest.raises(SystemExit) as end:
        main(["preflight"])
    lines = capsys.readouterr().out.splitlines()
    assert (end.value.code, lines[-1]) == (code, verdict)
    assert sum(line.endswith("yes") for line in lines) == 4
