"""Try answers to a lesson's exercises: its solutions run once, each answer in a fork of that run.

An answer stands in the place of the right one in the solutions notebook. A fork begins where its
exercise does, with every variable of the notebook, and the reader's store is put back after it.
Where a solution keeps a server alive, or where the system cannot fork, each answer runs the
solutions anew from their first cell.
"""

import contextlib
import functools
import io
import json
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

import nbformat
import psutil
from alone import run_alone
from family import below, command

Answers = dict[str, dict[str, str]]


def changed(answer: str, right: str, wrong: str) -> str:
    """Return an answer with one thing, which must stand in it once, done wrong."""
    if answer.count(right) != 1:
        raise ValueError(f"{right!r} does not stand once in the answer.")
    return answer.replace(right, wrong)


def outcomes(path: Path, answers: Answers) -> Answers:
    """Try the answers in processes of their own; return, in the same shape, what each printed.

    An answer that raised has its traceback in place of what it printed.
    """

    def ask(how: str, asked: Answers) -> Answers:
        return run_alone(__file__, how, path, sent=asked, folder=path.parent)

    found = ask("walk", answers) if hasattr(os, "fork") else {}
    for number, by_name in answers.items():
        for name, code in by_name.items():
            if name not in found.setdefault(number, {}):
                found[number] |= ask("anew", {number: {name: code}})[number]
    return found


class Notebook:
    """The cells of a solutions notebook, executed as far as they were asked for."""

    def __init__(self, path: Path):
        cells = nbformat.read(path, as_version=4).cells
        self.cells = [cell for cell in cells if cell.cell_type == "code"]
        self.names: dict = {}
        self.done = 0

    def run_to(self, cell_id: str) -> None:
        """Execute the cells before the one with this id."""
        while self.cells[self.done].id != cell_id:
            exec(self.cells[self.done].source, self.names)
            self.done += 1

    def answer(self, exercise: str, code: str) -> str:
        """Give this answer, go on to its check; return what they print, or what they raise."""
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(code, self.names)
                self.done += 1
                self.run_to(f"exercise-{exercise}-check")
                exec(self.cells[self.done].source, self.names)
        except BaseException:
            return traceback.format_exc()
        return printed.getvalue()


def in_a_fork(answer, home: Path, kept: Path) -> str:
    """Return what `answer()` returns in a fork of this process; put the store back afterwards."""
    receive, send = os.pipe()
    if (child := os.fork()) == 0:
        os.close(receive)
        with os.fdopen(send, "w") as pipe:
            pipe.write(answer())
        os._exit(0)  # what the parent opened is the parent's to close
    os.close(send)
    with os.fdopen(receive) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    put_back(kept, home)
    return said


def put_back(kept: Path, home: Path) -> None:
    """Make the folder as it was kept, each file in place: the database may be open."""
    for path in sorted(home.rglob("*"), reverse=True):
        if not (kept / path.relative_to(home)).exists():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in kept.rglob("*"):
        place = home / path.relative_to(kept)
        if path.is_dir():
            place.mkdir(exist_ok=True)
        elif not place.exists() or place.stat().st_mtime_ns != path.stat().st_mtime_ns:
            shutil.copyfile(path, place)
            shutil.copystat(path, place)


def serves(process) -> bool:
    """Say whether a process listens: what it keeps could not be put back after an answer.

    The processes of `loan_process` keep nothing but a model.
    """
    if "loan_process" in command(process):
        return False
    try:
        sockets = process.net_connections("all")
    except psutil.NoSuchProcess:
        return False
    return any(socket.status == "LISTEN" or isinstance(socket.laddr, str) for socket in sockets)


def walk(path: Path, answers: Answers, home: Path) -> Answers:
    """Try answers in forks, exercise by exercise, until a server is alive beside this process."""
    import mlflow  # noqa: F401  (once, before any fork)

    found: Answers = {}
    notebook = Notebook(path)
    for number in sorted(answers):
        exercise = number.partition(".")[2]
        notebook.run_to(f"exercise-{exercise}-answer")
        if any(map(serves, below(psutil.Process()))):
            break
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(shutil.copytree(home, Path(folder) / "kept"))
            found[number] = {
                name: in_a_fork(functools.partial(notebook.answer, exercise, code), home, kept)
                for name, code in answers[number].items()
            }
    return found


def anew(path: Path, answers: Answers) -> Answers:
    ((number, by_name),) = answers.items()
    ((name, code),) = by_name.items()
    exercise = number.partition(".")[2]
    notebook = Notebook(path)
    notebook.run_to(f"exercise-{exercise}-answer")
    return {number: {name: notebook.answer(exercise, code)}}


def main() -> None:
    """Read answers, try them, and write what became of them; all else goes to standard error."""
    how, path = sys.argv[1], Path(sys.argv[2])
    answers = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        if how == "walk":
            found = walk(path, answers, Path(os.environ["LOANFLOW_HOME"]))
        else:
            found = anew(path, answers)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
