"""The CI job is the single promoter: its command promotes and refuses, and nobody else can."""

import os
import re
import shlex
import subprocess
import sys

import mlflow
import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.server import get_app_client

from classroom.services.team import practice_server, signed_in
from classroom.workspace import NOTEBOOKS, REPOSITORY
from loanflow.data import FEATURES, load_loans, split_loans
from loanflow.training import expected_cost

JOB = yaml.safe_load((NOTEBOOKS / "deploy" / "promote.yaml").read_text(encoding="utf-8"))
MODEL = """
import mlflow
import numpy as np
import pandas as pd


class Rule(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.good, self.bad = context.model_config["good"], context.model_config["bad"]

    def predict(self, context, model_input, params=None):
        bad = model_input["Credit_History"].eq(0)
        probability = np.where(bad, self.bad, self.good)
        decision = np.where(probability >= 0.75, "approve", "refuse")
        return pd.DataFrame({"probability": probability, "decision": decision})


mlflow.models.set_model(Rule())
"""
#: Approves everybody; refuses a bad credit history; tells nothing about it.
RULES = [{"good": 0.76, "bad": 0.75}, {"good": 0.78, "bad": 0.1}, {"good": 0.7, "bad": 0.7}]


class Registry:
    """A server whose registry the promoter alone may change, and the rows to examine with."""

    def __init__(self, server, rows, password):
        self.server, self.rows, self.password = server, rows, password

    def client(self):
        return mlflow.MlflowClient(self.server.url)

    def champion(self):
        with signed_in("admin", self.server.admin_password):
            return str(self.client().get_model_version_by_alias("loans", "champion").version)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("job")
    (folder / "rule.py").write_text(MODEL, encoding="utf-8")
    loans = load_loans()
    X_train, X_test, *_ = split_loans(loans)
    loans.loc[X_test.index].to_csv(folder / "rows of the bank.csv", index=False)
    before = mlflow.get_tracking_uri()
    server = practice_server(folder)
    try:
        with signed_in("admin", server.admin_password):
            mlflow.set_tracking_uri(server.url)
            mlflow.set_experiment("team")
            answer = pd.DataFrame({"probability": [0.5], "decision": ["approve"]})
            for rule in RULES:
                mlflow.pyfunc.log_model(
                    name="rule",
                    python_model=folder / "rule.py",
                    model_config=rule,
                    signature=infer_signature(X_train[FEATURES], answer),
                    pip_requirements=["mlflow"],
                    registered_model_name="loans",
                )
            mlflow.MlflowClient().set_registered_model_alias("loans", "champion", 1)
            auth = get_app_client("basic-auth", server.url)
            auth.create_user("promoter", "the promoter's password")
            experiment = mlflow.get_experiment_by_name("team").experiment_id
            auth.grant_user_permission("promoter", "experiment", experiment, "READ")
            auth.grant_user_permission("promoter", "registered_model", "loans", "EDIT")
            auth.grant_user_permission("ada", "registered_model", "loans", "READ")
        yield Registry(server, folder / "rows of the bank.csv", "the promoter's password")
    finally:
        mlflow.set_tracking_uri(before)
        server.stop()


def run_job(registry, version, why, **others):
    """Run the step *Promote* as GitHub does: its variables filled in, its command given to bash."""
    values = {
        "vars.MLFLOW_TRACKING_URI": registry.server.url,
        "secrets.PROMOTER_PASSWORD": registry.password,
        "vars.EXAMINATION_ROWS": registry.rows,
        "inputs.version": version,
        "inputs.why": why,
    }
    job = JOB["jobs"]["promote"]
    fill = lambda text: re.sub(r"\${{ (.+?) }}", lambda m: str(values[m[1]]), text)  # noqa: E731
    environment = {name: fill(text) for name, text in job["env"].items()}
    (command,) = (step["run"] for step in job["steps"] if step.get("name") == "Promote")
    assert "${{" not in command  # what somebody typed must not become a command
    command = command.replace(".venv/bin/python", shlex.quote(sys.executable))
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        env={**os.environ, **environment, "GITHUB_ACTOR": "ada", **others},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )


def test_the_job_runs_one_at_a_time_and_may_write_nothing_else():
    assert JOB["concurrency"] == {"group": "promote-loans", "cancel-in-progress": False}
    assert JOB["permissions"] == {"contents": "read"}
    assert JOB["jobs"]["promote"]["environment"] == "registry"


def test_the_job_promotes_then_refuses_and_its_exit_code_says_so(registry, tmp_path):
    summary = tmp_path / "summary.md"
    done = run_job(registry, 2, "a saving", GITHUB_STEP_SUMMARY=str(summary))
    assert (done.returncode, registry.champion()) == (0, "2"), done.stderr
    assert done.stdout == "Version 2 of loans replaces version 1.\n" == summary.read_text()
    with signed_in("admin", registry.server.admin_password):
        tags = registry.client().get_model_version("loans", "2").tags
    assert (tags["promoted.by"], tags["promoted.why"]) == ("ada", "a saving")
    done = run_job(registry, 3, "not a saving")
    assert (done.returncode, registry.champion()) == (1, "2"), done.stderr
    assert done.stdout.startswith("Version 3 of loans is refused.\nMetric expected_cost")


@pytest.mark.parametrize(
    ("version", "why", "sentence"),
    [
        (9, "a reason", "There is no version 9 of a registered model loans."),
        (3, " ", "A promotion needs a reason"),
        ("2; touch stolen", "a reason", "There is no version 2; touch stolen"),
        (3, '"; touch stolen; "', "is refused"),
    ],
)
def test_what_somebody_typed_is_text_and_no_command(version, why, sentence, registry):
    done = run_job(registry, version, why)
    assert done.returncode in (1, 2) and sentence in done.stdout, done.stderr
    assert not (REPOSITORY / "stolen").exists()
    assert "Traceback" not in done.stderr


def test_without_the_rows_nothing_is_examined(registry, tmp_path):
    done = run_job(registry, 3, "a reason", ROWS=str(tmp_path / "gone.csv"))
    assert done.returncode == 2 and done.stdout.startswith("Nothing was examined. ")


def test_nobody_else_can_move_the_alias(registry):
    before = registry.champion()
    with signed_in("ada", registry.server.ada_password):
        client = registry.client()
        assert client.get_model_version_by_alias("loans", "champion")
        for write in (
            lambda: client.set_registered_model_alias("loans", "champion", "3"),
            lambda: client.set_model_version_tag("loans", "3", "promoted.by", "me"),
            lambda: client.delete_registered_model_alias("loans", "champion"),
        ):
            with pytest.raises(MlflowException, match="[Pp]ermission"):
                write()
    assert registry.champion() == before


def test_the_rules_of_this_test_are_better_and_worse_on_these_rows(registry):
    rows = load_loans(registry.rows)
    bad, good = rows["Credit_History"].eq(0), rows["Loan_Status"].eq("Y")
    assert expected_cost(good, ~bad) < 0.9 * expected_cost(good, [True] * len(rows))
