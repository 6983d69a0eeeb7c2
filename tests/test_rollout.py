"""Shadow and canary lose no request, keep to their share, and end as their rule says."""

import re
import sys

import mlflow
import pytest
import requests
from mlflow.types import ColSpec, Schema

from classroom.exercises.runs import script
from classroom.services.load import drive, header, under_load
from classroom.services.servers import local_server, soon
from classroom.workspace import NOTEBOOKS, tracking_uri

loan_rollout = script("loan_rollout")
NAME, EXPERIMENT = "tried", "trials"
MODEL = """
import time

import mlflow
import pandas as pd


class Decider(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.kind, self.first = context.model_config["kind"], True

    def predict(self, context, model_input, params=None):
        amount, first, self.first = model_input["amount"], self.first, False
        if not first:  # the first one is asked when the model is warmed up
            if self.kind == "raises now and then" and amount.iloc[0] % 10 == 3:
                raise KeyError("secret")
            if self.kind == "hangs":
                time.sleep(600)
        limit = {"approves all": 1e9, "approves a little more": 65}.get(self.kind, 60)
        approved = amount % 100 < limit
        if (amount < 0).any():
            raise ValueError("no model scores this")
        decision = approved.map({True: "approve", False: "refuse"})
        return pd.DataFrame({"probability": 0.5, "decision": decision})


mlflow.models.set_model(Decider())
"""
KINDS = [
    "",
    "approves a little more",
    "approves all",
    "raises now and then",
    "hangs",
    "does not load",
]
JSON = {"Content-Type": "application/json"}
#: The requests; each asks about another amount, of which 60 in 100 are approved.
BODIES = [
    f'{{"inputs": [{{"amount": {amount}.0}}]}}'.encode()
    for amount in (37 * n % 2000 for n in range(2000))
]


@pytest.fixture(scope="module")
def registry(client_of_module, tmp_path_factory):
    """A registry with a version of each kind, numbered from 1, and an experiment."""
    folder, client = tmp_path_factory.mktemp("tried"), client_of_module
    (folder / "decider.py").write_text(MODEL, encoding="utf-8")
    client.create_experiment(EXPERIMENT)
    client.create_registered_model(NAME)
    for number, kind in enumerate(KINDS, start=1):
        model = folder / f"model-{number}"
        mlflow.pyfunc.save_model(
            model,
            python_model=folder / "decider.py",
            model_config={"kind": kind},
            signature=mlflow.models.ModelSignature(Schema([ColSpec("double", "amount")])),
            input_example={"amount": [1.0]},
            pip_requirements=["mlflow"],
        )
        if kind == "does not load":
            (model / "decider.py").write_text("1 / 0", encoding="utf-8")
        client.create_model_version(NAME, str(model))
    client.set_registered_model_alias(NAME, "champion", 1)
    return client


@pytest.fixture(scope="module")
def front(registry):
    script = [sys.executable, str(NOTEBOOKS / "loan_front.py"), f"models:/{NAME}@champion"]
    script += ["--port", "{port}", "--front", "loan_rollout:Rollout"]
    env = {"MLFLOW_TRACKING_URI": tracking_uri()}
    with local_server(script, health_path="/ping", timeout=240, env=env) as server:
        yield server


def begin(registry, front, mode, number, **settings):
    """Start a trial, and wait until the front tries; return the run's id."""
    registry.set_registered_model_alias(NAME, "challenger", number)
    before = front.log().count(" begins.")
    run_id = loan_rollout.start(NAME, EXPERIMENT, mode, **settings)
    assert soon(lambda: front.log().count(" begins.") > before, 60)
    return run_id


def verdict(registry, run_id):
    """Wait for the end of a trial; return its verdict, why, and its last counts."""
    assert soon(lambda: "why" in registry.get_run(run_id).data.tags, 60)
    assert soon(lambda: loan_rollout.TAG not in registry.get_registered_model(NAME).tags, 60)
    run = registry.get_run(run_id)
    assert soon(lambda: registry.get_run(run_id).info.status == "FINISHED", 60)
    return run.data.tags["verdict"], run.data.tags["why"], run.data.metrics


def versions(answers):
    """Return who answered each request; a request that failed has raised before."""
    return [header(answer, "x-model-version") for answer in answers]


def ask(front, body):
    return requests.post(f"{front.url}/invocations", body, headers=JSON)


def trial(registry, front, mode, number, connections=4, **settings):
    """Try a version under load; return its verdict, why, its last counts, and who answered."""
    run_id = begin(registry, front, mode, number, **settings)
    with under_load(front.port, BODIES, connections=connections) as answers:
        ended, why, counts = verdict(registry, run_id)
    return ended, why, counts, versions(answers)


def test_in_the_shadow_the_champion_answers_and_both_are_compared(registry, front):
    ended, why, counts, told = trial(registry, front, "shadow", 3, answers=200)
    assert set(told) == {"1"}
    assert (ended, counts["answers/challenger"], counts["failed"]) == ("compared", 200, 0)
    assert why == "It has answered 200 requests beside the champion."
    assert 0.3 < counts["differ"] / 200 < 0.5  # 40 in 100 are refused by the champion alone
    assert counts["approved/challenger"] == 1 and 0.5 < counts["approved/champion"] < 0.7


def test_a_shadow_that_fails_harms_nobody(registry, front):
    ended, _, counts, told = trial(registry, front, "shadow", 4, answers=100)
    assert set(told) == {"1"} and ended == "compared"
    assert counts["failed"] > 0 and counts["failed"] + counts["answers/challenger"] == 100


def test_a_canary_has_its_share_and_passes_when_the_rule_finds_nothing(registry, front):
    run_id = begin(registry, front, "canary", 2, share=0.1, answers=150)
    told = versions(drive(front.port, BODIES, requests=1_000, seconds=600).answers)
    assert 0.08 < told.count("2") / 1_000 < 0.12
    with under_load(front.port, BODIES) as answers:
        ended, why, counts = verdict(registry, run_id)
    assert set(versions(answers)) == {"1", "2"}
    assert (ended, why) == ("passed", "The rule found nothing in 150 answers.")
    assert (counts["answers/challenger"], counts["failed"]) == (150, 0)
    assert counts["share"] == 150 / (150 + counts["answers/champion"])
    assert 0.08 < counts["share"] < 0.12
    assert registry.get_model_version_by_alias(NAME, "champion").version == 1


def test_one_application_always_gets_the_same_version(registry, front):
    run_id = begin(registry, front, "canary", 2, share=0.5)
    told = [ask(front, body).headers["x-model-version"] for body in BODIES[:20] * 2]
    assert told[:20] == told[20:] and set(told) == {"1", "2"}
    loan_rollout.stop(NAME)
    assert verdict(registry, run_id)[:2] == ("stopped", "Somebody stopped it.")


def test_a_canary_that_approves_all_ends_within_a_hundred_answers(registry, front):
    ended, why, counts, told = trial(registry, front, "canary", 3, connections=16, share=0.2)
    assert ended == "worse"
    assert re.fullmatch(r"It approves 1\.00 of its applications, the champion 0\.\d\d\.", why)
    assert told.count("3") == counts["answers/challenger"] <= 100
    after = drive(front.port, BODIES, requests=300, seconds=600).answers
    assert set(versions(after)) == {"1"}


def test_a_canary_that_fails_ends_at_the_third_time_and_costs_no_answer(registry, front):
    ended, why, counts, told = trial(registry, front, "canary", 4, share=0.3)
    assert (ended, why) == ("worse", "It failed 3 times, at last with KeyError.")
    assert counts["failed"] == 3
    assert told.count("4") == counts["answers/challenger"]


def test_a_canary_that_hangs_is_not_waited_for(registry, front):
    ended, why, _, told = trial(registry, front, "canary", 5, share=0.3)
    assert ended == "worse" and why.startswith("It failed 3 times")
    assert set(told) == {"1"}


def test_what_no_model_scores_is_no_failure_of_the_canary(registry, front):
    run_id = begin(registry, front, "canary", 2, share=1.0)
    for number in range(1, 6):
        assert ask(front, f'{{"inputs": [{{"amount": -{number}.0}}]}}').status_code == 422
    loan_rollout.stop(NAME)
    ended, _, counts = verdict(registry, run_id)
    assert (ended, counts["failed"]) == ("stopped", 0)


def test_a_new_champion_ends_the_trial(registry, front):
    run_id = begin(registry, front, "canary", 2, share=0.5)
    registry.set_registered_model_alias(NAME, "champion", 3)
    assert verdict(registry, run_id)[:2] == ("stopped", "Version 3 became the champion.")
    registry.set_registered_model_alias(NAME, "champion", 1)
    url = f"{front.url}/ping"
    assert soon(lambda: requests.get(url).headers["x-model-version"] == "1", 60)


def test_a_challenger_that_does_not_load_does_not_begin(registry, front):
    registry.set_registered_model_alias(NAME, "challenger", 6)
    run_id = loan_rollout.start(NAME, EXPERIMENT, "canary", share=0.1)
    with under_load(front.port, BODIES) as answers:
        ended, why, _ = verdict(registry, run_id)
    assert ended == "worse" and re.fullmatch(r"It cannot be loaded \(\w+\)\.", why)
    assert set(versions(answers)) == {"1"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mode": "parallel"}, "The mode is 'parallel'; it must be 'shadow' or 'canary'."),
        ({"share": 0}, "The share is 0; it must be above 0 and at most 1."),
        ({"share": 10}, "The share is 10; it must be"),
        ({"answers": 0}, "The trial ends after 0 answers; it needs at least 1."),
        ({"experiment": "20_registry"}, "There is no experiment '20_registry'."),
    ],
)
def test_a_wrong_setting_starts_nothing(change, sentence, registry):
    registry.set_registered_model_alias(NAME, "challenger", 2)
    settings = {"name": NAME, "experiment": EXPERIMENT, "mode": "canary"} | change
    with pytest.raises(ValueError, match=re.escape(sentence)):
        loan_rollout.start(**settings)
    assert loan_rollout.TAG not in registry.get_registered_model(NAME).tags


def test_without_another_version_there_is_nothing_to_try(registry):
    registry.set_registered_model_alias(NAME, "challenger", 1)
    with pytest.raises(ValueError, match="another version as the challenger"):
        loan_rollout.start(NAME, EXPERIMENT, "shadow")


def test_the_rule_does_not_take_chance_for_a_difference():
    difference = loan_rollout.least_difference
    equal = {"challenger": 50, "champion": 600}
    assert difference({"challenger": 30, "champion": 360}, equal) < 0
    assert difference({"challenger": 38, "champion": 360}, equal) < loan_rollout.MARGIN
    assert difference({"challenger": 50, "champion": 360}, equal) > loan_rollout.MARGIN
    assert difference({"challenger": 5, "champion": 360}, equal) > loan_rollout.MARGIN
