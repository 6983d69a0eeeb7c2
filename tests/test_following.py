"""The front that follows an alias: no request is lost, and what does not load does not answer."""

import os
import re
import shutil
import signal
import sys
import time
from itertools import groupby

import mlflow
import pytest
import requests
from family import command
from mlflow.types import ColSpec, Schema
from test_servers import group_of, living, wait_until_dead

from classroom.services.load import under_load
from classroom.services.servers import ServerError, local_server, soon
from classroom.workspace import NOTEBOOKS, tracking_uri

NAME, BODY = "followed", b'{"inputs": [{"amount": 1.0}]}'
MODEL = """
import time

import mlflow


class Numbered(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.number, kind = context.model_config["number"], context.model_config["kind"]
        if kind == "does not load":
            raise KeyError("secret")
        if kind == "slow":
            time.sleep(2)
        if kind == "brings a module":
            import whose

            self.number = whose.NUMBER
        self.broken = kind == "does not answer"

    def predict(self, context, model_input, params=None):
        if self.broken:
            raise KeyError("secret")
        return [self.number] * len(model_input)


mlflow.models.set_model(Numbered())
"""
KINDS = ["fine", "fine", "does not load", "does not answer", "no signature", "slow"]
KINDS += ["brings a module", "brings a module"]


@pytest.fixture(scope="module")
def registry(client_of_module, tmp_path_factory):
    """A registry with a version of each kind, numbered from 1; each answers its number."""
    folder = tmp_path_factory.mktemp("followed")
    (folder / "numbered.py").write_text(MODEL, encoding="utf-8")
    client_of_module.create_registered_model(NAME)
    signature = mlflow.models.ModelSignature(Schema([ColSpec("double", "amount")]))
    for number, kind in enumerate(KINDS, start=1):
        whose = folder / f"code-{number}" / "whose.py"  # of the same name in each version
        whose.parent.mkdir()
        whose.write_text(f"NUMBER = {number}", encoding="utf-8")
        mlflow.pyfunc.save_model(
            folder / f"model-{number}",
            code_paths=[str(whose)],
            python_model=folder / "numbered.py",
            model_config={"number": number, "kind": "fine"},  # its example is asked when saved
            signature=None if kind == "no signature" else signature,
            input_example={"amount": [1.0]} if kind != "no signature" else None,
            pip_requirements=["mlflow"],
        )
        mlmodel = folder / f"model-{number}" / "MLmodel"
        mlmodel.write_text(mlmodel.read_text().replace("kind: fine", f"kind: {kind}"))
        client_of_module.create_model_version(NAME, str(folder / f"model-{number}"))
    return client_of_module


@pytest.fixture(scope="module")
def server(registry):
    registry.set_registered_model_alias(NAME, "champion", 1)
    with start(f"models:/{NAME}@champion") as server:
        yield server


@pytest.fixture
def following(registry, server):
    """The server, with version 1 answering."""
    move(registry, server, 1)
    return server


def start(uri, *options, store=None):
    script = [sys.executable, str(NOTEBOOKS / "loan_front.py"), uri, "--port", "{port}"]
    env = {"MLFLOW_TRACKING_URI": store or tracking_uri()}
    following = [*script, "--front", "loan_following:Following", *options]
    return local_server(following, health_path="/ping", timeout=120, env=env, name="following")


def move(registry, server, *numbers):
    """Make one version after the other the champion, each when the one before answers."""
    for number in numbers:
        registry.set_registered_model_alias(NAME, "champion", number)
        assert soon(lambda due=str(number): version_of(server) == due, 30)


def version_of(server):
    return requests.get(f"{server.url}/ping", timeout=10).headers["x-model-version"]


def process_of_a_model(group):
    """Return the number of the newest process in a group that serves a model."""
    script = str(NOTEBOOKS / "loan_process.py")
    return max(process.pid for process in living(group) if script in command(process))


def told(answer):
    """Return the version in an answer's header, and what the model answered."""
    head, _, body = answer.decode().partition("\r\n\r\n")
    (version,) = re.findall(r"^x-model-version: (\d+)\r?$", head, flags=re.M)
    return version, body


def due(versions):
    """Return what answers tell where each of these versions gives its own number."""
    return {(version, f'{{"predictions": [{version}]}}') for version in versions}


def answers_during(work, server, connections):
    """Do some work while requests are sent; return the answers. One that fails raises."""
    with under_load(server.port, BODY, connections=connections) as answers:
        work()
        time.sleep(0.3)  # let the last version answer
    return answers


def test_promotion_and_rollback_under_load_lose_no_request(registry, following):
    answers = answers_during(lambda: move(registry, following, 2, 1), following, connections=1)
    assert len(answers) > 100
    assert {told(a) for a in answers} == due("12")
    assert [version for version, _ in groupby(told(a)[0] for a in answers)] == ["1", "2", "1"]


@pytest.mark.parametrize(
    ("numbers", "connections"),
    [
        pytest.param([2, 1, 2, 1], 16, id="many connections"),
        pytest.param([7, 8, 7], 4, id="versions that bring a module"),
    ],
)
def test_each_version_answers_with_its_own_module_and_no_request_is_lost(
    numbers, connections, registry, following
):
    answers = answers_during(lambda: move(registry, following, *numbers), following, connections)
    assert {told(a) for a in answers} == due({"1", *map(str, numbers)})


def test_a_version_whose_process_ends_is_started_anew(following):
    def kill_it():
        os.kill(process_of_a_model(group_of(following)), signal.SIGKILL)

    answers = answers_during(kill_it, following, connections=4)
    assert {told(a) for a in answers} == due("1")


def test_requests_are_answered_while_a_slow_version_loads(registry, following):
    answers = answers_during(lambda: move(registry, following, 6), following, 1)
    assert len([a for a in answers if told(a)[0] == "1"]) > 100  # two seconds of loading


@pytest.mark.parametrize("number", [3, 4, 5])
def test_a_version_that_cannot_be_served_does_not_answer(number, registry, following):
    sentence = re.compile(
        rf"Version {number} cannot be loaded \(\w+\); version 1 keeps answering\."
    )

    def break_it():
        registry.set_registered_model_alias(NAME, "champion", number)
        assert soon(lambda: sentence.search(following.log()), 30)

    answers = answers_during(break_it, following, connections=4)
    assert {told(a) for a in answers} == due("1")
    assert "secret" not in following.log()
    move(registry, following, 2)


def test_without_the_alias_the_last_version_goes_on(registry, following):
    def said():
        return following.log().count("followed@champion cannot be loaded")

    before = said()

    def delete():
        registry.delete_registered_model_alias(NAME, "champion")
        assert soon(lambda: said() > before, 30)
        time.sleep(3)  # a second look finds the same, and says nothing

    answers = answers_during(delete, following, connections=4)
    assert {told(a)[0] for a in answers} == {"1"}
    assert said() == before + 1
    move(registry, following, 2)


def test_a_refusal_names_the_version_as_well(following):
    answer = requests.post(f"{following.url}/invocations", data="{", timeout=10)
    assert (answer.status_code, answer.headers["x-model-version"]) == (415, "1")


def test_each_of_several_workers_follows(registry):
    registry.set_registered_model_alias(NAME, "champion", 1)
    with start(f"models:/{NAME}@champion", "--workers", "2") as server:
        # One answers while the other may still be starting, and would begin with version 2.
        assert soon(lambda: server.log().count("Application startup complete.") == 2, 60)
        registry.set_registered_model_alias(NAME, "champion", 2)
        # A new connection goes to either worker.
        assert soon(lambda: {version_of(server) for _ in range(20)} == {"2"}, 30)
        assert server.log().count("Version 2 answers.") == 2


def test_the_server_ends_while_a_version_loads(registry):
    registry.set_registered_model_alias(NAME, "champion", 1)
    with start(f"models:/{NAME}@champion") as server:
        registry.set_registered_model_alias(NAME, "champion", 6)
        time.sleep(1)
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 15
        assert not wait_until_dead(group_of(server))


def test_the_server_answers_and_ends_when_the_store_is_gone(registry, tmp_path):
    home = tmp_path / "mlflow.db"
    shutil.copy(tracking_uri().removeprefix("sqlite:///"), home)
    store = f"sqlite:///{home}"
    mlflow.MlflowClient(store).set_registered_model_alias(NAME, "champion", 1)
    with start(f"models:/{NAME}@champion", store=store) as server:
        home.write_bytes(b"no database")
        assert soon(lambda: "version 1 keeps answering" in server.log(), 30)
        assert version_of(server) == "1"
        assert living(group_of(server))
    assert not wait_until_dead(group_of(server))


@pytest.mark.parametrize("uri", ["models:/followed/1", "models:/followed@nobody"])
def test_what_cannot_be_followed_is_said_at_the_start(uri, registry):
    with pytest.raises(ServerError, match="names no alias|alias nobody not found"):
        start(uri)
