"""`make lesson` begins a lesson that runs, whose exercise is checked, and that has every page."""

import shutil

import nbformat
import pytest
from alone import PYTEST, run_copy

from classroom.workspace import REPOSITORY, lessons

HERE_ONLY = (".git", ".venv", ".spark", ".ci", "build", "workspace", "*cache*", ".hypothesis")
NAME, NUMBER = "models_serve_more", len(lessons())
PAGES = (
    "lessons_are_numbered_without_a_gap",
    "every_lesson_has_its_solutions_and_the_instructor_a_page_on_it",
    "the_readme_lists_the_lessons",
)
ASKED = (NAME, "Serve more", "Models")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the course with one more lesson, whose stored outputs are of today."""
    copy = tmp_path_factory.mktemp("lesson") / "course"
    shutil.copytree(REPOSITORY, copy, ignore=shutil.ignore_patterns(*HERE_ONLY))
    assert run_copy(copy, "-m", "tools.lesson", *ASKED).returncode == 0
    lesson, _ = notebooks(copy)
    text = lesson.read_text(encoding="utf-8")
    lesson.write_text(text.replace("FILL IN the task.", "Halve it."), encoding="utf-8")
    done = run_copy(copy, "-m", "tools.notebooks", "refresh", *notebooks(copy))
    assert done.stdout.count(": changed") == 2, done.stderr
    return copy


def notebooks(copy):
    stem = f"{NUMBER:02d}_{NAME}"
    folder = copy / "notebooks"
    return [folder / f"{stem}.ipynb", folder / "solutions" / f"{stem}_solutions.ipynb"]


def test_it_runs_and_its_exercise_is_checked(copy):
    asked = ("--collect-only", "-k", f"[{NUMBER}.1-", "tests/test_exercises.py")
    answers = run_copy(copy, *PYTEST, *asked)
    wrong = [line for line in answers.stdout.splitlines() if "wrong_answer_does_not_pass" in line]
    assert len(wrong) == 2
    pages = [f"tests/test_notebooks.py::test_{name}" for name in PAGES]
    exercises = "tests/test_exercises.py::test_every_exercise_has_at_least_two_wrong_answers"
    done = run_copy(copy, *PYTEST, *notebooks(copy), *pages, exercises, *wrong)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_text_of_the_exercise_is_that_of_the_lesson(copy):
    texts = [
        next(c.source for c in nbformat.read(path, as_version=4).cells if c.id == "exercise-1")
        for path in notebooks(copy)
    ]
    assert texts[0] == texts[1] and "Halve it." in texts[0]


def test_the_lesson_before_leads_to_it(copy):
    before = copy / "notebooks" / lessons()[-1].name
    assert f"[Next: Serve more]({NUMBER:02d}_{NAME}.ipynb)" in before.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "Give all three"),
        (("Serve More", *ASKED[1:]), "allowed are small letters and underscores"),
        (("tracking_search", *ASKED[1:]), "has this name; choose another"),
    ],
)
def test_what_is_no_name_makes_no_lesson(copy, asked, said):
    def files():
        return {path for path in copy.rglob("*") if "__pycache__" not in str(path)}

    before = files()
    done = run_copy(copy, "-m", "tools.lesson", *asked)
    assert done.returncode == 1 and said in done.stderr
    assert files() == before
