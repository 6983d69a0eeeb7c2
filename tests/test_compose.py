"""compose.yaml, started for real: who may do what, what outlives what, and what is left.

On an engine of our own, which reaches no registry, the images are those of `tools.stack`, which
says what differs from the published ones. A second file changes the published port, to a free one.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from classroom.services import containers
from classroom.services.servers import soon
from classroom.workspace import REPOSITORY
from conftest import skip_without
from tools import engine as engines
from tools import stack

PROJECT = f"loanflow-test-{secrets.token_hex(4)}"
SERVICES = ("bucket", "database", "mlflow")
#: What is kept of each run: its metric, its note, and what its model predicts.
LOGGED = [0.25, "Kept.", 5.0]
#: What compose.yaml asks of everybody's Python.
THROUGH_MLFLOW = {
    f"MLFLOW_ENABLE_PROXY_MULTIPART_{what}": "false" for what in ("DOWNLOAD", "UPLOAD")
}
OVERRIDE = """
services:
  mlflow:
    ports: !override
      - "127.0.0.1:{port}:5000"
"""


class Team:
    """The project of compose.yaml with secrets of its own, and the people who use it."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.passwords = {name: secrets.token_urlsafe() for name in ("admin", "ada", "bea")}
        settings = ("DATABASE_PASSWORD", "BUCKET_SECRET_KEY", "SERVER_SECRET_KEY")
        env = dict.fromkeys(settings) | {"ADMIN_PASSWORD": self.passwords["admin"]}
        env = {name: value or secrets.token_urlsafe() for name, value in env.items()}
        (folder / ".env").write_text("".join(f"{name}={env[name]}\n" for name in env))
        (folder / "port.yaml").write_text(OVERRIDE.format(port=self.port))
        self.runs: list[str] = []
        files = ("--file", stack.COMPOSE_FILE, "--file", folder / "port.yaml")
        options = ("--project-name", PROJECT, "--env-file", folder / ".env")
        self._compose = ["docker", "compose", *files, *options]

    def compose(self, *words: str) -> str:
        done = subprocess.run([*self._compose, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start what does not run, and wait until all services are healthy."""
        self.compose("up", "--detach", "--build", "--wait")

    def as_user(self, name: str, *words: str, password: str | None = None):
        """Do something as one of the users, by `team_member`; return what it prints.

        Raises
        ------
        Refused
            With the last line of the error, where there is one.
        """
        signed_in = {
            "MLFLOW_TRACKING_USERNAME": name,
            "MLFLOW_TRACKING_PASSWORD": password or self.passwords[name],
        }
        program = [sys.executable, "tests/team_member.py", f"http://127.0.0.1:{self.port}"]
        done = subprocess.run(
            [*engines.inside(), *program, *words],
            env={**os.environ, **THROUGH_MLFLOW, **signed_in},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Refused(done.stderr.splitlines()[-1])
        return json.loads(done.stdout.splitlines()[-1])

    def work(self) -> None:
        """Let Ada log one more run with a model, and read all that she has logged."""
        run_id, found = self.as_user("ada", "work", *self.runs)
        self.runs.append(run_id)
        assert found == [LOGGED] * len(self.runs)


class Refused(Exception):
    """The server did not do what a user asked for."""


def ids(kind):
    """Return what the engine has of the project: containers, volumes, networks."""
    everything = ("--all",) if kind == "container" else ()
    label = f"label=com.docker.compose.project={PROJECT}"
    return containers.docker(kind, "ls", "--quiet", *everything, "--filter", label).split()


def processes_of(container_ids):
    """Return the processes in containers, and those of the engine that look after them."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            cgroup = Path(f"/proc/{process.pid}/cgroup").read_text()
        except OSError:
            cgroup = ""
        text = " ".join(process.info["cmdline"] or []) + cgroup
        found += [text for container_id in container_ids if container_id in text]
    return found


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    reason = "There is no container engine here; `make doctor` says how to get one."
    skip_without("engine", engines.answers(), reason)
    ours = os.environ.get("DOCKER_HOST") == engines.HOST
    with pytest.MonkeyPatch.context() as patch:
        if ours:
            stack.make_images()
            patch.setenv("DOCKER_CONFIG", str(stack.PLUGINS))
        reason = "There is no Compose here that reads compose.yaml."
        skip_without("engine", stack.compose_answers(), reason)
        for name in ("ALLOWED_HOSTS", "ALLOWED_ORIGINS"):
            patch.delenv(name, raising=False)
        team = Team(tmp_path_factory.mktemp("team"))
        try:
            team.start()
            yield team
        finally:
            team.compose("down", "--volumes", "--rmi", "local")


def test_a_run_with_a_model_is_logged_by_who_has_the_rights(team):
    team.as_user("admin", "add", "ada", team.passwords["ada"], "EDIT")
    team.as_user("admin", "add", "bea", team.passwords["bea"])
    team.work()
    with pytest.raises(Refused, match="403"):
        team.as_user("bea", "work")


def test_a_wrong_password_is_refused(team):
    for password in ("mistyped", team.passwords["bea"]):
        with pytest.raises(Refused, match="401"):
            team.as_user("ada", "work", password=password)


def test_without_the_variables_that_compose_asks_for_files_are_sought_at_the_bucket(team):
    text = stack.COMPOSE_FILE.read_text(encoding="utf-8")
    assert all(f"#     {name}=false\n" in text for name in THROUGH_MLFLOW)
    assert team.as_user("ada", "where", *team.runs).startswith("http://bucket:8333/")


def test_nothing_but_the_one_port_is_published(team):
    published = {}
    for container in json.loads(containers.docker("inspect", *ids("container"))):
        service = container["Config"]["Labels"]["com.docker.compose.service"]
        ports = container["NetworkSettings"]["Ports"].items()
        published[service] = [(inner, outer) for inner, outer in ports if outer]
        assert container["HostConfig"]["NetworkMode"] == f"{PROJECT}_default"
    here = [{"HostIp": "127.0.0.1", "HostPort": str(team.port)}]
    assert published == {"bucket": [], "database": [], "mlflow": [("5000/tcp", here)]}


@pytest.mark.parametrize("service", SERVICES)
def test_a_restart_loses_nothing(team, service):
    team.compose("restart", service)
    team.start()
    team.work()


def test_everything_survives_down_and_up(team):
    team.compose("down")
    assert ids("container") == ids("network") == []
    team.start()
    team.work()
    with pytest.raises(Refused, match="401"):
        team.as_user("ada", "work", password="mistyped")


def test_down_with_its_volumes_leaves_nothing(team):
    before = ids("container")
    assert len(before) == len(SERVICES)
    assert len(processes_of(before)) > 2 * len(SERVICES) or not engines.inside()
    team.compose("down", "--volumes", "--rmi", "local")
    assert [ids(kind) for kind in ("container", "volume", "network", "image")] == [[]] * 4
    assert soon(lambda: processes_of(before) == [])
