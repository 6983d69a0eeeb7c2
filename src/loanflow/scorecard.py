"""A fitted logistic regression as a scorecard: what each value adds to the log odds."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from loanflow.data import CATEGORIES


def scorecard(model: Pipeline) -> dict:
    """Write down a fitted logistic regression as numbers that need no library to apply.

    Scaling is linear and so is the regression, so that the steps of the pipeline collapse into one
    weight for each number and one table of points for each category.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        From ``build_model("logistic_regression")``, fitted.

    Returns
    -------
    dict
        Plain numbers and text, in log odds of approval. ``intercept``; ``weights`` of the logarithm
        of 1 + the total income, of the logarithm of 1 + the amount, and of the term; ``medians``,
        which stand in for a missing amount and a missing term; ``points`` of each column's values,
        where a value that is missing or unknown adds nothing.

    Raises
    ------
    ValueError
        If the classifier is no logistic regression.
    """
    features, classifier = model.named_steps["features"], model.named_steps["classifier"]
    if not isinstance(classifier, LogisticRegression):
        raise ValueError(
            f"A {type(classifier).__name__} is no sum of points; a logistic regression is."
        )
    numbers = ("log_total_income", "log_loan_to_income", "term")
    scalers = [features.named_transformers_[name][-1] for name in numbers]
    income, ratio, term, *points = classifier.coef_[0].tolist()
    slopes = [
        weight / scaler.scale_.item()
        for weight, scaler in zip((income, ratio, term), scalers, strict=True)
    ]
    shift = sum(slope * scaler.mean_.item() for slope, scaler in zip(slopes, scalers, strict=True))
    table = iter(points)
    # The ratio is log amount minus log income.
    log_amount = features.named_transformers_["log_loan_to_income"][0][0]
    log_amount = log_amount.named_transformers_["log_amount"][0]
    return {
        "intercept": classifier.intercept_.item() - shift,
        "weights": {
            "log total income": slopes[0] - slopes[1],
            "log amount": slopes[1],
            "term": slopes[2],
        },
        "medians": {
            "LoanAmount": log_amount.statistics_.item(),
            "Loan_Amount_Term": features.named_transformers_["term"][0].statistics_.item(),
        },
        "points": {
            column: {value: next(table) for value in values}
            for column, values in CATEGORIES.items()
        },
    }
