"""Which exercises the reader has solved.

A solved exercise becomes a tag of the experiment Default in the reader's store, with the date: a
lesson's own experiment is emptied when the lesson is opened again, and what is done stays done. We
write and read the tag in SQLite itself, as importing mlflow for it would cost lesson 00 seconds.
"""

from __future__ import annotations  # the doctor imports this also where Python is too old

import datetime
import json
import os
import re
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from classroom import workspace

#: What the names of the tags begin with; the exercise's number follows.
TAG = "loanflow.exercise."
_DEFAULT = 0  # the id of the experiment Default in every store
_PATIENCE = 0.5  # seconds to wait for another writer: a check must not keep its reader waiting


def note_solved(number: str, answer: tuple = ()) -> None:
    """Keep that an exercise is solved, unless its solutions notebook solved it.

    Nothing is kept, and nothing is raised, where there is no store or it cannot be written; the
    check may be called again.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``.
    answer : tuple
        What the check was called with; a lesson among it says which notebook called.
    """
    statement = "INSERT OR IGNORE INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)"
    row = TAG + number, datetime.date.today().isoformat(), _DEFAULT
    with suppress(Exception):  # a note must never cost the reader the verdict
        if not any(name.endswith("_solutions") for name in _callers(answer)):
            with closing(_open("rw")) as database, database:
                database.execute(statement, row)


def solved() -> dict[str, str]:
    """Return the date, such as ``"2026-05-04"``, of each solved exercise by its number.

    Without a store, or with a broken one, nothing is solved.
    """
    query = "SELECT key, value FROM experiment_tags WHERE experiment_id = ? AND key LIKE ?"
    with suppress(sqlite3.Error), closing(_open("ro")) as opened:
        rows = opened.execute(query, (_DEFAULT, TAG + "%")).fetchall()
        return {key.removeprefix(TAG): value for key, value in rows}
    return {}


def carry_over(solved_before: dict[str, str], database: Path) -> None:
    """Add what was solved in another store to the store in this file."""
    rows = [(TAG + number, date, _DEFAULT) for number, date in solved_before.items()]
    with closing(_open("rw", database)) as opened, opened:
        statement = "INSERT OR REPLACE INTO experiment_tags (key, value, experiment_id)"
        opened.executemany(f"{statement} VALUES (?, ?, ?)", rows)


def exercises() -> dict[str, tuple[str, list[str]]]:
    """Return the title of each lesson and the numbers of its exercises, by the lesson's number."""
    found = {}
    for path in workspace.lessons():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        title = texts[0].splitlines()[0].removeprefix("# ")
        numbers = re.findall(r"^### Exercise (\d+\.\d)$", "\n".join(texts), flags=re.M)
        found[path.name[:2]] = title, numbers
    return found


def report() -> str:
    """Return the lessons with their exercises, done or open, and how many are done."""
    done, lessons = solved(), exercises()
    width = max(len(title) for title, _ in lessons.values())
    lines, known = [], []
    for lesson, (title, numbers) in lessons.items():
        states = [f"{n} done {done[n]}" if n in done else f"{n} open" for n in numbers]
        lines.append(f"{lesson}  {title:<{width}}  {', '.join(states)}")
        known += numbers
    count = sum(number in done for number in known)
    return "\n".join([*lines, "", f"{count} of {len(known)} exercises are done."])


def _open(mode: str, database: Path | None = None) -> sqlite3.Connection:
    path = quote((database or workspace.home() / "mlflow.db").as_posix())
    return sqlite3.connect(f"file:{path}?mode={mode}", uri=True, timeout=_PATIENCE)


def _callers(answer: tuple) -> list[str]:
    """Return what is known of the notebook that calls: lessons' names, and its own file's."""
    lessons = (*answer, workspace.opened)
    names = [lesson.name for lesson in lessons if isinstance(lesson, workspace.Lesson)]
    # JupyterLab tells the kernel which notebook it serves, and VS Code the notebook's variables.
    variables = vars(sys.modules["__main__"])
    files = (os.environ.get("JPY_SESSION_NAME"), variables.get("__vsc_ipynb_file__"))
    return names + [Path(file).stem for file in files if file]
