"""Exercise checks: one verdict, read off what the reader did, and never an exception.

The checks of a lesson stand in a module of their own here, ``lesson_NN``, those of the quizzes in
``quizzes``; it is loaded when one of them is first asked for.
"""

from __future__ import annotations  # the doctor imports this also where Python is too old

import importlib.util
import inspect
import re
from collections.abc import Callable

from classroom.desk.progress import note_solved
from classroom.workspace import Lesson

_CHECKS: dict[str, Callable[..., None]] = {}


class NotYet(Exception):
    """What is still missing from an answer, in one sentence."""


def exercise(number: str) -> Callable:
    """Register the decorated function as the check of an exercise, such as ``"1.2"``.

    The function raises `NotYet` where the answer falls short and returns nothing otherwise.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _CHECKS[number] = function
        return function

    return register


def require(condition: bool, missing: str) -> None:
    """Raise `NotYet` with the sentence `missing` unless `condition` holds."""
    if not condition:
        raise NotYet(missing)


def find_check(number: str) -> Callable[..., None] | None:
    """Return the check of an exercise or a quiz, or None if there is no such exercise."""
    match = re.fullmatch(r"(\d{1,2})\.\d", number)
    module = f"{__name__}.{f'lesson_{int(match[1]):02d}' if match else 'quizzes'}"
    if importlib.util.find_spec(module):
        importlib.import_module(module)
    return _CHECKS.get(number)


def _require_arguments(function: Callable[..., None], number: str, answer: tuple) -> None:
    """Require as many arguments as the check takes, and a lesson where it takes one."""
    taken = list(inspect.signature(function).parameters)
    # Lesson 00 imports check itself, all others import classroom.
    name = "check" if number.startswith("0.") else "classroom.check"
    fits = len(answer) == len(taken)
    if fits and "lesson" in taken:
        fits = isinstance(answer[taken.index("lesson")], Lesson)
    require(fits, f'Write {name}("{number}", {", ".join(taken)}).')


def check(number: str, *answer) -> None:
    """Print the verdict on an exercise: correct, or not yet and what is missing.

    A correct answer is kept in the reader's store, for ``python -m classroom progress``.

    Parameters
    ----------
    number : str
        The exercise, such as ``"1.2"``, or the quiz, such as ``"tracking"``.
    *answer
        What its check looks at: the lesson, whose experiment it reads, or a value.
    """
    if not isinstance(number, str):
        print(f'Write the number in quotes: check("{number}", …).')
        return
    function = find_check(number)
    if function is None:
        print(f"There is no exercise {number}.")
        return
    name = f"{'Exercise' if number[0].isdigit() else 'Quiz'} {number}"
    try:
        _require_arguments(function, number, answer)
        function(*answer)
    except NotYet as missing:
        print(f"{name}: not yet. {missing}")
    except Exception as error:  # a learner's half-finished answer must never look like a crash
        print(f"{name}: not yet. The check cannot read the answer ({error!r}).")
    else:
        print(f"{name}: correct.")
        note_solved(number, answer)
