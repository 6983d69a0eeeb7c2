import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from loanflow.data import FEATURES, load_loans, split_loans
from loanflow.features import build_features, feature_names


@pytest.fixture(scope="module")
def split():
    return split_loans(load_loans())


def matrix(fitted, X):
    return pd.DataFrame(fitted.transform(X), columns=feature_names())


def test_each_column_of_the_matrix_is_what_its_name_says(split):
    features = build_features().fit(split.X_train)
    made = matrix(features, split.X_train)
    X = split.X_train.reset_index(drop=True)
    income = np.log1p(X["ApplicantIncome"] + X["CoapplicantIncome"])
    amount = np.log1p(X["LoanAmount"].fillna(X["LoanAmount"].median()))
    expected = {"log total income": income, "log loan to income": amount - income}
    expected["term"] = X["Loan_Amount_Term"].fillna(X["Loan_Amount_Term"].median())
    for name, column in expected.items():
        np.testing.assert_allclose(made[name], (column - column.mean()) / column.std(ddof=0))
    for column, value in [("Gender", "Female"), ("Dependents", "3+"), ("Property_Area", "Rural")]:
        np.testing.assert_array_equal(made[f"{column}={value}"], X[column] == value)
    np.testing.assert_array_equal(made["Credit_History=0"], X["Credit_History"] == 0)


def test_nothing_is_learned_from_the_test_rows(split):
    features = build_features().fit(split.X_train)
    before = matrix(features, split.X_test)
    strange = split.X_test.copy()
    strange.loc[strange.index[1:], ["ApplicantIncome", "LoanAmount"]] *= 100
    pd.testing.assert_series_equal(matrix(features, strange).iloc[0], before.iloc[0])


def test_a_missing_or_unknown_category_is_a_row_of_zeros(split):
    features = build_features().fit(split.X_train)
    row = split.X_test.head(1).astype({"Property_Area": object})
    for value in (None, np.nan, "Suburban"):
        made = matrix(features, row.assign(Property_Area=value)).iloc[0]
        assert made[[name for name in feature_names() if "Property" in name]].sum() == 0


def test_a_missing_income_is_refused_in_words(split):
    features = build_features().fit(split.X_train)
    with pytest.raises(ValueError, match="contains NaN"):
        features.transform(split.X_test.head(2).assign(ApplicantIncome=np.nan))


def test_the_order_and_number_of_columns_do_not_depend_on_the_rows(split):
    few = split.X_train.head(3)
    assert build_features().fit_transform(few).shape == (3, len(feature_names()))
    shuffled = split.X_train[FEATURES[::-1]]
    np.testing.assert_array_equal(
        build_features().fit_transform(shuffled), build_features().fit_transform(split.X_train)
    )


def test_a_fitted_pipeline_loads_where_this_package_is_not(split, tmp_path):
    from skops.io import dump

    from loanflow.training import TRUSTED_TYPES, build_model

    model = build_model("logistic_regression").fit(split.X_train, split.y_train)
    dump(model, tmp_path / "model.skops")
    split.X_test.to_pickle(tmp_path / "X.pickle")
    code = (
        "import sys; sys.modules['loanflow'] = None; import pandas, skops.io; "
        f"model = skops.io.load('model.skops', trusted={TRUSTED_TYPES}); "
        "print(model.predict_proba(pandas.read_pickle('X.pickle'))[:, 1].sum())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) == pytest.approx(model.predict_proba(split.X_test)[:, 1].sum())


def test_one_application_with_everything_optional_missing_is_encoded(split):
    features = build_features().fit(split.X_train)
    row = split.X_test.head(1).assign(Gender=np.nan, Married=None, Credit_History=None)
    for made in (features.transform(row), features.transform(row.astype(object))):
        assert made.shape == (1, len(feature_names()))
