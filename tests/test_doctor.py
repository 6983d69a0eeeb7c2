"""The doctor names what is missing, what that costs and how to get it, and fails only for needs."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

from classroom.desk import doctor
from classroom.desk.doctor import MISSING, OK, WRONG, Check
from classroom.workspace import REPOSITORY

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the programs are shell scripts")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Make an empty folder the PATH; the returned function puts a program into it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for variable in ("JAVA_HOME", "LOANFLOW_BROWSER", "CONDA_EXE", "MLFLOW_CONDA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(doctor, "_browser_places", list)
    monkeypatch.setattr(doctor, "_postgresql_places", list)

    def add(name: str, script: str = "", into: Path = folder) -> Path:
        into.mkdir(parents=True, exist_ok=True)
        program = into / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return add


def assert_lacks(check: Check, status: str, *, needed: bool = False) -> None:
    """Assert that a check is not ok, and says in one line each what that costs and what to do."""
    assert (check.status, check.needed) == (status, needed)
    assert check.found and check.costs and check.remedy
    assert "\n" not in check.found + check.costs + check.remedy


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 1), (3, 14, 9)])
def test_a_tested_python_is_ok(version):
    assert doctor.check_python(version).status == OK


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 15, 0)])
def test_a_python_that_is_too_old_or_too_new_is_wrong(version):
    check = doctor.check_python(version)
    assert_lacks(check, WRONG, needed=True)
    assert check.remedy.startswith("install Python 3.14")


def test_the_range_of_pythons_is_that_of_the_project():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={".".join(map(str, doctor.OLDEST_PYTHON))}"' in text


def test_this_environment_has_every_package_as_pinned():
    (check,) = doctor.check_packages()
    assert (check.status, check.needed) == (OK, True), check.found


def pins(tmp_path, *requirements: str) -> Path:
    file = tmp_path / "pyproject.toml"
    file.write_text(f"[project]\ndependencies = {list(requirements)!r}\n")
    return file


def test_missing_and_different_packages_are_named(tmp_path):
    present = f"pytest=={metadata.version('pytest')}"
    absent = ("no-such-package==1.0", "no-such-extra[all]==2.0")
    missing, different = doctor.check_packages(pins(tmp_path, present, "numpy==0.1", *absent))
    assert_lacks(missing, MISSING, needed=True)
    assert missing.found == "no-such-package, no-such-extra"
    assert_lacks(different, WRONG, needed=True)
    assert different.found == f"numpy {metadata.version('numpy')} (pinned: 0.1)"


def test_a_pin_for_other_machines_is_not_missed_and_one_for_this_is(tmp_path):
    elsewhere = "elsewhere==1.0 ; sys_platform == 'no such system'"
    here = "here==1.0 ; sys_platform != 'no such system'"
    (missing,) = doctor.check_packages(pins(tmp_path, elsewhere, here))
    assert (missing.status, missing.found) == (MISSING, "here")


def test_pins_that_cannot_be_read_are_wrong(tmp_path):
    for file in (tmp_path / "absent.toml", pins(tmp_path, "numpy>=2")):
        (check,) = doctor.check_packages(file)
        assert_lacks(check, WRONG, needed=True)
        assert str(file) in check.found
    assert "numpy>=2" in check.found


def test_a_workspace_that_does_not_exist_yet_is_checked_and_not_made(tmp_path, monkeypatch):
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path / "new" / "workspace"))
    assert doctor.check_workspace().status == OK
    assert doctor.check_disk().status == OK
    assert not list(tmp_path.iterdir())


def test_a_workspace_that_cannot_be_written_is_wrong(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path / "file" / "workspace"))
    check = doctor.check_workspace()
    assert_lacks(check, WRONG, needed=True)
    assert str(tmp_path / "file") in check.found


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_folder_is_wrong(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path / "workspace"))
    assert doctor.check_workspace().status == WRONG
    tmp_path.chmod(0o700)


def test_a_full_disk_is_wrong(monkeypatch):
    usage = namedtuple("usage", "total used free")(10**12, 10**12 - 10**8, 10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    check = doctor.check_disk()
    assert_lacks(check, WRONG, needed=True)
    assert check.found == "0.1 GB free of 1.5 GB"


def test_a_machine_without_local_connections_is_wrong(monkeypatch):
    assert doctor.check_free_port().status == OK

    def refuse(self, address):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(doctor.socket.socket, "bind", refuse, raising=False)
    assert_lacks(doctor.check_free_port(), WRONG, needed=True)


def test_a_taken_default_port_costs_nothing_needed():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        check = doctor.check_port_5000(port)
    assert_lacks(check, WRONG)
    assert check.name == f"port {port}"
    assert doctor.check_port_5000(port).status == OK


GIT = """
case "$1" in
--version) echo git version 2.50.1 ;;
--exec-path) echo {programs} ;;
-C) {head} ;;
esac"""


@posix_only
def test_git_has_to_know_the_course_and_to_serve_it(programs, tmp_path):
    programs("git", GIT.format(programs=tmp_path, head="exit 128"))
    assert_lacks(doctor.check_git(), WRONG, needed=True)
    assert "is no clone" in doctor.check_git().found
    programs("git", GIT.format(programs=tmp_path, head="echo 0123456"))
    assert_lacks(doctor.check_git(), WRONG, needed=True)
    assert "without git daemon" in doctor.check_git().found
    programs("git-daemon", into=tmp_path)
    assert doctor.check_git() == Check("git", OK, "2.50.1", needed=True)


@posix_only
def test_pyenv_is_found(programs):
    programs("pyenv", "echo pyenv 25.9.1")
    assert doctor.check_pyenv() == Check("pyenv", OK, "25.9.1")


@posix_only
def test_conda_is_looked_for_where_mlflow_looks(programs, monkeypatch, tmp_path):
    from mlflow.utils.conda import get_conda_bin_executable

    on_path = programs("conda", "echo conda 25.9.1")
    check = doctor.check_conda()
    assert_lacks(check, WRONG)
    assert "MLFLOW_CONDA_HOME" in check.remedy
    programs("conda", "echo conda 26.1.0", into=tmp_path / "conda" / "bin")
    for name, value, version in (
        ("CONDA_EXE", on_path, "25.9.1"),
        ("MLFLOW_CONDA_HOME", tmp_path / "conda", "26.1.0"),
    ):
        monkeypatch.setenv(name, str(value))
        asked = subprocess.check_output([get_conda_bin_executable("conda"), "--version"], text=True)
        assert asked == f"conda {version}\n"
        assert doctor.check_conda() == Check("conda", OK, version)


def test_spark_is_looked_for_in_its_folder_and_compared_with_the_pin(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "SPARK_FOLDER", tmp_path)
    check = doctor.check_spark()
    assert_lacks(check, MISSING)
    assert "lesson 17" in check.costs
    about = tmp_path / "pyspark-4.0.0.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text("Metadata-Version: 2.1\nName: pyspark\nVersion: 4.0.0\n")
    assert_lacks(doctor.check_spark(), WRONG)
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('spark = ["pyspark==4.0.0"]')
    assert doctor.check_spark(pyproject) == Check("Spark", OK, "4.0.0")


@posix_only
@pytest.mark.parametrize(
    ("line", "status"),
    [
        ('openjdk version "17.0.15" 2025-04-15', OK),
        ('java version "21" 2023-09-19 LTS', OK),
        ('openjdk version "11.0.2" 2019-01-15', WRONG),
        ('java version "1.8.0_392"', WRONG),
        ("some other program", WRONG),
    ],
)
def test_the_version_of_java_decides(programs, line, status):
    programs("java", f"echo 'Picked up JAVA_TOOL_OPTIONS: -Dx=99' >&2; echo '{line}' >&2")
    check = doctor.check_java()
    if status == OK:
        assert check.status == OK
    else:
        assert_lacks(check, status)


@posix_only
def test_java_home_comes_before_the_path(programs, tmp_path, monkeypatch):
    programs("java", """echo 'openjdk version "17.0.1"' >&2""")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    check = doctor.check_java()
    assert_lacks(check, WRONG)
    assert str(tmp_path / "jdk") in check.found
    programs("java", """echo 'openjdk version "21.0.1"' >&2""", into=tmp_path / "jdk" / "bin")
    assert doctor.check_java() == Check("Java", OK, 'version "21.0.1"')


@posix_only
def test_a_java_that_only_offers_to_install_one_is_missing(programs):
    programs("java", "echo Unable to locate a Java Runtime. >&2; exit 1")
    assert doctor.check_java().status == MISSING


@posix_only
def test_a_container_engine_has_to_answer(programs):
    programs("docker", "echo Cannot connect to the Docker daemon >&2; exit 1")
    assert_lacks(doctor.check_containers(), WRONG)
    programs("docker", 'test "$1" = info && echo 28.0.4; echo WARNING: old kernel >&2')
    assert doctor.check_containers() == Check("container engine", OK, "docker 28.0.4")


@posix_only
def test_the_newest_postgresql_is_found_unless_one_is_on_the_path(programs, tmp_path, monkeypatch):
    for version in ("9", "16", "15"):
        programs("initdb", into=tmp_path / "pg" / version / "bin")
        programs("postgres", f"echo {version}.1", into=tmp_path / "pg" / version / "bin")
    (tmp_path / "pg" / "99" / "bin").mkdir(parents=True)  # a client, without the server
    monkeypatch.setattr(doctor, "_postgresql_places", lambda: [str(tmp_path / "pg" / "*" / "bin")])
    assert doctor.find_postgresql() == tmp_path / "pg" / "16" / "bin"
    assert doctor.check_postgresql() == Check("PostgreSQL", OK, "16.1")
    on_path = programs("initdb")
    assert doctor.find_postgresql() == on_path.parent


@posix_only
@pytest.mark.parametrize(
    "name", ["chromium", "chromium-browser", "google-chrome", "chrome", "msedge"]
)
def test_a_browser_on_the_path_is_found(programs, name):
    browser = programs(name)
    assert doctor.find_browser() == str(browser)
    assert doctor.check_browser() == Check("browser", OK, str(browser))


@posix_only
def test_a_browser_where_its_installer_put_it_is_found(programs, tmp_path, monkeypatch):
    browser = programs("Google Chrome", into=tmp_path / "Google Chrome.app")
    places = [str(tmp_path / "absent"), str(browser)]
    monkeypatch.setattr(doctor, "_browser_places", lambda: places)
    assert doctor.find_browser() == str(browser)


@posix_only
def test_the_readers_choice_of_browser_comes_first(programs, tmp_path, monkeypatch):
    programs("chromium")
    chosen = programs("mine", into=tmp_path / "elsewhere")
    monkeypatch.setenv("LOANFLOW_BROWSER", str(chosen))
    assert doctor.find_browser() == str(chosen)
    chosen.unlink()
    assert doctor.find_browser() is None
    check = doctor.check_browser()
    assert_lacks(check, WRONG)
    assert str(chosen) in check.found


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_platform_gets_a_remedy_of_its_own(programs, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    tool = {"linux": "apt install", "darwin": "brew install", "win32": "winget install"}[platform]
    for check in (doctor.check_git(), doctor.check_java(), doctor.check_postgresql()):
        assert tool in check.remedy


def test_the_report_says_what_each_missing_piece_costs(monkeypatch, capsys):
    checks = [
        Check("Python", OK, "3.11.7", needed=True),
        Check("container engine", MISSING, "no docker", "lesson 16", "apt install docker.io"),
    ]
    monkeypatch.setattr(doctor, "check_all", lambda: checks)
    doctor.main()
    assert capsys.readouterr().out.splitlines() == [
        "ok       Python            3.11.7",
        "missing  container engine  no docker",
        "                           without it: lesson 16",
        "                           to get it:  apt install docker.io",
        "",
        "Everything that the lessons need is there; they need no network.",
    ]


@pytest.mark.parametrize(
    ("status", "needed", "code"),
    [(OK, True, 0), (MISSING, False, 0), (WRONG, False, 0), (MISSING, True, 1), (WRONG, True, 1)],
)
def test_only_a_needed_piece_fails(monkeypatch, capsys, status, needed, code):
    check = Check("git", status, "found", "costs", "remedy", needed)
    monkeypatch.setattr(doctor, "check_all", lambda: [check])
    assert doctor.main() == code
    closing = "The lessons need what is missing or wrong here: git." if code else "Everything"
    assert capsys.readouterr().out.splitlines()[-1].startswith(closing)


def test_a_bare_machine_fails_for_its_needs_alone(programs, tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "REPOSITORY", tmp_path)
    checks = {check.name: check for check in doctor.check_all()}
    assert_lacks(checks["git"], MISSING, needed=True)
    for name in ("Java", "conda", "pyenv", "container engine", "PostgreSQL", "browser"):
        assert_lacks(checks[name], MISSING)
    assert "lesson 17" in checks["Java"].costs and "everything else works" in checks["Java"].costs
    needed = ["Python", "packages", "workspace", "disk", "local port", "git"]  # and told first
    assert [check.name for check in checks.values() if check.needed] == needed == [*checks][:6]


def bare(python: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run Python with the code of the course and without a package."""
    command = [python, "-S", "-B", *arguments]  # -S leaves out site-packages
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_it_runs_as_a_module_where_no_package_is_installed():
    told = bare(sys.executable, "-m", "classroom.desk.doctor")
    assert (told.returncode, told.stderr) == (1, "")
    (line,) = [line for line in told.stdout.splitlines() if line.startswith("missing  packages")]
    assert "mlflow" in line
    assert "The lessons need what is missing or wrong here: packages" in told.stdout


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10"])
def test_a_python_that_is_too_old_is_told_so(version):
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"{version}.*/bin/python"))]
    if not (python := next(filter(None, reversed(found)), None)):
        pytest.skip(f"There is no Python {version} here.")
    told = bare(python, "-m", "classroom.desk.doctor")
    assert (told.returncode, told.stderr) == (1, "")
    assert re.search(rf"^wrong    Python +{version}\.", told.stdout, flags=re.MULTILINE)


def test_an_old_python_reads_the_annotations_of_all_that_the_doctor_imports():
    listing = "import sys, classroom.desk.doctor; print(*sys.modules)"
    loaded = bare(sys.executable, "-c", listing).stdout.split()
    ours = {name for name in loaded if name.startswith("classroom.")}
    assert {"classroom.workspace", "classroom.desk.progress", "classroom.exercises"} <= ours
    for name in ours - {"classroom.desk"}:  # which holds its docstring alone
        path = REPOSITORY / "src" / name.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        assert "from __future__ import annotations" in path.read_text(encoding="utf-8"), name
