"""Give every notebook that nbval executes a workspace of its own, made from one prepared store."""

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path

import pytest
from nbval.plugin import IPyNbFile

from loanflow import classroom  # noqa: F401  (sets the environment before anything imports mlflow)
from loanflow.classroom.doctor import find_postgresql
from loanflow.classroom.workspace import prepare

PREPARED = "LOANFLOW_PREPARED_STORE"


def pytest_configure(config):
    """Prepare the store once, before xdist starts its workers, which inherit its place."""
    os.environ.pop("MPLBACKEND", None)  # set, it keeps figures out of the cells
    os.environ.pop("LOANFLOW_DATA", None)  # the stored outputs are those of the course's own data
    if PREPARED not in os.environ:
        folder = tempfile.mkdtemp(prefix="loanflow-prepared-")
        os.environ["LOANFLOW_HOME"] = folder
        prepare()
        os.environ[PREPARED] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop(PREPARED))


def required(piece):
    """Say whether LOANFLOW_REQUIRE, as in CI, wants tests to fail where this piece is missing."""
    return piece in os.environ.get("LOANFLOW_REQUIRE", "").split()


def pytest_collection_modifyitems(items):
    """Skip lesson 04 where PostgreSQL is missing: it then says so, and its outputs differ."""
    if find_postgresql() is None and not required("postgresql"):
        skip = pytest.mark.skip(reason="There is no PostgreSQL; `make doctor` says how to get one.")
        for item in items:
            if isinstance(item.parent, IPyNbFile) and item.parent.path.name.startswith("04_"):
                item.add_marker(skip)


def start_kernel(start):
    """Start a notebook's kernel as Jupyter would: what child processes print reaches the cell.

    ipykernel leaves the output of child processes alone where it sees this variable.
    """
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    start()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty workspace of the test's own."""
    home = tmp_path / "workspace"
    shutil.copytree(os.environ[PREPARED], home)
    monkeypatch.setenv("LOANFLOW_HOME", str(home))
    return home


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Give a notebook whose kernel is about to start its own copy of the prepared store.

    Fixtures do not reach nbval's cells; the kernel takes its environment when it starts.
    """
    notebook = item.parent
    if isinstance(notebook, IPyNbFile) and notebook.kernel is None:
        notebook.setup = partial(start_kernel, notebook.setup)
        home = Path(tempfile.mkdtemp(prefix="loanflow-notebook-"))
        shutil.copytree(os.environ[PREPARED], home, dirs_exist_ok=True)
        os.environ["LOANFLOW_HOME"] = str(home)
        item.config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
