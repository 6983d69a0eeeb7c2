"""Entry point ``evaluate``: score a model on rows that its own training held back."""

from entry_point import choice, log_input, model_uri, read_parameters, recorded, sha256

from pathlib import Path

import mlflow

from loanflow.data import load_loans, split_in_three
from loanflow.training import evaluate


def held_back(model, rows):
    """Return the applications and outcomes that the training of a model set aside as `rows`.

    How it split its file stands in the record of its run, so no parameter can say otherwise.
    """
    run_id = mlflow.models.get_model_info(model).run_id
    run = mlflow.get_run(run_id) if run_id else None
    if run is None or "data.sha256" not in run.data.tags:
        raise ValueError(f"{model} was not trained by this project, so its split is not on record")
    data = Path(run.data.tags["data.path"])
    if sha256(data) != run.data.tags["data.sha256"]:
        raise ValueError(f"{data} is not the file that {model} was trained on; train it again")
    test_size, seed = float(run.data.params["test_size"]), int(run.data.params["seed"])
    return split_in_three(load_loans(data), test_size, seed)[rows]


def log_scores(model, rows, X, y):
    """Evaluate a model and log its scores, named after the rows, also with the model itself."""
    frame = X.assign(Approved=y.astype(float))
    log_input(mlflow.data.from_pandas(frame, name=rows), context=rows)
    scores = evaluate(mlflow.sklearn.load_model(model), X, y)
    scores = {f"{rows}_{name}": score for name, score in scores.items()}
    mlflow.log_metrics(scores, model_id=mlflow.models.get_model_info(model).model_id)


if __name__ == "__main__":
    parameters = read_parameters(model=model_uri, rows=choice("validation", "test"))
    with recorded(parameters):
        log_scores(parameters.model, parameters.rows, *held_back(parameters.model, parameters.rows))
