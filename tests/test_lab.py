"""The MLflow UI inside JupyterLab is one click away, shows the reader's store, and goes with it."""

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from unittest.mock import Mock

import mlflow
import psutil
import pytest
from family import below, command
from playwright.sync_api import expect

from classroom.desk import lab
from classroom.services.servers import HOST, ServerError
from classroom.workspace import REPOSITORY, tracking_uri
from conftest import skip_without_browser
from tools import setup_env
from tools.screenshots import browser_page

LESSON = "notebooks/00_start_here.ipynb"
expect.set_options(timeout=60_000)


class JupyterLab:
    """JupyterLab as `make lab` starts it, with the settings of set-up and none of the reader's."""

    def __init__(self, folder: Path, base: str, *more: str, **environment: str) -> None:
        self.base = base
        setup_env.write_lab_settings(folder, REPOSITORY, base)
        own = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
        settings = {name: str(folder / name) for name in own}
        settings["JUPYTER_RUNTIME_DIR"] = str(folder / "runtime")
        settings["JUPYTER_CONFIG_PATH"] = str((folder / setup_env.LAB_SERVER).parent)
        options = [
            *("--no-browser", "--allow-root", "--ServerApp.port=0"),
            f"--ServerApp.base_url={base}",
            f"--LabApp.app_settings_dir={(folder / setup_env.LAB_PAGE).parent}",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, *more, LESSON],
            cwd=REPOSITORY,
            env={**os.environ, **settings, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        running = self.wait_for(lambda: next((folder / "runtime").glob("jpserver-*.json"), None))
        answer = self.wait_for(lambda: self.settings_in(running))
        self.port, self.token = answer["port"], answer["token"]
        assert self.wait_for(self.listens)  # the file is there before the server listens

    @staticmethod
    def settings_in(file: Path) -> dict:
        with contextlib.suppress(ValueError):  # it is being written
            return json.loads(file.read_text(encoding="utf-8"))
        return {}

    def listens(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex((HOST, self.port)) == 0

    @staticmethod
    def wait_for(what, seconds=120):
        deadline = time.monotonic() + seconds
        while not (found := what()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    @property
    def page(self) -> str:
        """The address that JupyterLab opens in the reader's browser."""
        return f"http://127.0.0.1:{self.port}{self.base}lab/tree/{LESSON}?token={self.token}"

    def ask(self, method: str, path: str, body: dict | None = None, **headers: str) -> HTTPResponse:
        connection = HTTPConnection(HOST, self.port, timeout=60)
        headers = {"Content-Type": "application/json", **headers}
        connection.request(method, self.base + path, body and json.dumps(body), headers)
        return connection.getresponse()

    def servers(self) -> list[psutil.Process]:
        """The processes that serve the MLflow UI, and what they have started."""
        uis = below(psutil.Process(self.process.pid), "classroom.desk.lab")
        return uis + [child for process in uis for child in below(process)]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def jupyterlab(workspace, tmp_path, request):
    def start(base="/", *options, **environment):
        started = JupyterLab(tmp_path / "jupyter", base, *options, **environment)
        request.addfinalizer(started.stop)
        return started

    return start


@pytest.mark.parametrize("base", ["/", "/user/ada/"])
def test_one_click_opens_the_ui_of_the_readers_store_inside_jupyterlab(jupyterlab, base):
    skip_without_browser()
    client = mlflow.MlflowClient(tracking_uri())
    run = client.create_run(client.create_experiment("the reader's own"), run_name="my run")
    client.set_terminated(run.info.run_id)
    running = jupyterlab(base)
    with browser_page(1440, 900) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(running.page)
        expect(page.get_by_role("heading", name="Start here")).to_be_visible()
        page.get_by_role("button", name="MLflow UI", exact=True).click()
        inside = page.frame_locator("iframe")
        expect(inside.get_by_text("The MLflow UI is starting")).to_be_visible()
        expect(inside.get_by_role("heading", name="Experiments")).to_be_visible()
        expect(inside.get_by_role("link", name="Model registry")).to_be_visible()
        inside.get_by_role("link", name="the reader's own").click()
        expect(inside.get_by_role("link", name="my run", exact=True)).to_be_visible()
        assert f"{base}lab/" in page.url  # the reader has not left JupyterLab
    elsewhere = [url for url in asked if not re.match(r"http://127\.0\.0\.1:|data:|blob:", url)]
    assert elsewhere == []
    assert any(f"{base}mlflow/ajax-api/" in url for url in asked)
    servers = running.servers()
    assert any("uvicorn" in command(process) for process in servers)
    running.process.terminate()
    _, alive = psutil.wait_procs(servers, timeout=30)
    assert alive == []


def test_a_ui_that_does_not_start_says_why(monkeypatch):
    broken = Mock(side_effect=ServerError("The store is broken."))
    monkeypatch.setattr(lab, "mlflow_server", broken)

    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]

    def failure():
        with contextlib.suppress(OSError), contextlib.closing(HTTPConnection(HOST, port)) as asking:
            asking.request("GET", "/")
            answer = asking.getresponse()
            return answer.read().decode() if answer.status == 500 else ""

    async def told_after_the_start():
        serving = asyncio.create_task(lab.serve(port))
        told = await asyncio.to_thread(JupyterLab.wait_for, failure, 20)
        serving.cancel()
        return told

    assert "The store is broken." in asyncio.run(told_after_the_start())


def test_the_address_leads_to_the_first_lesson_and_a_killed_lab_takes_the_ui_along(jupyterlab):
    running = jupyterlab()
    start = running.ask("GET", f"?token={running.token}")
    assert setup_env.LAB_START in start.getheader("Location")
    assert running.ask("GET", f"mlflow/?token={running.token}").status == 202  # the UI starts
    assert JupyterLab.wait_for(lambda: len(running.servers()) > 2)
    servers = running.servers()
    running.process.kill()
    running.process.wait()
    _, alive = psutil.wait_procs(servers, timeout=30)
    assert alive == []


def test_the_ui_is_behind_jupyterlabs_token_and_serves_a_hub(jupyterlab):
    """On a hub, host and origin of the reader's pages are names that MLflow has never heard of."""
    hub = {"Host": "hub.example", "Origin": "https://hub.example"}
    base = "/user/ada/"
    running = jupyterlab(
        base, "--ServerApp.allow_remote_access=True", JUPYTERHUB_SERVICE_PREFIX=base
    )
    search = ("POST", "mlflow/ajax-api/2.0/mlflow/experiments/search", {"max_results": 5})
    assert running.ask(*search, **hub).status == 403
    hub["Authorization"] = f"token {running.token}"
    answers = []

    def answered():
        answers.append(running.ask(*search, **hub).status)
        return answers[-1] != 202

    JupyterLab.wait_for(answered)
    assert (answers[0], answers[-1]) == (202, 200)  # first the UI starts
    start = running.ask("GET", "", **hub)
    assert (start.status, start.headers["Location"]) == (302, f"{base}lab/tree/{LESSON}?")


def test_the_entry_point_leads_to_the_ui(monkeypatch):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["jupyter_serverproxy_servers"]
    assert points == {"mlflow": "classroom.desk.lab:mlflow_ui"}
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    assert set(lab.mlflow_ui()["request_headers_override"]) == {"Host"}
    assert lab.mlflow_ui()["launcher_entry"]["path_info"] == setup_env.UI_PAGE["url"] == lab.PAGE
