"""The course's figures: one style, one figure a call."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from sklearn.metrics import RocCurveDisplay
from sklearn.pipeline import Pipeline

from loanflow.data import TARGET
from loanflow.features import feature_names

#: Readable from the back of a room; colours of Okabe and Ito, told apart by the colour-blind.
STYLE = {
    "figure.figsize": (8, 4),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "axes.prop_cycle": plt.cycler(
        color=["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]
    ),
    "svg.hashsalt": "loanflow",
}


def _styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Draw in the course's style, and leave the reader's own settings as they are."""

    @wraps(draw)
    def styled(*args, **kwargs) -> Figure:
        with plt.rc_context(STYLE):
            figure = draw(*args, **kwargs)
        # The caller shows or logs the figure; pyplot must not show it a second time.
        plt.close(figure)
        return figure

    return styled


@_styled
def approval_rates(loans: pd.DataFrame, column: str) -> Figure:
    """Draw the share of approved applications in each group of a column.

    Parameters
    ----------
    loans : pandas.DataFrame, shape (n_rows, 13)
        Applications with their outcome, from ``load_loans``.
    column : str
        A column with few values; a missing value is a group of its own.

    Returns
    -------
    matplotlib.figure.Figure
        Bars between 0 and 1 with two standard errors, and the share of all rows as a line.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if column not in loans:
        raise ValueError(f"There is no column {column!r}; choose one of {list(loans)}.")
    approved = (loans[TARGET] == "Y").astype(float)
    groups = loans[column].astype(object).where(loans[column].notna(), "missing").astype(str)
    rates = approved.groupby(groups).agg(["mean", "count"])
    error = 2 * np.sqrt(rates["mean"] * (1 - rates["mean"]) / rates["count"])
    figure, axes = plt.subplots()
    labels = [f"{name}\n{count:,} rows" for name, count in rates["count"].items()]
    axes.bar(labels, rates["mean"], yerr=error, capsize=6, width=0.6)
    axes.axhline(approved.mean(), color="black", linestyle="--", label="all applications")
    axes.set(ylim=(0, 1), ylabel="share approved", title=f"Approval by {column}")
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper left")
    return figure


@_styled
def coefficients(model: Pipeline) -> Figure:
    """Draw the weights of a fitted logistic regression, the largest at the top.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        From ``build_model("logistic_regression")``, fitted.

    Returns
    -------
    matplotlib.figure.Figure
        Weights in log odds for each unit of a standardised feature, or for a category.

    Raises
    ------
    ValueError
        If the classifier has no coefficients.
    """
    classifier = model.named_steps["classifier"]
    if not hasattr(classifier, "coef_"):
        raise ValueError(
            f"A fitted {type(classifier).__name__} has no coefficients to draw; "
            "a fitted logistic regression has."
        )
    weights = pd.Series(classifier.coef_[0], index=feature_names())
    weights = weights.reindex(weights.abs().sort_values().index).tail(12)
    figure, axes = plt.subplots(figsize=(8, 5))
    axes.barh(weights.index, weights, color=np.where(weights > 0, "#0072b2", "#e69f00"))
    axes.axvline(0, color="black", linewidth=1)
    axes.set(xlabel="weight (log odds)", title="Largest weights for and against approval")
    axes.grid(visible=False, axis="y")
    return figure


@_styled
def roc_curves(models: Mapping[str, Pipeline], X: pd.DataFrame, y: pd.Series) -> Figure:
    """Draw the ROC curve of each model on the same rows.

    Parameters
    ----------
    models : mapping of str to sklearn.pipeline.Pipeline
        Fitted models under the names that the legend shows.
    X, y
        Applications of shape (n_rows, 11) and their outcomes of shape (n_rows,), 1 for approved.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(6, 5))
    for name, model in models.items():
        RocCurveDisplay.from_estimator(model, X, y, name=name, ax=axes)
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", label="chance")
    axes.set(
        xlabel="share of the not approved that pass",
        ylabel="share of the approved that pass",
        title="ROC curve",
    )
    axes.legend(loc="lower right")
    return figure


@_styled
def cost_curve(costs: pd.Series, marks: Mapping[str, float]) -> Figure:
    """Draw what each threshold costs, and mark some of them.

    Parameters
    ----------
    costs : pandas.Series, shape (n_thresholds,)
        The cost for each application, indexed by the threshold, from ``training.cost_curve``.
    marks : mapping of str to float
        Thresholds in the index of `costs`, under the names that the legend shows.

    Returns
    -------
    matplotlib.figure.Figure
        Threshold 0 approves everyone; beyond the highest probability, nobody is approved.
    """
    figure, axes = plt.subplots()
    axes.plot(costs.index, costs, color="black")
    for number, (name, threshold) in enumerate(marks.items()):
        cost = costs.loc[threshold]
        label = f"{name}: {threshold:.2f} costs {cost:.3f}"
        axes.plot(threshold, cost, "osD^v"[number % 5], markersize=10, label=label)
    axes.set(xlabel="threshold", ylabel="cost for each application", title="What a threshold costs")
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower left")
    return figure


@_styled
def slices(tables: Mapping[str, pd.DataFrame], xlabel: str) -> Figure:
    """Draw the share in each group with its interval, one line for each group.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        From ``training.shares``, under the names of the columns that form the groups.
    xlabel : str
        What the shares are shares of.

    Returns
    -------
    matplotlib.figure.Figure
        Shares between 0 and 1; each label says how many rows stand behind it.
    """
    table = pd.concat(tables, names=["column"]).iloc[::-1]
    labels = [
        f"{column}: {group} ({rows:,} rows)" for (column, group), rows in table["rows"].items()
    ]
    figure, axes = plt.subplots(figsize=(8, 1 + 0.4 * len(table)))
    error = [table["share"] - table["low"], table["high"] - table["share"]]
    axes.errorbar(table["share"], labels, xerr=error, fmt="o", capsize=5)
    axes.set(xlim=(-0.02, 1.02), xlabel=xlabel)
    axes.set_ylim(-0.5, len(table) - 0.5)
    return figure


@_styled
def bars(values: Mapping[str, float], xlabel: str, title: str) -> Figure:
    """Draw one bar for each value, the first at the top, and write the value beside it.

    Parameters
    ----------
    values : mapping of str to float
        The values, 0 or more, under the names of their bars.
    xlabel : str
        What is counted, with its unit.
    title : str
        What the figure shows.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.45 * len(values)))
    drawn = axes.barh(list(values), list(values.values()), height=0.6)
    labels = [f"{value:,.0f}" if value >= 100 else f"{value:.2g}" for value in values.values()]
    axes.bar_label(drawn, labels, padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set(xlabel=xlabel, title=title)
    axes.grid(visible=False, axis="y")
    return figure


@_styled
def latencies(samples: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw how long the fastest share of the requests took, for every share.

    Parameters
    ----------
    samples : mapping of str to array-like of float, shape (n_requests,)
        Seconds of each request, under the names that stand at the curves.
    title : str
        What the figure shows.

    Returns
    -------
    matplotlib.figure.Figure
        Milliseconds on a logarithmic axis; dotted lines at the median and the 99th percentile.
    """
    figure, axes = plt.subplots()
    percentiles = np.arange(0, 100, 0.5)
    for name, seconds in samples.items():
        milliseconds = 1000 * np.percentile(seconds, percentiles)
        (line,) = axes.plot(percentiles, milliseconds, linewidth=2)
        above = {"xytext": (0, 10), "textcoords": "offset points", "color": line.get_color()}
        axes.annotate(name, (10, milliseconds[20]), **above)
    for percentile in (50, 99):
        axes.axvline(percentile, color="black", linestyle=":", linewidth=1)
    axes.set(yscale="log", xlabel="percentile of the requests", ylabel="milliseconds", title=title)
    axes.set_xticks([0, 25, 50, 75, 99])
    axes.margins(y=0.15)
    return figure


@_styled
def durations(sizes: Sequence[int], seconds: Mapping[str, Sequence[float]]) -> Figure:
    """Draw how long tables of several sizes took in each way, on logarithmic axes.

    Parameters
    ----------
    sizes : sequence of int, shape (n_sizes,)
        Rows of each table.
    seconds : mapping of str to sequence of float, shape (n_sizes,)
        Under the names that the legend shows; what was not measured is empty and not drawn.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots()
    for name, measured in seconds.items():
        if len(measured):
            axes.plot(sizes, measured, "o-", label=name)
    axes.set(
        xscale="log", yscale="log", xlabel="rows", ylabel="seconds", title="Time to score a table"
    )
    axes.margins(x=0.08)  # room for the last label
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
    axes.minorticks_off()
    axes.legend()
    return figure


@_styled
def timeline(
    values: pd.DataFrame, marks: Mapping[float, str], xlabel: str, ylabel: str, title: str
) -> Figure:
    """Draw values over time: the first column bold, the others thin, and marks where things change.

    Parameters
    ----------
    values : pandas.DataFrame, shape (n_times, n_lines)
        Indexed by the time, one column for each line, named as the legend shows it.
    marks : mapping of float to str
        Times of vertical lines, and what stands at the top of each.
    xlabel, ylabel, title : str
        What the axes and the figure show.

    Returns
    -------
    matplotlib.figure.Figure
        The vertical axis begins at 0.
    """
    figure, axes = plt.subplots(figsize=(8, 4.5))
    first, *others = values
    for name in others:
        axes.plot(values.index, values[name], linewidth=1.5, label=name)
    axes.plot(values.index, values[first], "o-", color="black", linewidth=3, label=first)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title, ylim=(0, 1.2 * np.nanmax(values)))
    axes.set_xticks(values.index)
    for time, text in marks.items():
        axes.axvline(time, color="black", linestyle=":", linewidth=1.5)
        axes.annotate(text, (time, axes.get_ylim()[1]), (4, -14), textcoords="offset points")
    axes.legend(loc="lower left", ncols=3)
    return figure
