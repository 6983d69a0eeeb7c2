"""Give every notebook that nbval executes a workspace of its own, made from one prepared store.

After a lesson's last cell, the models that it logged must predict on another machine.
"""

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

import classroom  # noqa: F401  (sets the environment before anything imports mlflow)
from classroom.desk.doctor import find_browser
from classroom.workspace import REPOSITORY, prepare, tracking_uri
from tools.pieces import PIECES, needed_by, packages_at_hand

PREPARED = "LOANFLOW_PREPARED_STORE"
CACHES = ("_cache/", "__pycache__/", ".hypothesis/", ".ipynb_checkpoints/")
FILES_BEFORE = pytest.StashKey[set[str]]()


def pytest_configure(config):
    """Prepare the store once, before xdist starts its workers; give each process a copy of it."""
    os.environ.pop("MPLBACKEND", None)  # set, it keeps figures out of the cells
    os.environ.pop("LOANFLOW_DATA", None)  # the stored outputs are those of the course's own data
    if PREPARED not in os.environ:
        os.environ["LOANFLOW_HOME"] = new_folder(config, "prepared")
        prepare()
        os.environ[PREPARED] = os.environ["LOANFLOW_HOME"]
        config.add_cleanup(lambda: os.environ.pop(PREPARED))
        config.stash[FILES_BEFORE] = files_of_nobody()
    os.environ["LOANFLOW_HOME"] = str(copy_prepared(new_folder(config, "tests")))


def new_folder(config, name):
    """Make a folder that goes when the tests end; return its path."""
    folder = tempfile.mkdtemp(prefix=f"loanflow-{name}-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    return folder


def copy_prepared(place):
    """Copy the prepared store, which no test changes."""
    return Path(shutil.copytree(os.environ[PREPARED], place, dirs_exist_ok=True))


def pytest_sessionfinish(session):
    """Fail where the tests leave files in the checkout: MLflow may take them for the reader's."""
    if FILES_BEFORE in session.config.stash:
        left = files_of_nobody() - session.config.stash[FILES_BEFORE]
        if left:
            print(f"\nThe tests leave in the checkout: {', '.join(sorted(left))}")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def files_of_nobody():
    """Return what lies in the checkout and git does not track, caches left out."""
    status = ["git", "status", "--porcelain", "--ignored"]
    listed = subprocess.run(status, cwd=REPOSITORY, capture_output=True, text=True).stdout
    paths = [line[3:] for line in listed.splitlines() if line.startswith(("??", "!!"))]
    return {path for path in paths if not path.endswith(CACHES)}


def required(piece):
    """Say whether LOANFLOW_REQUIRE, as in CI, wants tests to fail where this piece is missing."""
    return piece in os.environ.get("LOANFLOW_REQUIRE", "").split()


def skip_without(piece, found, reason, **scope):
    """Skip a test where a piece was not found, and fail it where LOANFLOW_REQUIRE asks for that."""
    if not found:
        if required(piece):
            pytest.fail(f"LOANFLOW_REQUIRE asks for {piece}. {reason}")
        pytest.skip(reason, **scope)


def skip_module_without_guide():
    """Skip the tests of a module where the packages of the guide and the slides are missing."""
    reason = "`make guide` adds the packages that this needs."
    skip_without("guide", importlib.util.find_spec("docx"), reason, allow_module_level=True)


def skip_without_browser():
    """Skip a test where there is no browser to drive."""
    reason = "There is no browser; `make doctor` says how to get one."
    skip_without("browser", find_browser(), reason)


def skip_without_packages():
    """Skip a test where not even MLflow can be installed: no network, and set up without uv."""
    skip_without("packages", packages_at_hand(), PIECES["packages"][1])


def skip_where_missing(item):
    """Skip a cell that needs what this machine lacks: it then says so, and its output differs."""
    tags = item.cell.metadata.get("tags", []) if isinstance(item, IPyNbCell) else []
    for piece in needed_by(item.parent.path, tags):
        find, reason = PIECES[piece]
        if not required(piece) and not find():
            pytest.skip(reason)


#: The units of work that take longest, the longest first.
LONGEST = (
    "tests/test_compose.py",
    "answers to lesson 22",
    "tests/test_front_fuzz.py",
    "tests/test_project.py",
    "tests/test_servers.py",
    "answers to lesson 08",
    "answers to lesson 07",
    "notebooks/",
    "cells of ",
    "answers to lesson ",
)


def work_unit(nodeid):
    """Return the unit that a test belongs to, which one worker runs whole: mostly its file."""
    file, _, test = nodeid.partition("::")
    if file == "tests/test_exercises.py" and (answer := re.search(r"\[(\d+)\.\d-", test)):
        return f"answers to lesson {int(answer[1]):02d}"
    if file == "tests/test_cells.py" and (lesson := re.search(r"\[(\w+_\w+)\]", test)):
        return f"cells of {lesson[1]}"
    return file


def turn(unit):
    """Return when a unit of work is shared out: the lower, the earlier."""
    return next((n for n, start in enumerate(LONGEST) if unit.startswith(start)), len(LONGEST))


def pytest_xdist_make_scheduler(config, log):
    """Share out units of work. xdist's own groups do not hold with pytest 9.2: it splits them."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        _split_scope = staticmethod(work_unit)

    return ByUnit(config, log)


def _is_cell_of_a_lesson(item):
    return isinstance(item.parent, IPyNbFile) and item.parent.path.parent.name == "notebooks"


class ModelsOnAnotherMachine(pytest.Item):
    """What follows the cells of a lesson: every model that they logged predicts elsewhere."""

    def runtest(self):
        skip_without_packages()
        from tools.machines import logged_models, problems

        with tempfile.TemporaryDirectory() as folder:
            models = logged_models(Path(os.environ["LOANFLOW_HOME"]), Path(folder))
            logs = ".log_model(" in self.path.read_text(encoding="utf-8")
            assert models or not logs, "The lesson calls log_model, and there is no model."
            assert problems(models, Path(folder)) == {}


class PicturesOfTheLesson(pytest.Item):
    """What follows the cells of a lesson: the steps to its pictures lead there in the MLflow UI."""

    def runtest(self):
        from classroom.services.servers import mlflow_server
        from tools.screenshots import PICTURES, browser_page, go

        skip_without_browser()
        names = [name for name in PICTURES if PICTURES[name][0] == self.path.stem]
        assert names, "The lesson shows a picture that `make screenshots` does not take."
        with mlflow_server() as server, browser_page() as page:
            for name in names:
                go(page, server.url, name)


def pytest_collection_modifyitems(items):
    """Let checks of its models and pictures follow each lesson; begin with the longest units."""
    for lesson in {item.parent: None for item in items if _is_cell_of_a_lesson(item)}:
        follow_ups = {"models on another machine": ModelsOnAnotherMachine}
        if "(images/" in lesson.path.read_text(encoding="utf-8"):
            follow_ups["pictures"] = PicturesOfTheLesson
        last = max(n for n, item in enumerate(items) if item.parent is lesson)
        items[last + 1 : last + 1] = [
            kind.from_parent(lesson, name=name) for name, kind in follow_ups.items()
        ]
    items.sort(key=lambda item: turn(work_unit(item.nodeid)))


def start_kernel(start):
    """Start a notebook's kernel as Jupyter would: what child processes print reaches the cell.

    ipykernel leaves the output of child processes alone where it sees this variable.
    """
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    start()


@pytest.fixture
def tracking():
    """Leave MLflow to the next test as it was."""
    import mlflow

    before = mlflow.get_tracking_uri()
    yield
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(before)


@pytest.fixture(scope="module")
def client_of_module(tmp_path_factory):
    """A client of a store that the tests of a module share, and that MLflow uses meanwhile."""
    import mlflow

    before = mlflow.get_tracking_uri()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOANFLOW_HOME", str(copy_prepared(tmp_path_factory.mktemp("home"))))
        patch.setenv("MLFLOW_TRACKING_URI", tracking_uri())
        mlflow.set_tracking_uri(tracking_uri())
        yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(before)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty workspace of the test's own."""
    home = tmp_path / "workspace"
    copy_prepared(home)
    monkeypatch.setenv("LOANFLOW_HOME", str(home))
    return home


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Give a notebook whose kernel is about to start its own copy of the prepared store.

    Fixtures do not reach nbval's cells; the kernel takes its environment when it starts.
    """
    notebook = item.parent
    if not isinstance(notebook, IPyNbFile):
        return
    skip_where_missing(item)
    if notebook.kernel is None:
        notebook.setup = functools.partial(start_kernel, notebook.setup)
        home = copy_prepared(new_folder(item.config, "notebook"))
        os.environ["LOANFLOW_HOME"] = str(home)
