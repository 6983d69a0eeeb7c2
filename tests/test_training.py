import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from loanflow.data import load_loans, split_loans
from loanflow.training import (
    FAMILIES,
    TRUSTED_TYPES,
    build_model,
    cost_curve,
    cost_saving,
    cross_validation_scores,
    evaluate,
    expected_cost,
    shares,
)


@pytest.fixture(scope="module")
def split():
    return split_loans(load_loans())


@pytest.fixture(scope="module", params=FAMILIES)
def model(request, split):
    return build_model(request.param).fit(split.X_train, split.y_train)


def test_each_family_beats_the_best_constant_guess(model, split):
    scores = evaluate(model, split.X_test, split.y_test)
    share = split.y_train.mean()
    assert scores["log_loss"] < log_loss(split.y_test, np.full(len(split.y_test), share)) - 0.05
    assert scores["roc_auc"] > 0.7
    assert scores["accuracy"] > share + 0.05


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_model(family, split):
    first, second = (build_model(family, seed=3).fit(*split[::2]) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(split[1]), second.predict_proba(split[1]))


def test_the_trusted_types_cover_each_family(model):
    from skops.io import dumps, get_untrusted_types

    assert set(get_untrusted_types(data=dumps(model))) <= set(TRUSTED_TYPES)


def test_parameters_take_the_place_of_the_familys_own():
    classifier = build_model("random_forest", n_estimators=7, seed=5)[-1]
    assert (classifier.n_estimators, classifier.min_samples_leaf) == (7, 10)
    assert classifier.random_state == 5


def test_an_unknown_family_or_parameter_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="no model family 'svm'; choose one of .*decision_tree"):
        build_model("svm")
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


def test_each_wrong_decision_has_its_price():
    assert expected_cost([1, 1, 0, 0], [True, False, True, False]) == (1 + 3) / 4
    assert expected_cost([1], [False], rejected_good=2) == 2
    assert expected_cost([0], [True], approved_bad=7) == 7
    assert expected_cost(pd.Series([1, 0], index=[5, 9]), np.array([True, False])) == 0


@pytest.mark.parametrize(
    ("y", "approved", "prices", "message"),
    [
        ([], [], {}, "0 outcomes and 0 decisions"),
        ([1, 0], [True], {}, "2 outcomes and 1 decisions"),
        ([1], [True], {"approved_bad": -1}, "prices are 1.0 and -1; a price must be 0 or more"),
    ],
)
def test_what_has_no_cost_is_refused_in_words(y, approved, prices, message):
    with pytest.raises(ValueError, match=message):
        expected_cost(y, approved, **prices)


def test_the_curve_holds_the_cost_of_each_threshold():
    y, probability = np.array([1, 0, 1, 0]), np.array([0.9, 0.75, 0.6, 0.2])
    curve = cost_curve(y, probability, approved_bad=2)
    assert len(curve) == 101 and curve.index.name == "threshold"
    assert curve[0.0] == expected_cost(y, [True] * 4, approved_bad=2) == 1
    assert curve[1.0] == expected_cost(y, [False] * 4, approved_bad=2) == 0.5
    assert curve[0.75] == expected_cost(y, probability >= 0.75, approved_bad=2) == 0.75
    assert curve.idxmin() == 0.76


def test_the_cheapest_threshold_of_true_probabilities_is_the_one_in_theory():
    rng = np.random.default_rng(0)
    probability = rng.random(200_000)
    y = rng.random(200_000) < probability
    assert cost_curve(y, probability, approved_bad=3).idxmin() == pytest.approx(0.75, abs=0.03)
    assert cost_curve(y, probability, approved_bad=1).idxmin() == pytest.approx(0.5, abs=0.03)


def test_the_saving_is_the_difference_of_the_costs_and_its_interval_holds_the_truth():
    rng = np.random.default_rng(0)
    y, one, two = (rng.random(500) < share for share in (0.7, 0.8, 0.6))
    saving, low, high = cost_saving(y, one, two)
    assert saving == pytest.approx(expected_cost(y, two) - expected_cost(y, one))
    assert low < saving < high
    assert cost_saving(y, one, one) == (0, 0, 0)
    narrow = cost_saving(y, one, two, level=0.5)
    assert low < narrow[1] < narrow[2] < high
    # Decisions by coin cost the same in the long run, so 95 % of the intervals hold zero.
    holds = 0
    for _ in range(1000):
        y, one, two = (rng.random(500) < share for share in (0.7, 0.8, 0.8))
        _, low, high = cost_saving(y, one, two)
        holds += low <= 0 <= high
    assert holds == pytest.approx(950, abs=25)


def test_shares_are_wilsons_and_a_missing_group_has_its_own():
    hits, groups = [1, 1, 0, 1, 0], ["b", "b", "b", None, "a"]
    table = shares(hits, groups)
    assert table.index.tolist() == ["a", "b", "missing"]
    assert table["rows"].tolist() == [1, 3, 1]
    assert table["share"].tolist() == pytest.approx([0, 2 / 3, 1])
    # Wilson (1927), by hand for two of three: centre and reach with z = 1.96.
    z = 1.959964
    centre = (2 / 3 + z**2 / 6) / (1 + z**2 / 3)
    reach = z * np.sqrt((2 / 3) * (1 / 3) / 3 + z**2 / 36) / (1 + z**2 / 3)
    assert table.loc["b", ["low", "high"]].tolist() == pytest.approx(
        [centre - reach, centre + reach]
    )
    wide = shares(hits, groups, level=0.999)
    assert (wide["low"] <= table["low"]).all() and (wide["high"] >= table["high"]).all()
    assert shares([1, 0], [0.0, np.nan]).index.tolist() == ["0.0", "missing"]
