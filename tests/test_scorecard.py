"""The scorecard, and the model from code that applies it, say what the pipeline says."""

import json
from itertools import product

import mlflow
import numpy as np
import pandas as pd
import pytest

from classroom.workspace import NOTEBOOKS
from loanflow.data import CATEGORIES, FEATURES, load_loans, load_new_applications, split_loans
from loanflow.scorecard import scorecard
from loanflow.training import build_model


@pytest.fixture(scope="module")
def pipeline():
    X_train, _, y_train, _ = split_loans(load_loans())
    return build_model().fit(X_train, y_train)


@pytest.fixture(scope="module")
def model(pipeline, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scorecard") / "model"
    mlflow.pyfunc.save_model(
        folder,
        python_model=NOTEBOOKS / "loan_scorecard.py",
        model_config=scorecard(pipeline),
        pip_requirements=["mlflow"],
    )
    return mlflow.pyfunc.load_model(str(folder))


def odd_rows(loans):
    """Each column's values missing where they may be, and each category unknown."""
    one = loans.head(1)
    for name in CATEGORIES:
        yield one.assign(**{name: 0.5 if name == "Credit_History" else "new"})
    for name in FEATURES:
        if loans[name].isna().any():
            yield one.assign(**{name: np.nan})
    yield one.assign(ApplicantIncome=0.0, CoapplicantIncome=0.0)
    yield one.assign(ApplicantIncome=1e9, LoanAmount=1e-9, Loan_Amount_Term=480.0)


def test_all_rows_have_the_probability_of_the_pipeline(pipeline, model):
    loans = pd.concat([load_loans(), load_new_applications()])[FEATURES]
    rows = pd.concat([loans, *odd_rows(loans)])
    assert rows.isna().any().any()
    due = pipeline.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(model.predict(rows), due, rtol=0, atol=1e-9)


def test_the_order_of_columns_and_others_do_not_matter(model):
    (record,) = json.loads(load_loans().head(1).to_json(orient="records"))
    assert list(record) != sorted(record)
    assert model.predict([record]) == model.predict([dict(sorted(record.items()))])


def test_extreme_but_allowed_values_give_a_probability(model):
    (record,) = json.loads(load_loans()[FEATURES].head(1).to_json(orient="records"))
    for term, amount, income in product((1e-300, 1e5, 1e9), (1e-300, 1e9), (0, 1e9)):
        changed = {"Loan_Amount_Term": term, "LoanAmount": amount, "ApplicantIncome": income}
        (p,) = model.predict([record | changed])
        assert 0 <= p <= 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("ApplicantIncome", -1.0),
        ("ApplicantIncome", float("nan")),
        ("ApplicantIncome", 1e10),
        ("CoapplicantIncome", "many"),
        ("LoanAmount", 0.0),
        ("Loan_Amount_Term", -360.0),
        ("Education", None),
        ("Gender", 1),
    ],
)
def test_what_is_no_application_is_refused(model, column, value):
    (record,) = json.loads(load_loans()[FEATURES].head(1).to_json(orient="records"))
    with pytest.raises(mlflow.MlflowException, match=column):
        model.predict([record | {column: value}])


def test_the_card_is_plain_data(pipeline):
    card = scorecard(pipeline)
    assert list(card) == ["intercept", "weights", "medians", "points"]
    assert {name: list(points) for name, points in card["points"].items()} == CATEGORIES
    json.dumps(card)


def test_another_classifier_is_refused_in_words():
    with pytest.raises(ValueError, match="A DecisionTreeClassifier is no sum of points"):
        scorecard(build_model("decision_tree"))
