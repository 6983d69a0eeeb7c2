import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from loanflow.data import FEATURES, load_loans
from loanflow.drift import psi, psi_by_chance, psi_of_columns
from loanflow.synthetic import generate_loans


@pytest.fixture(scope="module")
def loans():
    return load_loans()[FEATURES]


def test_the_index_is_the_sum_that_the_formula_says():
    reference = pd.Series(["a"] * 6000 + ["b"] * 4000)
    sample = pd.Series(["a"] * 3000 + ["b"] * 7000)
    due = (0.3 - 0.6) * np.log(0.3 / 0.6) + (0.7 - 0.4) * np.log(0.7 / 0.4)
    assert psi(reference, sample) == pytest.approx(due, rel=1e-3)


def test_the_same_rows_have_not_drifted(loans):
    np.testing.assert_allclose(psi_of_columns(loans, loans.sample(frac=1, random_state=0)), 0)


def test_the_order_of_rows_and_their_labels_do_not_matter(loans):
    sample = loans.tail(300)
    shuffled = sample.sample(frac=1, random_state=0).reset_index(drop=True)
    pd.testing.assert_series_equal(
        psi_of_columns(loans, sample), psi_of_columns(loans, shuffled), check_exact=False
    )


def test_numbers_stand_in_bins_between_quantiles():
    reference = pd.Series(np.arange(1000.0))
    half = pd.Series(np.arange(500.0))  # five bins with a fifth each, five with half a row each
    full, empty = (100 + 0.5) / (500 + 5), 0.5 / (500 + 5)
    due = 5 * ((full - 0.1) * np.log(full / 0.1) + (empty - 0.1) * np.log(empty / 0.1))
    assert psi(reference, half) == pytest.approx(due, rel=1e-2)


def test_more_gaps_are_a_drift():
    for reference in (pd.Series(["a", "b"] * 500), pd.Series(np.arange(1000.0))):
        gaps = reference.where(np.arange(1000) % 5 > 0)
        assert psi(reference, gaps) > 0.2
        assert psi(gaps, gaps) == 0


def test_a_value_that_was_never_seen_is_a_drift_and_a_finite_one():
    index = psi(pd.Series(["a"] * 1000), pd.Series(["new"] * 100))
    assert 5 < index < np.inf


def test_a_constant_and_an_empty_column_are_no_drift():
    for values in ([7.0] * 50, [np.nan] * 50):
        assert psi(pd.Series(values), pd.Series(values[:10])) == pytest.approx(0, abs=0.01)


def test_credit_history_has_a_bin_for_each_value(loans):
    history = loans["Credit_History"]
    assert psi(history, history.mask(history == 0)) == pytest.approx(
        psi(history.map({0.0: "bad", 1.0: "good"}), history.map({1.0: "good"}))
    )


def test_an_index_needs_rows(loans):
    with pytest.raises(ValueError, match="0 in the sample"):
        psi(loans["Gender"], loans["Gender"].head(0))


def test_chance_follows_the_chi_square_distribution(loans):
    """For bins that hold enough rows, as those of the amount: ten, and one for the gaps."""
    rows = 1000
    chance = psi_by_chance(loans[["LoanAmount"]], rows, draws=2000)["LoanAmount"]
    scale = 1 / (1 / rows + 1 / len(loans))
    assert chance.mean() * scale == pytest.approx(10, rel=0.05)
    assert chance.quantile(0.95) * scale == pytest.approx(chi2(10).ppf(0.95), rel=0.07)


def test_chance_is_larger_in_smaller_samples(loans):
    means = [psi_by_chance(loans, rows, draws=50).mean() for rows in (100, 400)]
    assert (means[0] > 2 * means[1]).all()


def test_chance_is_drawn_with_a_seed(loans):
    first, again, other = (psi_by_chance(loans, 50, draws=3, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_what_drifts_in_the_new_period_is_found_and_nothing_else(loans):
    sample = generate_loans(3000, seed=5, period="new")[FEATURES]
    drifted = psi_of_columns(loans, sample) > psi_by_chance(loans, 3000).max()
    drifts = {"Self_Employed", "ApplicantIncome", "CoapplicantIncome", "LoanAmount"}
    assert set(drifted[drifted].index) == drifts | {"Credit_History", "Property_Area"}
