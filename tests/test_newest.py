"""The report on the newest releases names what moved, and the first cell and line that broke."""

import datetime
import re
import subprocess
import sys

import nbformat
import pytest

from classroom.workspace import NOTEBOOKS, REPOSITORY
from tools import newest
from tools.newest import Broken

LESSON = "00_start_here"
IDS = [
    cell.id
    for cell in nbformat.read(NOTEBOOKS / f"{LESSON}.ipynb", as_version=4).cells
    if cell.cell_type == "code"
]


def test_the_pins_are_loosened_and_nothing_else():
    found = newest.loosened((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    own = list(map(str, found))
    assert len(own) > 30 and not any("==" in line.split(";")[0] for line in own)
    assert {"numpy", "mlflow[auth]", 'uvloop; sys_platform != "win32"'} < set(own)


def test_what_moved_is_what_is_in_both_and_differs():
    before = newest.versions("NumPy==2.4.6  # via x\npandas==3.1.1\ngone==1\n# skops==9\n")
    after = newest.versions("numpy==2.5.0\npandas==3.1.1\nnew==1\n")
    assert newest.moved(before, after) == {"numpy": ("2.4.6", "2.5.0")}


def test_the_new_versions_are_named_where_the_old_ones_stood(tmp_path):
    (tmp_path / "notebooks").mkdir()
    python_env, notebook = tmp_path / "python_env.yaml", tmp_path / "notebooks" / "01_x.ipynb"
    alike = "  - my-scikit-learn==1.9.1\n  - scikit-learn==1.9.10\n"
    python_env.write_text(f"  - scikit_learn==1.9.1\n{alike}")
    notebook.write_text(r'"[\"scikit-learn==1.9.1\"]"')
    newest.rename(tmp_path, {"scikit-learn": ("1.9.1", "2.0")})
    assert python_env.read_text() == f"  - scikit_learn==2.0\n{alike}"
    assert notebook.read_text() == r'"[\"scikit-learn==2.0\"]"'


def results_of(tmp_path, *cells):
    """Let nbval compare cells, as pairs of source and stored output; return its JUnit file."""
    notebook = nbformat.v4.new_notebook()
    for count, (source, stored) in enumerate(cells, start=1):
        output = nbformat.v4.new_output("stream", name="stdout", text=stored)
        cell = nbformat.v4.new_code_cell(source, outputs=[output], execution_count=count)
        notebook.cells += [nbformat.v4.new_markdown_cell("words"), cell]
    nbformat.write(notebook, tmp_path / f"{LESSON}.ipynb")
    options = ["-p", "no:cacheprovider", "-p", "no:randomly", "--nbval", "--nbval-current-env"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--junitxml=results.xml", f"{LESSON}.ipynb"],
        cwd=tmp_path,
        capture_output=True,
    )
    return (tmp_path / "results.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("second", "line"),
    [
        (("print('a'); print('b')", "a\nc\n"), "stored `c`, came `b`"),
        (("print('a')", "a\nc\n"), "stored `c`, came ``"),
        (("raise ValueError('no such option')", "a\n"), "ValueError: no such option"),
    ],
)
def test_the_first_broken_cell_and_line_are_found(tmp_path, second, line):
    results = results_of(tmp_path, ("print(1)", "1\n"), second, ("print(3)", "4\n"))
    assert newest.broken_lessons(results) == [Broken(LESSON, IDS[1], line, 2)]


def test_nothing_broke_where_every_cell_agrees(tmp_path):
    assert newest.broken_lessons(results_of(tmp_path, ("print(1)", "1\n"))) == []


def test_what_the_readme_calls_verified_is_complete_and_not_in_the_future():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    table = readme.split("## Last verified\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| 2")]
    assert rows
    for day, _, python, mlflow, _, result in rows:
        assert datetime.date.fromisoformat(day) <= datetime.date.today()
        assert re.fullmatch(r"3\.1[1-4]\.\d+", python) and re.fullmatch(r"3\.\d+\.\d+", mlflow)
        assert result


def test_the_report_names_packages_lessons_and_lines():
    moved = {"mlflow": ("3.17.2", "3.18.0")}
    broken = [Broken(LESSON, "set-up", "stored `a | b`, came `c`", 3)]
    text = newest.report("3.13.1", moved, {"six": ("1", "2")}, [LESSON, "01_x"], broken)
    lines = text.splitlines()
    assert "1 of 2 lessons give the outputs that they store." in lines
    assert "| mlflow | 3.17.2 | 3.18.0 |" in lines
    assert "Of what they need, 1 more moved. six 1 → 2" in lines
    assert [line for line in lines if line.startswith("`make findings` says which of the ")]
    assert f"| {LESSON} | `set-up` | stored `a \\| b`, came `c` | 3 |" in lines
    nothing = newest.report("3.13.1", {}, {}, [LESSON], [])
    assert "Every direct dependency is the newest that fits." in nothing
    assert "First cell" not in nothing
