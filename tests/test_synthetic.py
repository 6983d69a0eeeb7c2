"""The generator against the published figures, its own probability, and the data card."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import expit, logit
from sklearn import metrics
from threadpoolctl import threadpool_limits

from loanflow.data import CATEGORIES, FEATURES, ID, TARGET, load_loans, load_new_applications
from loanflow.synthetic import (
    TrueModel,
    approval_probability,
    generate_loans,
    true_model,
    write_data,
    write_parquet,
)
from loanflow.training import FAMILIES, build_model, cross_validation_scores, evaluate

DATA = Path(__file__).parents[1] / "data"
CARD = (DATA / "README.md").read_text(encoding="utf-8")
PERIODS = ["training", "new"]
MANY = 200_000


@pytest.fixture(scope="module")
def many() -> dict[str, pd.DataFrame]:
    return {period: generate_loans(MANY, seed=42, period=period) for period in PERIODS}


@pytest.fixture(scope="module")
def truth(many) -> dict[str, np.ndarray]:
    return {period: approval_probability(many[period], period) for period in PERIODS}


@pytest.fixture(scope="module")
def committed() -> dict[str, pd.DataFrame]:
    """The files of the course, by their period."""
    return {"training": load_loans(DATA / "loan_status.csv"), "new": load_new_applications()}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Two threads on so few rows cost more than they save, on a busy machine many times more."""
    with threadpool_limits(1):
        yield


def approved(loans: pd.DataFrame) -> pd.Series:
    return (loans[TARGET] == "Y").astype("int64").rename("Approved")


def total_income(loans: pd.DataFrame) -> pd.Series:
    return loans["ApplicantIncome"] + loans["CoapplicantIncome"]


def has(column, value):
    """Select the rows with a value; None selects the rows where it is missing."""
    return lambda loans: loans[column].isna() if value is None else loans[column] == value


def share(column, value, among=None):
    """Give the share of a value among the rows where the column is known."""

    def figure(loans):
        known = loans[loans[column].notna() & (among(loans) if among else True)]
        return has(column, value)(known).mean()

    return figure


def missing(column):
    return lambda loans: loans[column].isna().mean()


def rate(column, value):
    return lambda loans: approved(loans)[has(column, value)(loans)].mean()


def quantile(column, level, among=None):
    return lambda loans: loans[column][among(loans) if among else slice(None)].quantile(level)


def log(loans, column):
    values = total_income(loans) if column == "total income" else loans[column]
    return np.log(values)


def of_log(column, statistic):
    return lambda loans: getattr(log(loans, column), statistic)()


def correlation(column, other):
    return lambda loans: log(loans, column).corr(log(loans, other))


def two_errors(p, count):
    """Give two standard errors of a share among so many rows of the public file."""
    return 2 * np.sqrt(p * (1 - p) / count)


MARRIED, UNMARRIED = has("Married", "Yes"), has("Married", "No")

# name, figure, published value, tolerance
PUBLISHED = [
    # Drawn as published: 0.005 is more than four standard errors of a share of 200,000 rows.
    *[
        (f"share of {column} {value}", share(column, value), count / total, 0.005)
        for column, total, counts in [
            ("Gender", 601, {"Male": 489, "Female": 112}),
            ("Married", 611, {"Yes": 398, "No": 213}),
            ("Dependents", 599, {"0": 345, "1": 102, "2": 101, "3+": 51}),
            ("Education", 614, {"Graduate": 480, "Not Graduate": 134}),
            ("Self_Employed", 582, {"No": 500, "Yes": 82}),
            ("Property_Area", 614, {"Semiurban": 233, "Urban": 202, "Rural": 179}),
            ("Credit_History", 564, {1: 475, 0: 89}),
            ("Loan_Amount_Term", 600, {360: 512, 180: 44, 480: 15, 300: 13, 240: 4, 84: 4}),
            ("Loan_Amount_Term", 600, {120: 3, 60: 2, 36: 2, 12: 1}),
        ]
        for value, count in counts.items()
    ],
    # Drawn as published: 0.003 is more than four standard errors of a share of at most 8 %.
    *[
        (f"missing {column}", missing(column), count / 614, 0.003)
        for column, count in {
            **dict.fromkeys([ID, "Education", "Property_Area", TARGET], 0),
            **dict.fromkeys(["ApplicantIncome", "CoapplicantIncome"], 0),
            **{"Gender": 13, "Married": 3, "Dependents": 15, "Self_Employed": 32},
            **{"LoanAmount": 22, "Loan_Amount_Term": 14, "Credit_History": 50},
        }.items()
    ],
    # Drawn from the published quantiles: 2 % is two standard errors of the 99 % one in the
    # long tail, and the rounding of small amounts.
    *[
        (f"{column} at {level:.0%}", quantile(column, level), value, 0.02 * value)
        for column, values in {
            "ApplicantIncome": [1025, 1898, 2216, 2878, 3813, 5795, 9460, 14583, 32540],
            "CoapplicantIncome": [0, 0, 0, 0, 1189, 2297, 3782, 4997, 8896],
            "LoanAmount": [30, 56, 71, 100, 128, 168, 236, 298, 496],
        }.items()
        for level, value in zip(
            [0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99], values, strict=True
        )
    ],
    # The published maximum is the end of the range: 200,000 rows come within 2 % of it.
    ("largest ApplicantIncome", quantile("ApplicantIncome", 1), 81000, 0.02 * 81000),
    ("largest CoapplicantIncome", quantile("CoapplicantIncome", 1), 41667, 0.02 * 41667),
    ("largest LoanAmount", quantile("LoanAmount", 1), 700, 0.02 * 700),
    # Follow from the quantiles: two standard errors, twice the published deviation over root 614.
    ("mean ApplicantIncome", lambda loans: loans["ApplicantIncome"].mean(), 5403, 493),
    ("mean CoapplicantIncome", lambda loans: loans["CoapplicantIncome"].mean(), 1621, 236),
    ("mean LoanAmount", lambda loans: loans["LoanAmount"].mean(), 146, 7),
    # The same for logarithms; of a deviation s, two standard errors are 2 s over root 1228.
    ("mean log ApplicantIncome", of_log("ApplicantIncome", "mean"), 8.34, 0.052),
    ("deviation of log ApplicantIncome", of_log("ApplicantIncome", "std"), 0.65, 0.037),
    ("mean log total income", of_log("total income", "mean"), 8.67, 0.044),
    ("deviation of log total income", of_log("total income", "std"), 0.55, 0.031),
    ("mean log LoanAmount", of_log("LoanAmount", "mean"), 4.86, 0.041),
    ("deviation of log LoanAmount", of_log("LoanAmount", "std"), 0.51, 0.029),
    # Two standard errors, 2 (1 - r²) over root 614; the second is fitted and must come closer.
    ("amount with income", correlation("LoanAmount", "ApplicantIncome"), 0.50, 0.061),
    ("amount with total income", correlation("LoanAmount", "total income"), 0.67, 0.01),
    # Drawn as published, to two digits: 0.01 is rounding and two standard errors.
    ("married men", share("Married", "Yes", has("Gender", "Male")), 0.73, 0.01),
    ("married women", share("Married", "Yes", has("Gender", "Female")), 0.28, 0.01),
    ("unmarried, 0 dependents", share("Dependents", "0", UNMARRIED), 0.82, 0.01),
    ("married, 0 dependents", share("Dependents", "0", MARRIED), 0.45, 0.01),
    ("married, 1 dependent", share("Dependents", "1", MARRIED), 0.20, 0.01),
    ("married, 2 dependents", share("Dependents", "2", MARRIED), 0.24, 0.01),
    ("married, 3 or more", share("Dependents", "3+", MARRIED), 0.11, 0.01),
    ("no coapplicant's income", share("CoapplicantIncome", 0), 0.44, 0.01),
    ("the same, unmarried", share("CoapplicantIncome", 0, UNMARRIED), 0.67, 0.01),
    ("the same, married", share("CoapplicantIncome", 0, MARRIED), 0.32, 0.01),
    # Fitted: 2.5 % is less than one standard error of the median of even 500 published rows.
    *[
        (
            f"median income, {column} {value}",
            quantile("ApplicantIncome", 0.5, has(column, value)),
            median,
            0.025 * median,
        )
        for column, value, median in [
            ("Education", "Graduate", 4000),
            ("Education", "Not Graduate", 3358),
            ("Self_Employed", "Yes", 5809),
            ("Self_Employed", "No", 3706),
        ]
    ],
    # Fitted to the published rate itself: about three standard errors or more in 200,000 rows,
    # of which 5,000 have the term of 480 months.
    ("approved", lambda loans: approved(loans).mean(), 0.687, 0.005),
    ("approved, Credit_History 1", rate("Credit_History", 1), 0.796, 0.01),
    ("approved, Credit_History 0", rate("Credit_History", 0), 0.079, 0.01),
    ("approved, Credit_History missing", rate("Credit_History", None), 0.740, 0.015),
    ("approved, Loan_Amount_Term 480", rate("Loan_Amount_Term", 480), 0.400, 0.02),
    # Two standard errors of the published rate in so many rows: differences between these groups
    # are deliberately smaller than the published ones.
    *[
        (f"approved, {column} {value}", rate(column, value), p, two_errors(p, count))
        for column, value, p, count in [
            ("Gender", "Male", 0.693, 489),
            ("Gender", "Female", 0.670, 112),
            ("Married", "Yes", 0.716, 398),
            ("Married", "No", 0.629, 213),
            ("Dependents", "0", 0.690, 345),
            ("Dependents", "1", 0.647, 102),
            ("Dependents", "2", 0.752, 101),
            ("Dependents", "3+", 0.647, 51),
            ("Education", "Graduate", 0.708, 480),
            ("Education", "Not Graduate", 0.612, 134),
            ("Self_Employed", "No", 0.686, 500),
            ("Self_Employed", "Yes", 0.683, 82),
            ("Property_Area", "Semiurban", 0.768, 233),
            ("Property_Area", "Urban", 0.658, 202),
            ("Property_Area", "Rural", 0.615, 179),
            ("Loan_Amount_Term", 360, 0.701, 512),
            ("Loan_Amount_Term", 180, 0.659, 44),
            ("Loan_Amount_Term", 300, 0.615, 13),
        ]
    ],
]


# The new period as the data card states it, and the approval rates that follow from it; 0.01 and
# 0.02 are more than two standard errors.
DRIFT = [
    ("self-employed", share("Self_Employed", "Yes"), 0.22, 0.01),
    ("urban", share("Property_Area", "Urban"), 0.45, 0.01),
    ("semiurban", share("Property_Area", "Semiurban"), 0.33, 0.01),
    ("rural", share("Property_Area", "Rural"), 0.22, 0.01),
    ("missing", missing("Credit_History"), 0.16, 0.01),
    ("approved though missing", rate("Credit_History", None), 0.25, 0.01),
    ("approved, urban", rate("Property_Area", "Urban"), 0.635, 0.01),
    ("approved, semiurban", rate("Property_Area", "Semiurban"), 0.535, 0.01),
    ("approved, rural", rate("Property_Area", "Rural"), 0.533, 0.01),
    ("largest income", quantile("ApplicantIncome", 1), 1.12 * 81000, 0.02 * 81000),
    ("coapplicant at 90 %", quantile("CoapplicantIncome", 0.9), 1.12 * 3782, 0.02 * 3782),
    ("largest amount", quantile("LoanAmount", 1), 1.30 * 700, 0.02 * 700),
]


@pytest.mark.parametrize(
    ("period", "figure", "stated", "tolerance"),
    [
        pytest.param(period, *row, id=f"{period} period, {name}")
        for period, table in {"training": PUBLISHED, "new": DRIFT}.items()
        for name, *row in table
    ],
)
def test_matches_the_published_or_stated_figure(many, period, figure, stated, tolerance):
    assert figure(many[period]) == pytest.approx(stated, abs=tolerance)


def test_logistic_regression_does_as_on_the_public_file():
    files = [generate_loans(614, seed=seed) for seed in range(6)]
    scores = pd.concat(
        cross_validation_scores(build_model(), loans[FEATURES], approved(loans)) for loans in files
    ).mean()
    # Published, with about one standard error of the score on one file of 614 rows.
    assert scores["roc_auc"] == pytest.approx(0.749, abs=0.02)
    assert scores["log_loss"] == pytest.approx(0.486, abs=0.02)
    assert scores["accuracy"] == pytest.approx(0.809, abs=0.016)
    assert scores["f1"] == pytest.approx(0.877, abs=0.012)


@pytest.mark.parametrize("period", PERIODS)
def test_schema(many, period):
    loans = many[period]
    assert list(loans) == [ID, *FEATURES, TARGET]
    assert loans[ID].is_unique
    for column, values in CATEGORIES.items():
        assert set(loans[column].dropna()) == set(values)
    numbers = loans.select_dtypes("number")
    assert (numbers.dropna() % 1 == 0).all(axis=None)
    assert loans["ApplicantIncome"].min() >= 300
    assert total_income(loans).max() <= 1.12 * (81000 + 41667) + 1
    assert loans["LoanAmount"].min() >= 10


@pytest.mark.parametrize("period", PERIODS)
def test_probability_is_calibrated(many, truth, period):
    bins = pd.qcut(truth[period], 20, labels=False)
    by_bin = pd.DataFrame({"p": truth[period], "y": approved(many[period])}).groupby(bins).mean()
    standard_error = np.sqrt(by_bin["p"] * (1 - by_bin["p"]) / (MANY / 20))
    assert (abs(by_bin["y"] - by_bin["p"]) < 4 * standard_error).all()


def known_credit_only(loans, period):
    return approved(loans).groupby(loans["Credit_History"].fillna(2)).transform("mean")


def fitted_boosting(loans, period):
    model = build_model("hist_gradient_boosting", max_iter=100)
    model.fit(loans[FEATURES][:20_000], approved(loans)[:20_000])
    return model.predict_proba(loans[FEATURES])[:, 1]


def other_period(loans, period):
    return approval_probability(loans, PERIODS[1 - PERIODS.index(period)])


def rescaled(factor, shift):
    return lambda loans, period: expit(factor * logit(approval_probability(loans, period)) + shift)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize(
    "rival",
    [
        pytest.param(rescaled(1, 0.1), id="too lenient"),
        pytest.param(rescaled(1, -0.1), id="too strict"),
        pytest.param(rescaled(0.9, 0), id="too timid"),
        pytest.param(rescaled(1.1, 0), id="too sure"),
        known_credit_only,
        fitted_boosting,
        other_period,
    ],
)
def test_nothing_beats_the_true_probability(many, truth, period, rival):
    y = approved(many[period])
    assert metrics.log_loss(y, truth[period]) < metrics.log_loss(y, rival(many[period], period))


@pytest.mark.parametrize("period", PERIODS)
def test_probability_depends_on_the_row_alone(period):
    loans = generate_loans(1000, seed=3, period=period)
    probability = approval_probability(loans, period)
    turned = loans[FEATURES].iloc[::-7]
    np.testing.assert_array_equal(approval_probability(turned, period), probability[::-7])
    as_objects = loans.astype(object).where(loans.notna(), None)
    np.testing.assert_array_equal(approval_probability(as_objects, period), probability)


def test_probability_is_defined_throughout_the_schema():
    loans = generate_loans(1, seed=0).loc[[0] * 4].reset_index(drop=True)
    loans["ApplicantIncome"] = loans["CoapplicantIncome"] = 0.0
    loans["LoanAmount"] = [1.0, 100.0, 1e6, np.nan]
    loans["Loan_Amount_Term"] = [6.0, 350.0, 480.0, np.nan]
    probability = approval_probability(loans)
    assert ((probability > 0) & (probability < 1)).all()


def test_seed_decides():
    loans = generate_loans(50, seed=7)
    pd.testing.assert_frame_equal(loans, generate_loans(50, seed=7))
    assert not loans.equals(generate_loans(50, seed=8))
    new = generate_loans(50, seed=7, period="new")
    assert (new["Gender"] != loans["Gender"]).any(), "the periods must not share their draws"


def test_ids_count_up_and_widen():
    assert list(generate_loans(2, seed=0)[ID]) == ["LP001001", "LP001002"]
    assert list(generate_loans(2, seed=0, first_id=999_999)[ID]) == ["LP999999", "LP1000000"]


def test_no_rows():
    loans = generate_loans(0, seed=0)
    assert list(loans.dtypes) == list(generate_loans(1, seed=0).dtypes)
    assert approval_probability(loans).shape == (0,)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"^n_rows is -1; it must be 0 or more\.$"):
        generate_loans(-1, seed=0)
    unknown = r"^There is no period 'later'; choose one of \['training', 'new'\]\.$"
    with pytest.raises(ValueError, match=unknown):
        generate_loans(1, seed=0, period="later")
    with pytest.raises(ValueError, match=unknown):
        approval_probability(generate_loans(1, seed=0), period="later")


@pytest.mark.parametrize("name", ["loan_status.csv", "new_applications.csv"])
def test_committed_file_is_generated_byte_for_byte(tmp_path, name):
    write_data(tmp_path)
    assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_files_hold_what_is_generated(committed):
    pd.testing.assert_frame_equal(committed["training"], generate_loans(5000, seed=0))
    assert len(committed["new"]) == 2000
    assert committed["new"][ID].iloc[0] == "LP006001"


# --- the data card ---------------------------------------------------------------------------


def card_table(first_heading: str) -> pd.DataFrame:
    """Read the card's table whose first column has this heading."""
    lines = re.search(rf"^\| {first_heading} \|.*(?:\n\|.*)+", CARD, flags=re.MULTILINE)[0]
    heading, _, *rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines.splitlines()
    ]
    return pd.DataFrame(rows, columns=heading).set_index(first_heading)


def long_run(probability: np.ndarray) -> list[float]:
    """Give the expected rate, AUC, log loss and accuracy of the true probability."""
    p = np.sort(probability)
    rejected = 1 - p
    ranked_below = np.cumsum(rejected) - rejected / 2
    auc = (p * ranked_below).sum() / (p.sum() * rejected.sum())
    log_loss = -(p * np.log(p) + rejected * np.log(rejected)).mean()
    return [p.mean(), auc, log_loss, np.maximum(p, rejected).mean()]


def on_file(loans: pd.DataFrame, period: str) -> list[float]:
    y = approved(loans)
    scores = evaluate(TrueModel(period), loans[FEATURES], y)
    return [y.mean(), *(scores[name] for name in ("roc_auc", "log_loss", "accuracy"))]


def test_card_states_the_limits(truth, committed):
    stated = card_table("rows").astype(float)
    for period, name in zip(PERIODS, ["loan_status.csv", "new_applications.csv"], strict=True):
        # The card's figures are of a million rows; of 200,000, two standard errors are 0.002.
        found, on_rows = long_run(truth[period]), on_file(committed[period], period)
        in_the_long_run = stated.loc[f"{period} period, in the long run"]
        np.testing.assert_allclose(in_the_long_run, found, rtol=0, atol=0.002)
        np.testing.assert_allclose(stated.loc[name], on_rows, rtol=0, atol=0.0006)


def test_card_states_what_models_reach(committed):
    stated = card_table("model").astype(float)
    assert list(stated.index) == list(FAMILIES)
    loans, new = committed.values()
    for family in FAMILIES:
        model = build_model(family)
        trained = cross_validation_scores(model, loans[FEATURES], approved(loans)).mean()
        retrained = cross_validation_scores(model, new[FEATURES], approved(new)).mean()
        model.fit(loans[FEATURES], approved(loans))
        old = evaluate(model, new[FEATURES], approved(new))
        found = [s[name] for s in (trained, old, retrained) for name in ("roc_auc", "log_loss")]
        # The last digit, and a little for other processors.
        np.testing.assert_allclose(stated.loc[family], found, rtol=0, atol=0.0015)
        assert old["roc_auc"] < min(trained["roc_auc"], retrained["roc_auc"]) - 0.02
        assert old["log_loss"] > max(trained["log_loss"], retrained["log_loss"]) + 0.05


def test_card_states_columns_and_gaps(committed):
    table = card_table("column")
    assert list(table.index) == [ID, *FEATURES, TARGET]
    for period, loans in committed.items():
        gaps = [f"{gap:.1f}%" for gap in 100 * loans.isna().mean()]
        assert list(table[f"missing, {period}"]) == gaps


def test_the_true_model_is_that_of_the_training_period_and_of_no_other_file(monkeypatch, committed):
    X, y = committed["new"][FEATURES], approved(committed["new"])
    old, later = (evaluate(model, X, y) for model in (true_model(), TrueModel("new")))
    assert later["log_loss"] < old["log_loss"] - 0.05
    monkeypatch.setenv("LOANFLOW_DATA", "elsewhere.csv")
    assert true_model() is None


def parquet(folder: Path, n_rows: int, **options) -> pd.DataFrame:
    write_parquet(folder, n_rows, **{"seed": 3, **options})
    return pd.concat(map(pd.read_parquet, sorted(folder.glob("*.parquet"))), ignore_index=True)


def test_parquet_does_not_depend_on_the_size_of_its_files(tmp_path):
    whole = parquet(tmp_path, 120_001, rows_per_file=200_000)
    assert len(list(tmp_path.iterdir())) == 1
    # 48,000 does not divide a block of 50,000: files begin and end inside of blocks.
    pd.testing.assert_frame_equal(parquet(tmp_path, 120_001, rows_per_file=48_000), whole)
    sizes = [pq.read_metadata(path).num_rows for path in sorted(tmp_path.iterdir())]
    assert sizes == [48_000, 48_000, 24_001]
    pd.testing.assert_frame_equal(parquet(tmp_path, 60_000), whole.head(60_000))
    assert whole[ID].is_unique
    assert whole[ID].iloc[[0, -1]].tolist() == ["LP001001", "LP121001"]
    # Neither of two blocks, nor a block and what generate_loans draws, are the same rows.
    first, second = whole[FEATURES].head(50_000), whole[FEATURES][50_000:100_000]
    assert not first.equals(second.reset_index(drop=True))
    assert not first.equals(generate_loans(50_000, seed=3)[FEATURES])


def test_parquet_holds_text_and_numbers_as_a_signature_names_them(tmp_path):
    loans = parquet(tmp_path, 50_000)
    schema = pq.read_schema(tmp_path / "part-00000.parquet")
    assert schema.names == [ID, *FEATURES]
    drawn = generate_loans(50_000, seed=3)
    for field in schema:
        text = pd.api.types.is_string_dtype(drawn[field.name])
        assert field.type == (pa.string() if text else pa.float64())
        gaps = drawn[field.name].isna().mean()
        assert gaps == pytest.approx(loans[field.name].isna().mean(), abs=0.01)
    assert pq.read_table(tmp_path)["LoanAmount"].null_count == loans["LoanAmount"].isna().sum() > 0


def test_parquet_has_the_shares_of_its_period(tmp_path):
    for period, areas in {"training": 202 / 614, "new": 0.45}.items():
        loans = parquet(tmp_path, 100_000, period=period)
        assert loans["Property_Area"].eq("Urban").mean() == pytest.approx(areas, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_rows": 0}, "n_rows is 0; it must be 1 or more."),
        ({"rows_per_file": 0}, "rows_per_file is 0; it must be 1 or more."),
        ({"period": "old"}, "There is no period 'old'"),
    ],
)
def test_parquet_refuses(wrong, message, tmp_path):
    with pytest.raises(ValueError, match=re.escape(message)):
        write_parquet(tmp_path / "applications", **{"n_rows": 1, "seed": 0, **wrong})
    assert not (tmp_path / "applications").exists()
