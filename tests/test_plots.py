import matplotlib.pyplot as plt
import numpy as np
import pytest

from loanflow import plots
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model


@pytest.fixture(scope="module")
def loans():
    return load_loans()


@pytest.fixture(scope="module")
def split(loans):
    return split_loans(loans)


def test_the_bars_are_the_shares_and_a_missing_value_has_its_own(loans):
    axes = plots.approval_rates(loans, "Credit_History").axes[0]
    bars = [bar.get_height() for bar in axes.patches]
    shares = (loans["Loan_Status"] == "Y").groupby(loans["Credit_History"], dropna=False).mean()
    np.testing.assert_allclose(bars, shares)
    labels = [label.get_text().split("\n")[0] for label in axes.get_xticklabels()]
    assert labels == ["0.0", "1.0", "missing"]


def test_the_longest_bar_is_the_largest_weight(split):
    model = build_model("logistic_regression").fit(split.X_train, split.y_train)
    axes = plots.coefficients(model).axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths[-1] == max(model[-1].coef_[0], key=abs)
    assert np.all(np.diff(np.abs(widths)) >= 0)


def test_a_model_without_coefficients_is_refused_in_words(split):
    model = build_model("decision_tree").fit(split.X_train, split.y_train)
    with pytest.raises(ValueError, match="DecisionTreeClassifier has no coefficients"):
        plots.coefficients(model)


def test_each_model_has_its_roc_curve(split):
    models = {
        name: build_model(name).fit(split.X_train, split.y_train)
        for name in ("logistic_regression", "decision_tree")
    }
    axes = plots.roc_curves(models, split.X_test, split.y_test).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert [label.split(" ")[0] for label in labels] == [*models, "chance"]


def test_the_readers_own_style_and_open_figures_are_left_alone(loans):
    before = dict(plt.rcParams)
    plots.approval_rates(loans, "Gender")
    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []
