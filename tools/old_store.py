"""Make the old store that lesson 21 opens: written by MLflow 2.22.5, packed into one small file.

``python -m tools.old_store`` makes an environment with that version by uv, which asks the package
index, and lets it log a few runs: into a database, as on a server, and into a folder ``mlruns``, as
on a laptop. It then upgrades a copy with this environment's MLflow and keeps what the old version
says of it. The paths in the records are rewritten to ``/srv``, and all times moved back by a year.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

from classroom.workspace import NOTEBOOKS, REPOSITORY

ARCHIVE = NOTEBOOKS / "old_store" / "old_store.zip"
OLD = "2.22.5"
#: What the old version needs beside itself: with SQLAlchemy 2.1 it opens no database.
PACKAGES = [f"mlflow=={OLD}", "sqlalchemy<2.1", "scikit-learn==1.9.1"]
LARGEST = 60_000  # bytes
YEAR = 365 * 24 * 3_600_000  # milliseconds
#: Where the two stores are said to have lain, by the folder of the archive that holds them.
HOMES = {"server": "/srv/mlflow", "laptop": "/srv/laptop"}

SERVER = """
import json
import sys

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

table = pd.read_csv(sys.argv[1])
X = table[["ApplicantIncome", "LoanAmount", "Credit_History"]].fillna(0).astype(float)
y = (table["Loan_Status"] == "Y").astype(int)
mlflow.set_tracking_uri("sqlite:///mlflow.db")
client = mlflow.MlflowClient()
mlflow.set_experiment("loans-2025")
ran_from = {"mlflow.source.name": "train.py"}
for C in (0.0001, 0.001, 0.1, 1.0):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=C)).fit(X, y)
    probability = model.predict_proba(X)[:, 1]
    with mlflow.start_run(run_name=f"C = {C:g}", tags=ran_from):
        mlflow.log_param("C", C)
        mlflow.log_metric("train_auc", roc_auc_score(y, probability))
        answers = {"rows": X.head().to_dict("records"), "probability": list(probability[:5])}
        mlflow.log_dict(answers, "answers.json")
        mlflow.sklearn.log_model(
            model,
            "model",
            signature=infer_signature(X, model.predict(X)),
            pip_requirements=["scikit-learn==1.9.1"],
            registered_model_name="loans",
        )
client.update_registered_model("loans", "Will the loan be approved?")
for number, stage in enumerate(["Archived", "Production", "Production", "Staging"], start=1):
    client.transition_model_version_stage("loans", number, stage)
with mlflow.start_run(run_name="winter campaign", tags=ran_from) as run:
    mlflow.log_params({"C": 0.5, "rows": 812})
    for step, loss in enumerate([0.69, 0.58, 0.53, 0.51, 0.505]):
        mlflow.log_metric("loss", loss, step=step)
    mlflow.log_text("Only applications from December to February.", "note.txt")
    mlflow.log_dict({"approved": 561, "refused": 251}, "counts/decisions.json")
client.delete_run(run.info.run_id)
mlflow.set_experiment("scratch")
with mlflow.start_run(run_name="nothing of value", tags=ran_from) as run:
    mlflow.log_text("abc", "note.txt")
client.delete_experiment(run.info.experiment_id)
"""

LAPTOP = """
import mlflow

mlflow.set_experiment("loans-2024")
for name, end in {"first try": 0.6, "second try": 0.5}.items():
    with mlflow.start_run(run_name=name, tags={"mlflow.source.name": "train.py"}):
        mlflow.log_param("rows", 614)
        for step in range(3):
            mlflow.log_metric("loss", end + 0.1 * (2 - step), step=step)
        mlflow.log_text(f"The {name}.", "note.txt")
"""

OPEN = """
import mlflow

mlflow.MlflowClient("sqlite:///mlflow.db").search_experiments()
"""


def run_python(python: Path, code: str, folder: Path, *arguments: str) -> CompletedProcess:
    """Run code in a folder of its own, with no setting of MLflow from outside."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    environment |= {"LOGNAME": "reader", "DO_NOT_TRACK": "true", "PYTHONWARNINGS": "ignore"}
    command = [str(python), "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def rewrite(folder: Path, home: str) -> None:
    """Write another place into the records of a store, and move its times back by a year."""
    for meta in folder.rglob("meta.yaml"):
        text = meta.read_text(encoding="utf-8").replace(folder.as_posix(), home)
        meta.write_text(text, encoding="utf-8")
    if not (folder / "mlflow.db").exists():
        return
    with closing(sqlite3.connect(folder / "mlflow.db", isolation_level=None)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for _, column, kind, *_ in database.execute(f"PRAGMA table_info({table})").fetchall():
                if column.endswith("_time") or column == "timestamp":
                    database.execute(f"UPDATE {table} SET {column} = {column} - {YEAR}")
                elif "CHAR" in kind:
                    change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
                    database.execute(change, (folder.as_posix(), home))
        database.execute("VACUUM")  # or deleted pages would still hold the old text


def make(folder: Path) -> None:
    """Make both stores in a folder, and what the old version says of the upgraded one.

    Raises
    ------
    RuntimeError
        If the old version cannot log, or opens the upgraded store after all.
    """
    python = folder / "environment" / "bin" / "python"
    subprocess.run(["uv", "venv", "-q", "--python", "3.11", python.parents[1]], check=True)
    subprocess.run(["uv", "pip", "install", "-q", "--python", python, *PACKAGES], check=True)
    data = str(REPOSITORY / "data" / "loan_status.csv")
    for name, code in {"server": SERVER, "laptop": LAPTOP}.items():
        done = run_python(python, code, folder / name, data)
        if done.returncode:
            raise RuntimeError(f"MLflow {OLD} could not log the store {name!r}:\n{done.stderr}")
    upgraded = shutil.copytree(folder / "server", folder / "upgraded")
    run_python(Path(sys.executable), OPEN, upgraded)
    told = run_python(python, OPEN, upgraded)
    if not told.returncode:
        raise RuntimeError(f"MLflow {OLD} opens a store that a newer one has upgraded.")
    error = [line for line in told.stderr.splitlines() if "CommandError" in line][-1]
    (folder / f"said_by_{OLD}.txt").write_text(f"{error}\n", encoding="utf-8")
    for name, home in HOMES.items():
        rewrite(folder / name, home)


def pack(folder: Path, archive: Path) -> None:
    """Pack both stores; refuse a path of this machine in them, and a file that is too large."""
    names = [*HOMES, f"said_by_{OLD}.txt"]
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in (file for file in files if file.parts[0] in names):
            if folder.as_posix().encode() in (folder / name).read_bytes():
                raise ValueError(f"{name} holds a path of this machine.")
            packed.write(folder / name, name)
    if (size := archive.stat().st_size) > LARGEST:
        raise ValueError(f"The archive has {size:,} bytes; {LARGEST:,} is the most.")


def main() -> None:
    ARCHIVE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        pack(Path(folder), ARCHIVE)
    print(f"{ARCHIVE.name}: {ARCHIVE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
