"""Measure how far new applications have drifted from those that a model was trained on."""

import numpy as np
import pandas as pd

from loanflow.data import CATEGORIES

BINS = 10


def psi(reference: pd.Series, sample: pd.Series, bins: int = BINS) -> float:
    """Give the population stability index (PSI) of a column.

    It is the sum over bins of ``(p - q) * log(p / q)``, with `p` the share of the sample in a bin
    and `q` that of the reference: the Kullback-Leibler divergences of both directions, added.

    Parameters
    ----------
    reference : pandas.Series, shape (n_rows,)
        The column as the model was trained on it; it makes the bins.
    sample : pandas.Series, shape (n_new,)
        The column as it comes now.
    bins : int
        For a column of `CATEGORIES` or of text, each value is a bin. Any other column has this many
        bins between quantiles of the reference, fewer where a value is so common that several
        quantiles are equal. A missing value is a bin of its own; a value that the reference lacks
        too.

    Returns
    -------
    float
        0 where all shares agree; has no upper limit.

    Raises
    ------
    ValueError
        If `reference` or `sample` has no rows.

    Notes
    -----
    Each bin is counted with half a row more than it holds, so that an empty one gives a finite
    number. Where nothing has drifted, ``psi * n_rows * n_new / (n_rows + n_new)`` is about
    chi-square distributed with one degree of freedom less than there are bins (B. Yurdakul and
    J. Naranjo, Statistical properties of the population stability index, Journal of Risk Model
    Validation 14 (2020)): so a small sample has a large index by chance alone.
    """
    return _index(*_bins_of_rows(reference, sample, bins))


def psi_of_columns(reference: pd.DataFrame, sample: pd.DataFrame, bins: int = BINS) -> pd.Series:
    """Give the population stability index of each column of `reference`.

    Parameters
    ----------
    reference, sample : pandas.DataFrame
        Applications with the same columns; see `psi`.
    bins : int
        As in `psi`.

    Returns
    -------
    pandas.Series, shape (n_columns,)
        Indexed by the columns' names.

    Raises
    ------
    ValueError
        As in `psi`.
    """
    return pd.Series(
        {name: psi(reference[name], sample[name], bins) for name in reference}, name="psi"
    )


def psi_by_chance(
    reference: pd.DataFrame, n_rows: int, *, draws: int = 200, seed: int = 0, bins: int = BINS
) -> pd.DataFrame:
    """Give the indices that chance alone brings: of samples drawn from the reference itself.

    The reference is drawn anew as well, as its rows are a sample too.

    Parameters
    ----------
    reference : pandas.DataFrame, shape (n_reference, n_columns)
        As in `psi_of_columns`.
    n_rows : int
        Rows of each sample, 1 or more, drawn with replacement.
    draws : int
        Number of samples.
    seed : int
        The same seed draws the same samples.
    bins : int
        As in `psi`.

    Returns
    -------
    pandas.DataFrame, shape (draws, n_columns)
        The index of each column in each sample. An index of `n_rows` new rows that is larger than
        nearly all of these is no chance.
    """
    rng = np.random.default_rng(seed)
    sizes = len(reference), n_rows
    drawn = [[rng.integers(len(reference), size=size) for size in sizes] for _ in range(draws)]
    indices = {}
    for name in reference:
        bin_of_row, _ = _bins_of_rows(reference[name], reference[name], bins)
        indices[name] = [_index(bin_of_row[old], bin_of_row[new]) for old, new in drawn]
    return pd.DataFrame(indices)


def _bins_of_rows(
    reference: pd.Series, sample: pd.Series, bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give the bin of each row, a number from 0 on."""
    if not (len(reference) and len(sample)):
        raise ValueError(
            f"There are {len(reference)} rows in the reference and {len(sample)} in the sample; "
            "an index needs at least one in each."
        )
    both = pd.concat([reference, sample])
    if reference.name in CATEGORIES or not pd.api.types.is_numeric_dtype(both):
        bin_of_row = pd.factorize(both, use_na_sentinel=False)[0]
    else:
        edges = np.unique(reference.quantile(np.arange(1, bins) / bins).dropna())
        bin_of_row = np.where(both.isna(), len(edges) + 1, np.searchsorted(edges, both))
    return bin_of_row[: len(reference)], bin_of_row[len(reference) :]


def _index(reference: np.ndarray, sample: np.ndarray) -> float:
    """Give the index from the bins of the rows."""
    n_bins = max(reference.max(), sample.max()) + 1
    counts = np.array([np.bincount(rows, minlength=n_bins) for rows in (reference, sample)])
    counts = counts[:, counts.any(axis=0)] + 0.5
    q, p = counts / counts.sum(axis=1, keepdims=True)
    return float(np.sum((p - q) * np.log(p / q)))
