"""The decision model that lessons 11 and later log from `notebooks/loan_decision.py`."""

import runpy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from classroom.workspace import NOTEBOOKS
from loanflow.data import CATEGORIES, FEATURES, load_loans, load_new_applications, split_loans
from loanflow.training import FAMILIES, build_model

SCRIPT = runpy.run_path(str(NOTEBOOKS / "loan_decision.py"))
split = split_loans(load_loans())


def decider(family="logistic_regression"):
    """Return the script's model around a fitted classifier, as `load_context` leaves it."""
    X = split.X_train
    model = SCRIPT["LoanDecision"]()
    model.classifier = build_model(family).fit(X, split.y_train)
    typical = X.mode().head(1).assign(**X.median(numeric_only=True))
    model.typical = typical.to_dict("records")[0]
    return model


@pytest.fixture(scope="module")
def model():
    return decider()


def decide(model, applications, threshold=0.74):
    return model.predict(None, applications, {"threshold": threshold})


def application(**values):
    return split.X_test.head(1).reset_index(drop=True).assign(**values)


def test_the_rules_are_those_of_the_schema():
    assert list(SCRIPT["RULES"]) == FEATURES
    for name, values in CATEGORIES.items():
        words, fits = SCRIPT["RULES"][name]
        assert words.removeprefix("one of ") == ", ".join(map(SCRIPT["shown"], values))
        assert fits(pd.Series(values)).all()
    optional = SCRIPT["MAY_BE_MISSING"]
    loans = pd.concat([load_loans(), load_new_applications()])
    assert {name for name in FEATURES if loans[name].isna().any()} == optional


@pytest.mark.parametrize("load", [load_loans, load_new_applications])
def test_no_application_of_the_course_breaks_a_rule(load):
    assert not any(SCRIPT["find_faults"](load()[FEATURES]))


def test_probabilities_are_the_classifiers_and_the_threshold_decides(model):
    answers = decide(model, split.X_test)
    probability = model.classifier.predict_proba(split.X_test)[:, 1]
    np.testing.assert_allclose(answers["probability"], probability)
    assert answers.index.equals(split.X_test.index)
    due = np.where(probability >= 0.74, "approve", "refuse")
    assert (answers["decision"] == due).all()
    exact = decide(model, split.X_test.head(1), threshold=float(probability[0]))
    assert exact["decision"].tolist() == ["approve"]


def test_only_refusals_have_reasons_and_at_most_three(model):
    answers = decide(model, split.X_test)
    refused = answers["decision"] == "refuse"
    assert answers.loc[~refused, "reasons"].eq("").all()
    counts = answers.loc[refused, "reasons"].str.count(r"\(\+")
    assert counts.between(1, 3).all()


def test_a_refusal_that_no_typical_value_would_change_says_so(model):
    answers = decide(model, split.X_test, threshold=0.99)
    refused = answers.loc[answers["decision"] == "refuse", "reasons"]
    assert refused.eq("no single value").any()
    assert not refused.eq("").any()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_reason_says_what_the_model_answers_to_the_typical_value(family):
    model = decider(family)
    answers = decide(model, split.X_test)
    refused = answers[answers["decision"] == "refuse"]
    assert len(refused) > 100
    for row, reasons in refused["reasons"].head(20).items():
        for reason in reasons.split("; "):
            if reason == "no single value":
                continue
            name = reason.split(" ")[0]
            claimed = float(reason.partition("(+")[2].split(" ")[0])
            changed = split.X_test.loc[[row]].assign(**{name: model.typical[name]})
            gain = decide(model, changed)["probability"].iloc[0] - refused.loc[row, "probability"]
            assert gain == pytest.approx(claimed, abs=0.0051)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ApplicantIncome", -5.0, "row 0: ApplicantIncome is -5 but must be 0 or more"),
        ("ApplicantIncome", np.nan, "row 0: ApplicantIncome is missing but must be 0 or more"),
        ("CoapplicantIncome", np.inf, "row 0: CoapplicantIncome is inf but must be 0 or more"),
        ("LoanAmount", 0.0, "row 0: LoanAmount is 0 but must be above 0, or missing"),
        ("Loan_Amount_Term", -1.0, "row 0: Loan_Amount_Term is -1 but must be above 0, or missing"),
        ("Credit_History", 0.5, "row 0: Credit_History is 0.5 but must be one of 0, 1, or missing"),
        ("Dependents", "4", "row 0: Dependents is 4 but must be one of 0, 1, 2, 3+, or missing"),
        (
            "Education",
            None,
            "row 0: Education is missing but must be one of Graduate, Not Graduate",
        ),
        (
            "Property_Area",
            "Suburban" * 100,
            f"row 0: Property_Area is {('Suburban' * 100)[:40]} but must be one of "
            "Urban, Semiurban, Rural",
        ),
    ],
)
def test_a_bad_value_is_named_and_gets_no_probability(model, name, value, message):
    answer = decide(model, application(**{name: value})).iloc[0]
    assert (answer["decision"], answer["reasons"]) == ("invalid", message)
    assert np.isnan(answer["probability"])


def test_all_faults_of_a_row_are_named_once_and_its_neighbours_are_decided(model):
    batch = split.X_test.head(3).copy()
    batch.iloc[1, FEATURES.index("LoanAmount")] = -1
    batch.iloc[1, FEATURES.index("Gender")] = "m"
    answers = decide(model, batch)
    row = batch.index[1]
    assert answers["reasons"].iloc[1] == (
        f"row {row}: Gender is m but must be one of Male, Female, or missing; "
        "LoanAmount is -1 but must be above 0, or missing"
    )
    alone = decide(model, batch.iloc[[0, 2]])
    pd.testing.assert_frame_equal(answers.iloc[[0, 2]], alone)


@pytest.mark.parametrize("name", sorted(SCRIPT["MAY_BE_MISSING"]))
def test_what_may_be_missing_may_be_left_out(model, name):
    without = decide(model, application().drop(columns=name))
    missing = decide(model, application(**{name: np.nan}))
    assert without["decision"].item() in {"approve", "refuse"}
    assert without["probability"].item() == missing["probability"].item()


def test_no_rows_and_only_bad_rows_are_answered(model):
    assert decide(model, split.X_test.head(0)).shape == (0, 4)
    assert decide(model, application(LoanAmount=-1.0))["decision"].tolist() == ["invalid"]
    twice = pd.concat([application(), application()])
    assert len(decide(model, twice)) == 2


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(model, threshold):
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        decide(model, application(), threshold)


def test_the_model_of_the_script_takes_what_was_logged_beside_it(model, workspace, tmp_path):
    import mlflow

    from loanflow.training import TRUSTED_TYPES

    mlflow.sklearn.save_model(
        model.classifier, tmp_path / "classifier", skops_trusted_types=TRUSTED_TYPES
    )
    context = SimpleNamespace(
        artifacts={"classifier": str(tmp_path / "classifier")},
        model_config={"typical": model.typical},
    )
    loaded = SCRIPT["LoanDecision"]()
    loaded.load_context(context)
    rows = split.X_test.head(20)
    pd.testing.assert_frame_equal(decide(loaded, rows), decide(model, rows))
