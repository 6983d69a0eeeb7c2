"""The reader's workspace: one store for the whole course, and a clean experiment for each lesson.

The store is a SQLite database and a folder of artifacts under ``workspace/`` in the repository;
the environment variable ``LOANFLOW_HOME`` moves it.
"""

from __future__ import annotations  # the doctor imports this also where Python is too old

import difflib
import os
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = REPOSITORY / "notebooks"
#: How settings of the reader's shell, or left by other code, begin that would lead a lesson to a
#: company's servers, databases or Spark, or make it write more or less than it shows.
_LEADS_ELSEWHERE = (
    "MLFLOW_TRACKING_",
    "MLFLOW_REGISTRY_URI",
    "MLFLOW_S3_",
    "MLFLOW_BACKEND_STORE_URI",
    "MLFLOW_DEFAULT_ARTIFACT_ROOT",
    "MLFLOW_ARTIFACTS_DESTINATION",
    "MLFLOW_EXPERIMENT_",
    "MLFLOW_RUN_ID",
    "MLFLOW_ACTIVE_MODEL_ID",
    "_MLFLOW_ACTIVE_MODEL_ID",
    "MLFLOW_WORKSPACE",
    "MLFLOW_ENABLE_WORKSPACES",
    "MLFLOW_ENABLE_ASYNC_LOGGING",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING",
    "MLFLOW_TRACE_SAMPLING_RATIO",
    "MLFLOW_TRACING_DESTINATION",
    "OTEL_EXPORTER_OTLP_",  # with it, MLflow 3.17.2 keeps no trace
    "AWS_",
    "DATABRICKS_",
    "HADOOP_",
    "PG",  # PostgreSQL's
    "PYSPARK_",
    "SPARK_",
)
#: The lesson that this process has opened last.
opened: Lesson | None = None


def home() -> Path:
    """Return the absolute path of the workspace, which need not exist yet."""
    return Path(os.environ.get("LOANFLOW_HOME") or REPOSITORY / "workspace").expanduser().absolute()


def lessons(folder: Path = NOTEBOOKS) -> list[Path]:
    """Return the notebooks of a folder in the order of the course."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def appendices() -> list[Path]:
    """Return the notebooks of the appendix in order."""
    return sorted((NOTEBOOKS / "appendix").glob("[A-Z]_*.ipynb"))


def tracking_uri() -> str:
    """Return the URI of the reader's store; absolute, so no working directory can change it."""
    return f"sqlite:///{(home() / 'mlflow.db').as_posix()}"


def artifacts() -> Path:
    """Return the folder under which each lesson keeps its artifacts."""
    return home() / "artifacts"


@dataclass(frozen=True)
class Lesson:
    """A lesson that has been opened.

    Attributes
    ----------
    name : str
        The notebook's name without its ending; also the name of the lesson's experiment.
    tracking_uri : str
        The URI of the store that holds the experiment.
    """

    name: str
    tracking_uri: str

    @property
    def folder(self) -> Path:
        """The lesson's own folder for files, made when it is first asked for."""
        folder = home() / "files" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def __repr__(self) -> str:
        """Leave the store's path out: it differs from reader to reader."""
        return f"Lesson({self.name!r})"


def prepare() -> None:
    """Create the reader's store, unless it is there.

    Raises
    ------
    OSError
        If the workspace cannot be written.
    """
    database = home() / "mlflow.db"
    if database.exists():
        return
    artifacts().mkdir(parents=True, exist_ok=True)
    # Processes that race on a fresh store break its migrations, so each makes one of its own and
    # the first to finish puts it in place.
    with tempfile.TemporaryDirectory(dir=home(), prefix="new-store-") as folder:
        fresh = make_database(Path(folder))
        if not database.exists():
            fresh.replace(database)


def make_database(folder: Path) -> Path:
    """Make the database of an empty store in a folder; return its path."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    database = folder / "mlflow.db"
    store = SqlAlchemyStore(f"sqlite:///{database.as_posix()}", artifacts().as_uri())
    store.engine.dispose()
    return database


def prepare_environment() -> None:
    """Make the environment in which lessons 07 and 08 run the project, by running it there once.

    The first run also byte-compiles what it imports; it is logged into a store that is thrown away.

    Raises
    ------
    mlflow.exceptions.MlflowException, mlflow.exceptions.ExecutionException
        If the environment cannot be made, or the run in it fails.
    """
    import mlflow

    prepare()
    with tempfile.TemporaryDirectory() as folder:
        store = shutil.copy(home() / "mlflow.db", folder)
        mlflow.set_tracking_uri(f"sqlite:///{Path(store).as_posix()}")
        experiment = mlflow.create_experiment("set-up", Path(folder).as_uri())
        mlflow.projects.run(str(REPOSITORY), experiment_id=experiment, env_manager="uv")


def open_lesson(name: str, registered_models: Sequence[str] = ()) -> Lesson:
    """Open a lesson: give it an empty experiment of its own name in the reader's store.

    What an earlier opening left under that name is deleted, and so are the lesson's registered
    models. Other lessons' work stays. No run is left active. A store that was chosen elsewhere is
    forgotten; in a kernel that has chosen the reader's store already, what is logged next goes to
    the empty experiment. Environment variables that would lead MLflow, PostgreSQL, Spark or a
    cloud's client elsewhere are removed from this process; the shell keeps them.

    Parameters
    ----------
    name : str
        The notebook's name without its ending, such as ``"01_tracking_first_run"``.
    registered_models : sequence of str
        The names of the registered models that belong to this lesson alone.

    Returns
    -------
    Lesson

    Raises
    ------
    OSError
        If the workspace cannot be written.
    ValueError
        If no lesson, appendix or solutions notebook has that name.
    """
    import mlflow

    known = [path.stem for path in [*lessons(), *appendices(), *lessons(NOTEBOOKS / "solutions")]]
    if name not in known:
        (nearest,) = difflib.get_close_matches(name, known, n=1, cutoff=0)
        raise ValueError(f"There is no lesson {name!r}; did you mean {nearest!r}?")
    lesson, reopened = _enter(name)
    client = mlflow.MlflowClient(lesson.tracking_uri, registry_uri=lesson.tracking_uri)
    if (earlier := client.get_experiment_by_name(name)) is not None:
        # A deleted experiment keeps its name taken, so it gives the name away first.
        if earlier.lifecycle_stage == "deleted":
            client.restore_experiment(earlier.experiment_id)
        client.rename_experiment(earlier.experiment_id, f"{name} replaced {uuid.uuid4().hex}")
        client.delete_experiment(earlier.experiment_id)
    for model in registered_models:
        if client.search_registered_models(f"name = '{model}'"):
            client.delete_registered_model(model)
    for folder in (artifacts() / name, home() / "files" / name):
        shutil.rmtree(folder, ignore_errors=True)
    client.create_experiment(name, artifact_location=(artifacts() / name).as_uri())
    if reopened:
        mlflow.set_experiment(name)  # otherwise the next run would go to the deleted one
    print(f"Experiment {name!r} is ready and empty. Running this cell again empties it.")
    print(f"After a kernel restart, run lesson = classroom.resume({name!r}) to keep its runs.")
    return lesson


def resume(name: str) -> Lesson:
    """Go on with a lesson after a restart of the kernel: nothing that it logged is deleted.

    The reader's store and the lesson's experiment are chosen, as the lesson's own cells do. The
    notebook's variables are gone with the old kernel: run the cells that define what you need.

    Parameters
    ----------
    name : str
        The notebook's name without its ending, such as ``"01_tracking_first_run"``.

    Returns
    -------
    Lesson

    Raises
    ------
    ValueError
        If the lesson has not been opened in this store, or its experiment was deleted.
    """
    import mlflow

    found = mlflow.MlflowClient(tracking_uri()).get_experiment_by_name(name)
    if found is None or found.lifecycle_stage == "deleted":
        raise ValueError(
            f"There is no experiment {name!r} in your store; begin the lesson with "
            f"classroom.open_lesson({name!r})."
        )
    lesson, _ = _enter(name)
    mlflow.set_tracking_uri(lesson.tracking_uri)
    mlflow.set_experiment(name)
    print(f"Experiment {name!r} continues with what it holds.")
    return lesson


def _enter(name: str) -> tuple[Lesson, bool]:
    """Let nothing from outside decide where this lesson writes; say if the store was chosen."""
    import mlflow

    global opened

    prepare()
    while mlflow.active_run():
        with suppress(mlflow.exceptions.MlflowException):  # its store may have been exchanged
            mlflow.end_run()
    chosen = mlflow.get_tracking_uri() == tracking_uri()
    for variable in list(os.environ):
        # Once the reader's store is chosen, MLflow keeps it in this variable for child processes.
        kept = chosen and variable == "MLFLOW_TRACKING_URI"
        if variable.startswith(_LEADS_ELSEWHERE) and not kept:
            del os.environ[variable]
    if not chosen:
        mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)  # the registry follows the tracking URI again
    mlflow.clear_active_model()
    opened = Lesson(name, tracking_uri())
    return opened, chosen
