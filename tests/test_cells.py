"""Every cell runs twice in a row, and a cell that changes global state puts it back."""

import cells
import nbformat
import pytest
from alone import run_alone

from classroom.workspace import appendices, lessons

NOTEBOOKS = lessons() + appendices()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_run_twice_and_put_back_what_they_change(path):
    assert run_alone(cells.__file__, path, folder=path.parent) == []


def notebook(tmp_path, *sources):
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(s, id=f"cell-{n}") for n, s in enumerate(sources)]
    for cell in made.cells:
        cell.metadata["tags"] = ["restores"]
    path = tmp_path / "00_x.ipynb"
    nbformat.write(made, path)
    return path


AUTOLOG = "import mlflow\nmlflow.sklearn.autolog()\nmlflow.sklearn.autolog(disable={})"
PROCESS = "from subprocess import PIPE, Popen\nkept = Popen(['cat'], stdin=PIPE)"
GUARDED = """
import os
try:
    os.environ["NEW"] = "1"
    x = 1
finally:
    os.environ.pop("NEW", None)
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os\nos.environ['NEW'] = '1'", "leaves another environment"),
        ("import os\nos.makedirs('made')", "run again: FileExistsError"),
        (AUTOLOG.format(False), "leaves another autolog"),
        ("import mlflow\nmlflow.set_tracking_uri('sqlite:///x.db')", "another tracking URI"),
        (PROCESS, "leaves another processes"),
        (GUARDED.replace("finally", "except ValueError"), "leaves another environment"),
    ],
    ids=["environment", "twice", "autolog", "tracking URI", "process", "interrupted"],
)
def test_the_reader_notices(tmp_path, source, said):
    found = run_alone(cells.__file__, notebook(tmp_path, source), 2, folder=tmp_path)
    assert any(said in line for line in found), found


def test_the_reader_is_content_where_all_is_put_back(tmp_path):
    sources = (GUARDED, AUTOLOG.format(True))
    assert run_alone(cells.__file__, notebook(tmp_path, *sources), folder=tmp_path) == []
