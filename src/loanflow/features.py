"""The feature pipeline: from a raw application to the numbers that a classifier sees.

Every step is one of scikit-learn's own transformers around a numpy function. A fitted pipeline
therefore needs scikit-learn and numpy to load, and nothing of this package.
"""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from loanflow.data import CATEGORIES

INCOMES = ["ApplicantIncome", "CoapplicantIncome"]
AMOUNT = ["LoanAmount"]
TERM = ["Loan_Amount_Term"]


def build_features() -> ColumnTransformer:
    """Build the unfitted transformer from raw applications to a matrix of features.

    The medians that fill gaps and the means and deviations that scale are learned in ``fit``, so
    inside a pipeline they come from the training rows alone. A category that is missing or unknown
    becomes a row of zeros.

    Returns
    -------
    sklearn.compose.ColumnTransformer
        Maps a frame with the columns ``loanflow.data.FEATURES`` to an array of shape
        (n_rows, 20) whose columns are named by `feature_names`.
    """
    log_total_income = make_pipeline(
        # Validation turns the frame into the array that numpy sums, and refuses a missing income.
        FunctionTransformer(np.sum, kw_args={"axis": 1, "keepdims": True}, validate=True),
        FunctionTransformer(np.log1p),
    )
    log_amount = make_pipeline(SimpleImputer(strategy="median"), FunctionTransformer(np.log1p))
    log_loan_to_income = make_pipeline(
        ColumnTransformer(
            [("log_total_income", log_total_income, INCOMES), ("log_amount", log_amount, AMOUNT)]
        ),
        # The logarithm of a ratio is a difference of logarithms.
        FunctionTransformer(np.diff, kw_args={"axis": 1}),
    )
    categories = make_pipeline(
        # A column of nothing but missing values arrives as numbers, which the encoder would refuse.
        FunctionTransformer(np.asarray, kw_args={"dtype": "O"}),
        # Fixed categories: the matrix has the same columns whatever rows are drawn.
        OneHotEncoder(
            categories=list(CATEGORIES.values()), handle_unknown="ignore", sparse_output=False
        ),
    )
    return ColumnTransformer(
        [
            ("log_total_income", make_pipeline(log_total_income, StandardScaler()), INCOMES),
            (
                "log_loan_to_income",
                make_pipeline(log_loan_to_income, StandardScaler()),
                INCOMES + AMOUNT,
            ),
            ("term", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), TERM),
            ("categories", categories, list(CATEGORIES)),
        ]
    )


def feature_names() -> list[str]:
    """Name the columns of the matrix that `build_features` makes, in order (20 names)."""
    one_hot = [
        f"{column}={value:g}" if isinstance(value, float) else f"{column}={value}"
        for column, values in CATEGORIES.items()
        for value in values
    ]
    return ["log total income", "log loan to income", "term", *one_hot]


def add_features(classifier) -> Pipeline:
    """Put the feature pipeline in front of a classifier.

    Parameters
    ----------
    classifier : sklearn classifier
        Any estimator with ``predict_proba``.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted, with the steps ``features`` and ``classifier``; takes raw applications.
    """
    return Pipeline([("features", build_features()), ("classifier", classifier)])
