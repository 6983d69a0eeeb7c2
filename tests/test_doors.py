"""Binder and dev containers: what their files name is there, and agrees with the rest.

Neither can be started by a test. The files are checked against what their tools read, and every
script runs here with a stand-in for Python.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from classroom.workspace import REPOSITORY

BINDER = REPOSITORY / ".binder"
DEVCONTAINER = REPOSITORY / ".devcontainer" / "devcontainer.json"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are shell scripts")

#: The keys of devcontainer.json that we use, each with the type that its reference states.
KEYS = {
    "name": str,
    "image": str,
    "onCreateCommand": str,
    "postCreateCommand": str,
    "forwardPorts": list,
    "portsAttributes": dict,
    "otherPortsAttributes": dict,
    "containerEnv": dict,
    "customizations": dict,
}
ON_FORWARD = {"notify", "openBrowser", "openBrowserOnce", "openPreview", "silent", "ignore"}


def binder_faults(binder: str, environment: str) -> list[str]:
    """Return what Binder would install otherwise than conda does from the root's file."""
    seen_from_here, due = yaml.safe_load(binder), yaml.safe_load(environment)
    pip = next(entry["pip"] for entry in seen_from_here["dependencies"] if isinstance(entry, dict))
    faults = [
        f"pip would look for {path}, which is not there"
        for path in (line.split()[-1] for line in pip)
        if not (BINDER / path).exists()
    ]
    pip[:] = [line.replace("../", "").replace("-e ..", "-e .") for line in pip]
    return faults + (["it differs from environment.yml"] if seen_from_here != due else [])


def targets() -> set[str]:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, flags=re.M))


def devcontainer_faults(text: str) -> list[str]:
    content = json.loads(text)
    faults = [f"unknown key {key}" for key in content.keys() - KEYS.keys()]
    faults += [
        f"no {kind.__name__} {k}" for k, kind in KEYS.items() if type(content.get(k)) is not kind
    ]
    if faults:
        return faults
    dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    python = re.search(r"^FROM python:([\d.]+)", dockerfile, flags=re.M)[1]
    if not re.fullmatch(rf"python:{re.escape(python)}-[a-z]+", content["image"]):
        faults.append(f"the image is not pinned to Python {python}, as the Dockerfile is")
    labels = [port.get("label", "") for port in content["portsAttributes"].values()]
    made = re.findall(r"make ([a-z]+)", " ".join([content["postCreateCommand"], *labels]))
    if "setup" not in made or not set(made) <= targets():
        faults.append(f"it makes {made}")
    if set(map(str, content["forwardPorts"])) != content["portsAttributes"].keys():
        faults.append("a forwarded port has no label")
    for port in [*content["portsAttributes"].values(), content["otherPortsAttributes"]]:
        if not port.get("label") or port.get("onAutoForward") not in ON_FORWARD:
            faults.append(f"a port is said to be {port}")
    settings = content["customizations"]["vscode"]["settings"]
    if settings["python.defaultInterpreterPath"] != "${containerWorkspaceFolder}/.venv/bin/python":
        faults.append("VS Code would take another Python")
    return faults


def test_binder_installs_what_conda_installs():
    binder = (BINDER / "environment.yml").read_text(encoding="utf-8")
    environment = (REPOSITORY / "environment.yml").read_text(encoding="utf-8")
    assert binder_faults(binder, environment) == []
    for right, wrong in (("../constraints.txt", "constraints.txt"), ("<3.15", "<3.13")):
        assert len(binder_faults(binder.replace(right, wrong), environment)) == 1


def test_binders_folder_holds_only_what_binder_reads():
    assert {path.name for path in BINDER.iterdir()} == {
        *("environment.yml", "apt.txt", "postBuild", "start")
    }
    packages = (BINDER / "apt.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", package) for package in packages)


@pytest.fixture
def python(tmp_path, monkeypatch):
    """A stand-in for Python that writes down what it was asked to run."""
    asked = tmp_path / "asked"
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> "{asked}"\ntest "$1" != "$FAILING"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAILING", "nothing")
    return asked


def run(script: str, *arguments: str) -> subprocess.CompletedProcess:
    assert os.access(BINDER / script, os.X_OK)
    command = [str(BINDER / script), *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


@posix_only
def test_the_image_gets_its_store_and_its_environment(python):
    assert run("postBuild").returncode == 0
    commands = python.read_text().splitlines()
    assert commands == ["-m classroom prepare", "-m classroom environment"]
    for command in commands:  # the real command line knows each
        done = subprocess.run([sys.executable, *command.split(), "--help"], capture_output=True)
        assert done.returncode == 0


@posix_only
def test_jupyterlab_is_set_up_and_then_started(python, monkeypatch):
    done = run("start", "echo", "jupyter lab", "--port=8888")
    assert done.stdout == "jupyter lab --port=8888\n"
    assert python.read_text() == "tools/setup_env.py --lab\n"
    assert (REPOSITORY / "tools" / "setup_env.py").is_file()
    monkeypatch.setenv("FAILING", "tools/setup_env.py")
    assert run("start", "echo", "never").stdout == ""


@posix_only
def test_the_scripts_are_shell_scripts():
    for path in (BINDER / "postBuild", BINDER / "start", REPOSITORY / ".ci" / "run"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "#!/usr/bin/env bash" and "set -euo pipefail" in lines
        subprocess.run([shutil.which("bash"), "-n", str(path)], check=True)


def test_the_dev_container_is_pinned_and_sets_the_course_up():
    assert devcontainer_faults(DEVCONTAINER.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("python:3.13.15-bookworm", "python:3.13"),
        ("python:3.13.15-bookworm", "python:latest"),
        ("make setup", "make set-up"),
        ("make lab", "make laboratory"),
        ('"forwardPorts": [8888]', '"forwardPorts": [8888, 5000]'),
        ('"openBrowser"', '"open"'),
        ('"containerEnv"', '"environment"'),
        (".venv/bin/python", "venv/bin/python"),
    ],
)
def test_a_fault_in_the_dev_container_is_noticed(right, wrong):
    text = DEVCONTAINER.read_text(encoding="utf-8")
    assert right in text
    assert devcontainer_faults(text.replace(right, wrong)) != []


def test_the_readme_says_how_to_open_the_doors():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "Binder" in readme and ".devcontainer" in readme
    assert "![" not in readme  # no badges


def test_the_folders_are_those_that_the_tools_look_for():
    assert DEVCONTAINER.is_file() and (BINDER / "environment.yml").is_file()
    assert not Path(REPOSITORY / "binder").exists()  # it would win over .binder
