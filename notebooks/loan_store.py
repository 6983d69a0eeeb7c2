"""What keeps a store running: look, copy, move, replace the stages, back up, compare.

Lesson 21 teaches these functions. A store here is a folder with a SQLite database ``mlflow.db`` and
a folder ``mlruns`` of files.
"""

import hashlib
import itertools
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlparse
from urllib.request import url2pathname

import mlflow
from mlflow.entities import ViewType

ALIASES = {"Production": "champion", "Staging": "challenger"}
ADDRESSES = {
    "experiments": ["artifact_location"],
    "runs": ["artifact_uri"],
    "model_versions": ["source", "storage_location"],
    "logged_models": ["artifact_location"],
}


def uri(folder):
    """Return the tracking URI of the store in a folder."""
    return f"sqlite:///{(folder / 'mlflow.db').as_posix()}"


def schema(folder):
    """Return the schema's revision and the number of tables; opens the file read-only."""
    address = f"{(folder / 'mlflow.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as database:
        (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        return f"revision {revision}, {len(tables(database))} tables"


def tables(database):
    """Return the names of the tables in an open database."""
    found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in found}


def fresh_copy(folder):
    """Copy a store that nobody writes to into a new folder beside it; return that folder."""
    target = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}-"))
    return shutil.copytree(folder, target, dirs_exist_ok=True)


@contextmanager
def store(folder):
    """Use a store inside a `with` block, then restore the previous tracking URI."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri(folder))
    try:
        yield mlflow.MlflowClient()
    finally:
        mlflow.set_tracking_uri(before)


def runs_of(client, experiment, view=ViewType.ACTIVE_ONLY):
    """Return the runs of an experiment in the order of their names."""
    ids = [client.get_experiment_by_name(experiment).experiment_id]
    return client.search_runs(ids, run_view_type=view, order_by=["attributes.run_name ASC"])


def move(folder, before):
    """Replace the folder `before` with `folder` in the addresses of a store's records.

    No server or program may use the store meanwhile. A second call changes nothing.
    """
    forms = str(before), PurePosixPath(before).as_uri() if type(before) is str else before.as_uri()
    with closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        for table in ADDRESSES.keys() & tables(database):
            for column, old in itertools.product(ADDRESSES[table], forms):
                database.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                    f"WHERE substr({column}, 1, ?) = ?",
                    (f"{folder.as_uri()}/", len(old) + 2, len(old) + 1, f"{old}/"),
                )


def search_by_default(folder):
    """Return the last line that `mlflow experiments search` prints in a folder, without a URI."""
    own = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    command = ["mlflow", "experiments", "search"]
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True)
    return (done.stderr or done.stdout).splitlines()[-1].partition(" Please")[0]


def add_aliases(client, name):
    """Give the newest version of each stage its alias, unless the model has that alias."""
    with ignored_deprecation():
        taken = client.get_registered_model(name).aliases
        for newest in client.get_latest_versions(name, list(ALIASES)):
            if (alias := ALIASES[newest.current_stage]) not in taken:
                client.set_registered_model_alias(name, alias, newest.version)


def remove_stages(client, name):
    """Keep the stage of each version as a tag, and remove it; safe to interrupt and repeat."""
    with ignored_deprecation():
        for version in client.search_model_versions(f"name = '{name}'"):
            if (stage := version.current_stage) != "None":
                client.set_model_version_tag(name, version.version, "stage", stage)
                client.transition_model_version_stage(name, version.version, "None")


@contextmanager
def ignored_deprecation():
    """Keep MLflow's warnings that stages are deprecated out of sight."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def back_up(folder, target):
    """Copy a store that is in use into a new or empty folder: the database first, then the files.

    Raises
    ------
    FileExistsError
        If `target` holds a database or files already.
    """
    target.mkdir(exist_ok=True)
    if any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty; a backup needs a new or an empty folder.")
    with (
        closing(sqlite3.connect(folder / "mlflow.db")) as original,
        closing(sqlite3.connect(target / "mlflow.db")) as copy,
    ):
        original.backup(copy)
    shutil.copytree(folder / "mlruns", target / "mlruns")


@contextmanager
def runs_being_logged(client, experiment):
    """Log runs with a file each in a thread, one after another; give the list of finished ids."""
    stop, done = threading.Event(), []

    def log():
        while not stop.is_set():
            run_id = client.create_run(experiment, run_name=f"nightly {len(done)}").info.run_id
            client.log_metric(run_id, "loss", 1 / (1 + len(done)))
            client.log_text(run_id, f"Report {len(done)}.", "report.txt")
            client.set_terminated(run_id)
            done.append(run_id)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(log)
        try:
            yield done
        finally:
            stop.set()
        writer.result()


def contents(run):
    """Return a run's parameters and metrics, and the digest of each of its files by its path."""
    root = Path(url2pathname(urlparse(run.info.artifact_uri).path))
    files = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    digests = {
        name.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
    }
    return run.data.params, run.data.metrics, digests


def deleted(client):
    """Return the sorted names of the runs and of the experiments that are marked as deleted."""
    ids = [found.experiment_id for found in client.search_experiments(ViewType.ALL)]
    runs = client.search_runs(ids, run_view_type=ViewType.DELETED_ONLY)
    experiments = client.search_experiments(ViewType.DELETED_ONLY)
    return sorted(run.info.run_name for run in runs), sorted(found.name for found in experiments)
