"""The house style of a notebook as rules: each returns what breaks it, one sentence each."""

import ast
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from classroom.workspace import REPOSITORY
from tools.notebooks import NAVIGATION, navigation, slug
from tools.pieces import needed_by

_CONSTRAINTS = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
_ABSOLUTE_PATH = re.compile(
    r"(?<![\w.:/])/(root|home|work|tmp|private|Users|var|opt)/|[A-Z]:\\\\|file:///\w"
)
_VARYING = {
    "a run id": re.compile(r"\b[0-9a-f]{32}\b"),
    "a model id": re.compile(r"\bm-[0-9a-f]{20,}"),
    "a time stamp": re.compile(r"\b20\d\d[-/]\d\d[-/]\d\d[ T]\d\d:\d\d"),
    "a time in milliseconds": re.compile(r"_time=\d{13}"),
    "a memory address": re.compile(r"\b0x[0-9a-f]{8,}"),
    "a port of this machine": re.compile(r"(127\.0\.0\.1|localhost):\d{2,5}\b(?!:)"),
}


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def code_lines(cell: NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def words(cell: NotebookNode) -> int:
    """Count the words of a markdown cell; a folded hint and a link's target are not counted."""
    text = re.sub(r"<details>.*?</details>", "", cell.source, flags=re.S)
    return len(re.sub(r"\]\([^)]*\)", "]", text).split())


def bullets(cell: NotebookNode) -> list[str]:
    return [line for line in cell.source.splitlines() if line.startswith("- ")]


def printed(cell: NotebookNode) -> str:
    """Return the text of a cell's stored outputs, pictures left out."""
    kept = []
    for output in cell.outputs:
        data = {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/")}
        kept.append({**output, "data": data})
    return json.dumps(kept)


def opening(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """A lesson opens with a title, a promise, two to four outcomes and its minutes, 40 at most."""
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell has no H1"
    if not 2 <= len(bullets(first)) <= 4:
        yield f"{len(bullets(first))} outcomes where two to four are due"
    minutes = re.search(r"About (\d+) minutes; with exercises (\d+)\.", first.source)
    if minutes is None:
        yield "the opening does not say how many minutes, without and with exercises"
    elif not int(minutes[1]) <= min(40, int(minutes[2])):
        yield f"{minutes[1]} minutes, with exercises {minutes[2]}; without them, 40 are the most"
    if "You will be able to:" not in first.source:
        yield "the opening does not say what the reader will be able to do"
    if notebook.cells[1].cell_type != "code" or notebook.cells[1].id != "set-up":
        yield "the second cell is not the set-up cell"


def sections(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """A lesson has at most five H2 sections and a recap that mirrors its outcomes."""
    text = [cell.source.splitlines() for cell in markdown_cells(notebook)]
    headings = [line for lines in text for line in lines if line.startswith("## ")]
    if sum(line.startswith("# ") for lines in text for line in lines) != 1:
        yield "there is not exactly one H1"
    if headings.count("## Recap") != 1:
        yield "there is not exactly one recap"
    if len(headings) - headings.count("## Recap") > 5:
        yield f"{len(headings) - 1} sections where five are the most"
    for cell in markdown_cells(notebook):
        slide = cell.metadata.get("slideshow", {}).get("slide_type") == "slide"
        if re.match("##? ", cell.source) and not slide:
            yield f"cell {cell.id!r} has a heading and no slide metadata"
        if cell.source.startswith("## Recap") and len(bullets(cell)) != len(
            bullets(notebook.cells[0])
        ):
            yield "the recap does not mirror the outcomes one to one"


def size(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """Cells are short, and a lesson has 12 to 20 code cells beside its exercises."""
    lines = sorted(code_lines(cell) for cell in code_cells(notebook))
    own = sum(not cell.id.startswith("exercise-") for cell in code_cells(notebook))
    if not 12 <= own <= 20:
        yield f"{own} code cells beside the exercises where 12 to 20 are due"
    if statistics.median(lines) > 5:
        yield f"the median code cell has {statistics.median(lines)} lines; 5 are the most"
    if len(lines) > 1 and statistics.quantiles(lines, n=20, method="inclusive")[-1] > 15:
        yield "more than one code cell in twenty is longer than 15 lines"
    ratio = len(markdown_cells(notebook)) / len(lines)
    if not 0.6 <= ratio <= 1.7:
        yield f"{ratio:.1f} markdown cells for each code cell; about one is due"
    typical = statistics.median(words(cell) for cell in markdown_cells(notebook))
    if not 15 <= typical <= 45:
        yield f"the median markdown cell has {typical:.0f} words; 25 to 45 are the aim"


def cells(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """No cell is too long; code that is shown runs; ids are words, once each."""
    for cell in notebook.cells:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", cell.id):
            yield f"cell id {cell.id!r} is not made of plain words and hyphens"
    ids = [cell.id for cell in notebook.cells]
    yield from (f"cell id {i!r} occurs twice" for i in sorted({i for i in ids if ids.count(i) > 1}))
    for cell in code_cells(notebook):
        if code_lines(cell) > 20:
            yield f"code cell {cell.id!r} has {code_lines(cell)} lines; 20 are the most"
        if cell.source.rstrip().endswith(";"):
            yield f"code cell {cell.id!r} ends with a semicolon"
    for cell in markdown_cells(notebook):
        if words(cell) > 120:
            yield f"markdown cell {cell.id!r} has {words(cell)} words; 120 are the most"
        if "```" in cell.source:
            yield f"markdown cell {cell.id!r} holds code that does not run"
        if re.search(r"<(?!/?(details|summary|code)\b)[a-z]+", cell.source):
            yield f"markdown cell {cell.id!r} holds HTML other than a folded hint"


def execution(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """The notebook was executed top to bottom, and no cell failed or is ignored."""
    for due, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != due:
            yield f"execution count {cell.execution_count} where {due} is due"
        if any(output.output_type == "error" for output in cell.outputs):
            yield f"code cell {cell.id!r} stored an error"
        ignores = "NBVAL" in cell.source or any(
            re.match("nbval|raises|skip", tag) for tag in cell.metadata.get("tags", [])
        )
        if ignores:
            yield f"code cell {cell.id!r} is ignored"


def names(cell: NotebookNode) -> tuple[set[str], set[str]]:
    """Return the names that a code cell defines, and those that it takes from cells before it."""
    defined, used = set(), set()
    for node in ast.walk(ast.parse(TransformerManager().transform_cell(cell.source))):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else defined).add(node.id)
        elif isinstance(node, ast.alias):
            defined.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
    return defined, used - defined


def pieces(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """Where a cell is skipped for want of a piece, no cell that runs there misses its names."""
    defined_with: dict[str, list[set[str]]] = {}
    for cell in code_cells(notebook):
        needed = set(needed_by(path, cell.metadata.get("tags", [])))
        defined, used = names(cell)
        for name in sorted(used & set(defined_with)):
            if not any(earlier <= needed for earlier in defined_with[name]):
                yield f"{cell.id} takes {name} from a cell that needs more pieces than it does"
        for name in defined:
            defined_with.setdefault(name, []).append(needed)


def repeatable(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """Nothing that differs from reader to reader is stored, in the source or in an output."""
    for cell in notebook.cells:
        text = cell.source + (printed(cell) if cell.cell_type == "code" else "")
        if _ABSOLUTE_PATH.search(text):
            yield f"cell {cell.id!r} holds an absolute path"
        for what, pattern in _VARYING.items():
            if pattern.search(text):
                yield f"cell {cell.id!r} holds {what}"


def versions(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """A package version that a lesson names is the one that the course installs."""
    for cell in code_cells(notebook):
        for package, version in re.findall(r"([\w-]+)==(\d[\w.]*)", cell.source):
            if not re.search(rf"^{package}=={re.escape(version)}\s", _CONSTRAINTS, flags=re.M):
                yield f"cell {cell.id!r} names {package} {version}, which is not installed"


def metadata(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """Only the kernel's name, slides and tags are kept."""
    if set(notebook.metadata) != {"kernelspec"}:
        yield f"the notebook's metadata holds {sorted(set(notebook.metadata) - {'kernelspec'})}"
    for cell in notebook.cells:
        if extra := set(cell.metadata) - {"slideshow", "tags"}:
            yield f"cell {cell.id!r} has the metadata {sorted(extra)}"


def links(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """Links lead somewhere, pictures say in words what they show, and the last cell navigates."""
    for cell in markdown_cells(notebook):
        yield from dead_links(path, cell.source)
        for text, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", cell.source):
            if len(text.split()) < 5:
                yield f"the picture {target} does not say in words what it shows"
    if notebook.cells[-1].id != NAVIGATION or notebook.cells[-1].source != navigation(path):
        yield "the last cell does not hold the links that `make refresh` writes"


#: GitHub, which shows README below owner/name/blob/branch, has the state of a workflow there.
_ON_GITHUB = re.compile(r"\.\./\.\./actions/workflows/([^/]+)(/badge\.svg)?$")


def dead_links(path: Path, text: str) -> Iterator[str]:
    """Each link in a text of this file leads to a file of the repository and a heading in it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        found = path.parent / file if file else path
        if workflow := _ON_GITHUB.match(target):
            found = REPOSITORY / ".github" / "workflows" / workflow[1]
        if not found.exists():
            yield f"the link to {target} leads nowhere"
        elif anchor and anchor not in _anchors(found):
            yield f"{file or path.name} has no heading for #{anchor}"


def _anchors(markdown: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", markdown.read_text(encoding="utf-8"), flags=re.M)
    return set(map(slug, headings))


def verdicts(path: Path, notebook: NotebookNode) -> Iterator[str]:
    """Each exercise is there with stub and check; a lesson says 'not yet', a solution 'correct'."""
    due = "correct." if path.parent.name == "solutions" else "not yet."
    by_id = {cell.id: cell for cell in notebook.cells}
    numbers = exercises(notebook)
    if not 1 <= len(numbers) <= 3:
        yield f"{len(numbers)} exercises where one to three are due"
    for n, number in enumerate(numbers, start=1):
        if number != f"{int(path.name[:2])}.{n}":
            yield f"exercise {number} is out of order"
        checks = by_id.get(f"exercise-{n}-check")
        if checks is None or f"exercise-{n}-answer" not in by_id:
            yield f"exercise {number} has no answer cell or no check cell"
        elif f"Exercise {number}: {due}" not in printed(checks):
            yield f"exercise {number} does not say {due!r}"


def exercises(notebook: NotebookNode) -> list[str]:
    """Return the numbers of a notebook's exercises in order."""
    text = "\n".join(cell.source for cell in markdown_cells(notebook))
    return re.findall(r"^### Exercise (\d+\.\d)$", text, flags=re.M)


EVERYWHERE = [cells, execution, pieces, repeatable, versions, metadata, links, verdicts]
IN_LESSONS = [opening, sections, size]
