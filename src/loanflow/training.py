"""Build, fit and evaluate a classifier of loan applications."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm
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

#: What a wrong decision costs, in units of the profit that one good loan brings: a good loan that
#: is refused loses this profit, a bad one that is approved loses three times as much. Made up.
REJECTED_GOOD, APPROVED_BAD = 1.0, 3.0

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


def expected_cost(
    y, approved, *, rejected_good: float = REJECTED_GOOD, approved_bad: float = APPROVED_BAD
) -> float:
    """Give what decisions cost, on average over the applications; a right decision costs nothing.

    Parameters
    ----------
    y : array-like of int or bool, shape (n_rows,)
        1 for a good loan, which the lenders approved; 0 for a bad one.
    approved : array-like of bool, shape (n_rows,)
        The decisions to price.
    rejected_good : float
        Price of refusing a good loan, 0 or more.
    approved_bad : float
        Price of approving a bad loan, 0 or more.

    Returns
    -------
    float
        Cost for each application, in the unit of the prices; by default, profits of a good loan.

    Raises
    ------
    ValueError
        If there are no rows, the lengths differ, or a price is negative.
    """
    return float(_costs(y, approved, rejected_good, approved_bad).mean())


def cost_saving(
    y,
    approved,
    instead_of,
    *,
    rejected_good: float = REJECTED_GOOD,
    approved_bad: float = APPROVED_BAD,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """Give what decisions save against other decisions on the same rows, with its interval.

    Parameters
    ----------
    y, approved, rejected_good, approved_bad
        As in `expected_cost`.
    instead_of : array-like of bool, shape (n_rows,)
        The decisions to compare with.
    level : float
        The confidence level of the interval, strictly between 0 and 1.

    Returns
    -------
    tuple of float
        The saving for each application, positive where `approved` is cheaper, and the ends of its
        confidence interval: paired by row and normal, so for hundreds of rows, not for a few.

    Raises
    ------
    ValueError
        As in `expected_cost`.
    """
    prices = rejected_good, approved_bad
    saved = _costs(y, instead_of, *prices) - _costs(y, approved, *prices)
    reach = norm.ppf((1 + level) / 2) * saved.std() / np.sqrt(len(saved))
    return float(saved.mean()), float(saved.mean() - reach), float(saved.mean() + reach)


def _costs(y, approved, rejected_good: float, approved_bad: float) -> np.ndarray:
    """Give the cost of each decision."""
    good, approved = np.asarray(y, dtype=bool), np.asarray(approved, dtype=bool)
    if good.shape != approved.shape or not good.size:
        raise ValueError(
            f"There are {good.size} outcomes and {approved.size} decisions; "
            "a cost needs one decision for each outcome, and at least one."
        )
    if rejected_good < 0 or approved_bad < 0:
        raise ValueError(
            f"The prices are {rejected_good} and {approved_bad}; a price must be 0 or more."
        )
    return rejected_good * (good & ~approved) + approved_bad * (~good & approved)


def cost_curve(
    y, probability, *, rejected_good: float = REJECTED_GOOD, approved_bad: float = APPROVED_BAD
) -> pd.Series:
    """Give the expected cost of each threshold from 0 to 1 in steps of 0.01.

    Parameters
    ----------
    y : array-like of int or bool, shape (n_rows,)
        As in `expected_cost`.
    probability : array-like of float, shape (n_rows,)
        The probability of approval; an application is approved from the threshold on.
    rejected_good, approved_bad : float
        As in `expected_cost`.

    Returns
    -------
    pandas.Series, shape (101,)
        The cost for each application, indexed by the threshold; its ``idxmin()`` is the cheapest
        threshold, the lowest if there are several.

    Raises
    ------
    ValueError
        As in `expected_cost`.
    """
    thresholds = np.arange(101) / 100
    prices = {"rejected_good": rejected_good, "approved_bad": approved_bad}
    costs = [expected_cost(y, np.asarray(probability) >= t, **prices) for t in thresholds]
    return pd.Series(costs, index=pd.Index(thresholds, name="threshold"), name="cost")


def shares(hits, groups, *, level: float = 0.95) -> pd.DataFrame:
    """Give the share of hits in each group, with Wilson's confidence interval for it.

    Parameters
    ----------
    hits : array-like of bool, shape (n_rows,)
        What to count.
    groups : array-like, shape (n_rows,)
        The group of each row, named by its text; a missing value is the group ``missing``.
    level : float
        The confidence level of each interval, strictly between 0 and 1. For several intervals at
        once, Bonferroni's correction asks for 1 - (1 - level) / n.

    Returns
    -------
    pandas.DataFrame, shape (n_groups, 4)
        The columns ``rows``, ``share``, ``low`` and ``high``; shares lie between 0 and 1.

    Notes
    -----
    Wilson's interval stays between 0 and 1, and is fit for small groups and for shares near 0 or 1,
    where two standard errors are not: E. B. Wilson, Journal of the American Statistical
    Association 22 (1927), 209-212.
    """
    groups = pd.Series(np.asarray(groups, dtype=object), name="group")
    names = groups.where(groups.notna(), "missing").astype(str)
    counts = pd.Series(np.asarray(hits, dtype=bool)).groupby(names).agg(["sum", "size"])
    table = pd.DataFrame({"rows": counts["size"], "share": counts["sum"] / counts["size"]})
    for group, (hit, rows) in counts.iterrows():
        interval = binomtest(int(hit), int(rows)).proportion_ci(level, method="wilson")
        table.loc[group, ["low", "high"]] = interval.low, interval.high
    return table
