"""The front speaks MLflow's contract, refuses in one sentence, and ends in order."""

import asyncio
import json
import os
import signal
import sys

import mlflow
import nbformat
import numpy as np
import pandas as pd
import pytest
import requests
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from test_servers import a_kernel, group_of, listening_addresses, living, wait_until_dead

from classroom.exercises.runs import script
from classroom.services.load import drive
from classroom.services.servers import local_server
from classroom.workspace import NOTEBOOKS, tracking_uri

loan_front = script("loan_front")
COLUMNS = [
    ColSpec("double", "amount"),
    ColSpec("string", "name", required=False),
    ColSpec("long", "months"),
    ColSpec("boolean", "first"),
]
GOOD = {"amount": 1.5, "name": None, "months": 12, "first": True}


class Model:
    """Stands in for a pyfunc model: a signature, and a function that predicts."""

    def __init__(self, predict, inputs=COLUMNS, params=()):
        schema = ParamSchema([ParamSpec(name, "double", 0.5) for name in params])
        self.metadata = self
        self.get_input_schema = lambda: Schema(inputs)
        self.get_params_schema = lambda: schema if params else None
        self.asked = []
        self._predict = predict

    def predict(self, data, params=None):
        self.asked.append((data, params))
        return self._predict(data)


#: A request to score applications, without its body.
HEAD = {
    "type": "http",
    "method": "POST",
    "path": "/invocations",
    "headers": [(b"content-type", b"application/json")],
}


def ask(front, body, **changes):
    """Return the status, the headers and the content of an answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return play(front, HEAD | changes, [{"type": "http.request", "body": content}])


def play(front, scope, messages):
    waiting, sent = list(messages), []

    async def receive():
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(front(scope, receive, send))
    if not sent:
        return None
    start, end = sent
    return start["status"], dict(start["headers"]), end["body"].decode()


@pytest.fixture
def front():
    return loan_front.Front(Model(lambda frame: frame["amount"].to_numpy()))


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": [GOOD, GOOD]},
        {"instances": [GOOD, GOOD]},
        {"inputs": [GOOD, GOOD]},
        {"inputs": {name: [value] * 2 for name, value in GOOD.items()}},
        {"dataframe_split": {"columns": list(GOOD), "data": [list(GOOD.values())] * 2}},
    ],
)
def test_every_form_reaches_the_model_as_the_same_frame(front, body):
    status, headers, text = ask(front, body)
    assert (status, text) == (200, '{"predictions": [1.5, 1.5]}')
    assert headers[b"content-length"] == str(len(text)).encode()
    ((frame, params),) = front.model.asked
    assert params == {}
    assert [str(kind) for kind in frame.dtypes] == ["float64", "str", "int64", "bool"]
    assert list(frame.columns) == list(GOOD) and len(frame) == 2


def test_a_column_that_may_be_missing_may_be_left_out_and_another_may_be_there(front):
    record = {name: value for name, value in GOOD.items() if name != "name"}
    assert ask(front, {"instances": [record | {"unknown": 1}]})[0] == 200
    ((frame, _),) = front.model.asked
    assert list(frame.columns) == list(GOOD) and frame["name"].isna().all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "1"}, "Row 1: amount must be a number."),
        ({"amount": True}, "Row 1: amount must be a number."),
        ({"amount": 10**400}, "Row 1: amount must be a number."),
        ({"amount": None}, "Row 1: amount is missing."),
        ({"name": 7}, "Row 1: name must be text."),
        ({"months": 1.0}, "Row 1: months must be a whole number that fits into 64 bits."),
        ({"months": 2**63}, "Row 1: months must be a whole number that fits into 64 bits."),
        ({"first": 1}, "Row 1: first must be true or false."),
        ({"first": "false"}, "Row 1: first must be true or false."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_column(front, changes, sentence):
    status, _, text = ask(front, {"instances": [GOOD, GOOD | changes]})
    assert (status, json.loads(text)) == (422, {"error": sentence})
    assert front.model.asked == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"inputs": [NaN]}', b"\xff\xfe", b"[" * 200_000, b"9" * 9000],
)
@pytest.mark.parametrize("content_type", [b"application/json", b"Application/JSON; charset=UTF-8"])
def test_what_is_no_request_gets_400(front, body, content_type):
    status, _, text = ask(front, body, headers=[(b"content-type", content_type)])
    assert status == 400 and list(json.loads(text)) == ["error"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": [GOOD], "instances": [GOOD]},
        {"inputs": []},
        {"inputs": {}},
        {"inputs": [GOOD, 1]},
        {"inputs": {"amount": [1.0, 2.0], "months": [1]}},
        {"inputs": {"amount": 1.0}},
        {"dataframe_split": [1]},
        {"dataframe_split": {"columns": ["amount"], "data": [[1.0, 2.0]]}},
        {"dataframe_split": {"columns": [1], "data": [[1.0]]}},
        {"dataframe_split": {"columns": ["amount"], "data": {}}},
        {"dataframe_split": {"columns": ["amount", "amount"], "data": [[1.0, 2.0]]}},
        {"inputs": [GOOD], "params": [1]},
    ],
)
def test_what_is_not_the_contract_gets_400(front, body):
    assert ask(front, body)[0] == 400
    assert front.model.asked == []


@pytest.mark.parametrize("kind", [None, b"text/csv", b"application/json; charset=latin-1", b"\xff"])
def test_another_content_type_gets_415(front, kind):
    headers = [(b"content-type", kind)] if kind else []
    assert ask(front, {"inputs": [GOOD]}, headers=headers)[0] == 415


def test_paths_and_methods(front):
    assert ask(front, b"", path="/ping", method="GET")[::2] == (200, "\n")
    assert ask(front, b"", path="/version", method="GET")[::2] == (200, mlflow.__version__)
    assert ask(front, b"", path="/docs", method="GET")[0] == 404
    status, headers, _ = ask(front, b"", method="GET")
    assert status == 405 and headers[b"allow"] == b"POST"


def test_a_large_body_is_not_read_whether_it_says_so_or_not(front):
    front.max_bytes = 100
    said = HEAD | {"headers": [*HEAD["headers"], (b"content-length", b"101")]}
    status, headers, text = play(front, said, [])
    assert status == 413 and headers[b"connection"] == b"close"
    assert json.loads(text) == {"error": "A request may have at most 100 bytes."}
    part = {"type": "http.request", "body": b" " * 60, "more_body": True}
    assert play(front, HEAD, [part, part])[0] == 413
    fits = [{**part, "body": b" " * 50}, {**part, "body": b" " * 50, "more_body": False}]
    assert play(front, HEAD, fits)[0] == 400


def test_a_client_that_is_slow_or_gone_holds_nothing(front, monkeypatch):
    monkeypatch.setattr(loan_front, "SECONDS_TO_SEND", 0.05)
    part = {"type": "http.request", "body": b"{", "more_body": True}
    assert play(front, HEAD, [part])[0] == 408
    assert play(front, HEAD, [part, {"type": "http.disconnect"}]) is None


def test_parameters_are_passed_and_an_unknown_one_is_refused():
    front = loan_front.Front(Model(lambda frame: [1], params=["threshold"]))
    assert ask(front, {"inputs": [GOOD], "params": {"threshold": 0.7}})[0] == 200
    assert front.model.asked[0][1] == {"threshold": 0.7}
    status, _, text = ask(front, {"inputs": [GOOD], "params": {"treshold": 0.7}})
    assert status == 422 and "threshold" in text and "treshold" not in text


@pytest.mark.parametrize(
    ("predictions", "shown"),
    [
        ([0.25], [0.25]),
        (np.array([[0.25, np.nan]]), [[0.25, None]]),
        (pd.Series([1, 2]), [1, 2]),
        (pd.DataFrame({"p": [np.nan], "why": ["new"]}), [{"p": None, "why": "new"}]),
    ],
)
def test_what_a_model_returns_becomes_json(predictions, shown):
    front = loan_front.Front(Model(lambda frame: predictions))
    status, _, text = ask(front, {"inputs": [GOOD]})
    assert (status, json.loads(text)) == (200, {"predictions": shown})


def test_what_a_model_raises_stays_here(caplog):
    def fail(frame):
        raise KeyError(f"secret {frame['amount'][0]}")

    status, _, text = ask(loan_front.Front(Model(fail)), {"inputs": [GOOD]})
    assert (status, json.loads(text)) == (422, {"error": "The model cannot score these values."})
    assert "KeyError" in caplog.text and "secret" not in caplog.text + text


@pytest.mark.parametrize("inputs", [None, [TensorSpec(np.dtype("float64"), (-1, 2))]])
def test_a_model_without_columns_is_refused_at_the_start(inputs):
    model = Model(lambda frame: [1])
    model.get_input_schema = lambda: Schema(inputs) if inputs else None
    with pytest.raises(ValueError, match="has no signature with columns"):
        loan_front.Front(model)


def test_another_model_answers_from_the_next_request_on(front):
    front.use(Model(lambda rows: ["new"], inputs=[ColSpec("double", "amount")]))
    assert ask(front, {"inputs": [{"amount": 1}]})[2] == '{"predictions": ["new"]}'


@pytest.mark.parametrize("kind", ["boolean", "long", "integer"])
def test_a_gap_in_a_column_that_cannot_hold_one_never_becomes_a_value(kind):
    inputs = [ColSpec("double", "amount"), ColSpec(kind, "extra", required=False)]
    model = Model(lambda frame: frame["amount"].to_numpy(), inputs)
    front = loan_front.Front(model)
    value = True if kind == "boolean" else 7
    for absent in ({}, {"extra": None}):
        assert ask(front, {"inputs": [{"amount": 1}, {"amount": 2} | absent]})[0] == 200
        assert list(model.asked.pop()[0].columns) == ["amount"]
        status, _, text = ask(front, {"inputs": [{"amount": 1, "extra": value}, {"amount": 2}]})
        assert status == 422 and "Row 1: extra is missing" in text
    assert ask(front, {"inputs": [{"amount": 1, "extra": value}]})[0] == 200
    assert model.asked.pop()[0]["extra"].tolist() == [value]


@pytest.mark.parametrize("text", ["2026-03-04", "2026-03-04T10:30", "2026-03-04 10:30:15"])
def test_a_date_is_text_of_one_form(text):
    model = Model(lambda frame: [1], inputs=[ColSpec("datetime", "since", required=False)])
    front = loan_front.Front(model)
    assert ask(front, {"inputs": [{"since": text}, {}]})[0] == 200
    assert list(model.asked[0][0]["since"]) == [pd.Timestamp(text), pd.NaT]
    for wrong in ("03/04/2026", "20260304", "2026", "2026-02-30", f"{text}Z", 1767225600, True):
        status, _, said = ask(front, {"inputs": [{"since": wrong}]})
        assert status == 422 and "since must be a date such as" in said
    assert len(model.asked) == 1


#: What MLflow's own server answers as another value than was sent, each in a column of that type.
CASTS = [
    ("boolean", "false", "True"),
    ("boolean", None, "False"),
    ("boolean", 2, "True"),
    ("integer", 3_000_000_000, "-1294967296"),
    ("integer", True, "1"),
    ("long", 5.5, "5"),
    ("long", "5", "5"),
    ("datetime", 1767225600, "1970-01-01 00:00:01.767225600"),
    ("datetime", "03/04/2026", "2026-03-04 00:00:00"),
    ("double", "12.5", "12.5"),
    ("double", True, "1.0"),
    ("float", 1e300, "inf"),
]
MODEL = """
import mlflow


class Teller(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return {}


mlflow.models.set_model(Teller())
"""


def saved(folder, answer, columns):
    """Save a model that answers with the value of an expression; return where it lies."""
    (folder / "model.py").write_text(MODEL.format(answer), encoding="utf-8")
    mlflow.pyfunc.save_model(
        folder / "model",
        python_model=folder / "model.py",
        signature=mlflow.models.ModelSignature(Schema(columns)),
        pip_requirements=["mlflow"],
    )
    return str(folder / "model")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A model, saved, that has a column of each type and answers with what it was given."""
    columns = [ColSpec(kind, kind, required=False) for kind in {kind for kind, *_ in CASTS}]
    answer = "[str(model_input[name][0]) for name in model_input if name != 'id']"
    return saved(tmp_path_factory.mktemp("tell"), answer, [*columns, ColSpec("string", "id")])


@pytest.fixture(scope="module")
def mlflows_server(told):
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", "{port}", "--model-uri", told]
    with local_server(command, health_path="/ping", timeout=120) as server:
        yield server


@pytest.mark.parametrize(("kind", "value", "cast"), CASTS)
def test_what_mlflows_server_casts_in_silence_never_reaches_the_model(
    mlflows_server, told, kind, value, cast
):
    request = {"dataframe_records": [{kind: value, "id": "LP1"}]}
    answer = requests.post(f"{mlflows_server.url}/invocations", json=request, timeout=60)
    assert (answer.status_code, answer.json()) == (200, {"predictions": [cast]})
    status, _, text = ask(loan_front.Front.load(told), request)
    if value is None:
        assert status == 200 and cast not in json.loads(text)["predictions"]  # it is left out
    else:
        assert status == 422 and f"Row 0: {kind} must be" in text


#: The cells of the lesson that lead to two running servers.
LESSON = ["set-up", "log", "front-source", "servers"]


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    answer = 'model_input["amount"]'
    return saved(tmp_path_factory.mktemp("echo"), answer, [ColSpec("double", "amount")])


def start(*options, **variables):
    command = [sys.executable, str(NOTEBOOKS / "loan_front.py"), *options, "--port", "{port}"]
    return local_server(command, health_path="/ping", timeout=120, env=variables, name="front")


def test_a_front_that_is_stopped_saves_the_traces_that_wait(echo, workspace, tmp_path):
    store = mlflow.MlflowClient(tracking_uri())
    experiment = store.create_experiment("traced", (tmp_path / "traces").as_uri())
    where = {"MLFLOW_TRACKING_URI": tracking_uri(), "MLFLOW_EXPERIMENT_ID": experiment}
    with start(echo, "--trace", **where) as server:
        drive(server.port, b'{"inputs": [{"amount": 4321.0}]}', requests=20, seconds=60)
    traces = store.search_traces([experiment])
    assert len(traces) == 20
    (span,) = traces[0].data.spans
    assert span.inputs is None and span.outputs == [4321.0] and span.attributes["rows"] == 1


def test_the_front_listens_on_this_machine_only_and_ends_with_its_workers(echo, workspace):
    with start(echo, "--workers", "2") as server:
        load = drive(server.port, b'{"inputs": [{"amount": 1}]}', requests=20, seconds=60)
        assert len(load.latencies) == 20
        if sys.platform == "linux":
            assert set(listening_addresses(server.port)) == {"127.0.0.1"}
        assert len(living(group_of(server))) >= 4  # watchdog, parent, two workers
    assert not wait_until_dead(group_of(server))


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")
def test_a_killed_kernel_takes_the_servers_of_the_lesson_with_it(workspace):
    notebook = nbformat.read(NOTEBOOKS / "14_models_serve_safely.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    environment = {**os.environ, "LOANFLOW_HOME": str(workspace)}
    with a_kernel(cwd=str(NOTEBOOKS), env=environment) as (manager, client):
        for name in LESSON:
            quiet = {"timeout": 120, "output_hook": lambda message: None}
            assert client.execute_interactive(cells[name], **quiet)["content"]["status"] == "ok"
        said = []
        groups = "print(plain._watchdog.pid, front._watchdog.pid)"
        client.execute_interactive(groups, output_hook=lambda m: said.append(m["content"]))
        (text,) = (content["text"] for content in said if "text" in content)
        plain, front = map(int, text.split())
        assert living(plain) and living(front)
        manager.signal_kernel(signal.SIGKILL)
        assert not wait_until_dead(plain) and not wait_until_dead(front)
