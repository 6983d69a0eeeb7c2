"""What every entry point does: use this checkout's code, check the parameters, keep the record.

An entry point is an ordinary script: ``mlflow run`` calls it with the defaults of MLproject, and by
hand it is ``python steps/validate.py --data data/loan_status.csv``.
"""

import argparse
import hashlib
import os
import platform
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

# An environment holds what the project needs and never the project itself: whoever runs it may have
# its code installed at another commit than the one that lies here.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
# Nothing leaves this machine, and data of this size are fitted fastest by one thread.
for _name in ("DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY"):
    os.environ.setdefault(_name, "true")
os.environ.setdefault("OMP_NUM_THREADS", "1")

#: The tag that the MLflow UI shows as the description of a run.
DESCRIPTION = "mlflow.note.content"


def choice(*allowed: str) -> Callable[[str], str]:
    """Return the reader of a parameter that is one of the words `allowed`."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return text

    return read


def whole_number(text: str) -> int:
    """Read a whole number that numpy takes as a seed: from 0 to 4294967295."""
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > 2**32 - 1:
        raise ValueError("a whole number from 0 to 4294967295")
    return int(text)


def share(text: str) -> float:
    """Read a number between 0 and 1, both excluded."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < 1:
        raise ValueError("a number between 0 and 1, both excluded")
    return number


def file(text: str) -> Path:
    """Read the path of a file, absolute or from the project's folder."""
    if not os.path.isfile(text):
        raise ValueError("the path of a file, absolute or from the project's folder")
    return Path(text)


def model_uri(text: str) -> str:
    """Read the URI of a logged or registered model."""
    if not re.match("(models|runs):/.", text):
        raise ValueError("the URI of a model, such as models:/<model id> or runs:/<run id>/model")
    return text


def read_parameters(**readers: Callable[[str], object]) -> SimpleNamespace:
    """Read the parameters from the command line; end the run as failed if one is not allowed.

    MLflow itself checks neither ``int`` nor ``float``, and none is optional here, as the defaults
    stand in MLproject.

    Parameters
    ----------
    **readers : callables
        For each parameter, what turns its text into a value or raises a ValueError that says what
        is allowed.

    Returns
    -------
    types.SimpleNamespace
        The value of each parameter.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.error = lambda message: _refuse(f"{message}; the parameters are {', '.join(readers)}")
    for name in readers:
        parser.add_argument(f"--{name}", required=True)
    values = {}
    for name, text in vars(parser.parse_args()).items():
        try:
            values[name] = readers[name](text)
        except ValueError as allowed:
            _refuse(f"{name} must be {allowed}, not {text!r}")
    return SimpleNamespace(**values)


@contextmanager
def recorded(parameters: SimpleNamespace) -> Iterator[None]:
    """Work in the run that ``mlflow run`` has made, or by hand in a new one; say why it failed.

    The run gets the parameters, unless MLflow has logged them, for each file its path and SHA-256
    as the tags ``<parameter>.path`` and ``<parameter>.sha256``, and Python's version. Where the
    block fails, the run ends as failed with the reason as its description and the traceback as the
    artifact ``failure.txt``.

    Parameters
    ----------
    parameters : types.SimpleNamespace
        From `read_parameters`.
    """
    import mlflow

    with mlflow.start_run() as run:
        try:
            mlflow.set_tag("python", platform.python_version())
            for name, value in vars(parameters).items():
                if name not in run.data.params:
                    mlflow.log_param(name, value)
                if isinstance(value, Path):
                    # MLflow quotes parameters for the shell, also in the record; a tag is exact.
                    mlflow.set_tags({f"{name}.path": str(value), f"{name}.sha256": sha256(value)})
            yield
        except (Exception, KeyboardInterrupt) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            mlflow.set_tag(DESCRIPTION, reason)
            mlflow.log_text(traceback.format_exc(), "failure.txt")
            sys.exit(f"{Path(sys.argv[0]).stem}: {reason}")


def log_input(dataset, context: str) -> None:
    """Log a dataset with the active run, also while a step beside this one logs the same.

    MLflow 3.17 looks whether the experiment knows the dataset, and stores it if not. Where another
    process has stored it in between, the database refuses ours; asked again, MLflow finds it.

    Parameters
    ----------
    dataset : mlflow.data.Dataset
        What the run has used.
    context : str
        What for, such as ``training``.

    Raises
    ------
    mlflow.MlflowException
        If the store refuses it a second time.
    """
    import mlflow

    try:
        mlflow.log_input(dataset, context=context)
    except mlflow.MlflowException:
        mlflow.log_input(dataset, context=context)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits; unlike MLflow's digest, of every byte."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse(reason: str) -> NoReturn:
    """End as failed before there was anything to do; MLflow then ends the run that it has made."""
    if run_id := os.environ.get("MLFLOW_RUN_ID"):
        import mlflow

        mlflow.MlflowClient().set_tag(run_id, DESCRIPTION, reason)
    sys.exit(f"{Path(sys.argv[0]).stem}: {reason}")
