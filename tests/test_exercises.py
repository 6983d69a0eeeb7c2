"""Exercise checks: plausible wrong answers do not pass, and a check never raises."""

import runpy
from pathlib import Path

import nbformat
import pytest

from classroom import check
from classroom.exercises import find_check
from classroom.workspace import NOTEBOOKS, lessons

WRONG = {
    number: answers
    for path in sorted((Path(__file__).parent / "wrong_answers").glob("lesson_*.py"))
    for number, answers in runpy.run_path(str(path))["WRONG"].items()
}
SOLUTIONS = {path.name[:2]: path for path in lessons(NOTEBOOKS / "solutions")}


def cell_number(cell):
    """Return the exercise of an answer cell, or None."""
    kind, _, rest = cell.id.partition("-")
    return int(rest[0]) if kind == "exercise" and rest.endswith("-answer") else None


def run_solution(number, replacement):
    """Execute the solutions notebook up to an exercise, with `replacement` as its answer."""
    lesson, _, exercise = number.partition(".")
    notebook = nbformat.read(SOLUTIONS[f"{int(lesson):02d}"], as_version=4)
    names = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if cell.id == f"exercise-{exercise}-answer":
            exec(replacement, names)
        else:
            exec(cell.source, names)
        if cell.id == f"exercise-{exercise}-check":
            return
    raise AssertionError(f"the solutions have no exercise {number}")


@pytest.fixture(autouse=True)
def end_runs():
    """Leave no run active: an answer that forgets to end one must not spoil the next test."""
    yield
    import mlflow

    while mlflow.active_run():
        mlflow.end_run()


@pytest.mark.parametrize(
    ("number", "name"), [(number, name) for number in WRONG for name in WRONG[number]]
)
def test_a_plausible_wrong_answer_does_not_pass(number, name, workspace, capsys):
    run_solution(number, WRONG[number][name])
    verdict = capsys.readouterr().out.strip().splitlines()[-1]
    assert verdict.startswith(f"Exercise {number}: not yet. ")
    assert verdict.endswith(".")


def test_every_exercise_has_at_least_two_wrong_answers():
    numbers = set()
    for path in SOLUTIONS.values():
        for cell in nbformat.read(path, as_version=4).cells:
            if exercise := cell_number(cell):
                numbers.add(f"{int(path.name[:2])}.{exercise}")
    assert set(WRONG) == numbers
    assert all(len(wrong) >= 2 for wrong in WRONG.values())
    assert all(find_check(number) for number in numbers)


@pytest.mark.parametrize("answer", [(), (None,), ("text",), (object(),), (1, 2, 3)])
@pytest.mark.parametrize("number", WRONG)
def test_a_check_never_raises(number, answer, workspace, capsys):
    check(number, *answer)
    assert capsys.readouterr().out.startswith(f"Exercise {number}: not yet.")


@pytest.mark.parametrize("number", ["99.1", "1.9", "one", "", "1.1.1"])
def test_an_unknown_exercise_is_said_to_be_unknown(number, capsys):
    check(number)
    assert capsys.readouterr().out == f"There is no exercise {number}.\n"
