"""Entry point ``score``: write the probability of approval for each application of a file."""

from entry_point import file, model_uri, read_parameters, recorded

import mlflow
import pandas as pd

from loanflow.data import FEATURES, ID, load_loans


def score(model, data):
    """Return the applications' identifiers, each with its probability of approval."""
    loans = load_loans(data)
    probability = mlflow.sklearn.load_model(model).predict_proba(loans[FEATURES])[:, 1]
    return pd.DataFrame({ID: loans[ID], "probability": probability})


if __name__ == "__main__":
    parameters = read_parameters(model=model_uri, data=file)
    with recorded(parameters):
        scores = score(parameters.model, parameters.data)
        mlflow.log_text(scores.to_csv(index=False), "scores.csv")
        mlflow.log_metrics({"rows": len(scores), "mean_probability": scores["probability"].mean()})
