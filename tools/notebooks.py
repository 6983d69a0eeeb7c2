"""Execute the lessons: ``run`` into the reader's store, ``refresh`` to renew the stored outputs."""

import argparse
import base64
import io
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
from matplotlib.image import imread
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm
from traitlets.config import Config

from classroom.desk import snapshots
from classroom.workspace import NOTEBOOKS, appendices, home, lessons, prepare
from tools.pieces import PIECES, needed_by

NAVIGATION = "navigation"
#: Two renderings of one figure differ by less than this (root mean square, of 255): font hinting.
SAME_PICTURE = 4.0
#: The tag of a cell that draws what it has measured, which no two runs draw alike.
MEASURED = "measured"
DRAWN = "What the code above draws"


def title(path: Path) -> str:
    """Return the text of a notebook's H1."""
    first = nbformat.read(path, as_version=4).cells[0].source
    return first.splitlines()[0].removeprefix("# ")


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub and Sphinx form it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def as_read(path: Path) -> nbformat.NotebookNode:
    """Return a lesson for reading: without exercises' empty answers and checks, and its last links.

    The tasks of the exercises stay. The title gets the number or letter, a picture that code draws
    the words for who cannot see it.
    """
    notebook = nbformat.read(path, as_version=4)
    left_out = re.compile(rf".+-answer|exercise-\d-check|{NAVIGATION}")
    notebook.cells = [cell for cell in notebook.cells if not left_out.fullmatch(cell.id)]
    first = notebook.cells[0]
    first.source = f"# {path.name.partition('_')[0]} {first.source.removeprefix('# ')}"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata["mystnb"] = {"image": {"alt": DRAWN}}
    # A line that begins with ! is Python to IPython alone.
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    return notebook


def navigation(path: Path) -> str:
    """Return the links that end a notebook: to the one before, the contents and the one after."""
    contents = "[Contents](../../README.md#the-notebooks)"
    if path.parent.name == "solutions":
        return f"[Back to the lesson](../{path.name.replace('_solutions', '')}) · {contents}"
    if path.parent.name == "appendix":
        return contents
    order = lessons()
    here = order.index(path)
    links = ["[Contents](../README.md#the-notebooks)"]
    if here > 0:
        links.insert(0, f"[Previous: {title(order[here - 1])}]({order[here - 1].name})")
    if here + 1 < len(order):
        links.append(f"[Next: {title(order[here + 1])}]({order[here + 1].name})")
    return " · ".join(links)


def execute(path: Path, home: Path) -> nbformat.NotebookNode:
    """Execute a notebook from its own folder with the workspace `home`; return it with outputs."""
    notebook = nbformat.read(path, as_version=4)
    environment = {**os.environ, "LOANFLOW_HOME": str(home)}
    environment.pop("MPLBACKEND", None)  # set, it keeps figures out of the cells
    if data := environment.get("LOANFLOW_DATA"):  # a path relative to where the caller stands
        environment["LOANFLOW_DATA"] = str(Path(data).absolute())
    NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        coalesce_streams=True,
        # Without encryption, each kernel prints a warning.
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
    ).execute(env=environment)
    return notebook


def clean(notebook: nbformat.NotebookNode) -> None:
    """Keep only the metadata that a reader's program needs, so that a diff shows real changes."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
    for cell in notebook.cells:
        kept = ("slideshow", "tags")
        cell.metadata = {key: cell.metadata[key] for key in kept if key in cell.metadata}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}


def keep_same_pictures(new: nbformat.NotebookNode, old: nbformat.NotebookNode) -> None:
    """Put a stored picture back where the new one shows the same.

    That is where another machine's font hinting alone differs, and where a cell with the tag
    `measured` has not changed: its picture is that of an earlier run. Clear the cell's output to
    have it drawn anew. A picture of another size, or one that differs visibly, stays otherwise.
    """
    stored = {cell.id: cell for cell in old.cells}
    for cell in new.cells:
        before = stored.get(cell.id, {})
        measured = MEASURED in cell.metadata.get("tags", []) and cell.source == before.get("source")
        for outputs in zip(cell.get("outputs", []), before.get("outputs", []), strict=False):
            new_png, old_png = (output.get("data", {}).get("image/png") for output in outputs)
            if new_png and old_png and (measured or _look_alike(new_png, old_png)):
                outputs[0].data["image/png"] = old_png


def _look_alike(*pictures: str) -> bool:
    a, b = (imread(io.BytesIO(base64.b64decode(png)), format="png") * 255 for png in pictures)
    return a.shape == b.shape and np.sqrt(np.mean((a - b) ** 2)) < SAME_PICTURE


def missing_for(path: Path) -> str | None:
    """Say what the cells of a notebook need and this machine lacks; None where it has all."""
    cells = nbformat.read(path, as_version=4).cells
    tags = {tag for cell in cells for tag in cell.metadata.get("tags", [])}
    needed = (PIECES[piece] for piece in needed_by(path, tags))
    return next((reason for find, reason in needed if not find()), None)


def take_over_exercises(solutions: nbformat.NotebookNode, path: Path) -> None:
    """Write the exercises' texts, which stand in the lesson, into its solutions."""
    lesson = path.parent.parent / path.name.replace("_solutions", "")
    texts = {cell.id: cell.source for cell in nbformat.read(lesson, as_version=4).cells}
    for cell in solutions.cells:
        if re.fullmatch(r"exercise-\d", cell.id):
            cell.source = texts[cell.id]


def refresh_one(path: Path) -> str:
    """Execute a notebook in a workspace of its own and store its outputs; say what became of it.

    Where a piece is missing, the notebook stays as it is: its outputs would only say so.
    """
    if reason := missing_for(path):
        return f"left as it is. {reason}"
    with tempfile.TemporaryDirectory() as home:
        new = execute(path, Path(home))
    old = nbformat.read(path, as_version=4)
    clean(new)
    if path.parent.name == "solutions":
        take_over_exercises(new, path)
    keep_same_pictures(new, old)
    if new.cells[-1].id == NAVIGATION:
        new.cells[-1].source = navigation(path)
    nbformat.validate(new)
    text = nbformat.writes(new) + "\n"
    if text == path.read_text(encoding="utf-8"):
        return "unchanged"
    path.write_text(text, encoding="utf-8", newline="\n")
    return "changed"


def refresh(names: list[str]) -> None:
    """Renew the stored outputs of the named notebooks, or of all, two at a time."""
    every = [*lessons(), *lessons(NOTEBOOKS / "solutions"), *appendices()]
    paths = [Path(name).resolve() for name in names] or every
    with ThreadPoolExecutor(2) as pool:
        for path, said in zip(paths, pool.map(refresh_one, paths), strict=True):
            print(f"{path.relative_to(NOTEBOOKS)}: {said}")


def run() -> None:
    """Execute every lesson, in order, into the reader's store, and keep a snapshot after each."""
    prepare()
    times = []
    with tqdm(lessons(), unit="lesson", file=sys.stdout) as progress:
        for path in progress:
            progress.set_description(path.stem)
            started = time.perf_counter()
            execute(path, home())
            times.append(time.perf_counter() - started)
            progress.write(f"{path.stem:<36} {times[-1]:6.1f} s")
            snapshots.take(path.stem)
    print(f"{len(times)} lessons ran in {sum(times):.0f} s. See the result: make ui")
    print("The store after each is kept. To go back to before a lesson: make ready LESSON=7")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="execute every lesson into the reader's store")
    renew = commands.add_parser("refresh", help="renew the stored outputs")
    renew.add_argument("notebooks", nargs="*", help="the notebooks to refresh (default: all)")
    arguments = parser.parse_args()
    try:
        run() if arguments.command == "run" else refresh(arguments.notebooks)
    except CellExecutionError as error:
        sys.exit(f"A cell failed and the rest did not run.\n{error}")


if __name__ == "__main__":
    main()
