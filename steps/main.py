"""Entry point ``main``: validate, train and evaluate one family, all in one run."""

from entry_point import read_parameters, recorded

from evaluate import log_scores
from train import PARAMETERS, train
from validate import validate

from loanflow.data import split_in_three

if __name__ == "__main__":
    parameters = read_parameters(**PARAMETERS)
    with recorded(parameters):
        loans = validate(parameters.data)
        model = train(loans, parameters.family, parameters.test_size, parameters.seed)
        X, y = split_in_three(loans, parameters.test_size, parameters.seed)["validation"]
        log_scores(model.model_uri, "validation", X, y)
