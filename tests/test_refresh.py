"""`make refresh` keeps a stored picture where the new one says the same, and only there."""

import base64
import io

import nbformat
import numpy as np
import pytest
from matplotlib.image import imsave
from nbclient.exceptions import CellExecutionError

from tools.notebooks import MEASURED, keep_same_pictures, refresh_one
from tools.pieces import PIECES


def notebook(brightness, *, source="plot()", tags=(), width=20):
    file = io.BytesIO()
    imsave(file, np.full((20, width), brightness), vmin=0, vmax=1, cmap="gray", format="png")
    picture = base64.b64encode(file.getvalue()).decode()
    shown = nbformat.v4.new_output("display_data", data={"image/png": picture})
    cell = nbformat.v4.new_code_cell(source, id="plot", outputs=[shown])
    cell.metadata["tags"] = list(tags)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Plot"), cell])


def picture(notebook):
    return notebook.cells[1].outputs[0].data["image/png"]


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        (notebook(0.505), True),
        (notebook(0.9), False),
        (notebook(0.505, width=21), False),
        (notebook(0.9, tags=[MEASURED]), True),
        (notebook(0.9, tags=[MEASURED], source="other_plot()"), False),
    ],
    ids=["hinting", "visible", "size", "measured", "measured, other code"],
)
def test_a_stored_picture_is_kept_where_it_says_the_same(new, kept):
    old, drawn = notebook(0.5), picture(new)
    keep_same_pictures(new, old)
    assert picture(new) == (picture(old) if kept else drawn)


def test_a_notebook_is_left_as_it_is_where_a_piece_that_it_needs_is_missing(tmp_path, monkeypatch):
    path = tmp_path / "17_models_scale_out.ipynb"
    nbformat.write(notebook(0.5, source="1 / 0", tags=["needs-spark"]), path)
    before = path.read_bytes()
    monkeypatch.setitem(PIECES, "spark", (lambda: False, "Spark is missing."))
    assert refresh_one(path) == "left as it is. Spark is missing."
    assert path.read_bytes() == before
    monkeypatch.setitem(PIECES, "spark", (lambda: True, "Spark is missing."))
    with pytest.raises(CellExecutionError):  # it is executed then
        refresh_one(path)
