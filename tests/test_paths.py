"""INSTRUCTOR.md's paths add up, name sections that are there, and give them the time they take."""

import re
from pathlib import Path

import nbformat
import pytest

from classroom.workspace import NOTEBOOKS, lessons

INSTRUCTOR = (NOTEBOOKS / "INSTRUCTOR.md").read_text(encoding="utf-8")
WHOLE, WITH_EXERCISES = "whole lesson", "whole lesson, with exercises"
LESSONS = {path.name[:2]: path for path in lessons()}
#: A section may take this much less or more than an equal share of its lesson's minutes.
LEAST, MOST = 0.7, 1.4


def stated_minutes(text: str) -> dict[str, tuple[int, int]]:
    """Return each lesson's minutes, without and with its exercises."""
    found = re.findall(
        r"^## (\d\d) .*\n\n\*\*Minutes:\*\* (\d+); with exercises (\d+)\.", text, re.M
    )
    return {lesson: (int(alone), int(exercises)) for lesson, alone, exercises in found}


def paths(text: str) -> dict[str, list[list[str]]]:
    """Return the rows of each path's table, by the path's heading."""
    tables = {}
    for section in text.split("## Three paths\n")[1].split("\n## ")[0].split("\n### ")[1:]:
        rows = re.findall(r"^\| (\d+–\d+) \| (.+?) \| (.+?) \| (.*?) ?\|$", section, re.M)
        tables[section.splitlines()[0]] = [list(row) for row in rows]
    return tables


def sections(path: Path) -> list[str]:
    text = [cell.source for cell in nbformat.read(path, as_version=4).cells]
    headings = [source.splitlines()[0] for source in text if source.startswith("## ")]
    return [heading.removeprefix("## ") for heading in headings if heading != "## Recap"]


def faults(heading: str, rows: list[list[str]], stated: dict[str, tuple[int, int]]) -> list[str]:
    """Return what is wrong with a path, one sentence each."""
    wrong, clock = [], 0
    for minutes, lesson, what, leaves_with in rows:
        start, end = map(int, minutes.split("–"))
        if start != clock or end <= start:
            wrong.append(f"{minutes} does not go on from {clock}")
        clock = end
        if lesson == "–":
            continue
        if not leaves_with:
            wrong.append(f"{minutes} leaves the room with nothing")
        if what in (WHOLE, WITH_EXERCISES):
            due = stated[lesson][what == WITH_EXERCISES]
            if end - start != due:
                wrong.append(f"{minutes} gives lesson {lesson} not its {due} minutes")
            continue
        shown, there = re.findall(r"\*(.+?)\*", what), sections(LESSONS[lesson])
        wrong += [f"lesson {lesson} has no section {name!r}" for name in shown if name not in there]
        if [name for name in there if name in shown] != shown:
            wrong.append(f"{minutes} does not keep the order of lesson {lesson}")
        share = stated[lesson][0] * len(shown) / len(there)
        if not LEAST * share <= end - start <= MOST * share:
            wrong.append(f"{minutes} is not the share of lesson {lesson}, {share:.0f} minutes")
    if heading.startswith("One day"):
        hours = re.search(r"09:00 to (\d+):(\d+)", INSTRUCTOR)
        due = (int(hours[1]) - 9) * 60 + int(hours[2])
    else:
        due = int(heading.split()[0])
    if clock != due:
        wrong.append(f"it ends after {clock} minutes and not after {due}")
    return wrong


def test_every_lesson_states_its_minutes():
    stated = stated_minutes(INSTRUCTOR)
    assert list(stated) == list(LESSONS)
    for number, path in LESSONS.items():
        opening = nbformat.read(path, as_version=4).cells[0].source
        assert f"About {stated[number][0]} minutes;" in opening
        assert stated[number][0] < stated[number][1]


def test_there_are_three_paths():
    assert [heading.split(":")[0] for heading in paths(INSTRUCTOR)] == [
        *("30 minutes", "90 minutes", "One day")
    ]


@pytest.mark.parametrize("heading", paths(INSTRUCTOR))
def test_a_path_adds_up(heading):
    assert faults(heading, paths(INSTRUCTOR)[heading], stated_minutes(INSTRUCTOR)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("| 10–22 | 01", "| 11–22 | 01"),  # a gap
        ("| 29–30 | –", "| 29–31 | –"),  # too long
        ("*Find it again, in code and in the UI*", "*Find it in the UI*"),  # no such section
        ("| 10–22 | 01 | *A run keeps parameters and metrics*, ", "| 10–22 | 01 | "),  # too slow
        ("| 105–145 | 02 |", "| 105–145 | 13 |"),  # a shorter lesson
        ("whole lesson, with exercises | a run", "whole lesson | a run"),
        ("*A name and a number*, *What a version", "*What a version"),
    ],
)
def test_a_path_that_does_not_fit_is_noticed(right, wrong):
    assert INSTRUCTOR.count(right) >= 1
    broken = INSTRUCTOR.replace(right, wrong)
    found = [
        f for h, rows in paths(broken).items() for f in faults(h, rows, stated_minutes(broken))
    ]
    assert found
