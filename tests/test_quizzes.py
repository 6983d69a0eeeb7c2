"""The quizzes: the right letters pass, a wrong one is named with the section that answers it."""

import re

import nbformat
import pytest

import classroom
from classroom.exercises.quizzes import QUIZZES
from classroom.workspace import appendices, lessons

(PATH,) = (path for path in appendices() if path.stem == "E_quizzes")
CELLS = {cell.id: cell.source for cell in nbformat.read(PATH, as_version=4).cells}


def letters(quiz):
    return "".join(letter for letter, _, _ in QUIZZES[quiz])


@pytest.mark.parametrize("quiz", QUIZZES)
def test_the_right_letters_pass_and_each_wrong_one_is_named(quiz, workspace, capsys):
    right = letters(quiz)
    classroom.check(quiz, right)
    classroom.check(quiz, " ".join(right.upper()))
    assert capsys.readouterr().out == f"Quiz {quiz}: correct.\n" * 2
    for n, (letter, lesson, section) in enumerate(QUIZZES[quiz]):
        for other in set("abcd") - {letter}:
            classroom.check(quiz, right[:n] + other + right[n + 1 :])
            assert capsys.readouterr().out == (
                f"Quiz {quiz}: not yet. 4 of 5 are right; look again at question {n + 1} "
                f"(lesson {lesson}, {section!r}).\n"
            )


@pytest.mark.parametrize("given", ["", "abcd", "abcdab", "abcde", None, 5, ["a"] * 5])
def test_what_is_no_answer_is_said_to_be_none(given, capsys):
    classroom.check("tracking", given)
    assert "Write 5 letters from a to d" in capsys.readouterr().out


@pytest.mark.parametrize("quiz", QUIZZES)
def test_the_notebook_asks_what_the_check_knows(quiz):
    texts = [CELLS[quiz if n == 1 else f"{quiz}-{n}"] for n in range(1, 6)]
    for n, text in enumerate(texts, start=1):
        assert f"**{n}.** " in text
        assert re.findall(r"^- \*\*(\w)\*\* .", text, flags=re.M) == list("abcd")
    reasons = re.findall(r"^\d\. \*\*(\w)\*\* \(\[(\d\d)\]", CELLS[f"{quiz}-reasons"], flags=re.M)
    assert reasons == [(letter, lesson) for letter, lesson, _ in QUIZZES[quiz]]


@pytest.mark.parametrize("quiz", QUIZZES)
def test_each_question_names_a_section_of_its_lesson(quiz):
    paths = {path.name[:2]: path for path in lessons()}
    for _, lesson, section in QUIZZES[quiz]:
        text = paths[lesson].read_text(encoding="utf-8")
        assert f'"## {section}\\n"' in text or f'"## {section}"' in text, (lesson, section)
