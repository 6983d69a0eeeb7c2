"""Lessons 15 and 16: stand-ins and engine leave nothing, and the scripts do as they say."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import nbformat
import psutil
import pytest
import yaml
from botocore.exceptions import ProxyConnectionError
from mlflow.deployments import get_deploy_client

from classroom.services import clouds, containers
from classroom.services.environments import OtherMachine, OtherMachineError
from classroom.services.servers import soon
from classroom.workspace import REPOSITORY
from conftest import skip_without_packages
from tools import engine as engines
from tools.container import HARDENED
from tools.serving import save_pipeline

DEPLOY = REPOSITORY / "notebooks" / "deploy"
# Refuses every connection that would leave this machine, in each Python process that sees it.
NO_WAY_OUT = """
import socket
connect = socket.socket.connect
def only_here(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"connects to {address}")
    return connect(self, address)
socket.socket.connect = only_here
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    save_pipeline(folder)
    return folder


def run(script, *arguments, tmp_path, **environment):
    """Run a script of the lesson where no connection can leave this machine."""
    (tmp_path / "sitecustomize.py").write_text(NO_WAY_OUT)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    variables = {**os.environ, "PYTHONPATH": str(tmp_path), "PATH": path, **environment}
    command = [sys.executable, str(DEPLOY / script), *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_barrier_of_these_tests_holds(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_WAY_OUT)
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", reach], env=variables, capture_output=True)
    assert b"connects to ('192.0.2.1', 80)" in done.stderr


def test_the_script_for_sagemaker_creates_and_deletes(model, tmp_path):
    role, image = "arn:aws:iam::123456789012:role/loanflow", "repository/mlflow-pyfunc:1"
    about = {"tmp_path": tmp_path}
    try:
        aws = clouds.AWS()
        told = ("--role", role, "--image", image, "--bucket", clouds.BUCKET)
        said = run("to_sagemaker.py", str(model), "loans", *told, **about, **aws.environment)
        assert said == "loans InService\n"
        made = aws.describe("loans")
        assert (made["machines"], made["image"]) == ("1 ml.m5.large", image)
        assert made["archive"].removeprefix(f"s3://{clouds.BUCKET}/") in aws.files()
        run("to_sagemaker.py", "--delete", "loans", **about, **aws.environment)
        assert aws.models() == []
    finally:
        aws.stop()


def test_the_script_for_databricks_serves_a_version(tmp_path):
    with clouds.Databricks() as databricks:
        run(
            *("to_databricks.py", "models:/any", "main.lending.loan_approval", "--version", "3"),
            tmp_path=tmp_path,
        )
    (asked,) = databricks.requests
    assert (asked.method, asked.path) == ("POST", "/api/2.0/serving-endpoints/")
    (entity,) = asked.body["config"]["served_entities"]
    assert entity["entity_name"] == "main.lending.loan_approval"
    assert entity["entity_version"] == "3"


def test_the_script_for_kubernetes_applies_the_checked_manifest(tmp_path):
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat > {tmp_path}/applied\n')
    kubectl.chmod(0o755)
    run("to_kubernetes.py", "registry.example.com/loans:7", tmp_path=tmp_path)
    assert (tmp_path / "asked").read_text() == "apply --filename -\n"
    deployment, service = yaml.safe_load_all((tmp_path / "applied").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example.com/loans:7"
    assert service["kind"] == "Service"


def test_the_manifest_names_the_image_once_and_matches_its_service():
    deployment, service = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"] == labels


def test_a_stand_in_leads_clients_only_inside_of_its_block(monkeypatch):
    monkeypatch.setenv("DATABRICKS_HOST", "https://the-readers-own.example.com")
    databricks = clouds.Databricks()
    with databricks:
        with databricks:
            assert os.environ["DATABRICKS_HOST"].startswith("http://127.0.0.1:")
        assert os.environ["DATABRICKS_HOST"].startswith("http://127.0.0.1:")
    assert os.environ["DATABRICKS_HOST"] == "https://the-readers-own.example.com"
    assert databricks.requests == []


def test_a_stand_in_that_has_ended_says_what_to_do():
    aws = clouds.AWS()
    aws.stop()
    with pytest.raises(RuntimeError, match="Run the cell that starts it"), aws:
        pass


def test_an_error_is_said_in_its_own_words():
    def fail():
        raise ValueError("Broken. Visit us.")

    assert clouds.attempt(fail) == "Broken"
    assert clouds.attempt(lambda: None) == "accepted"


def test_the_outline_of_a_dockerfile_is_the_same_everywhere(tmp_path):
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(
        "# x\nFROM python:3.12.1-slim\nRUN echo \\\n    a\nRUN true\nCOPY model /opt/ml/model\n"
    )
    outline = "FROM python:...-slim\nRUN true\nCOPY model .../ml/model"
    assert containers.outline(dockerfile) == outline


def test_what_a_build_prints_is_kept_and_shown_when_it_fails(capfd):
    with containers.build_log() as log:
        subprocess.run(["echo", "quiet"], check=True)
        assert log.read_text() == "quiet\n"
    assert capfd.readouterr().out == ""
    with pytest.raises(containers.EngineError, match="step 3"), containers.build_log():
        subprocess.run(["echo", "step 3"], check=True)
        raise RuntimeError("The build failed.")


def test_the_lesson_and_the_tool_run_a_container_with_the_same_rights():
    lesson = nbformat.read(DEPLOY.parent / "15_models_container.ipynb", as_version=4)
    (cell,) = [cell for cell in lesson.cells if cell.id == "run-code"]
    names = {}
    exec(cell.source.partition("if containers")[0], names)
    assert names["command"].split() == HARDENED.format(name="loan-approval").split()


def test_an_engine_of_our_own_is_for_the_machines_that_mlflow_builds_for(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(engines.platform, "machine", lambda: "aarch64")
    assert engines.reasons_against() == ["MLflow builds images for x86-64 only"]


@pytest.mark.skipif(sys.platform == "win32", reason="there, variables' names know no case")
def test_a_proxy_in_capitals_leads_the_client_and_is_not_copied(model, monkeypatch):
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    config = {"execution_role_arn": "arn:aws:iam::123456789012:role/loanflow"}
    config |= {"image_url": "repository/mlflow-pyfunc:1", "bucket": clouds.BUCKET}
    aws = clouds.AWS()
    try:
        with aws:
            client = get_deploy_client("sagemaker:/eu-west-1")
            client.create_deployment("loans", str(model), config=config)
            elsewhere = boto3.client("sagemaker", endpoint_url="https://sagemaker.example.com")
            with pytest.raises(ProxyConnectionError, match="127.0.0.1:9"):
                elsewhere.list_models()
        assert "https_proxy" not in aws.describe("loans")["environment"]
    finally:
        aws.stop()


def test_the_script_for_azure_finds_both_files_valid(model, tmp_path):
    skip_without_packages()
    for name in ("azure-endpoint.yml", "azure-deployment.yml"):
        shutil.copy(DEPLOY / name, tmp_path)
    shutil.copytree(model, tmp_path / "model")
    code = "import runpy, sys\nsys.argv = [script, folder]\nrunpy.run_path(script)"
    with OtherMachine(DEPLOY / "azure-requirements.txt") as azure:
        said = azure.run(code, script=DEPLOY / "to_azure.py", folder=tmp_path)
        assert said.splitlines() == [
            "loan-approval: key, valid",
            "blue of loan-approval: Standard_DS3_v2, valid",
        ]
        (tmp_path / "azure-endpoint.yml").write_text("name: loan-approval\nauth_mod: key\n")
        with pytest.raises(OtherMachineError, match="auth_mod"):
            azure.run(code, script=DEPLOY / "to_azure.py", folder=tmp_path)


def test_without_an_engine_one_sentence_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    assert not containers.ready()
    assert capsys.readouterr().out == f"{containers.MISSING}\n"


needs_our_engine = pytest.mark.skipif(
    bool(engines.reasons_against()), reason="no engine of our own may be started here"
)
#: Starts an engine, says what it listens on and where it could go, and waits.
AN_ENGINE = """
import signal, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
from tools import engine as engines
engine = engines.start_engine()
process = (engines._SOCKETS / "process").read_text().strip()
print(Path(f"/proc/{process}/net/dev").read_text().count(":"))  # lo and docker0
routes = Path(f"/proc/{process}/net/route").read_text().splitlines()[1:]
print(sum(route.split()[1] == "00000000" for route in routes))  # a default one leads out
print(process, flush=True)
time.sleep(60)
"""


def processes_with(folder):
    commands = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    return [c for c in map(" ".join, commands) if str(folder) in c and "dockerd" in c]


@needs_our_engine
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_an_engine_of_our_own_reaches_nobody_and_leaves_nothing(end, tmp_path):
    images = tmp_path / "images"
    variables = {**os.environ, "LOANFLOW_IMAGES": str(images)}
    variables.pop("DOCKER_HOST", None)
    with subprocess.Popen(
        [sys.executable, "-c", AN_ENGINE],
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
        cwd=REPOSITORY,
    ) as process:
        interfaces, ways_out, _ = (process.stdout.readline() for _ in range(3))
        found = processes_with(images)
        process.send_signal(end)
    assert found
    assert (int(interfaces), int(ways_out)) == (2, 0)
    assert soon(lambda: processes_with(images) == [], 30)
    assert str(images) not in Path("/proc/mounts").read_text()
