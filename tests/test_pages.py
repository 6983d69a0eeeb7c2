"""The pages beside the lessons hold what they claim about the lessons."""

import re

import nbformat
import pytest

from classroom.workspace import NOTEBOOKS, lessons

SECTION = re.compile(r"\[(\d\d), \*([^*]+)\*\]\(([^)]+)\)")


def prose(path):
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def traps():
    """The rows of the table, each with number, section and file of its lesson."""
    lines = (NOTEBOOKS / "TRAPS.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and "](" in line]
    return [(row, *SECTION.search(row).groups()) for row in rows]


def test_each_trap_names_a_section_that_is_there(traps):
    for row, lesson, section, file in traps:
        assert file.startswith(lesson)
        assert f"## {section}" in prose(NOTEBOOKS / file).splitlines(), row


def test_each_lesson_but_the_first_has_a_trap(traps):
    assert {lesson for _, lesson, _, _ in traps} == {path.name[:2] for path in lessons()} - {"00"}


def test_each_error_that_is_quoted_among_the_traps_stands_in_its_lesson(traps):
    for row, _, _, file in traps:
        text = (NOTEBOOKS / file).read_text(encoding="utf-8")
        for quoted in re.findall("`([A-Z][^`]* [^`]*)`", row.split(" | ")[0]):
            assert all(part in text for part in quoted.split("…")), quoted


def test_each_term_of_the_glossary_is_bold_in_its_lesson_and_in_order():
    text = (NOTEBOOKS / "GLOSSARY.md").read_text(encoding="utf-8")
    terms = re.findall(r"^- \*\*(.+?)\*\* \(\[(\d\d)\]\((.+?)\)\): .+\.$", text, flags=re.MULTILINE)
    assert len(terms) == text.count("\n- ")
    assert terms == sorted(terms, key=lambda term: term[0].casefold())
    for term, lesson, file in terms:
        assert file.startswith(lesson)
        bold = re.findall(r"\*\*(.+?)\*\*", prose(NOTEBOOKS / file))
        plurals = f"{term}s", f"{term[:-1]}ies"
        assert {word.casefold() for word in bold} & {w.casefold() for w in (term, *plurals)}, term
