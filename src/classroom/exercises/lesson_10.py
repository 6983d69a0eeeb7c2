"""The check of lesson 10."""

import re

import mlflow

from classroom.exercises import exercise, require
from classroom.exercises.runs import files_of, newest_model_named, require_outputs
from classroom.services.environments import OtherMachine, OtherMachineError, problems_elsewhere
from classroom.workspace import Lesson


@exercise("10.1")
def check_own_module(lesson: Lesson) -> None:
    """Load the model in an environment made from its own requirements, and let it predict."""
    model = newest_model_named("burden", lesson)
    with files_of(model) as folder:
        info = mlflow.models.get_model_info(str(folder))
        require(info.signature is not None, "It has no signature.")
        require_outputs(info.signature, "f", 1, "one share, a float, for each row")
        require(info.saved_input_example_info is not None, "It has no input example.")
        problems = {}
        try:
            with OtherMachine(folder / "requirements.txt") as machine:
                problems = problems_elsewhere(machine, [folder])
        except OtherMachineError as error:
            problems = {"requirements": str(error)}
    require(not problems, f"It fails on another machine: {_in_short(*problems.values())}")


def _in_short(*problems: str) -> str:
    """Put problems into one line that ends with a full stop; of uv's, keep the cause alone."""
    said = "; ".join(" ".join(problem.split()) for problem in problems).rstrip(".")
    said = re.sub(r"\x1b\[[0-9;]*m", "", said)
    if cause := re.search(r"Because (.+?),? (and|we) ", said):
        said = cause[1]
    return f"{said}." if len(said) < 300 else f"{said[:150]} … {said[-150:]}."
