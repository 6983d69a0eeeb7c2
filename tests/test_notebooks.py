"""Every notebook keeps the house style, and each rule notices a notebook that does not."""

import re

import house_style as style
import nbformat
import pytest

from classroom.workspace import NOTEBOOKS, appendices, lessons

LESSONS = lessons()
SOLUTIONS = lessons(NOTEBOOKS / "solutions")
APPENDICES = appendices()


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS + APPENDICES, ids=lambda path: path.stem)
def test_keeps_the_house_style(path):
    rules = style.EVERYWHERE + (style.IN_LESSONS if path in LESSONS else [])
    notebook = read(path)
    if path in APPENDICES:
        rules.remove(style.verdicts)
        assert notebook.cells[0].source.startswith("# ") and notebook.cells[1].id == "set-up"
    assert [f"{rule.__name__}: {said}" for rule in rules for said in rule(path, notebook)] == []


def test_lessons_are_numbered_without_a_gap():
    assert [path.name[:2] for path in LESSONS] == [f"{n:02d}" for n in range(len(LESSONS))]
    assert all(re.fullmatch(r"\d\d_[a-z_]+\.ipynb", path.name) for path in LESSONS)


def test_every_lesson_has_its_solutions_and_the_instructor_a_page_on_it():
    assert [path.stem for path in SOLUTIONS] == [f"{path.stem}_solutions" for path in LESSONS]
    instructor = (NOTEBOOKS / "INSTRUCTOR.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\d\d) ", instructor, flags=re.M)
    assert headings == [path.name[:2] for path in LESSONS]


def test_the_readme_lists_the_lessons():
    readme = (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d\d \| \[.+?\]\(notebooks/(\w+\.ipynb)\)", readme, flags=re.M)
    assert rows == [path.name for path in LESSONS]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson_and_solution_state_the_same_exercises(path):
    lesson = read(path)
    solution = read(NOTEBOOKS / "solutions" / f"{path.stem}_solutions.ipynb")
    assert style.exercises(lesson) == style.exercises(solution)
    told = {cell.id: cell.source for cell in solution.cells}
    for n, _ in enumerate(style.exercises(lesson), start=1):
        (statement,) = (cell.source for cell in lesson.cells if cell.id == f"exercise-{n}")
        assert told[f"exercise-{n}"] == statement


def first_of(notebook, kind):
    return next(cell for cell in notebook.cells if cell.cell_type == kind)


def goes_on(kind, text):
    """Let the first cell of a kind end with more text."""

    def spoil(notebook):
        first_of(notebook, kind).source += text

    return spoil


def prints(text, cell_id="set-up"):
    """Let a cell have another output."""

    def spoil(notebook):
        (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]

    return spoil


def random_id(notebook):
    notebook.cells[2].id = "A1_b"


def same_id(notebook):
    notebook.cells[2].id = notebook.cells[3].id


def missing_piece(notebook):
    first, *_, last = style.code_cells(notebook)
    first.metadata["tags"], first.source = ["needs-curl"], "fetched = 1"
    last.source = "print(fetched)"


def stripped(notebook):
    for cell in style.code_cells(notebook):
        cell.execution_count, cell.outputs = None, []


def ignored_by_tag(notebook):
    first_of(notebook, "code").metadata["tags"] = ["nbval-skip"]


def kernel_version(notebook):
    notebook.metadata["language_info"] = {"version": "3.11.7"}


def timing(notebook):
    notebook.cells[1].metadata["execution"] = {"iopub.status.busy": "now"}


def old_navigation(notebook):
    notebook.cells[-1].source += " [More](../README.md)"


def no_minutes(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("minutes", "pages")


def no_outcomes(notebook):
    notebook.cells[0].source = "# Title\n\nAbout 5 minutes. You will be able to: nothing."


def no_slide(notebook):
    next(c for c in notebook.cells if c.source.startswith("## ")).metadata.pop("slideshow")


def short_recap(notebook):
    (recap,) = (cell for cell in notebook.cells if cell.source.startswith("## Recap"))
    recap.source = "## Recap\n\n- One."


def few_cells(notebook):
    notebook.cells = notebook.cells[:8]


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        (style.cells, goes_on("code", "\nx = 1" * 21)),
        (style.cells, goes_on("markdown", " word" * 121)),
        (style.cells, goes_on("markdown", "\n```\nx = 1\n```")),
        (style.cells, goes_on("markdown", '<div style="color:red">')),
        (style.cells, random_id),
        (style.cells, same_id),
        (style.pieces, missing_piece),
        (style.execution, stripped),
        (style.execution, goes_on("code", "\n# NBVAL_IGNORE_OUTPUT")),
        (style.execution, ignored_by_tag),
        (style.repeatable, prints("0123456789abcdef" * 2)),
        (style.repeatable, prints("in /home/ada/course")),
        (style.versions, goes_on("code", '\nneeds = ["skops==0.1"]')),
        (style.metadata, kernel_version),
        (style.metadata, timing),
        (style.links, goes_on("markdown", " [gone](gone.md)")),
        (style.links, goes_on("markdown", " [gone](../README.md#gone)")),
        (style.links, goes_on("markdown", " ![](../README.md)")),
        (style.links, old_navigation),
        (style.verdicts, prints("Exercise: correct.", "exercise-1-check")),
        (style.opening, no_minutes),
        (style.opening, no_outcomes),
        (style.sections, no_slide),
        (style.sections, short_recap),
        (style.sections, goes_on("markdown", "\n\n## More" * 5)),
        (style.size, few_cells),
    ],
)
def test_each_rule_notices(rule, spoil):
    path = LESSONS[0]
    notebook = read(path)
    before = list(rule(path, notebook))
    spoil(notebook)
    assert len(list(rule(path, notebook))) > len(before)
