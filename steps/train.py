"""Entry point ``train``: fit one family of models and log it."""

from entry_point import choice, file, log_input, read_parameters, recorded, share, whole_number

import logging

import mlflow

from loanflow.data import load_loans, split_in_three
from loanflow.training import FAMILIES, TRUSTED_TYPES, build_model

# An environment that uv has made holds no pip, and MLflow would warn of that with each model.
logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)

#: What a run calls a family: the last word of its name, such as forest.
NAMES = {family.rpartition("_")[2]: family for family in FAMILIES}
PARAMETERS = {"data": file, "family": choice(*NAMES), "test_size": share, "seed": whole_number}


def train(loans, family, test_size, seed):
    """Fit a family on the training rows and log the model; return its info."""
    X, y = split_in_three(loans, test_size, seed)["train"]
    log_input(mlflow.data.from_pandas(loans.loc[X.index], name="train"), context="training")
    model = build_model(NAMES[family], seed=seed).fit(X, y)
    return mlflow.sklearn.log_model(
        model,
        name="model",
        signature=mlflow.models.infer_signature(X, model.predict(X)),
        skops_trusted_types=TRUSTED_TYPES,
        pip_requirements=["scikit-learn==1.9.1", "skops==0.16.0"],
    )


if __name__ == "__main__":
    parameters = read_parameters(**PARAMETERS)
    with recorded(parameters):
        train(load_loans(parameters.data), parameters.family, parameters.test_size, parameters.seed)
