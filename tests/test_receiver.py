"""The receiver of webhooks believes what MLflow signs, and nothing else."""

import json
import sys
import time

import mlflow
import pytest
import requests
from cryptography.fernet import Fernet
from mlflow.webhooks.delivery import _generate_hmac_signature as sign

from classroom.exercises.runs import script
from classroom.services.servers import local_server, mlflow_server, soon
from classroom.workspace import NOTEBOOKS

loan_receiver = script("loan_receiver")
SECRET, NOW = "a secret of this test", 1_790_000_000
BODY = json.dumps({"entity": "model_version", "action": "created", "data": {"name": "ä"}})


def signed(body=BODY, secret=SECRET, number="1", at=NOW):
    signature = sign(secret, number, str(at), body)
    return {
        "X-MLflow-Delivery-Id": number,
        "X-MLflow-Timestamp": str(at),
        "X-MLflow-Signature": signature,
    }


@pytest.mark.parametrize(
    ("headers", "body", "fault"),
    [
        (signed(), BODY, None),
        (signed(at=NOW - 299), BODY, None),
        (signed(at=NOW + 299), BODY, None),
        (signed(at=NOW - 301), BODY, "The delivery's time is more than five minutes from ours."),
        (signed(at=NOW + 301), BODY, "The delivery's time is more than five minutes from ours."),
        (signed(), BODY + " ", "The signature is wrong."),
        (signed(secret="a guess"), BODY, "The signature is wrong."),
        (signed() | {"X-MLflow-Delivery-Id": "2"}, BODY, "The signature is wrong."),
        (signed(at=NOW - 600) | {"X-MLflow-Timestamp": str(NOW)}, BODY, "The signature is wrong."),
        (signed() | {"X-MLflow-Signature": "v1,"}, BODY, "The signature is wrong."),
        (signed() | {"X-MLflow-Signature": "ü"}, BODY, "The signature is wrong."),
        ({}, BODY, "The signature is wrong."),
        (signed(at="soon"), BODY, "The delivery's time is more than five minutes from ours."),
    ],
)
def test_what_is_not_signed_or_not_fresh_is_refused(headers, body, fault):
    assert loan_receiver.find_fault(SECRET, headers, body.encode(), NOW) == fault


@pytest.fixture(scope="module")
def receiver():
    command = [sys.executable, str(NOTEBOOKS / "loan_receiver.py"), "{port}"]
    with local_server(command, health_path="/", env={"WEBHOOK_SECRET": SECRET}) as server:
        yield server


def test_a_delivery_has_an_effect_once(receiver):
    headers = signed(at=int(time.time()), number="once")
    answers = [requests.post(receiver.url, BODY.encode(), headers=headers) for _ in range(2)]
    assert [a.text for a in answers] == ["received", "known already"]
    assert [a.status_code for a in answers] == [200, 200]
    assert receiver.log().count("model_version.created") == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 401),
        (b"x" * 2**20 + b"x", {}, 413),
        (b"", {"Content-Length": "-1"}, 413),
        ("no JSON", "signed", 400),
        ('{"entity": "nothing else"}', "signed", 400),
    ],
)
def test_any_other_request_is_refused_and_leaves_nothing(body, headers, status, receiver):
    before = receiver.log()
    if headers == "signed":
        headers, body = signed(body, number=body, at=int(time.time())), body.encode()
    answer = requests.post(receiver.url, body, headers=headers, timeout=10)
    assert answer.status_code == status
    assert receiver.log() == before


def test_mlflow_s_own_deliveries_are_received(workspace, receiver):
    env = {"MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}
    env["MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"] = Fernet.generate_key().decode()
    with mlflow_server(env=env) as server:
        client = mlflow.MlflowClient(server.url)
        events = ["registered_model.created"]
        hook = client.create_webhook("test", receiver.url, events, secret=SECRET)
        client.create_registered_model("told")
        assert soon(lambda: 'registered_model.created {"name": "told"' in receiver.log(), 30)
        client.update_webhook(hook.webhook_id, secret="another")
        assert client.test_webhook(hook.webhook_id).response_status == 401
