"""Build, fit and evaluate a classifier of loan applications."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn import metrics
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from loanflow.features import add_features

#: The families that the lessons compare: a class and the parameters it starts from.
FAMILIES: Mapping[str, tuple[type[ClassifierMixin], dict]] = {
    "logistic_regression": (LogisticRegression, {"C": 1.0, "max_iter": 1000}),
    "decision_tree": (DecisionTreeClassifier, {"max_depth": 3}),
    "random_forest": (RandomForestClassifier, {"n_estimators": 100, "min_samples_leaf": 10}),
    "hist_gradient_boosting": (
        HistGradientBoostingClassifier,
        {"max_iter": 60, "learning_rate": 0.05, "max_leaf_nodes": 7},
    ),
}

#: The types that a saved pipeline of these families holds and that skops does not know by itself.
#: We vouch for them: numpy's own functions, and the fitted trees of scikit-learn.
TRUSTED_TYPES = [
    "numpy.asarray",
    "numpy.diff",
    "numpy.dtype",
    "numpy.sum",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
]

_SCORING = {
    "accuracy": "accuracy",
    "roc_auc": "roc_auc",
    "f1": "f1",
    "log_loss": "neg_log_loss",
}


def build_model(family: str = "logistic_regression", *, seed: int = 0, **params) -> Pipeline:
    """Build an unfitted pipeline from raw applications to the probability of approval.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    seed : int
        The classifier's ``random_state``.
    **params
        Parameters of the classifier, added to those in `FAMILIES` or in their place.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Steps ``features`` and ``classifier``. Fitted, ``predict_proba(X)[:, 1]`` is the probability
        of approval for each row of `X`, a frame with the columns ``loanflow.data.FEATURES``.

    Raises
    ------
    ValueError
        If `family` is not one of `FAMILIES`, or the classifier has no parameter of a given name.
    """
    if family not in FAMILIES:
        raise ValueError(f"There is no model family {family!r}; choose one of {list(FAMILIES)}.")
    classifier_class, defaults = FAMILIES[family]
    classifier = classifier_class(random_state=seed, **defaults)
    unknown = sorted(set(params) - set(classifier.get_params()))
    if unknown:
        raise ValueError(
            f"{classifier_class.__name__} has no parameter {unknown[0]!r}; "
            f"it has {sorted(classifier.get_params())}."
        )
    return add_features(classifier.set_params(**params))


def evaluate(model, X: pd.DataFrame, y: pd.Series) -> dict[str, float]:
    """Score a fitted model on rows that it has not seen.

    Parameters
    ----------
    model : sklearn classifier
        Fitted, with ``predict`` and ``predict_proba``.
    X : pandas.DataFrame, shape (n_rows, 11)
        Raw applications.
    y : pandas.Series, shape (n_rows,)
        1 for approved, 0 for not approved; both must occur.

    Returns
    -------
    dict of str to float
        ``accuracy``, ``roc_auc`` and ``f1`` (of the approved class), between 0 and 1, higher is
        better; ``log_loss`` in nats, lower is better.

    Raises
    ------
    ValueError
        If `X` is empty or `y` holds one class only, as the ROC AUC is then not defined.
    """
    if len(np.unique(y)) < 2:
        raise ValueError(
            f"The {len(y)} rows to evaluate hold fewer than two classes; "
            "the ROC AUC needs approved and not approved ones."
        )
    probability = model.predict_proba(X)[:, 1]
    predicted = model.predict(X)
    return {
        "accuracy": float(metrics.accuracy_score(y, predicted)),
        "roc_auc": float(metrics.roc_auc_score(y, probability)),
        "f1": float(metrics.f1_score(y, predicted)),
        "log_loss": float(metrics.log_loss(y, probability)),
    }


def cross_validation_scores(
    model, X: pd.DataFrame, y: pd.Series, *, folds: int = 5, seed: int = 0
) -> pd.DataFrame:
    """Score a model on each fold of a stratified, shuffled cross-validation.

    Parameters
    ----------
    model : sklearn classifier
        Cloned and fitted once for each fold; itself left as it is.
    X, y
        As in `evaluate`.
    folds : int
        Number of folds, at least 2.
    seed : int
        Shuffles the rows; the same seed gives every model the same folds.

    Returns
    -------
    pandas.DataFrame, shape (folds, 4)
        One row for each fold, the columns of `evaluate`.
    """
    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    scores = cross_validate(model, X, y, cv=splitter, scoring=_SCORING, error_score="raise")
    frame = pd.DataFrame({name: scores[f"test_{name}"] for name in _SCORING})
    frame["log_loss"] = -frame["log_loss"]
    return frame.rename_axis("fold")
