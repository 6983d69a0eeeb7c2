"""The gate before a promotion refuses what it must, and a refusal leaves the registry as it was."""

import functools
import json
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema

from classroom.exercises.runs import script
from classroom.workspace import NOTEBOOKS, tracking_uri
from loanflow.data import FEATURES, TARGET, load_loans, split_loans
from loanflow.training import build_model

loan_promotion = script("loan_promotion")
Refused, promote = loan_promotion.Refused, loan_promotion.promote
examine = loan_promotion.examine
# Models of this module's classes are examined in processes that do not have this module.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

X_train, X_test, y_train, y_test = split_loans(load_loans())
ROWS = X_test.assign(**{TARGET: np.where(y_test == 1, "Y", "N")})
NAME = "loans-tested"
ANSWER = pd.DataFrame({"probability": [0.5], "threshold": [0.75], "decision": ["approve"]})
SIGNATURE = infer_signature(X_train, ANSWER)


class Decider(mlflow.pyfunc.PythonModel):
    """A classifier and a threshold, which sees the applications through a function."""

    def __init__(self, classifier, view=lambda rows: rows):
        self.classifier, self.view = classifier, view

    def predict(self, context, model_input, params=None):
        probability = self.classifier.predict_proba(self.view(model_input))[:, 1]
        decision = np.where(probability >= 0.75, "approve", "refuse")
        return pd.DataFrame({"probability": probability, "threshold": 0.75, "decision": decision})


class Fixed(mlflow.pyfunc.PythonModel):
    """Answers with these probabilities, again and again; an exception is raised."""

    def __init__(self, *probabilities, rows=None):
        self.probabilities, self.rows = probabilities, rows

    def predict(self, context, model_input, params=None):
        if isinstance(self.probabilities[0], Exception):
            raise self.probabilities[0]
        probability = np.resize(self.probabilities, self.rows or len(model_input))
        decision = np.where(probability >= 0.75, "approve", "refuse")
        return pd.DataFrame({"probability": probability, "decision": decision})


def fit(X, y, family="hist_gradient_boosting", **params):
    return build_model(family, **params).fit(X, y)


@functools.cache
def fitted(*family, **params):
    """Return a model that is fitted once on the training rows, for all who look at it."""
    return fit(X_train, y_train, *family, **params)


def exchange(*names):
    """Return a view that hands each column the values of the next."""
    return lambda rows: rows.assign(
        **{a: rows[b] for a, b in zip(names, names[1:] + names[:1], strict=True)}
    )


def by_the_mean_of_the_request(rows):
    return rows.assign(LoanAmount=rows["LoanAmount"] / rows["LoanAmount"].mean() * 146)


def few():
    return y_train.groupby(y_train).sample(frac=0.01, random_state=0).index


def by_position():
    """Return a model that learned a nameless matrix whose incomes and amount changed places."""
    order = [*FEATURES[:5], "LoanAmount", "ApplicantIncome", "CoapplicantIncome", *FEATURES[8:]]
    nameless = [ColSpec(column.type) for column in SIGNATURE.inputs]
    view = lambda rows: rows.set_axis(order, axis=1)[FEATURES].astype(X_train.dtypes)  # noqa: E731
    return Decider(fitted(), view), ModelSignature(Schema(nameless), SIGNATURE.outputs)


def wants(*names, **values):
    """Return a model whose signature has these columns in place of the features."""
    sample = X_train.assign(**values)[list(names)]
    return Decider(fitted(), lambda rows: rows[FEATURES]), infer_signature(sample, ANSWER)


def renamed():
    """Return a model whose signature calls the applicant's income the amount, and vice versa."""
    names = {"ApplicantIncome": "LoanAmount", "LoanAmount": "ApplicantIncome"}
    sample = X_train.rename(columns=names)
    view = lambda rows: rows.rename(columns=names)[FEATURES].fillna({"ApplicantIncome": 0})  # noqa: E731
    return Decider(fitted(), view), infer_signature(sample, ANSWER)


def leaking(column, good, bad):
    told = X_train.assign(**{column: np.where(y_train == 1, good, bad)})
    return Decider(fit(told, y_train))


class Told:
    """Knows the outcome of each row that it is examined with."""

    def predict_proba(self, rows):
        good = y_test.reindex(rows.index).to_numpy()
        return np.column_stack([1 - good, good]) * 0.98 + 0.01


WRONG = {
    "columns by position": (by_position, "names no columns"),
    "names that changed places": (renamed, "not in the order"),
    "columns in another order": (lambda: wants(*reversed(FEATURES)), "not in the order"),
    "amount and term exchanged inside": (
        lambda: Decider(fitted(), exchange("LoanAmount", "Loan_Amount_Term")),
        "expected_cost value",
    ),
    "amount and income exchanged inside": (
        lambda: Decider(
            fitted(),
            lambda r: exchange("LoanAmount", "ApplicantIncome")(r.fillna({"LoanAmount": 1})),
        ),
        "expected_cost",
    ),
    "term and history exchanged inside": (
        lambda: Decider(fitted(), exchange("Loan_Amount_Term", "Credit_History")),
        "expected_cost value",
    ),
    "the target wanted": (
        lambda: wants(*FEATURES, TARGET, **{TARGET: "Y"}),
        "It asks for Loan_Status, which is not a feature.",
    ),
    "the target in the history": (lambda: leaking("Credit_History", 1.0, 0.0), "log_loss value"),
    "the target in the term": (lambda: leaking("Loan_Amount_Term", 360.0, 180.0), "log_loss value"),
    "the target known": (lambda: Decider(Told()), "too good to be true"),
    "1 % of the data": (
        lambda: Decider(fit(X_train.loc[few()], y_train[few()], "logistic_regression")),
        "expected_cost value",
    ),
    "a constant": (lambda: Fixed(float(y_train.mean())), "log_loss value"),
    "approves all": (lambda: Fixed(0.9), "expected_cost value"),
    "labels inverted": (
        lambda: Decider(fit(X_train, 1 - y_train)),
        "A bad credit history raises its probability of approval",
    ),
    "NaN": (lambda: Fixed(np.nan), "log_loss = nan"),
    "one NaN": (lambda: Fixed(*[0.7] * (len(ROWS) - 1), np.nan), "log_loss = nan"),
    "above one": (lambda: Fixed(1.2), "log_loss = nan"),
    "infinite": (lambda: Fixed(np.inf), "log_loss = nan"),
    "raises": (
        lambda: Fixed(KeyError("secret")),
        r"It does not return a probability and a decision \(.*\)\.",
    ),
    "too few answers": (lambda: Fixed(0.7, rows=3), "3 answers to 1,250 applications"),
    "scaled by the request": (
        lambda: Decider(fitted(), by_the_mean_of_the_request),
        "depends on the others in the request",
    ),
    "a feature less": (lambda: wants(*FEATURES[:-1]), "does not take Property_Area"),
    "whole numbers": (
        lambda: wants(*FEATURES, LoanAmount=1),
        "LoanAmount is not of type double in its signature",
    ),
    "no gaps allowed": (lambda: wants(*FEATURES, Gender="Male"), "It requires Gender"),
    "no better than the champion": (
        lambda: Decider(fitted("logistic_regression")),
        "minimum relative change",
    ),
    "better by luck": (lambda: Decider(fitted("random_forest")), "sure_saving value"),
    "not calibrated": (
        lambda: Decider(fitted("logistic_regression", class_weight="balanced")),
        "expected_cost value",
    ),
}


def register(model, signature=SIGNATURE, **options):
    """Log a model, register it, and return the number of its version as a text."""
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=model,
        signature=signature,
        pip_requirements=["mlflow"],
        **options,
    )
    version = mlflow.MlflowClient().create_model_version(
        NAME, source=logged.model_uri, model_id=logged.model_id
    )
    return str(version.version)


def dump():
    """Return all that the store holds, row by row: experiments, runs, models and registry."""
    with sqlite3.connect(tracking_uri().removeprefix("sqlite:///")) as database:
        return list(database.iterdump())


@pytest.fixture(scope="module")
def registry(client_of_module, tmp_path_factory):
    """A registry whose champion is version 1; its tests leave it so, or put it back."""
    client_of_module.create_experiment("tested", tmp_path_factory.mktemp("files").as_uri())
    mlflow.set_experiment("tested")
    client_of_module.create_registered_model(NAME)
    assert register(Decider(fitted("logistic_regression"))) == "1"
    assert register(Decider(fitted())) == "2"
    client_of_module.set_registered_model_alias(NAME, "champion", "1")
    return client_of_module


@pytest.fixture
def champion_1(registry):
    """Leave the champion to the test, and put it back."""
    yield registry
    registry.set_registered_model_alias(NAME, "champion", "1")


@pytest.fixture(scope="module")
def version_of(registry):
    """Return the function that registers a wrong model once and returns its version's number."""

    @functools.cache
    def number(what):
        made = WRONG[what][0]()
        return register(*made) if isinstance(made, tuple) else register(made)

    return number


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_model_is_refused_and_nothing_is_written(what, version_of):
    number = version_of(what)
    before = dump()
    with pytest.raises(Refused, match=WRONG[what][1]) as refused:
        promote(NAME, number, ROWS, why="a test")
    assert dump() == before
    assert refused.value.reasons and all(r.endswith(".") for r in refused.value.reasons)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "what", [w for w in WRONG if w not in ("no better than the champion", "better by luck")]
)
def test_a_wrong_model_does_not_become_the_first_champion_either(what, version_of):
    assert examine(f"models:/{NAME}/{version_of(what)}", None, ROWS)


def test_a_good_one_is_promoted_and_its_tags_tell_the_story(champion_1):
    version = promote(NAME, 2, ROWS, why="boosting is cheaper", by="Ada")
    assert champion_1.get_model_version_by_alias(NAME, "champion").version == 2
    tags = {key.removeprefix("promoted."): value for key, value in version.tags.items()}
    assert (tags["by"], tags["why"], tags["over"]) == ("Ada", "boosting is cheaper", "1")
    scores = json.loads(tags["scores"])
    assert scores["candidate"]["expected_cost"] < scores["champion"]["expected_cost"]
    assert tags["rows"] == loan_promotion.digest_of(ROWS.sample(frac=1, random_state=0))
    assert tags["rows"] != loan_promotion.digest_of(ROWS.head(-1))
    assert pd.Timestamp(tags["at"]).tzinfo is not None


def test_a_forest_that_has_seen_the_rows_passes_which_is_a_limit_of_the_gate(registry):
    seen = register(Decider(fit(X_test, y_test, "random_forest")))
    assert examine(f"models:/{NAME}/{seen}", f"models:/{NAME}/1", ROWS) == []


def test_an_examination_writes_nothing_and_agrees_with_the_promotion(registry):
    before = dump()
    assert examine(f"models:/{NAME}/2", f"models:/{NAME}/1", ROWS) == []
    numbers = ROWS.assign(**{TARGET: y_test})
    assert examine(f"models:/{NAME}/2", f"models:/{NAME}/1", numbers) == []
    assert examine(f"models:/{NAME}/1", f"models:/{NAME}/2", ROWS)
    assert dump() == before


def test_without_a_champion_the_limits_alone_decide(champion_1):
    champion_1.delete_registered_model_alias(NAME, "champion")
    bad = register(Fixed(0.9))
    with pytest.raises(Refused, match="expected_cost value"):
        promote(NAME, bad, ROWS, why="a test")
    assert promote(NAME, 1, ROWS, why="the first").tags["promoted.over"] == "nobody"


def test_a_champion_that_does_not_answer_is_replaced_only_by_hand(champion_1):
    broken = register(Fixed(ValueError("broken")))
    champion_1.set_registered_model_alias(NAME, "champion", broken)
    with pytest.raises(Refused, match="The champion cannot be compared.*limits alone decide"):
        promote(NAME, 2, ROWS, why="a test")


@pytest.mark.parametrize("uris", [("1", "champoin"), ("champoin", "1")])
def test_a_misspelt_alias_is_no_model_that_does_not_load(uris, registry):
    number, alias = f"models:/{NAME}/1", f"models:/{NAME}@champoin"
    with pytest.raises(ValueError, match="There is no alias champoin of a registered model loans-"):
        examine(*(number if uri == "1" else alias for uri in uris), ROWS)


def test_the_champion_itself_is_not_promoted_again(registry):
    with pytest.raises(Refused, match="Version 1 of loans-tested is the champion already."):
        promote(NAME, 1, ROWS, why="a test")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 999}, "There is no version 999 of a registered model loans-tested."),
        ({"version": "champion"}, "There is no version champion of a registered model"),
        ({"name": "nobody"}, "There is no version 2 of a registered model nobody."),
        ({"why": " "}, "A promotion needs a reason"),
        ({"why": "x" * 5_001}, "A promotion needs a reason, of at most 5,000 characters"),
        ({"rows": X_test}, "The rows to examine with have no column Loan_Status."),
        ({"rows": ROWS.drop(columns="Gender")}, "The rows to examine with have no column Gender."),
        ({"rows": ROWS.assign(Loan_Status="?")}, "Loan_Status must be Y or N in each row"),
        ({"rows": ROWS[ROWS[TARGET] == "Y"]}, "must hold good loans and bad ones"),
        ({"rows": ROWS.head(0)}, "must hold good loans and bad ones"),
    ],
)
def test_what_cannot_be_examined_is_an_error_in_one_sentence(change, sentence, registry):
    before = dump()
    with pytest.raises(ValueError, match=sentence) as error:
        promote(**({"name": NAME, "version": 2, "rows": ROWS, "why": "a test"} | change))
    assert "\n" not in str(error.value)
    assert dump() == before


def test_a_version_without_files_is_refused(registry):
    gone = registry.create_model_version(NAME, source=(NOTEBOOKS / "gone").as_uri()).version
    with pytest.raises(Refused, match=r"It does not load \(.*\)\."):
        promote(NAME, gone, ROWS, why="a test")


def test_a_champion_that_changes_during_the_examination_stops_the_promotion(
    champion_1, monkeypatch
):
    other = register(Decider(fitted()))
    examination = loan_promotion.examination

    def slow(*arguments):
        found = examination(*arguments)
        champion_1.set_registered_model_alias(NAME, "champion", other)
        return found

    monkeypatch.setattr(loan_promotion, "examination", slow)
    with pytest.raises(Refused, match="The champion changed during the examination"):
        promote(NAME, 2, ROWS, why="a test")
    assert champion_1.get_model_version(NAME, other).tags == {}
    assert champion_1.get_model_version_by_alias(NAME, "champion").version == int(other)


def attempt(number):
    try:
        return promote(NAME, number, ROWS, why="a race").tags["promoted.over"]
    except Refused as refused:
        return refused.reasons


def test_of_two_promoters_at_once_the_second_meets_the_first_ones_champion(champion_1):
    second = register(Decider(fitted()))
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, ["2", second]))
    # The two are equal, so whoever comes second gains nothing over the first.
    assert results.count("1") == 1
    (reasons,) = (result for result in results if result != "1")
    assert "minimum relative change" in reasons[0]


HOLD = """
import sys, time

sys.path.insert(0, sys.argv[1])
import loan_promotion

with loan_promotion.one_at_a_time(sys.argv[2]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_another_process_is_waited_for_and_a_killed_one_holds_nothing(champion_1, monkeypatch):
    command = [sys.executable, "-c", HOLD, str(NOTEBOOKS), NAME]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"held\n"
            for seconds in (0.1, None):  # as long as it is told, or SECONDS_TO_WAIT
                with pytest.raises(TimeoutError, match="Another promotion of loans-tested is"):
                    promote(NAME, 2, ROWS, why="a test", seconds=seconds)
                monkeypatch.setattr(loan_promotion, "SECONDS_TO_WAIT", 0.1)
            with loan_promotion.one_at_a_time("another name"):
                pass
        finally:
            other.kill()
    assert promote(NAME, 2, ROWS, why="a test").tags["promoted.over"] == "1"


@pytest.mark.skipif(not hasattr(loan_promotion.os, "getuid"), reason="users have no numbers here")
def test_another_user_has_another_lock(monkeypatch):
    with loan_promotion.one_at_a_time(NAME):
        other = loan_promotion.os.getuid() + 1
        monkeypatch.setattr(loan_promotion.os, "getuid", lambda: other)
        with loan_promotion.one_at_a_time(NAME, 0.1):
            pass


def test_a_lock_of_another_user_is_not_taken_for_ones_own(monkeypatch):
    with loan_promotion.one_at_a_time("loans-tested"):
        pass
    monkeypatch.setattr(loan_promotion.os, "access", lambda file, mode: False)
    with (
        pytest.raises(PermissionError, match="is another user's; promote under one account"),
        loan_promotion.one_at_a_time("loans-tested"),
    ):
        pass


BROUGHT = """
import mlflow
import numpy as np
import pandas as pd


class Brought(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        import rule_of_the_bank

        self.rule = rule_of_the_bank

    def predict(self, context, model_input, params=None):
        probability = self.rule.probability(model_input)
        decision = np.where(probability >= 0.75, "approve", "refuse")
        return pd.DataFrame({"probability": probability, "decision": decision})


mlflow.models.set_model(Brought())
"""
CAREFUL = """
import numpy as np


def probability(rows):
    return np.where(rows["Credit_History"].ne(0), 0.8, 0.1) - (rows["LoanAmount"] > 400) * 0.01
"""
APPROVES_ALL = """
def probability(rows):
    return rows["ApplicantIncome"] * 0 + 0.8
"""


def bring(folder, rule):
    """Register a version that brings a module of the same name as every other."""
    folder.mkdir()
    (folder / "rule_of_the_bank.py").write_text(rule, encoding="utf-8")
    (folder / "brought.py").write_text(BROUGHT, encoding="utf-8")
    return register(folder / "brought.py", code_paths=[str(folder / "rule_of_the_bank.py")])


def test_each_of_two_versions_runs_the_module_that_it_brought(champion_1, tmp_path):
    """In one process, the champion's module would answer for the candidate, which would pass."""
    good, bad = bring(tmp_path / "good", CAREFUL), bring(tmp_path / "bad", APPROVES_ALL)
    uris = [f"models:/{NAME}/{number}" for number in (good, bad)]
    with loan_promotion.load(uris[0]) as first, loan_promotion.load(uris[1]) as second:
        approved = [loan_promotion.ask(model, ROWS)["approved"].mean() for model in (first, second)]
    assert approved[0] < 0.95 and approved[1] == 1
    champion_1.set_registered_model_alias(NAME, "champion", good)
    with pytest.raises(Refused, match="expected_cost value"):
        promote(NAME, bad, ROWS, why="a test")
    champion_1.set_registered_model_alias(NAME, "champion", bad)
    assert promote(NAME, good, ROWS, why="a test").tags["promoted.over"] == bad


SCORES = {
    "no model": {"expected_cost": 0.7, "log_loss": 0.6},
    "candidate": {"expected_cost": 0.54, "log_loss": 0.45, "sure_saving": 0.01},
}


@pytest.mark.parametrize(
    "champion",
    [
        {"expected_cost": np.nan, "log_loss": 0.45},
        {"expected_cost": np.inf, "log_loss": 0.45},
        {"expected_cost": 0.6, "log_loss": np.nan},
        {"log_loss": 0.45},
        {"expected_cost": 0.6},
        {},
    ],
)
def test_a_champion_without_a_score_is_not_compared_with(champion):
    (reason,) = loan_promotion.faults_of_scores(SCORES | {"champion": champion})
    assert re.match("The champion cannot be compared. Its .* is (nan|inf)", reason)


def test_a_champion_with_scores_is_compared_with():
    champion = {"expected_cost": 0.6, "log_loss": 0.5, "sure_saving": 0.0}
    assert loan_promotion.faults_of_scores(SCORES | {"champion": champion}) == []
