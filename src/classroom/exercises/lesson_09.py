"""The checks of lesson 07."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
from mlflow.entities import LoggedModel, LoggedModelStatus
from mlflow.models import infer_signature
from mlflow.types import DataType

from classroom.exercises import exercise, require
from classroom.services.environments import OtherMachine, problems_elsewhere
from classroom.workspace import Lesson
from loanflow.data import FEATURES, load_loans, split_loans


def _models_named(name: str, lesson: Lesson) -> list[LoggedModel]:
    """Return the usable logged models of that name in the lesson's experiment, newest first."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    experiment = client.get_experiment_by_name(lesson.name)
    found = client.search_logged_models([experiment.experiment_id], f"name = '{name}'")
    models = [model for model in found if model.status == LoggedModelStatus.READY]
    require(len(models) > 0, f"There is no logged model named '{name}'.")
    return models


@contextmanager
def _files_of(model: LoggedModel) -> Iterator[Path]:
    """Yield a folder with a copy of the model's files, for a while."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(mlflow.artifacts.download_artifacts(model.artifact_location, dst_path=folder))


@exercise("9.1")
def a_mended_signature(lesson: Lesson) -> None:
    """Look at each column of the signature, and let the model predict on the test rows."""
    models = _models_named("handed_over", lesson)
    require(len(models) == 1, "The model 'handed_over' was logged again; mend the one there is.")
    X_train, X_test, _, _ = split_loans(load_loans())
    with _files_of(models[0]) as folder:
        signature = mlflow.models.get_model_info(str(folder)).signature
        names = [column.name for column in signature.inputs]
        require(names == FEATURES, "It does not take the eleven columns of the applications.")
        for column in signature.inputs:
            whole = column.type in (DataType.long, DataType.integer)
            require(not whole, f"It still wants whole numbers in {column.name}.")
            gaps = bool(X_train[column.name].isna().any())
            due = "optional" if gaps else "required"
            require(column.required != gaps, f"In the training rows, {column.name} is {due}.")
        require(signature.outputs is not None, "It does not declare what comes out.")
        predicted = mlflow.sklearn.load_model(str(folder)).predict(X_test)
        same = signature.outputs == infer_signature(predicted).inputs
        require(same, f"It declares {signature.outputs}, and something else comes out.")
        answer = mlflow.pyfunc.load_model(str(folder)).predict(X_test)
        require((answer == predicted).all(), "It does not predict what the pipeline in it does.")


@exercise("9.2")
def a_model_that_brings_its_module(lesson: Lesson) -> None:
    """Load the model in an environment made from its own requirements, and let it predict."""
    with _files_of(_models_named("burden", lesson)[0]) as folder:
        info = mlflow.models.get_model_info(str(folder))
        require(info.signature is not None, "It has no signature.")
        require(info.saved_input_example_info is not None, "It has no input example.")
        with OtherMachine(folder / "requirements.txt") as machine:
            problems = problems_elsewhere(machine, [folder])
    require(not problems, f"Elsewhere it fails: {', '.join(problems.values())}.")
