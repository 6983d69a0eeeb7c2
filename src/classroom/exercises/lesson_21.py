"""The checks of lesson 21."""

import hashlib
import json
import sqlite3
import tempfile
import warnings
import zipfile
from contextlib import closing
from pathlib import Path

import mlflow
import pandas as pd

from classroom.exercises import exercise, require
from classroom.exercises.runs import champion_of, search
from classroom.workspace import NOTEBOOKS, Lesson

ARCHIVE = NOTEBOOKS / "old_store" / "old_store.zip"
CARRIED, LOST = "loans-carried", "winter campaign"


def _original(folder: Path) -> sqlite3.Connection:
    """Unpack the old server's store into a folder and open its database, without upgrading it."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return sqlite3.connect(folder / "server" / "mlflow.db")


def _digests(folder: Path) -> dict[str, str]:
    """Return the digest of each file below a folder by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _noted(number: int) -> dict:
    """Return the rows and the probabilities that the old store notes for a version of loans."""
    query = "SELECT run_id FROM model_versions WHERE name = 'loans' AND version = ?"
    with tempfile.TemporaryDirectory() as folder, closing(_original(Path(folder))) as database:
        (run_id,) = database.execute(query, (number,)).fetchone()
        (file,) = (Path(folder) / "server" / "mlruns").rglob(f"{run_id}/artifacts/answers.json")
        return json.loads(file.read_text(encoding="utf-8"))


@exercise("21.1")
def check_carried_model(lesson: Lesson) -> None:
    """Compare the champion's answers with those that the old store notes for version 3."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    champion = champion_of(CARRIED, lesson)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(lesson.tracking_uri)
    try:
        info = mlflow.models.get_model_info(f"models:/{CARRIED}/{champion.version}")
        require(info.model_id is not None, "The champion is not a logged model.")
        logged = client.get_logged_model(info.model_id)
        here = client.get_experiment_by_name(lesson.name)
        require(
            logged.experiment_id == here.experiment_id,
            "The champion's logged model is not in this lesson's experiment.",
        )
        require(info.signature is not None, "The champion has no signature.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = mlflow.sklearn.load_model(f"models:/{CARRIED}/{champion.version}")
    finally:
        mlflow.set_tracking_uri(before)
    noted = _noted(3)
    answers = model.predict_proba(pd.DataFrame(noted["rows"]))[:, 1]
    require(
        abs(answers - noted["probability"]).max() < 1e-9,
        "The champion's answers are not those of the version that models:/loans/Production loads.",
    )
    told = champion.tags.get("came_from")
    require(told is not None, "The champion has no tag 'came_from'.")
    require(told == "loans/3", f"The tag 'came_from' says {told!r}, which is another version.")


@exercise("21.2")
def check_restored_run(lesson: Lesson, copy: Path) -> None:
    """Compare the newest restored run with the old one, and look at the copy's revision."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    runs = search(lesson.tracking_uri, lesson.name, f"run_name = '{LOST}'")
    require(len(runs) > 0, f"There is no run named '{LOST}' in this lesson's experiment.")
    run = max(runs, key=lambda found: found.info.start_time)
    require(run.info.status == "FINISHED", f"The run '{LOST}' is {run.info.status}.")
    with tempfile.TemporaryDirectory() as folder, closing(_original(Path(folder))) as database:
        ask = database.execute
        (old_id,) = ask("SELECT run_uuid FROM runs WHERE name = ?", (LOST,)).fetchone()
        params = dict(ask("SELECT key, value FROM params WHERE run_uuid = ?", (old_id,)).fetchall())
        points = set(
            ask("SELECT key, step, value FROM metrics WHERE run_uuid = ?", (old_id,)).fetchall()
        )
        (revision,) = ask("SELECT version_num FROM alembic_version").fetchone()
        (artifacts,) = (Path(folder) / "server" / "mlruns").rglob(f"{old_id}/artifacts")
        files = _digests(artifacts)
    require(run.data.params == params, "The parameters are not those of the old run.")
    keys = {key for key, _, _ in points}
    require(set(run.data.metrics) == keys, f"The metrics are not those of the old run: {keys}.")
    found = {
        (point.key, point.step, point.value)
        for key in keys
        for point in client.get_metric_history(run.info.run_id, key)
    }
    require(found == points, "The steps and values of the metric are not those of the old run.")
    with tempfile.TemporaryDirectory() as folder:
        if client.list_artifacts(run.info.run_id):
            client.download_artifacts(run.info.run_id, "", folder)
        require(
            _digests(Path(folder)) == files,
            f"The files or their paths are not those of the old run: {', '.join(sorted(files))}.",
        )
    told = run.data.tags.get("restored_from")
    require(told == old_id, "The tag 'restored_from' is not the id of the old run.")
    with closing(sqlite3.connect(f"{(copy / 'mlflow.db').as_uri()}?mode=ro", uri=True)) as database:
        (found,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    require(
        found == revision,
        "MLflow opened the folder copy and so upgraded it. Run the cell unpack to make a new one.",
    )
