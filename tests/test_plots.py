import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from loanflow import plots
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model, cost_curve, shares


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


def test_a_misspelt_column_is_refused_in_words(loans):
    with pytest.raises(ValueError, match="no column 'Credit_Histroy'; choose one of .*'Gender'"):
        plots.approval_rates(loans, "Credit_Histroy")


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


def test_the_marks_stand_on_the_cost_curve(split):
    costs = cost_curve([1, 0, 1], [0.9, 0.4, 0.6])
    axes = plots.cost_curve(costs, {"one half": 0.5, "cheapest": 0.41}).axes[0]
    curve, *marks = axes.get_lines()
    np.testing.assert_allclose(curve.get_ydata(), costs)
    assert [line.get_xydata().tolist() for line in marks] == [[[0.5, 0.0]], [[0.41, 0.0]]]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["one half: 0.50 costs 0.000", "cheapest: 0.41 costs 0.000"]


def test_each_slice_has_its_share_and_its_rows():
    tables = {
        "Gender": shares([1, 0, 1], ["Male", "Female", None]),
        "Area": shares([1, 0, 1], ["Urban", "Rural", "Urban"]),
    }
    axes = plots.slices(tables, "share approved").axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[::-1] == [
        "Gender: Female (1 rows)",
        "Gender: Male (1 rows)",
        "Gender: missing (1 rows)",
        "Area: Rural (1 rows)",
        "Area: Urban (2 rows)",
    ]
    assert axes.containers[0].lines[0].get_xdata()[::-1].tolist() == [0, 1, 1, 0, 1]


def test_a_way_that_was_not_measured_is_not_drawn():
    axes = plots.durations([10, 1_000], {"chunks": [0.5, 4.0], "Spark": []}).axes[0]
    (line,) = axes.lines
    assert (line.get_label(), line.get_ydata().tolist()) == ("chunks", [0.5, 4.0])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["10", "1,000"]
    axes.figure.draw_without_rendering()
    assert {"0.5", "1", "2"} <= {label.get_text() for label in axes.get_yticklabels()}


def test_the_readers_own_style_and_open_figures_are_left_alone(loans):
    before = dict(plt.rcParams)
    plots.approval_rates(loans, "Gender")
    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []


def test_each_bar_has_its_name_and_its_value():
    axes = plots.bars({"slow": 12.3, "fast": 4567.8}, "requests", "Speed").axes[0]
    assert [bar.get_width() for bar in axes.patches] == [12.3, 4567.8]
    assert [text.get_text() for text in axes.texts] == ["12", "4,568"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["slow", "fast"]
    assert axes.yaxis_inverted()  # the first stands at the top


def test_the_curve_of_latencies_is_their_percentiles_in_milliseconds():
    seconds = np.linspace(0.001, 0.101, 1001)
    axes = plots.latencies({"front": seconds}, "Waiting").axes[0]
    curve = axes.get_lines()[0].get_xydata()
    np.testing.assert_allclose(curve[100], [50, 51])
    np.testing.assert_allclose(curve[-1], [99.5, 100.5])
    assert [text.get_text() for text in axes.texts] == ["front"]


def test_a_timeline_has_a_line_for_each_column_and_for_each_mark():
    values = pd.DataFrame({"real": [0.5, 0.4], "other": [0.5, 0.6]}, index=[1, 2])
    axes = plots.timeline(values, {1.5: "changed"}, "month", "cost", "Costs").axes[0]
    other, real, mark = axes.get_lines()
    np.testing.assert_array_equal(real.get_xydata(), [[1, 0.5], [2, 0.4]])
    np.testing.assert_array_equal(other.get_ydata(), values["other"])
    assert real.get_linewidth() > other.get_linewidth()
    assert list(mark.get_xdata()) == [1.5, 1.5]
    assert [text.get_text() for text in axes.texts] == ["changed"]
    assert axes.get_ylim()[0] == 0
