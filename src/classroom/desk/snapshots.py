"""Snapshots of the store after each lesson, and the way back to one when a live lesson fails.

`make run` takes them. A snapshot holds the database and the files of the workspace; a file that an
earlier snapshot holds already is linked to it, so that all of them together take little more than
one copy. The workspace's own files are copied both ways and never linked: what a lesson changes in
place must not change a snapshot.
"""

import datetime
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

from classroom import workspace
from classroom.desk import progress

FOLDERS = ("artifacts", "files")
NONE = "no snapshot"
_PATIENCE = 5  # seconds to wait for a cell that writes to the store


class NotReady(Exception):
    """Why the store could not be put into the wanted state, and what to do, in one sentence."""


def lesson_names() -> list[str]:
    """Return the names of the lessons in the order of the course."""
    return [path.stem for path in workspace.lessons()]


def lesson_before(number: int) -> str | None:
    """Return the name of the lesson before the one of this number; None before the first one.

    Raises
    ------
    NotReady
        If there is no lesson of this number.
    """
    names = lesson_names()  # numbered without a gap
    if number not in range(len(names)):
        raise NotReady(f"There is no lesson {number}; allowed are 0 to {len(names) - 1}.")
    return names[number - 1] if number else None


def place_of(lesson: str) -> Path:
    """Return the folder of the snapshot that is taken after a lesson; it need not exist."""
    return workspace.home() / "snapshots" / lesson


def fingerprint(lesson: str) -> str:
    """Return a hash of a lesson's cells, without what they printed."""
    text = (workspace.NOTEBOOKS / f"{lesson}.ipynb").read_text(encoding="utf-8")
    sources = ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()


def take(lesson: str) -> None:
    """Keep the workspace as it is now, after a lesson has run, in place of an earlier snapshot.

    Raises
    ------
    OSError
        If the workspace cannot be written, such as where the disk is full.
    """
    place = place_of(lesson)
    place.parent.mkdir(exist_ok=True)
    earlier = [place_of(name) for name in lesson_names() if name < lesson]
    known = next(filter(Path.exists, reversed(earlier)), None)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f"{lesson}-new-") as folder:
        new = Path(folder) / lesson
        new.mkdir()
        # The database first: a run that it calls finished has all of its files by then, while one
        # that finishes during the copy adds files that no record names, and lacks none.
        _copy_database(workspace.home() / "mlflow.db", new / "mlflow.db")
        for name in FOLDERS:
            _copy(workspace.home() / name, new / name, known and known / name)
        (new / "lesson.json").write_text(json.dumps({"cells": fingerprint(lesson)}))
        shutil.rmtree(place, ignore_errors=True)
        new.rename(place)


def problem_with(lesson: str) -> str | None:
    """Say in a few words why a lesson's snapshot cannot be used as it is, or return None."""
    place = place_of(lesson)
    if not (place / "mlflow.db").is_file():
        return NONE
    about = json.loads((place / "lesson.json").read_text())
    stale = about["cells"] != fingerprint(lesson)
    return "a snapshot older than the notebook" if stale else None


def make_ready(number: int, *, empty: bool = False) -> str:
    """Put the store into the state before a lesson, and the present one aside.

    The database is written into the file that kernels and the UI have open, in one transaction, so
    that they see it without being started anew. Solved exercises stay solved.

    Parameters
    ----------
    number : int
        The lesson that shall begin, such as 7.
    empty : bool
        Take an empty store where otherwise the snapshot of the lesson before would be taken.

    Returns
    -------
    str
        What was done, where the old state is kept, and what to do next.

    Raises
    ------
    NotReady
        If there is no such lesson or no snapshot, or a cell is writing to the store.
    OSError
        If the workspace cannot be written.
    """
    before = lesson_before(number)
    snapshot = None if empty or before is None else place_of(before)
    if snapshot and not (snapshot / "mlflow.db").is_file():
        raise NotReady(
            f"There is no snapshot of the store after lesson {before[:2]}; `make run` takes one "
            "after each lesson, and as every lesson also runs in an empty store, adding --empty "
            "(to make, READY_FLAGS=--empty) works at once."
        )
    workspace.prepare()
    home = workspace.home()
    with tempfile.TemporaryDirectory(dir=home, prefix="ready-") as folder:
        wanted = Path(folder)
        if snapshot is None:
            state = "empty"
            workspace.make_database(wanted)
            for name in FOLDERS:
                (wanted / name).mkdir()
        else:
            state = f"as lesson {before[:2]} left it"
            shutil.copyfile(snapshot / "mlflow.db", wanted / "mlflow.db")
            for name in FOLDERS:
                _copy(snapshot / name, wanted / name)
        progress.carry_over(progress.solved(), wanted / "mlflow.db")
        aside = _put_aside(f"before-lesson-{number:02d}", wanted)
    return (
        f"The store is {state}: lesson {number:02d} can begin.\n"
        f"What was there before is kept in {aside}.\n"
        "In JupyterLab choose Kernel, Restart Kernel in every open notebook, and reload the page "
        "of the MLflow UI."
    )


def _put_aside(what: str, wanted: Path) -> Path:
    """Exchange the workspace's state for the wanted one; return where the old one is kept."""
    home, now = workspace.home(), datetime.datetime.now()
    aside = home / "aside" / f"{now:%Y-%m-%d-%H%M%S-%f}-{what}"
    aside.mkdir(parents=True)
    _copy_database(home / "mlflow.db", aside / "mlflow.db")
    moved = []
    try:
        for name in FOLDERS:
            for source, target in ((home / name, aside / name), (wanted / name, home / name)):
                if source.exists():
                    source.rename(target)
                    moved.append((source, target))
        _copy_database(wanted / "mlflow.db", home / "mlflow.db")
    except (OSError, sqlite3.OperationalError) as error:
        for source, target in reversed(moved):
            target.rename(source)
        shutil.rmtree(aside)
        raise NotReady(
            f"Something still uses the store ({error}); nothing was changed: interrupt the running "
            "cells and end the open kernels, then call this again."
        ) from error
    return aside


def _copy_database(source: Path, target: Path) -> None:
    """Copy a database, also while other processes have one of the two files open.

    Raises
    ------
    sqlite3.OperationalError
        If another process keeps one of them locked for seconds.
    """
    deadline = time.monotonic() + _PATIENCE

    def give_up_in_time(status: int, *_: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
            raise sqlite3.OperationalError("the database is locked")

    with (
        closing(sqlite3.connect(source, timeout=_PATIENCE)) as old,
        closing(sqlite3.connect(target, timeout=_PATIENCE)) as new,
    ):
        old.backup(new, progress=give_up_in_time)


def _copy(source: Path, target: Path, known: Path | None = None) -> None:
    """Copy a folder; link each file that stands unchanged in the folder `known` to that one."""
    target.mkdir()
    if not source.exists():
        return
    for entry in os.scandir(source):
        copy, earlier = target / entry.name, known and known / entry.name
        # A server that has just been told to end may still remove files of its own.
        with suppress(FileNotFoundError):
            if entry.is_dir(follow_symlinks=False):
                _copy(Path(entry.path), copy, earlier)
            elif earlier and _linked(entry, earlier, copy):
                continue
            elif entry.is_symlink() or entry.is_file():  # and no socket
                shutil.copy2(entry.path, copy, follow_symlinks=False)
    shutil.copystat(source, target)


def _linked(entry: os.DirEntry, earlier: Path, copy: Path) -> bool:
    """Link the copy to an earlier one, if both are plain files of one size and time of change."""
    if entry.is_symlink() or earlier.is_symlink() or not earlier.is_file():
        return False
    was, now = earlier.stat(), entry.stat()
    if (was.st_size, was.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
        return False
    with suppress(OSError):  # a file system without hard links
        os.link(earlier, copy)
        return True
    return False
