import numpy as np
import pytest
from sklearn.metrics import log_loss

from loanflow.data import load_loans, split_loans
from loanflow.training import (
    FAMILIES,
    TRUSTED_TYPES,
    build_model,
    cross_validation_scores,
    evaluate,
)


@pytest.fixture(scope="module")
def split():
    return split_loans(load_loans())


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_beats_the_best_constant_guess(family, split):
    model = build_model(family).fit(split.X_train, split.y_train)
    scores = evaluate(model, split.X_test, split.y_test)
    share = split.y_train.mean()
    assert scores["log_loss"] < log_loss(split.y_test, np.full(len(split.y_test), share)) - 0.05
    assert scores["roc_auc"] > 0.7
    assert scores["accuracy"] > share + 0.05


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_model(family, split):
    first, second = (build_model(family, seed=3).fit(*split[::2]) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(split[1]), second.predict_proba(split[1]))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_trusted_types_cover_each_family(family, split):
    from skops.io import dumps, get_untrusted_types

    model = build_model(family).fit(split.X_train, split.y_train)
    assert set(get_untrusted_types(data=dumps(model))) <= set(TRUSTED_TYPES)


def test_parameters_take_the_place_of_the_familys_own():
    classifier = build_model("random_forest", n_estimators=7, seed=5)[-1]
    assert (classifier.n_estimators, classifier.min_samples_leaf) == (7, 10)
    assert classifier.random_state == 5


def test_an_unknown_family_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="no model family 'svm'; choose one of .*decision_tree"):
        build_model("svm")


def test_an_unknown_parameter_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="LogisticRegression has no parameter 'depth'.*max_iter"):
        build_model("logistic_regression", depth=3)


def test_rows_of_one_class_are_refused(split):
    model = build_model().fit(split.X_train, split.y_train)
    ones = split.y_test[split.y_test == 1].index
    with pytest.raises(ValueError, match="fewer than two classes"):
        evaluate(model, split.X_test.loc[ones], split.y_test.loc[ones])
    with pytest.raises(ValueError, match="The 0 rows"):
        evaluate(model, split.X_test.head(0), split.y_test.head(0))


def test_cross_validation_agrees_with_evaluate_on_its_folds(split):
    from sklearn.model_selection import StratifiedKFold

    X, y = split.X_train, split.y_train
    scores = cross_validation_scores(build_model(), X, y, folds=3, seed=1)
    assert scores.shape == (3, 4)
    folds = StratifiedKFold(3, shuffle=True, random_state=1).split(X, y)
    for fold, (train, test) in enumerate(folds):
        model = build_model().fit(X.iloc[train], y.iloc[train])
        expected = evaluate(model, X.iloc[test], y.iloc[test])
        assert scores.loc[fold].to_dict() == pytest.approx(expected)
