"""A snapshot brings the store back as it was, loses nothing, and reaches kernels that are open."""

import os
import sqlite3
import sys
import time
from unittest.mock import Mock

import mlflow
import pytest
from jupyter_client.manager import run_kernel

from classroom import open_lesson
from classroom.__main__ import main
from classroom.desk import progress, snapshots
from classroom.services.servers import mlflow_server
from classroom.workspace import NOTEBOOKS, home, tracking_uri
from tools import notebooks

FIRST, SECOND, THIRD = snapshots.lesson_names()[1:4]
SECOND_NUMBER = int(SECOND[:2])
pytestmark = pytest.mark.usefixtures("tracking")


def work_through(name, text="words"):
    """Do what a lesson does: a run with an artifact, a registered model, a file of its own."""
    lesson = open_lesson(name, registered_models=[f"model of {name}"])
    mlflow.set_tracking_uri(lesson.tracking_uri)
    mlflow.set_experiment(name)
    with mlflow.start_run(run_name=f"run of {name}"):
        mlflow.log_text(text, "note.txt")
    mlflow.MlflowClient().create_registered_model(f"model of {name}")
    (lesson.folder / "own.txt").write_text(text)
    snapshots.take(name)


def experiments(uri=None):
    client = mlflow.MlflowClient(uri or tracking_uri())
    return {experiment.name for experiment in client.search_experiments()} - {"Default"}


def models():
    return {model.name for model in mlflow.MlflowClient(tracking_uri()).search_registered_models()}


def note(name, uri=None):
    client = mlflow.MlflowClient(uri or tracking_uri())
    ids = [client.get_experiment_by_name(name).experiment_id]
    (run,) = client.search_runs(ids)
    return mlflow.artifacts.load_text(f"{run.info.artifact_uri}/note.txt")


def files(place=None):
    place = place or home()
    return {
        str(path.relative_to(place)): path.read_text()
        for folder in snapshots.FOLDERS
        for path in (place / folder).rglob("*.txt")
    }


def store_in(folder):
    return f"sqlite:///{(folder / 'mlflow.db').as_posix()}"


def aside():
    (folder,) = (home() / "aside").iterdir()
    return folder


def test_the_store_is_as_the_lesson_before_left_it(workspace, capsys):
    work_through(FIRST)
    before = files()
    work_through(SECOND)
    work_through(THIRD)
    main(["ready", "--lesson", SECOND[:2]])
    assert experiments() == {FIRST}
    assert models() == {f"model of {FIRST}"}
    assert files() == before
    assert note(FIRST) == "words"
    said = capsys.readouterr().out.splitlines()[-3:]
    assert said[0] == f"The store is as lesson {FIRST[:2]} left it: lesson {SECOND[:2]} can begin."
    assert said[1] == f"What was there before is kept in {aside()}."
    assert "Restart Kernel" in said[2]


def test_nothing_is_lost(workspace, capsys):
    work_through(FIRST)
    work_through(SECOND, "broken")
    whole = files()
    snapshots.make_ready(SECOND_NUMBER)
    assert files(aside()) == whole
    assert experiments(store_in(aside())) == {FIRST, SECOND}
    assert [path.name for path in home().glob("ready-*")] == []


def test_going_back_twice_gives_the_same_and_leaves_the_snapshot_alone(workspace):
    work_through(FIRST)
    for text in ("changed", "changed again"):
        snapshots.make_ready(SECOND_NUMBER)
        assert note(FIRST) == "words"
        own = home() / "files" / FIRST / "own.txt"
        assert own.read_text() == "words"
        own.write_text(text)  # in place
        for path in (home() / "artifacts").rglob("note.txt"):
            path.write_text(text)
    assert len(list((home() / "aside").iterdir())) == 2


def test_a_file_that_a_lesson_changes_in_place_changes_no_snapshot(workspace):
    work_through(FIRST)
    work_through(SECOND)
    (home() / "files" / FIRST / "own.txt").write_text("other")
    snapshots.take(THIRD)
    texts = [
        (snapshots.place_of(name) / "files" / FIRST / "own.txt").read_text()
        for name in (FIRST, SECOND, THIRD)
    ]
    assert texts == ["words", "words", "other"]


@pytest.mark.skipif(sys.platform == "win32", reason="inodes are POSIX's")
def test_what_has_not_changed_is_kept_once(workspace):
    work_through(FIRST)
    work_through(SECOND)
    places = [snapshots.place_of(name) / "files" / FIRST / "own.txt" for name in (FIRST, SECOND)]
    original = home() / "files" / FIRST / "own.txt"
    assert places[0].stat().st_ino == places[1].stat().st_ino != original.stat().st_ino


def test_a_snapshot_is_replaced_whole(workspace, monkeypatch):
    work_through(FIRST, "first")

    with monkeypatch.context() as broken:
        broken.setattr(snapshots, "_copy_database", Mock(side_effect=OSError("the disk is full")))
        with pytest.raises(OSError, match="the disk is full"):
            work_through(FIRST, "second")
    assert [path.name for path in (home() / "snapshots").iterdir()] == [FIRST]
    snapshots.make_ready(SECOND_NUMBER)
    assert note(FIRST) == "first"
    work_through(FIRST, "third")
    snapshots.make_ready(SECOND_NUMBER)
    assert note(FIRST) == "third"


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are POSIX's")
def test_links_and_sockets_do_not_stop_a_snapshot(workspace):
    folder = home() / "files" / FIRST
    folder.mkdir(parents=True)
    (folder / "file").write_text("words")
    (folder / "link").symlink_to("file")
    (folder / "nowhere").symlink_to("gone")
    os.mkfifo(folder / "pipe")
    snapshots.take(FIRST)
    kept = snapshots.place_of(FIRST) / "files" / FIRST
    assert {path.name for path in kept.iterdir()} == {"file", "link", "nowhere"}
    assert (kept / "link").is_symlink() and (kept / "link").read_text() == "words"


def test_make_run_keeps_one_after_each_lesson(workspace, monkeypatch, capsys):
    paths = [NOTEBOOKS / f"{name}.ipynb" for name in (FIRST, SECOND)]
    monkeypatch.setattr(notebooks, "lessons", lambda: paths)
    monkeypatch.setattr(notebooks, "execute", lambda path, home: open_lesson(path.stem))
    notebooks.run()
    assert {path.name for path in (home() / "snapshots").iterdir()} == {FIRST, SECOND}
    assert "make ready" in capsys.readouterr().out
    snapshots.make_ready(SECOND_NUMBER)
    assert experiments() == {FIRST}


def test_solved_exercises_stay_solved(workspace):
    progress.carry_over({"1.1": "2026-05-04"}, home() / "mlflow.db")
    work_through(FIRST)
    progress.carry_over({"2.1": "2026-05-05"}, home() / "mlflow.db")
    for number in (SECOND_NUMBER, 0):
        snapshots.make_ready(number)
        assert progress.solved() == {"1.1": "2026-05-04", "2.1": "2026-05-05"}


def test_without_a_snapshot_one_sentence_says_what_to_do(workspace, capsys):
    work_through(FIRST)
    with pytest.raises(SystemExit) as end:
        main(["ready", "--lesson", THIRD[:2]])
    assert f"no snapshot of the store after lesson {SECOND[:2]}" in end.value.code
    assert "make run" in end.value.code and "--empty" in end.value.code
    assert end.value.code.count("\n") == 0
    assert experiments() == {FIRST} and not (home() / "aside").exists()
    main(["ready", "--lesson", THIRD[:2], "--empty"])
    assert experiments() == set() and models() == set() and files() == {}
    assert "The store is empty" in capsys.readouterr().out
    work_through(THIRD)
    assert experiments() == {THIRD}


def test_a_lesson_that_does_not_exist_is_refused(workspace):
    last = len(snapshots.lesson_names()) - 1
    for number in (-1, last + 1, 99):
        refusal = rf"There is no lesson {number}; allowed are 0 to {last}\.$"
        with pytest.raises(snapshots.NotReady, match=refusal):
            snapshots.make_ready(number)


def test_a_run_that_finishes_during_a_snapshot_is_whole_in_it_or_not_there(workspace, monkeypatch):
    """The files of every run that the kept database calls finished are kept, too."""
    work_through(FIRST)
    pending = ["between"]

    def then_log(copy):
        def wrapped(*arguments):
            copy(*arguments)
            if pending and arguments[0].parent == home():  # a folder of the store, or its database
                with mlflow.start_run(run_name=pending.pop()):
                    mlflow.log_text("words", "note.txt")

        return wrapped

    for name in ("_copy", "_copy_database"):
        monkeypatch.setattr(snapshots, name, then_log(getattr(snapshots, name)))
    snapshots.take(FIRST)
    assert not pending
    kept = snapshots.place_of(FIRST)
    client = mlflow.MlflowClient(store_in(kept))
    ids = [client.get_experiment_by_name(FIRST).experiment_id]
    runs = client.search_runs(ids, "status = 'FINISHED'")
    here = (home() / "artifacts").as_uri()
    assert runs and all(
        (kept / "artifacts" / run.info.artifact_uri.removeprefix(here)[1:] / "note.txt").is_file()
        for run in runs
    )


def test_a_store_in_use_is_left_as_it_is(workspace, monkeypatch):
    monkeypatch.setattr(snapshots, "_PATIENCE", 0.1)
    work_through(FIRST)
    work_through(SECOND)
    before = files()
    writer = sqlite3.connect(home() / "mlflow.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(snapshots.NotReady, match="nothing was changed"):
        snapshots.make_ready(SECOND_NUMBER)
    writer.execute("ROLLBACK")
    writer.close()
    assert experiments() == {FIRST, SECOND}
    assert files() == before
    assert not list((home() / "aside").iterdir())


SET_UP = f"""
import classroom
import mlflow
lesson = classroom.open_lesson({SECOND!r})
mlflow.set_tracking_uri(lesson.tracking_uri)
mlflow.set_experiment(lesson.name)
run = mlflow.start_run(run_name="half done")
"""
LOOK = "print(sorted(e.name for e in mlflow.MlflowClient().search_experiments()))"


@pytest.fixture
def kernel(workspace):
    with run_kernel(env=dict(os.environ)) as client:

        def run(code):
            messages = []
            answer = client.execute_interactive(code, timeout=120, output_hook=messages.append)
            assert answer["content"]["status"] == "ok", answer["content"]
            return "".join(message["content"].get("text", "") for message in messages)

        yield run


def test_open_kernels_and_an_open_ui_see_the_store(kernel):
    """A live lesson has failed half way: its kernel and the UI hold the database open."""
    work_through(FIRST)
    kernel(SET_UP)
    with mlflow_server() as server:
        assert experiments(server.url) == {FIRST, SECOND}
        assert note(FIRST, server.url) == "words"
        started = time.monotonic()
        snapshots.make_ready(SECOND_NUMBER)
        assert time.monotonic() - started < 10
        assert experiments(server.url) == {FIRST}
        assert note(FIRST, server.url) == "words"
        # Without a restart, the kernel sees the store, though its run is gone.
        assert FIRST in kernel(LOOK) and SECOND not in kernel(LOOK)
        # The lesson begins again from its set-up cell, even in the old kernel.
        kernel(SET_UP + "\nmlflow.end_run()")
        assert experiments(server.url) == {FIRST, SECOND}
