"""Every notebook keeps the house style, and each rule notices a notebook that does not."""

import copy
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


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=lambda path: path.stem)
def test_keeps_the_house_style(path):
    rules = style.EVERYWHERE + (style.IN_LESSONS if path in LESSONS else [])
    notebook = read(path)
    assert [f"{rule.__name__}: {said}" for rule in rules for said in rule(path, notebook)] == []


@pytest.mark.parametrize("path", APPENDICES, ids=lambda path: path.stem)
def test_an_appendix_keeps_the_house_style(path):
    notebook = read(path)
    rules = [rule for rule in style.EVERYWHERE if rule is not style.verdicts]
    assert [f"{rule.__name__}: {said}" for rule in rules for said in rule(path, notebook)] == []
    assert notebook.cells[0].source.startswith("# ") and notebook.cells[1].id == "set-up"


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


def find(notebook, condition):
    return next(cell for cell in notebook.cells if condition(cell))


def long_code(notebook):
    find(notebook, lambda c: c.cell_type == "code").source = "\n".join(["x = 1"] * 21)


def long_text(notebook):
    find(notebook, lambda c: c.cell_type == "markdown").source += " word" * 121


def code_in_prose(notebook):
    find(notebook, lambda c: c.cell_type == "markdown").source += "\n```\nx = 1\n```"


def decoration(notebook):
    find(notebook, lambda c: c.cell_type == "markdown").source += '<div style="color:red">'


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


def ignored(notebook):
    find(notebook, lambda c: c.cell_type == "code").source += "\n# NBVAL_IGNORE_OUTPUT"


def ignored_by_tag(notebook):
    find(notebook, lambda c: c.cell_type == "code").metadata["tags"] = ["nbval-skip"]


def run_id(notebook):
    cell = find(notebook, lambda c: c.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="0123456789abcdef" * 2)]


def machine_path(notebook):
    cell = find(notebook, lambda c: c.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="in /home/ada/course")]


def other_version(notebook):
    find(notebook, lambda c: c.cell_type == "code").source = 'needs = ["skops==0.1"]'


def kernel_version(notebook):
    notebook.metadata["language_info"] = {"version": "3.11.7"}


def timing(notebook):
    notebook.cells[1].metadata["execution"] = {"iopub.status.busy": "now"}


def broken_link(notebook):
    find(notebook, lambda c: c.cell_type == "markdown").source += " [gone](gone.md)"


def broken_anchor(notebook):
    find(notebook, lambda c: c.cell_type == "markdown").source += " [gone](../README.md#gone)"


def no_alt_text(notebook):
    find(notebook, lambda c: c.cell_type == "markdown").source += " ![](../README.md)"


def old_navigation(notebook):
    notebook.cells[-1].source += " [More](../README.md)"


def given_away(notebook):
    cell = find(notebook, lambda c: c.id == "exercise-1-check")
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="Exercise: correct.")]


def no_minutes(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("minutes", "pages")


def no_outcomes(notebook):
    notebook.cells[0].source = "# Title\n\nAbout 5 minutes. You will be able to: nothing."


def no_slide(notebook):
    find(notebook, lambda c: c.source.startswith("## ")).metadata.pop("slideshow")


def short_recap(notebook):
    find(notebook, lambda c: c.source.startswith("## Recap")).source = "## Recap\n\n- One."


def many_sections(notebook):
    find(notebook, lambda c: c.source.startswith("## ")).source += "\n\n## More" * 5


def few_cells(notebook):
    notebook.cells = notebook.cells[:8]


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        (style.cells, long_code),
        (style.cells, long_text),
        (style.cells, code_in_prose),
        (style.cells, decoration),
        (style.cells, random_id),
        (style.cells, same_id),
        (style.pieces, missing_piece),
        (style.execution, stripped),
        (style.execution, ignored),
        (style.execution, ignored_by_tag),
        (style.repeatable, run_id),
        (style.repeatable, machine_path),
        (style.versions, other_version),
        (style.metadata, kernel_version),
        (style.metadata, timing),
        (style.links, broken_link),
        (style.links, broken_anchor),
        (style.links, no_alt_text),
        (style.links, old_navigation),
        (style.verdicts, given_away),
        (style.opening, no_minutes),
        (style.opening, no_outcomes),
        (style.sections, no_slide),
        (style.sections, short_recap),
        (style.sections, many_sections),
        (style.size, few_cells),
    ],
    ids=lambda value: value.__name__,
)
def test_each_rule_notices(rule, spoil):
    path = LESSONS[0]
    notebook = read(path)
    before = list(rule(path, notebook))
    spoiled = copy.deepcopy(notebook)
    spoil(spoiled)
    assert len(list(rule(path, spoiled))) > len(before)
