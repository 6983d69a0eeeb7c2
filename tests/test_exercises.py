"""Exercise checks: plausible wrong answers do not pass, right ones do, and a check never raises."""

import functools
import runpy
from pathlib import Path

import answers
import nbformat
import pytest
from house_style import exercises

from classroom import check
from classroom.exercises import find_check
from classroom.workspace import NOTEBOOKS, lessons

SOLUTIONS = {path.name[:2]: path for path in lessons(NOTEBOOKS / "solutions")}


def read_answers(kind):
    """Return the answers of a kind, by exercise and name, from the files of all lessons."""
    folder = Path(__file__).parent / f"{kind}_answers"
    return {
        number: by_name
        for path in sorted(folder.glob("lesson_*.py"))
        for number, by_name in runpy.run_path(str(path))[kind.upper()].items()
    }


WRONG, RIGHT = read_answers("wrong"), read_answers("right")


def lesson_of(number):
    return f"{int(number.partition('.')[0]):02d}"


@functools.cache
def outcomes(lesson):
    """Try every answer to the exercises of a lesson, once in a process of the tests."""
    asked = {}
    for kind in (WRONG, RIGHT):
        for number, by_name in kind.items():
            if lesson_of(number) == lesson:
                asked.setdefault(number, {}).update(by_name)
    return answers.outcomes(SOLUTIONS[lesson], asked)


def each(kind):
    """Give a test every answer of a kind."""
    return pytest.mark.parametrize(
        ("number", "name"),
        [(number, name) for number, by_name in kind.items() for name in by_name],
    )


@each(WRONG)
def test_a_plausible_wrong_answer_does_not_pass(number, name):
    printed = outcomes(lesson_of(number))[number][name]
    verdict = printed.strip().splitlines()[-1]
    assert verdict.startswith(f"Exercise {number}: not yet. "), printed
    assert verdict.endswith(".")
    assert "cannot read the answer" not in verdict


@each(RIGHT)
def test_a_right_answer_in_another_style_passes(number, name):
    printed = outcomes(lesson_of(number))[number][name]
    assert printed.strip().splitlines()[-1] == f"Exercise {number}: correct.", printed


@pytest.mark.parametrize(
    ("number", "name", "slip"),
    [
        ("17.1", "cut at one half", "from a probability of 0.5, not 0.75."),
        ("17.1", "the probability of refusal", "the probability of refusal with 0.75."),
        ("17.1", "shares of all rows", "divide by the rows of the area."),
    ],
)
def test_a_verdict_names_the_slip(number, name, slip):
    assert outcomes(lesson_of(number))[number][name].strip().endswith(slip)


def test_no_answer_is_both_right_and_wrong():
    assert not [n for n in RIGHT if set(RIGHT[n]) & set(WRONG[n])]


def test_every_exercise_has_at_least_two_wrong_answers():
    notebooks = [nbformat.read(path, as_version=4) for path in SOLUTIONS.values()]
    numbers = {number for notebook in notebooks for number in exercises(notebook)}
    assert set(WRONG) == numbers
    assert all(len(wrong) >= 2 for wrong in WRONG.values())
    assert all(find_check(number) for number in numbers)


@pytest.mark.parametrize("answer", [(), (None,), ("text",), (object(),), (1, 2, 3)])
@pytest.mark.parametrize("number", WRONG)
def test_a_check_never_raises(number, answer, workspace, capsys):
    check(number, *answer)
    assert capsys.readouterr().out.startswith(f"Exercise {number}: not yet.")


@pytest.mark.parametrize(
    ("number", "answer", "due"),
    [
        ("0.1", (), 'check("0.1", answer)'),
        ("1.1", (), 'classroom.check("1.1", lesson)'),
        ("1.1", ("tree",), 'classroom.check("1.1", lesson)'),
        ("6.2", (), 'classroom.check("6.2", hosts)'),
        ("12.2", (), 'classroom.check("12.2", lesson, answer)'),
        ("tracking", (), 'classroom.check("tracking", letters)'),
    ],
)
def test_a_check_says_what_it_takes(number, answer, due, capsys):
    check(number, *answer)
    what = "Exercise" if number[0].isdigit() else "Quiz"
    assert capsys.readouterr().out == f"{what} {number}: not yet. Write {due}.\n"


def test_a_number_without_quotes_is_refused_in_words(capsys):
    check(0.1, 0.5)
    assert capsys.readouterr().out == 'Write the number in quotes: check("0.1", …).\n'


@pytest.mark.parametrize("number", ["99.1", "1.9", "one", "", "1.1.1"])
def test_an_unknown_exercise_is_said_to_be_unknown(number, capsys):
    check(number)
    assert capsys.readouterr().out == f"There is no exercise {number}.\n"
