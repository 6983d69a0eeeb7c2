"""Promotion through a gate: a version becomes the champion only if the gate finds no fault.

The versions answer with a decision, as the model of `loan_decision.py` does, each in a process of
its own (`loan_process.py`). An examination writes nothing anywhere; `promote` writes tags and one
alias, and only after a good examination.
"""

import getpass
import hashlib
import json
import os
import re
import sqlite3
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import mlflow
import numpy as np
import pandas as pd
from loan_process import ModelProcess, name_of
from mlflow.exceptions import MlflowException
from mlflow.models import EvaluationResult, MetricThreshold
from mlflow.models.evaluation.validation import ModelValidationFailedException
from mlflow.types import DataType

from loanflow.data import FEATURES, TARGET
from loanflow.training import APPROVED_BAD, REJECTED_GOOD, cost_saving, expected_cost

LIMIT = 0.85  # of the cost and the log loss of no model at all, at most
GAIN = 0.02  # over the champion's cost, at least
TOO_GOOD = 0.5  # of the log loss of no model; below it, something told the outcome
NUMBERS = FEATURES[5:10]  # from the applicant's income to the credit history
INPUTS = {name: DataType.double if name in NUMBERS else DataType.string for name in FEATURES}
#: What every lender knows: this change must not make approvals more likely.
WORSE = {
    "A bad credit history": lambda rows: (
        rows.assign(Credit_History=1.0),
        rows.assign(Credit_History=0.0),
    ),
    "A loan three times as large": lambda rows: (
        rows,
        rows.assign(LoanAmount=3 * rows["LoanAmount"]),
    ),
}
WAY_OUT = "Without the alias, the limits alone decide."
#: MLflow's error codes for a name, version or alias that the registry does not have.
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
LONGEST = 5_000  # characters of a reason, as a tag may have no more
SECONDS_TO_WAIT = 120  # for another promotion on this machine
SECONDS_TO_ANSWER = 300  # for a model, to one question


class Refused(Exception):
    """The reasons why a version does not become the champion; the registry is as it was."""

    def __init__(self, reasons):
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class Unfit(Exception):
    """One sentence on why a model gives no answers that could be scored."""


class Examination(NamedTuple):
    """The reasons against a candidate, and the scores of all who were asked, by name."""

    reasons: list[str]
    scores: dict[str, dict[str, float]]


def examine(candidate_uri, champion_uri, rows):
    """Return the reasons to refuse a candidate, one sentence each; none if it passes.

    Parameters
    ----------
    candidate_uri, champion_uri : str
        Models that answer with a decision. Without a champion (None) only the limits hold.
    rows : pandas.DataFrame
        The features and the target, "Y" and "N" (or 1 and 0), of applications that neither has
        learned from. The gate cannot know that.

    Raises
    ------
    ValueError
        If the rows cannot be used to examine anybody, or a URI names an alias that is not there.
    """
    return examination(candidate_uri, champion_uri, rows).reasons


def examination(candidate_uri, champion_uri, rows):
    """Examine as `examine` does, and return the scores as well."""
    good = outcomes(rows)
    share = good.mean()
    approved = share >= APPROVED_BAD / (APPROVED_BAD + REJECTED_GOOD)
    nobody = pd.DataFrame({"probability": share, "approved": approved}, index=rows.index)
    scores = {"no model": score(nobody, good)}
    try:
        with load(candidate_uri) as model:
            if reasons := faults_of_inputs(model, rows):
                return Examination(reasons, scores)
            answers = ask(model, rows)
            reasons = faults_of_behaviour(model, rows, answers)
    except Unfit as unfit:
        return Examination([str(unfit)], scores)
    scores["candidate"] = score(answers, good)
    if champion_uri is not None:
        try:
            with load(champion_uri) as champion:
                before = ask(champion, rows)
        except Unfit as unfit:
            return Examination([f"The champion cannot be compared. {unfit} {WAY_OUT}"], scores)
        _, low, _ = cost_saving(good, answers["approved"], before["approved"])
        scores["champion"] = score(before, good) | {"sure_saving": 0.0}
        scores["candidate"]["sure_saving"] = round(low, 4)
    return Examination(reasons + faults_of_scores(scores), scores)


def conditions(no_model, has_champion):
    """Return what the gate demands, given the scores of no model at all."""
    cost, log_loss = no_model["expected_cost"], no_model["log_loss"]
    gate = {
        "expected_cost": MetricThreshold(
            round(LIMIT * cost, 4),
            min_relative_change=GAIN if has_champion else None,
            greater_is_better=False,
        ),
        "log_loss": MetricThreshold(round(LIMIT * log_loss, 4), greater_is_better=False),
    }
    if has_champion:  # the saving that chance does not explain
        gate["sure_saving"] = MetricThreshold(0.0, greater_is_better=True)
    return gate


def faults_of_scores(scores):
    """Put the scores before the gate; each condition has a limit, so that NaN is refused."""
    none, compared = scores["no model"], "champion" in scores
    # A gain over NaN is NaN, which the gate would let pass.
    for metric in ("expected_cost", "log_loss") if compared else ():
        value = scores["champion"].get(metric, np.nan)
        if not np.isfinite(value):
            return [f"The champion cannot be compared. Its {metric} is {value}. {WAY_OUT}"]
    gate = conditions(none, compared)
    results = {
        name: EvaluationResult(metrics=found, artifacts={}) for name, found in scores.items()
    }
    reasons = []
    try:
        mlflow.validate_evaluation_results(gate, results["candidate"], results.get("champion"))
    except ModelValidationFailedException as error:
        reasons = str(error).replace(". Metric", ".\nMetric").splitlines()
    if scores["candidate"]["log_loss"] < TOO_GOOD * none["log_loss"]:
        reasons.append("Its log loss is too good to be true; a column may reveal the outcome.")
    return reasons


def faults_of_inputs(model, rows):
    """Say where the signature asks for anything but the features, in their order and types."""
    schema = model.metadata.get_input_schema()
    if schema is None or schema.is_tensor_spec() or not schema.has_input_names():
        return ["Its signature names no columns, so it would take them by their position."]
    types = {spec.name: spec.type for spec in schema.inputs}
    faults = [
        f"It asks for {name}, which is not a feature." for name in types if name not in INPUTS
    ]
    faults += [f"It does not take {name}." for name in INPUTS if name not in types]
    if not faults and list(types) != FEATURES:
        faults = ["Its columns are not in the order of the features."]
    for spec in schema.inputs:
        if spec.name in INPUTS and spec.type != INPUTS[spec.name]:
            faults.append(f"{spec.name} is not of type {INPUTS[spec.name].name} in its signature.")
        elif spec.name in INPUTS and spec.required and rows[spec.name].isna().any():
            faults.append(f"It requires {spec.name}, which may be missing.")
    return faults


def faults_of_behaviour(model, rows, answers):
    """Say where the model contradicts itself, or what every lender knows."""
    few = ask(model, rows.head(10))
    if not np.allclose(few["probability"], answers["probability"].head(10), equal_nan=True):
        return ["Its answer to an application depends on the others in the request."]
    some = rows.head(200)  # enough for an average
    for what, change in WORSE.items():
        better, worse = (ask(model, changed)["probability"].mean() for changed in change(some))
        if not worse <= better:
            return [f"{what} raises its probability of approval."]
    return []


def load(uri):
    """Load a model in a process of its own, or say in one sentence that it does not load.

    Raises
    ------
    Unfit
        If it does not load.
    ValueError
        If the URI names an alias that the registered model does not have.
    """
    if found := re.fullmatch(r"models:/([^/@]+)@([^/@]+)", uri):
        require_alias(*found.groups())
    try:
        return ModelProcess(uri, seconds=SECONDS_TO_ANSWER)
    except Exception as error:
        raise Unfit(f"It does not load ({name_of(error)}).") from error


def require_alias(name, alias):
    """Say that there is no such alias; a misspelt one must not look like a broken model."""
    try:
        mlflow.MlflowClient().get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code not in ABSENT:
            raise
        raise ValueError(f"There is no alias {alias} of a registered model {name}.") from None


def ask(model, rows):
    """Return probability and approval for each row, or say in one sentence why there are none."""
    try:
        answers = model.predict(rows[FEATURES])
        probability = answers["probability"].to_numpy(dtype=float)
        approved = answers["decision"].eq("approve").to_numpy()
    except Exception as error:
        raise Unfit(
            f"It does not return a probability and a decision ({name_of(error)})."
        ) from error
    if len(probability) != len(rows):
        raise Unfit(f"It gives {len(probability):,} answers to {len(rows):,} applications.")
    return pd.DataFrame({"probability": probability, "approved": approved}, index=rows.index)


def score(answers, good):
    """Return the expected cost of the decisions and the log loss; NaN where one is missing."""
    probability = answers["probability"].where(answers["probability"].between(0, 1))
    told = np.where(good, probability, 1 - probability)
    return {
        "expected_cost": round(expected_cost(good, answers["approved"]), 4),
        "log_loss": round(float(-np.log(np.clip(told, 1e-15, 1)).mean()), 4),
    }


def outcomes(rows):
    """Return which loans were good, or say why the rows cannot be used."""
    missing = [name for name in [*FEATURES, TARGET] if name not in rows.columns]
    if missing:
        raise ValueError(f"The rows to examine with have no column {missing[0]}.")
    good = rows[TARGET].map({"Y": True, "N": False, 1: True, 0: False})
    if good.isna().any():
        raise ValueError(f"{TARGET} must be Y or N in each row to examine with.")
    if good.nunique() < 2:
        raise ValueError("The rows to examine with must hold good loans and bad ones.")
    return good.astype(bool)


def promote(name, version, rows, why, by=None, seconds=None):
    """Make a version the champion, if it passes, and record the promotion in its tags.

    Parameters
    ----------
    name : str
        The registered model.
    version : int or str
        The number of the candidate.
    rows : pandas.DataFrame
        As for `examine`.
    why : str
        The reason for the promotion, for whoever reads the tags.
    by : str or None
        Who promotes; None is the user of this machine.
    seconds : float or None
        How long to wait for another promotion on this machine; None is SECONDS_TO_WAIT.

    Returns
    -------
    mlflow.entities.model_registry.ModelVersion
        The new champion with its tags.

    Raises
    ------
    Refused
        If the version does not pass, or the champion changed meanwhile. Nothing was written.
    ValueError
        If there is no such version, no reason, or the rows cannot be used.
    TimeoutError
        If another promotion of this name does not end in time. Nothing was written.
    """
    client = mlflow.MlflowClient()
    if not 0 < len(why.strip()) <= LONGEST:
        raise ValueError(f"A promotion needs a reason, of at most {LONGEST:,} characters.")
    with one_at_a_time(name, seconds):
        find_version(client, name, version)
        before = champion_of(client, name)
        if before == str(version):
            raise Refused([f"Version {version} of {name} is the champion already."])
        uris = [f"models:/{name}/{number}" if number else None for number in (version, before)]
        reasons, scores = examination(*uris, rows)
        if not reasons and champion_of(client, name) != before:
            reasons = ["The champion changed during the examination; run it again."]
        if reasons:
            raise Refused(reasons)
        story = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": by or getpass.getuser(),
            "why": why,
            "over": before or "nobody",
            "scores": json.dumps(scores),
            "rows": digest_of(rows),
        }
        for key, value in story.items():
            client.set_model_version_tag(name, str(version), f"promoted.{key}", value)
        # Last, so that whoever finds a new champion finds its story as well.
        client.set_registered_model_alias(name, "champion", str(version))
    return client.get_model_version(name, str(version))


def digest_of(rows):
    """Return MLflow's digest of the features and the target of applications, in any order."""
    names = [*FEATURES, TARGET]
    return mlflow.data.from_pandas(rows[names].sort_values(names, ignore_index=True)).digest


def find_version(client, name, version):
    """Return a version, or say that there is none."""
    try:
        return client.get_model_version(name, str(version))
    except MlflowException as error:
        if error.error_code not in ABSENT:
            raise  # such as a server that does not answer
        raise ValueError(f"There is no version {version} of a registered model {name}.") from None


def champion_of(client, name):
    """Return the number of the champion as a text, or None."""
    number = client.get_registered_model(name).aliases.get("champion")
    return None if number is None else str(number)


@contextmanager
def one_at_a_time(name, seconds=None):
    """Let one promotion of a name run at a time, among those of one account on this machine.

    The lock is one of SQLite, so that the system takes it from a process that dies.

    Raises
    ------
    TimeoutError
        If another promotion holds the lock for so many seconds (None: SECONDS_TO_WAIT).
    """
    # Not by the store: a database and the server before it are one registry under two addresses.
    # Two stores that share a name wait for each other, which costs seconds and harms nobody.
    place = hashlib.sha256(name.encode()).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    file = Path(tempfile.gettempdir()) / f"loan-promotion-{user}-{place}.lock"
    if file.exists() and not os.access(file, os.W_OK):  # SQLite would let two in
        raise PermissionError(f"The lock {file} is another user's; promote under one account.")
    wait = SECONDS_TO_WAIT if seconds is None else seconds
    lock = sqlite3.connect(file, timeout=wait, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise TimeoutError(f"Another promotion of {name} is still running ({error}).") from None
        yield
    finally:
        lock.close()
