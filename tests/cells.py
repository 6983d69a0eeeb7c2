"""Run a notebook's cells as an impatient reader does: each twice, and interrupted where it counts.

    python tests/cells.py NOTEBOOK.ipynb [SECONDS]

A cell with the tag `restores` changes global state, such as the tracking URI, and must leave it as
it was: when it is done, and when it is interrupted at the first or the last line that it guards. A
cell with the tag `moves` changes it for good; it is interrupted too. Every cell runs again at last.
"""

import ast
import contextlib
import json
import os
import sys
import time
from pathlib import Path

import nbformat
import psutil
from IPython.core.interactiveshell import InteractiveShell


class Reader:
    """A reader with a shell of IPython, as a kernel has one."""

    def __init__(self):
        self.shell = InteractiveShell.instance()
        self.shell.colors = "nocolor"
        sys.path.insert(0, "")  # a kernel finds the modules that lie beside its notebook

    def run(self, source: str) -> str | None:
        """Run a cell; return its error."""
        result = self.shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        return None if error is None else f"{type(error).__name__}: {error}"

    def run_interrupted(self, source: str, line: int) -> str | None:
        """Run a cell in which Ctrl-C comes before the statement that begins in that line."""
        self.shell.ast_transformers.append(_CtrlC(line))
        try:
            return self.run(source)
        finally:
            self.shell.ast_transformers.pop()

    def lines_to_stop_at(self, source: str) -> list[int]:
        """Return the first and the last line that a cell guards by `with` or `try`."""
        guarded = [
            statement.lineno
            for node in ast.walk(ast.parse(self.shell.transform_cell(source)))
            if isinstance(node, ast.With | ast.Try)
            for statement in node.body
        ]
        return sorted({min(guarded), max(guarded)}) if guarded else []


class _CtrlC(ast.NodeTransformer):
    """Puts an interrupt into a cell: a trace function would slow down all that the cell calls."""

    def __init__(self, line: int):
        self.line = line

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Put it into a `with` or `try` whose body holds the line."""
        super().generic_visit(node)
        if isinstance(node, ast.With | ast.Try):
            lines = [statement.lineno for statement in node.body]
            if self.line in lines:
                at = lines.index(self.line)
                (stop,) = ast.parse("raise KeyboardInterrupt").body
                node.body.insert(at, ast.copy_location(stop, node.body[at]))
                ast.fix_missing_locations(node)
        return node


def state() -> dict[str, object]:
    """Return the global state that a cell may change and must put back."""
    import mlflow
    from mlflow.utils.autologging_utils import AUTOLOGGING_INTEGRATIONS

    run = mlflow.active_run()
    return {
        "tracking URI": mlflow.get_tracking_uri(),
        "registry URI": mlflow.get_registry_uri(),
        "autolog": sorted(
            n for n, c in AUTOLOGGING_INTEGRATIONS.items() if c.get("disable") is False
        ),
        "active run": run and run.info.run_name,
        # scikit-learn's OpenMP adds its own when it first computes
        "environment": {k: v for k, v in os.environ.items() if not k.startswith("KMP_")},
        "folder": os.getcwd(),
    }


def children() -> int:
    """Count the processes below this one, those that have just ended left out."""
    return len(psutil.Process().children(recursive=True))


def changed(before: dict[str, object], processes: int, seconds: float) -> list[str]:
    """Name what differs from the state before; a process may take these seconds to end."""
    wrong = [name for name, value in state().items() if value != before[name]]
    deadline = time.monotonic() + seconds
    while children() > processes and time.monotonic() < deadline:
        time.sleep(0.2)
    return wrong + (["processes"] if children() > processes else [])


def faults(path: Path, seconds: float = 60) -> list[str]:
    """Run every cell twice, with interrupts in between; return what went wrong."""
    reader, wrong = Reader(), []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tags = cell.metadata.get("tags", [])
        restores, moves = "restores" in tags, "moves" in tags
        before, processes = (state(), children()) if restores else ({}, 0)
        if error := reader.run(cell.source):
            return [*wrong, f"{cell.id}: {error}"]
        if restores:
            wrong += [
                f"{cell.id} leaves another {what}" for what in changed(before, processes, seconds)
            ]
        for line in reader.lines_to_stop_at(cell.source) if restores or moves else []:
            error = reader.run_interrupted(cell.source, line)
            if error != "KeyboardInterrupt: " and restores:  # what has moved may leave a line out
                wrong.append(f"{cell.id}, interrupted at its line {line}: {error}")
            if restores:
                wrong += [
                    f"{cell.id}, interrupted at its line {line}, leaves another {what}"
                    for what in changed(before, processes, seconds)
                ]
        if error := reader.run(cell.source):
            wrong.append(f"{cell.id}, run again: {error}")
    return wrong


def main() -> None:
    """Write what went wrong with a notebook; all else goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        found = faults(Path(sys.argv[1]), *map(float, sys.argv[2:]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
