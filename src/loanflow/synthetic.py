"""Generate loan applications with a known probability of approval.

The applications have the columns, the gaps and the heavy tails of the public loan-status file,
whose published summary figures (of 614 rows) are all that is taken from it. The rows are
independent of each other; each is drawn in this order:

1. Gender, Married given Gender, Dependents given Married; Education, Self_Employed, Property_Area,
   Loan_Amount_Term and Credit_History, each on its own; whether there is a coapplicant with an
   income, given Married.
2. ApplicantIncome: a normal score, shifted for graduates, for the self-employed and for those with
   a coapplicant, is turned into a rank by its exact distribution, a mixture of eight normals, and
   the rank into an income by the published quantiles. A coapplicant's income comes from its own
   published quantiles.
3. LoanAmount: a normal score correlated with that of the total income, turned into an amount by
   the published quantiles.
4. Gaps, in each column on its own and at random.
5. Loan_Status, from what then stands in the row: see `approval_probability`. A gap is a state of
   its own, so that nothing decides that a model cannot see, and no model scores better on average.

The period "new" comes later. Its applicants differ: incomes are 12% higher and amounts 30%
higher, more are self-employed (22% instead of 14%) and urban (45% instead of 33%), and the
credit history is missing twice as often (16% instead of 8%). Its lenders differ too: a missing
credit history, once nearly as good as a good one, counts heavily against an application (-0.6
instead of +1.49 in log-odds); lenders prefer urban instead of semiurban areas; and a loan counts as
heavy from 26 instead of 30 months of total income, in full from 39 instead of 45.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.interpolate import PchipInterpolator
from scipy.special import expit, ndtr, ndtri

from loanflow.data import FEATURES, ID, TARGET


@dataclass(frozen=True)
class _Period:
    """What differs between the periods: first the applicants, then the lenders."""

    stream: int  # keeps the periods' draws independent under the same seed
    income_level: float  # relative to the published incomes
    amount_level: float  # relative to the published amounts
    self_employed: float  # share
    areas: Mapping[str, float]  # weights
    missing_credit_history: float  # share
    missing_credit_effect: float  # log-odds, instead of those in _CREDIT_EFFECT
    area_effect: Mapping[str, float]  # log-odds
    heavy_loan: tuple[float, float]  # months of total income: effect begins, effect is full


# The new period is made up throughout, so that an old model visibly fails on it.
_PERIODS = {
    "training": _Period(
        stream=0,
        income_level=1.0,
        amount_level=1.0,
        self_employed=82 / 582,
        areas={"Urban": 202, "Semiurban": 233, "Rural": 179},
        missing_credit_history=50 / 614,
        missing_credit_effect=1.49,  # fitted like _CREDIT_EFFECT: 0.74 of these are approved
        area_effect={"Semiurban": 0.35, "Urban": -0.14, "Rural": -0.30},  # fitted like _EFFECTS
        heavy_loan=(30.0, 45.0),  # 22% of the loans weigh more than 30 months, 4% more than 45
    ),
    "new": _Period(
        stream=1,
        income_level=1.12,
        amount_level=1.30,
        self_employed=0.22,
        areas={"Urban": 0.45, "Semiurban": 0.33, "Rural": 0.22},
        missing_credit_history=0.16,
        missing_credit_effect=-0.6,
        area_effect={"Semiurban": -0.30, "Urban": 0.35, "Rural": -0.30},
        heavy_loan=(26.0, 39.0),
    ),
}

# Counts and shares as published. Those published to two digits (marriage by gender, dependents by
# marriage) are set, within their rounding, so that the overall shares come out as published too.
_MALE = 489 / 601
_MARRIED_MALE, _MARRIED_FEMALE = 0.7345, 0.2845
_MARRIED = _MALE * _MARRIED_MALE + (1 - _MALE) * _MARRIED_FEMALE
_DEPENDENTS_MARRIED = {"0": 0.447, "1": 0.200, "2": 0.240, "3+": 0.113}
_DEPENDENTS_UNMARRIED = {"0": 0.816, "1": 0.115, "2": 0.036, "3+": 0.033}
_GRADUATE = 480 / 614
_COAPPLICANT_MARRIED, _COAPPLICANT_UNMARRIED = 0.68, 0.33  # share with an income above 0
_COAPPLICANT = _MARRIED * _COAPPLICANT_MARRIED + (1 - _MARRIED) * _COAPPLICANT_UNMARRIED
_GOOD_CREDIT_HISTORY = 475 / 564
_TERMS = {360: 512, 180: 44, 480: 15, 300: 13, 240: 4, 84: 4, 120: 3, 60: 2, 36: 2, 12: 1}
_MISSING = {
    "Gender": 13 / 614,
    "Married": 3 / 614,
    "Dependents": 15 / 614,
    "Self_Employed": 32 / 614,
    "LoanAmount": 22 / 614,
    "Loan_Amount_Term": 14 / 614,
}

# Quantiles as published; the smallest values are not, and are set to something sensible.
_SHARES = np.array([0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 1])
_APPLICANT_INCOMES = [300, 1025, 1898, 2216, 2878, 3813, 5795, 9460, 14583, 32540, 81000]
_COAPPLICANT_INCOMES = [300, 1189, 2297, 3782, 4997, 8896, 41667]  # at 0 and from 50% on
_AMOUNTS = [10, 30, 56, 71, 100, 128, 168, 236, 298, 496, 700]
# Quantiles of the total income that this module generates, from four million rows.
_TOTAL_INCOMES = [300, 2002, 2699, 3154, 4090, 5521, 7722, 11508, 16274, 33717, 123000]

# Shifts of the normal score of ApplicantIncome, fitted to the published medians by education and
# employment, and to the mean and the standard deviation of the logarithm of the total income.
_GRADUATE_SHIFT, _SELF_EMPLOYED_SHIFT, _COAPPLICANT_SHIFT = 0.42, 0.88, -0.80
_AMOUNT_CORRELATION = 0.69  # of normal scores; fitted to 0.67 between the rounded logarithms

# Effects on the log-odds of approval, fitted on a million rows so that the approval rates of the
# groups come out as intended. For Credit_History and the term of 480 months the published rates
# are the aim. Elsewhere the aim lies at 0.6 of a group's published distance from the overall rate:
# in 614 rows groups differ by chance as well, and with the distances taken in full, logistic
# regression would do far better here than on the public file.
# A value that is missing or not listed has the effect 0, which is about the average.
_CREDIT_EFFECT = {1.0: 1.83, 0.0: -2.25}  # the intercept is included here
_EFFECTS = {
    "Married": {"Yes": 0.11, "No": -0.21},
    "Dependents": {"0": -0.05, "1": -0.06, "2": 0.31, "3+": -0.12},
    "Education": {"Graduate": 0.10, "Not Graduate": -0.34},
    "Loan_Amount_Term": {480.0: -1.65, 300.0: -0.34, 180.0: -0.16},
}
_INCOME_EFFECT = -0.30  # for each unit of log total income; published: -0.16 for 0.55 units
_TYPICAL_INCOME = 5500.0  # a month, where the income effect is 0: near the median total
# The last three are made up: their size is such that forests and boosting gain on logistic
# regression what they gain on the public file.
_HEAVY_EFFECT = -1.2
_LIGHT_LOAN, _LIGHT_EFFECT = (15.0, 10.0), -0.8  # months of total income; hardly worth the work
_SOLE_EARNER_EFFECT = -0.6  # with dependents and no coapplicant's income

_BLOCK = 50_000  # rows that `write_parquet` draws with one seed


def generate_loans(
    n_rows: int, seed: int, period: str = "training", *, first_id: int = 1001
) -> pd.DataFrame:
    """Generate loan applications in the public schema, with their outcome.

    Parameters
    ----------
    n_rows : int
        Number of applications, 0 or more.
    seed : int
        0 or more; the same arguments give the same applications.
    period : {"training", "new"}
        The later period "new" differs as the module's docstring says.
    first_id : int
        Number in the first Loan_ID; the others count up from it.

    Returns
    -------
    pandas.DataFrame, shape (n_rows, 13)
        As `loanflow.data.load_loans` returns it: Loan_ID, the columns ``FEATURES`` and Loan_Status
        ("Y" or "N"); text is ``str``, numbers are ``float64`` and whole, gaps are NaN. Incomes a
        month, LoanAmount in thousands, Loan_Amount_Term in months.

    Raises
    ------
    ValueError
        If `n_rows` is negative or `period` is unknown.
    """
    if n_rows < 0:
        raise ValueError(f"n_rows is {n_rows}; it must be 0 or more.")
    rng = np.random.default_rng([seed, _period(period).stream])
    loans = _generate_applications(n_rows, rng, _period(period), first_id)
    approved = rng.random(n_rows) < approval_probability(loans, period)
    loans[TARGET] = _text(["N", "Y"], approved)
    return loans


def write_parquet(
    folder: str | os.PathLike,
    n_rows: int,
    seed: int,
    period: str = "training",
    *,
    first_id: int = 1001,
    rows_per_file: int = 250_000,
) -> None:
    """Write applications without their outcome into Parquet files, in memory that does not grow.

    The rows are drawn in blocks of 50,000 with a seed each. So they do not depend on
    `rows_per_file`, and fewer rows are the first of more rows. They are not those of
    `generate_loans`.

    Parameters
    ----------
    folder : str or os.PathLike
        Made, with its parents; Parquet files in it are removed first. The rows come into
        ``part-00000.parquet``, ``part-00001.parquet`` and so on, in order.
    n_rows : int
        Number of applications, 1 or more.
    seed, period, first_id
        As in `generate_loans`.
    rows_per_file : int
        Rows in each file but the last, 1 or more.

    Raises
    ------
    ValueError
        If `n_rows` or `rows_per_file` is below 1, or `period` is unknown.

    Notes
    -----
    The columns are Loan_ID and ``FEATURES``, text as string and numbers as double; a gap is null.
    """
    applicants = _period(period)
    for name, number in {"n_rows": n_rows, "rows_per_file": rows_per_file}.items():
        if number < 1:
            raise ValueError(f"{name} is {number}; it must be 1 or more.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.parquet"):
        old.unlink()
    writer, schema = None, None
    for row in range(0, n_rows, _BLOCK):
        # A block's number begins at 1: numpy takes [3, 0, 0] and [3, 0] for the same seed.
        rng = np.random.default_rng([seed, applicants.stream, row // _BLOCK + 1])
        block = _generate_applications(_BLOCK, rng, applicants, first_id + row)
        table = pa.Table.from_pandas(block.head(n_rows - row), preserve_index=False)
        if schema is None:
            schema = pa.schema(
                (field.name, pa.float64() if field.type == pa.float64() else pa.string())
                for field in table.schema
            )
        table = table.cast(schema)
        start = 0
        while start < len(table):
            number, done = divmod(row + start, rows_per_file)
            if done == 0:
                if writer:
                    writer.close()
                writer = pq.ParquetWriter(folder / f"part-{number:05d}.parquet", schema)
            piece = table.slice(start, rows_per_file - done)
            writer.write_table(piece)
            start += len(piece)
    writer.close()


def _generate_applications(
    n_rows: int, rng: np.random.Generator, applicants: _Period, first_id: int
) -> pd.DataFrame:
    """Generate applications without their outcome: Loan_ID and `FEATURES`."""

    def happens(share):
        return rng.random(n_rows) < share

    male = happens(_MALE)
    married = happens(np.where(male, _MARRIED_MALE, _MARRIED_FEMALE))
    rank = rng.random(n_rows)
    dependents = np.where(
        married, _choose(rank, _DEPENDENTS_MARRIED), _choose(rank, _DEPENDENTS_UNMARRIED)
    )
    graduate = happens(_GRADUATE)
    self_employed = happens(applicants.self_employed)
    coapplicant = happens(np.where(married, _COAPPLICANT_MARRIED, _COAPPLICANT_UNMARRIED))
    area = _choose(rng.random(n_rows), applicants.areas)
    term = np.array(list(_TERMS), dtype=float)[_choose(rng.random(n_rows), _TERMS)]
    credit_history = happens(_GOOD_CREDIT_HISTORY).astype(float)

    # Incomes and amounts are drawn at the published level and brought to the period's level last.
    income_score = (
        _GRADUATE_SHIFT * graduate
        + _SELF_EMPLOYED_SHIFT * self_employed
        + _COAPPLICANT_SHIFT * coapplicant
        + rng.standard_normal(n_rows)
    )
    income = _applicant_income(_income_rank(income_score))
    coapplicant_income = np.where(coapplicant, _coapplicant_income(rng.random(n_rows)), 0)
    amount_score = _AMOUNT_CORRELATION * _total_income_score(income + coapplicant_income)
    amount_score += np.sqrt(1 - _AMOUNT_CORRELATION**2) * rng.standard_normal(n_rows)
    amount = _amount(ndtr(amount_score))

    missing = {column: happens(share) for column, share in _MISSING.items()}
    no_credit_history = happens(applicants.missing_credit_history)
    loans = pd.DataFrame(
        {
            ID: pd.array([f"LP{first_id + i:06d}" for i in range(n_rows)], dtype="str"),
            "Gender": _text(["Female", "Male"], male, missing["Gender"]),
            "Married": _text(["No", "Yes"], married, missing["Married"]),
            "Dependents": _text(_DEPENDENTS_MARRIED, dependents, missing["Dependents"]),
            "Education": _text(["Not Graduate", "Graduate"], graduate),
            "Self_Employed": _text(["No", "Yes"], self_employed, missing["Self_Employed"]),
            "ApplicantIncome": np.round(applicants.income_level * income),
            "CoapplicantIncome": np.round(applicants.income_level * coapplicant_income),
            "LoanAmount": np.where(
                missing["LoanAmount"], np.nan, np.round(applicants.amount_level * amount)
            ),
            "Loan_Amount_Term": np.where(missing["Loan_Amount_Term"], np.nan, term),
            "Credit_History": np.where(no_credit_history, np.nan, credit_history),
            "Property_Area": _text(applicants.areas, area),
        }
    )
    return loans[[ID, *FEATURES]]


def approval_probability(loans: pd.DataFrame, period: str = "training") -> np.ndarray:
    """Give the true probability that each application is approved.

    It is the logistic function of a sum of effects: of Credit_History, by far the largest; of
    Property_Area, Married, Dependents (neither rising nor falling throughout), Education and
    Loan_Amount_Term; of the logarithm of the total income, slightly falling; of the loan measured
    in months of total income, where both heavy and light loans lose; and of dependents without a
    coapplicant's income. Gender and Self_Employed have no effect.

    Parameters
    ----------
    loans : pandas.DataFrame, shape (n_rows, any)
        At least the columns ``FEATURES``, as `loanflow.data.load_loans` returns them.
    period : {"training", "new"}
        The period whose lenders decide.

    Returns
    -------
    numpy.ndarray, shape (n_rows,)
        Given everything that stands in the row, gaps included; depends on no other row.

    Raises
    ------
    ValueError
        If `period` is unknown.
    """
    lenders = _period(period)
    sole_earner = loans["CoapplicantIncome"].eq(0) & loans["Dependents"].isin(["1", "2", "3+"])
    # The public schema allows an income of 0, whose logarithm would end every calculation.
    total_income = np.maximum(
        loans["ApplicantIncome"].to_numpy(dtype=float)
        + loans["CoapplicantIncome"].to_numpy(dtype=float),
        1,
    )
    months = loans["LoanAmount"].to_numpy(dtype=float) * 1000 / total_income
    log_odds = (
        _effect(loans["Credit_History"], _CREDIT_EFFECT, lenders.missing_credit_effect)
        + _effect(loans["Property_Area"], lenders.area_effect)
        + sum(_effect(loans[column], effects) for column, effects in _EFFECTS.items())
        + _INCOME_EFFECT * np.log(total_income / _TYPICAL_INCOME)
        + _HEAVY_EFFECT * _ramp(months, *lenders.heavy_loan)
        + _LIGHT_EFFECT * _ramp(months, *_LIGHT_LOAN)
        + _SOLE_EARNER_EFFECT * sole_earner.to_numpy()
    )
    return expit(log_odds)


class TrueModel:
    """The classifier that knows the true probability: no model scores better in the long run.

    Parameters
    ----------
    period : {"training", "new"}
        The period whose lenders decide.
    """

    def __init__(self, period: str = "training"):
        self.period = period

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Give the true probabilities of not approved and approved, of shape (n_rows, 2)."""
        approved = approval_probability(X, self.period)
        return np.column_stack([1 - approved, approved])

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Give 1 where approval is at least as probable as not, else 0."""
        return (approval_probability(X, self.period) >= 0.5).astype(int)


def true_model() -> TrueModel | None:
    """Return the model behind what ``load_loans()`` reads, if it is known.

    Returns
    -------
    TrueModel or None
        None where the environment variable ``LOANFLOW_DATA`` names another file than the
        repository's: the truth behind it is not known.
    """
    return None if os.environ.get("LOANFLOW_DATA") else TrueModel()


def write_data(folder: str | os.PathLike) -> None:
    """Write the two files of the course, loan_status.csv and new_applications.csv.

    Parameters
    ----------
    folder : str or os.PathLike
        An existing folder; files of these names in it are replaced.
    """
    loans = generate_loans(5000, seed=0)
    new = generate_loans(2000, seed=0, period="new", first_id=1001 + len(loans))
    for name, table in {"loan_status.csv": loans, "new_applications.csv": new}.items():
        table.to_csv(Path(folder) / name, index=False, float_format="%.0f", lineterminator="\n")


def _period(name: str) -> _Period:
    if name not in _PERIODS:
        raise ValueError(f"There is no period {name!r}; choose one of {list(_PERIODS)}.")
    return _PERIODS[name]


def _choose(rank: np.ndarray, weights: Mapping) -> np.ndarray:
    """Turn uniform ranks into positions of the keys, each as often as its weight says."""
    steps = np.cumsum(list(weights.values()))
    return np.searchsorted(steps[:-1] / steps[-1], rank, side="right")


def _text(values, codes: np.ndarray, missing: np.ndarray | bool = False):
    codes = np.where(missing, -1, codes)
    return pd.array(list(values), dtype="str").take(codes, allow_fill=True)


def _effect(column: pd.Series, effects: Mapping, otherwise: float = 0.0) -> np.ndarray:
    return column.map(effects).fillna(otherwise).to_numpy(dtype=float)


def _ramp(months: np.ndarray, start: float, full: float) -> np.ndarray:
    """Rise from 0 at `start` to 1 at `full`, straight in the logarithm; 0 without an amount."""
    return np.nan_to_num(np.clip(np.log(months / start) / np.log(full / start), 0, 1))


def _score(rank: np.ndarray) -> np.ndarray:
    """Give the normal score of a rank in [0, 1], at most that of the largest of 614 rows."""
    margin = 0.5 / 614  # of 614 ranks, the outermost two stand half a step from the ends
    return ndtri(margin + (1 - 2 * margin) * rank)


def _quantile_function(shares: np.ndarray, values: list[float]):
    """Interpolate log quantiles over normal scores: exact at `shares`, monotone, bounded."""
    log_quantile = PchipInterpolator(_score(shares), np.log(values))
    return lambda rank: np.exp(log_quantile(_score(rank)))


_applicant_income = _quantile_function(_SHARES, _APPLICANT_INCOMES)
# The published shares count the rows without a coapplicant's income; these do not.
_coapplicant_income = _quantile_function(
    np.append(0, 1 - (1 - _SHARES[5:]) / _COAPPLICANT), _COAPPLICANT_INCOMES
)
_amount = _quantile_function(_SHARES, _AMOUNTS)
_log_total_income_score = PchipInterpolator(np.log(_TOTAL_INCOMES), _score(_SHARES))


def _total_income_score(total_income: np.ndarray) -> np.ndarray:
    """Give the normal score of a total income, the inverse of a quantile function."""
    return _log_total_income_score(np.log(total_income))


def _income_rank(income_score: np.ndarray) -> np.ndarray:
    """Give the exact rank of an income score among the applicants of the training period."""
    rank = np.zeros_like(income_score)
    shifts = {
        _GRADUATE_SHIFT: _GRADUATE,
        _SELF_EMPLOYED_SHIFT: _PERIODS["training"].self_employed,
        _COAPPLICANT_SHIFT: _COAPPLICANT,
    }
    for present in np.ndindex(2, 2, 2):
        weight = np.prod([s if p else 1 - s for p, s in zip(present, shifts.values(), strict=True)])
        rank += weight * ndtr(income_score - np.dot(present, list(shifts)))
    return rank


if __name__ == "__main__":
    write_data(Path(__file__).resolve().parents[2] / "data")
