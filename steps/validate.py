"""Entry point ``validate``: check a file of applications and note what it holds."""

from entry_point import file, log_input, read_parameters, recorded

import mlflow

from loanflow.data import TARGET, load_loans


def validate(data):
    """Load the applications of a file that keeps the schema, and note their number and outcome."""
    loans = load_loans(data)
    log_input(mlflow.data.from_pandas(loans, name=data.stem), context="validation")
    mlflow.log_metric("rows", len(loans))
    if TARGET in loans:
        mlflow.log_metric("approved", (loans[TARGET] == "Y").mean())
    return loans


if __name__ == "__main__":
    parameters = read_parameters(data=file)
    with recorded(parameters):
        validate(parameters.data)
