"""The checks of the four quizzes, which stand in the notebook `appendix/E_quizzes`.

A quiz is answered by the letters of its questions in order, such as ``"abcda"``.
"""

import functools

from classroom.exercises import exercise, require

#: The right letter of each question, with the lesson and the section that show it.
QUIZZES = {
    "tracking": [
        ("b", "01", "Which store do we write to?"),
        ("d", "02", "A trend, and a metric over steps"),
        ("a", "03", "What a filter refuses, and what it leaves out"),
        ("c", "05", "What fails, and how"),
        ("b", "06", "Who may do what"),
    ],
    "projects": [
        ("c", "07", "Wrong parameters"),
        ("a", "07", "Wrong parameters"),
        ("d", "07", "At a commit"),
        ("b", "08", "Reuse a finished step"),
        ("b", "08", "Stop, and resume"),
    ],
    "models": [
        ("d", "09", "A signature for gaps and whole numbers"),
        ("a", "10", "Requirements: inferred, given, locked"),
        ("c", "10", "Two models, one module name"),
        ("b", "12", "A gate that can say no"),
        ("c", "13", "Values that change on the way"),
    ],
    "registry": [
        ("a", "18", "From dev to prod"),
        ("d", "18", "From dev to prod"),
        ("b", "20", "A server that follows the alias"),
        ("c", "21", "An old store, and the way back"),
        ("a", "21", "Back up, and restore"),
    ],
}


def _check(quiz: str, letters: str) -> None:
    key = QUIZZES[quiz]
    given = letters.replace(" ", "").lower() if isinstance(letters, str) else ""
    require(
        len(given) == len(key) and set(given) <= set("abcd"),
        f"Write {len(key)} letters from a to d, one for each question in order, such as 'abcda'.",
    )
    wrong = [
        f"question {number} (lesson {lesson}, {section!r})"
        for number, (letter, (due, lesson, section)) in enumerate(zip(given, key, strict=True), 1)
        if letter != due
    ]
    right = len(key) - len(wrong)
    require(not wrong, f"{right} of {len(key)} are right; look again at {', '.join(wrong)}.")


for _quiz in QUIZZES:
    exercise(_quiz)(functools.partial(_check, _quiz))
