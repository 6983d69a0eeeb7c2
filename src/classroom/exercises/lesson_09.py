"""The checks of lesson 09."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import DataType

from classroom.exercises import exercise, require
from classroom.exercises.runs import files_of, newest_model_named, require_outputs
from classroom.workspace import Lesson
from loanflow.data import FEATURES, load_loans, split_loans

_NUMBERS = ["ApplicantIncome", "CoapplicantIncome", "LoanAmount", "Loan_Amount_Term"]


def _signature(folder: Path) -> ModelSignature:
    """Return the signature of a model; require one with inputs."""
    signature = mlflow.models.get_model_info(str(folder)).signature
    require(signature is not None and signature.inputs is not None, "It has no signature.")
    return signature


def _names(signature: ModelSignature) -> set[str]:
    """Return the names of the columns that go in; none if they have no names."""
    return set(signature.inputs.input_names()) if signature.inputs.has_input_names() else set()


def _require_gaps(signature: ModelSignature, X_train: pd.DataFrame) -> None:
    """Require that exactly the columns with gaps in the training rows are optional."""
    for column in signature.inputs:
        gaps = bool(X_train[column.name].isna().any())
        due = "optional" if gaps else "required"
        require(
            column.required != gaps,
            f"{column.name} has {'gaps' if gaps else 'no gap'} in the training rows and "
            f"should be {due}.",
        )


@exercise("9.1")
def check_signature(lesson: Lesson) -> None:
    """Look at each column of the signature, and let the model predict on the test rows."""
    model = newest_model_named("handed_over", lesson)
    X_train, X_test, _, _ = split_loans(load_loans())
    with files_of(model) as folder:
        signature = _signature(folder)
        require(
            _names(signature) == set(_NUMBERS),
            f"Its signature does not have the four columns of the model: {', '.join(_NUMBERS)}.",
        )
        for column in signature.inputs:
            whole = column.type in (DataType.long, DataType.integer)
            require(not whole, f"Its signature still requires integers in {column.name}.")
        _require_gaps(signature, X_train)
        require_outputs(signature, "iu", 1, "one whole number for each row")
        rows = X_test[_NUMBERS]
        due = mlflow.sklearn.load_model(str(folder)).predict(rows)
        try:
            answer = mlflow.pyfunc.load_model(str(folder)).predict(rows)
        except (MlflowException, ValueError) as error:
            reason = str(error).strip().splitlines()[0].rstrip(".")
            require(False, f"With this signature, the test rows fail: {reason}.")
        require((answer == due).all(), "It does not predict what the pipeline in it does.")


@exercise("9.2")
def check_probabilities(lesson: Lesson) -> None:
    """Ask the pyfunc about the test rows, and read the example as a strict reader does."""
    model = newest_model_named("chances", lesson)
    X_train, X_test, _, _ = split_loans(load_loans())
    with files_of(model) as folder:
        signature = _signature(folder)
        try:
            due = mlflow.sklearn.load_model(str(folder)).predict_proba(X_test)
        except Exception:
            require(False, "`chances` is not the lesson's pipeline: it does not take its columns.")
        answer = np.asarray(mlflow.pyfunc.load_model(str(folder)).predict(X_test))
        require(
            answer.shape == due.shape and np.allclose(answer, due),
            "Its pyfunc does not return the two probabilities.",
        )
        require(
            _names(signature) == set(FEATURES),
            "Its signature does not have the eleven columns of an application.",
        )
        _require_gaps(signature, X_train)
        require_outputs(signature, "f", 2, "two probabilities")
        example = folder / "serving_input_example.json"
        require(example.exists(), "It has no input example.")
        try:
            json.loads(example.read_text(encoding="utf-8"), parse_constant=_refuse)
        except ValueError:
            require(False, "Its input example has a gap, so the file is not valid JSON.")


def _refuse(constant: str) -> None:
    raise ValueError(constant)
