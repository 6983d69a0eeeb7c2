"""What the checks of several lessons ask of the store."""

import importlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType

import mlflow
from mlflow.entities import LoggedModel, LoggedModelStatus, Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import DataType

from classroom.exercises import require
from classroom.workspace import NOTEBOOKS, Lesson


def search(tracking_uri: str, experiment: str, question: str = "") -> list[Run]:
    """Return the runs of the experiment that the filter `question` finds; it must exist."""
    client = mlflow.MlflowClient(tracking_uri)
    found = client.get_experiment_by_name(experiment)
    require(found is not None, f"There is no experiment '{experiment}'.")
    return list(client.search_runs([found.experiment_id], question))


def run_named(name: str, tracking_uri: str, experiment: str) -> Run:
    """Return the newest run of that name in the experiment; require one."""
    runs = search(tracking_uri, experiment, f"run_name = '{name}'")
    require(len(runs) > 0, f"There is no run named '{name}' in the experiment '{experiment}'.")
    return max(runs, key=lambda run: run.info.start_time)


def require_finished(run: Run) -> None:
    """Require that the run ended well."""
    name, status = run.info.run_name, run.info.status
    require(status != "RUNNING", f"The run '{name}' is still RUNNING; mlflow.end_run() ends it.")
    require(
        status == "FINISHED",
        f"The run '{name}' is {status}: an error or an interrupt ended it; log it again.",
    )


def champion_of(name: str, lesson: Lesson) -> ModelVersion:
    """Return the version of a registered model that has the alias champion; require one."""
    try:
        return mlflow.MlflowClient(lesson.tracking_uri).get_model_version_by_alias(name, "champion")
    except MlflowException:
        require(False, f"No version of {name} is the champion.")


@contextmanager
def artifact(file: str, run: Run, lesson: Lesson) -> Iterator[Path]:
    """Yield a copy of a file that the run logged; require that the run ended well."""
    require_finished(run)
    client = mlflow.MlflowClient(lesson.tracking_uri)
    files = [entry.path for entry in client.list_artifacts(run.info.run_id)]
    require(file in files, f"The run '{run.info.run_name}' has no artifact {file}.")
    with tempfile.TemporaryDirectory() as folder:
        yield Path(client.download_artifacts(run.info.run_id, file, folder))


def text_in(file: str, run: Run, lesson: Lesson) -> str:
    """Return the text of a file that the run logged; require that the run ended well."""
    with artifact(file, run, lesson) as path:
        return path.read_text(encoding="utf-8")


def newest_model_named(name: str, lesson: Lesson) -> LoggedModel:
    """Return the newest ready model of that name in the lesson's experiment; require one."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    experiment = client.get_experiment_by_name(lesson.name)
    models = client.search_logged_models([experiment.experiment_id], f"name = '{name}'")
    ready = [model for model in models if model.status == LoggedModelStatus.READY]
    require(len(ready) > 0, f"There is no model named '{name}' in this lesson's experiment.")
    return max(ready, key=lambda model: model.creation_timestamp)


@contextmanager
def files_of(model: LoggedModel) -> Iterator[Path]:
    """Yield a folder with a copy of the model's files, for a while."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(mlflow.artifacts.download_artifacts(model.artifact_location, dst_path=folder))


@contextmanager
def scripts_at_hand() -> Iterator[None]:
    """Let the scripts that the lessons teach be imported, for the time of a `with` block."""
    sys.path.insert(0, str(NOTEBOOKS))
    try:
        yield
    finally:
        sys.path.remove(str(NOTEBOOKS))


def script(name: str) -> ModuleType:
    """Return a script that the lessons teach, as a module."""
    with scripts_at_hand():
        return importlib.import_module(name)


def require_outputs(signature: ModelSignature, kinds: str, width: int, returns: str) -> None:
    """Require that it declares numbers of these numpy kinds, `width` for each row, as output."""
    outputs = signature.outputs
    require(outputs is not None, "Its signature declares no output.")
    if outputs.is_tensor_spec():
        (tensor,) = outputs.inputs
        shape = (-1,) if width == 1 else (-1, width)
        right = tensor.type.kind in kinds and tensor.shape in (shape, (-1, width))
    else:
        types = [column.type for column in outputs.inputs]
        right = len(types) == width and all(
            isinstance(of, DataType) and of.to_numpy().kind in kinds for of in types
        )
    require(right, f"It declares {outputs} as output, but the model returns {returns}.")


def time_with_zone(text: str) -> datetime | None:
    """Return the time that a text gives with its zone, or None."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None
