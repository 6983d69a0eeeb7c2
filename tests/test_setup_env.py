"""Set-up must end in a whole `.venv` or in none, with one line that names what is wrong.

A fake stands for every program that set-up runs; the real installation is measured by `make bench`.
"""

import ast
import errno
import shutil
import subprocess
import sys

import pytest

from classroom.workspace import REPOSITORY
from tools import setup_env

INPUTS = ["pyproject.toml", "constraints.txt", "python_env.yaml", "tools/setup_env.py"]
NO_CONNECTION = (
    "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by "
    "'NewConnectionError': Failed to establish a new connection\n"
    "ERROR: No matching distribution found for uv\n"
)
NO_ENSUREPIP = (
    "The virtual environment was not created successfully because ensurepip is not available.\n"
    "On Debian/Ubuntu systems, you need to install the python3-venv package.\n"
    "Failing command: /course/.venv/bin/python3\n"
)


class Programs:
    """Stands for `subprocess.run`: does what the real programs leave behind, or fails as told."""

    def __init__(self, root):
        self.root = root
        self.commands = []
        self.outputs = {}  # what a command holds: what it prints
        self.failures = {}  # what a command holds: its output, or the exception that ends it

    def __call__(self, command, **options):
        command = " ".join(command)
        self.commands.append(command)
        assert "PYTHONDONTWRITEBYTECODE" not in options["env"]
        if "-m venv .venv" in command:
            python = setup_env.venv_python(self.root)
            python.parent.mkdir(parents=True)
            python.touch()
        if " -e ." in command:
            (self.root / "src" / "loanflow.egg-info").mkdir(exist_ok=True)
        for part, outcome in self.failures.items():
            if part in command:
                if isinstance(outcome, BaseException):
                    raise outcome
                return subprocess.CompletedProcess(command, 1, stdout=outcome.encode())
        if "classroom prepare" in command:
            (self.root / "workspace").mkdir()
            (self.root / "workspace" / "mlflow.db").touch()
        printed = [output for part, output in self.outputs.items() if part in command]
        return subprocess.CompletedProcess(command, 0, stdout=b"".join(printed))

    def count(self, part):
        return sum(part in command for command in self.commands)


@pytest.fixture
def course(tmp_path):
    """A folder with the files that set-up reads, at a path with a space and an umlaut."""
    root = tmp_path / "kurs ä"
    for folder in ("src", "tools"):
        (root / folder).mkdir(parents=True)
    for name in INPUTS:
        shutil.copy(REPOSITORY / name, root / name)
    return root


@pytest.fixture
def programs(course, monkeypatch):
    monkeypatch.delenv("LOANFLOW_HOME", raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    fake = Programs(course)
    monkeypatch.setattr(subprocess, "run", fake)
    return fake


@pytest.fixture
def built(course, programs):
    assert setup_env.main([], course) == 0
    return course


def left_behind(root):
    made = (".venv", "src/loanflow.egg-info", "workspace", "setup.log")
    return [name for name in made if (root / name).exists()]


def test_a_new_copy_gets_its_environment_and_store(built, programs):
    assert programs.count("uv --no-progress pip install") == 1
    assert programs.count("--compile-bytecode -c constraints.txt -e .") == 1
    assert programs.count("classroom environment") == 1
    assert left_behind(built) == [".venv", "src/loanflow.egg-info", "workspace"]
    settings = (built / ".venv" / setup_env.LAB_SERVER).read_text()
    assert '"news_url": null' in settings
    assert '"root_dir"' in settings
    assert '"url": "/mlflow/#/experiments"' in (built / ".venv" / setup_env.LAB_PAGE).read_text()
    (garbage,) = (built / ".venv").rglob(setup_env.GARBAGE)
    assert garbage.parent.name == "site-packages"


def test_python_looks_for_garbage_less_often():
    asked = [sys.executable, "-c", "import gc; print(gc.get_threshold()[0])"]
    assert subprocess.run(asked, capture_output=True, text=True).stdout == "50000\n"


def test_a_second_call_does_nothing(built, programs, capsys):
    done = len(programs.commands)
    capsys.readouterr()
    assert setup_env.main([], built) == 0
    assert len(programs.commands) == done
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", INPUTS)
def test_a_changed_input_rebuilds_from_nothing(built, programs, name):
    old = built / ".venv" / "old"
    old.touch()
    with open(built / name, "a") as file:
        file.write("# changed\n")
    assert setup_env.main([], built) == 0
    assert not old.exists()
    assert programs.count("-m venv .venv") == 2
    assert programs.count("classroom prepare") == 1  # the reader's work stays


def test_another_python_rebuilds(built, programs, monkeypatch):
    other = (3, 13) if sys.version_info[:2] != (3, 13) else (3, 12)
    monkeypatch.setattr(sys, "version_info", (*other, 0, "final", 0))
    setup_env.main([], built)
    assert programs.count("-m venv .venv") == 2


def test_a_moved_copy_rebuilds(built, programs):
    programs.root = built.rename(built.with_name("moved"))
    assert setup_env.main([], programs.root) == 0
    assert programs.count("-m venv .venv") == 2


def test_an_environment_without_its_python_is_rebuilt(built, programs):
    setup_env.venv_python(built).unlink()
    setup_env.main([], built)
    assert programs.count("-m venv .venv") == 2


def test_an_environment_without_a_stamp_is_rebuilt(course, programs):
    (course / ".venv").mkdir()
    (course / ".venv" / "half made").touch()
    assert setup_env.main([], course) == 0
    assert not (course / ".venv" / "half made").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("uv --no-progress pip install", "error: uv does not run here"),
        ("pip install --no-input uv==", "ERROR: No matching distribution found for uv"),
    ],
)
def test_pip_takes_over_where_uv_fails_or_cannot_be_had(course, programs, capsys, command, said):
    programs.failures[command] = f"{said}\n"
    assert setup_env.main([], course) == 0
    assert programs.count("-m venv .venv") == 2  # pip starts from nothing
    assert programs.count("pip install --no-input --compile -c constraints.txt -e .") == 1
    assert f"uv did not work here ({said})" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "outcome", "line"),
    [
        ("-m venv", NO_ENSUREPIP, "python3-venv"),
        ("-m venv", OSError(errno.ENOSPC, "Kein Platz mehr"), "the disk is full"),
        ("-m venv", "Error: [Errno 13] Permission denied: '/course/.venv'\n", "no write access: "),
        ("pip install", NO_CONNECTION, "the package index cannot be reached (no network?)"),
        ("pip install", "x\nSSLError(CERTIFICATE_VERIFY_FAILED)\ny\n", "certificate"),
        ("-e .", "Caused by: No space left on device (os error 28)\n", "the disk is full"),
        ("-e .", "first\n  pip's own last line\n\n", "pip's own last line"),
        ("-e .", "", "a command failed and printed nothing"),
        ("-e .", KeyboardInterrupt(), "interrupted"),
        ("compileall", "Disk quota exceeded\n", "the disk is full"),
    ],
)
def test_a_failure_leaves_nothing_and_one_line(course, programs, capsys, command, outcome, line):
    programs.failures[command] = outcome
    assert setup_env.main([], course) == 1
    error = capsys.readouterr().err
    assert error.startswith("set-up failed: ")
    assert line in error
    assert error.count("\n") == 1
    log = [] if outcome == "" or isinstance(outcome, KeyboardInterrupt) else ["setup.log"]
    assert left_behind(course) == log


@pytest.mark.parametrize("outcome", [NO_CONNECTION, "No space left on device\n"])
def test_pip_is_not_tried_where_it_cannot_help(course, programs, outcome):
    programs.failures["uv=="] = outcome
    setup_env.main([], course)
    assert programs.count("--compile -c constraints.txt") == 0


def test_set_up_goes_on_without_the_environment_of_project_runs(course, programs, capsys):
    programs.failures["classroom environment"] = "Traceback\nExecutionException: no uv\n"
    assert setup_env.main([], course) == 0
    assert "could not be made (ExecutionException: no uv)" in capsys.readouterr().out
    assert left_behind(course) == [".venv", "src/loanflow.egg-info", "workspace"]


def test_a_later_success_removes_the_log(course, programs):
    programs.failures["-e ."] = "error\n"
    setup_env.main([], course)
    assert (course / "setup.log").read_text() == "error\n"
    programs.failures.clear()
    assert setup_env.main([], course) == 0
    assert not (course / "setup.log").exists()


def test_a_log_that_cannot_be_written_hides_no_cause(course, programs, capsys):
    (course / "setup.log").mkdir()
    programs.failures["-e ."] = "the cause\n"
    assert setup_env.main([], course) == 1
    assert capsys.readouterr().err == "set-up failed: the cause\n"


def test_a_failing_store_keeps_the_environment(course, programs):
    programs.failures["classroom prepare"] = "OSError: the store\n"
    assert setup_env.main([], course) == 1
    programs.failures.clear()
    assert setup_env.main([], course) == 0
    assert programs.count("-m venv .venv") == 1


def test_the_readers_own_store_is_looked_for_where_it_is(course, programs, monkeypatch, tmp_path):
    (tmp_path / "mlflow.db").touch()
    monkeypatch.setenv("LOANFLOW_HOME", str(tmp_path))
    setup_env.main([], course)
    assert programs.count("classroom prepare") == 0


class Machine:
    """Its own Python is not supported; it has others: by command, the path that each prints."""

    def __init__(self, monkeypatch, found, version=(3, 15)):
        self.found = found
        self.started = []  # the commands by which set-up starts itself again
        monkeypatch.setenv("PYENV_ROOT", "/nowhere")
        monkeypatch.setattr(shutil, "which", lambda name: name)
        monkeypatch.setattr(subprocess, "check_output", self.probe)
        monkeypatch.setattr(subprocess, "call", lambda command: self.started.append(command) or 0)
        monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))

    def probe(self, command, **_):
        name = " ".join(command[: command.index("-c")])
        if name not in self.found:
            raise subprocess.CalledProcessError(127, name)
        return self.found[name].encode() + b"\n"

    def set_up(self, course, *arguments):
        with pytest.raises(SystemExit) as end:
            setup_env.main(list(arguments), course)
        return end.value.code


@pytest.mark.parametrize("version", [(3, 8), (3, 15)])
@pytest.mark.parametrize(
    ("found", "taken"),
    [
        ({"python3.13": "/usr/bin/python3.13", "python3.12": "/b"}, "/usr/bin/python3.13"),
        ({"python3.14": "", "python3.12": "/usr/bin/python3.12"}, "/usr/bin/python3.12"),
        ({"py -3.14": "C:/Python314/python.exe"}, "C:/Python314/python.exe"),
    ],
    ids=["on the PATH", "a shim without its Python", "the launcher of Windows"],
)
def test_a_supported_python_is_taken_instead(course, monkeypatch, capsys, version, found, taken):
    machine = Machine(monkeypatch, found, version)
    assert machine.set_up(course, "--lab") == 0
    ((started, _, argument),) = machine.started
    assert (started, argument) == (taken, "--lab")
    said = capsys.readouterr().out
    assert said == f"This is Python 3.{version[1]}; set-up takes {taken} instead.\n"


def test_a_python_of_pyenv_is_found(course, monkeypatch, tmp_path):
    path = tmp_path / "versions" / "3.12.4" / "bin" / "python3.12"
    path.parent.mkdir(parents=True)
    path.touch()
    Machine(monkeypatch, {str(path): str(path)})
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert setup_env.find_python(course) == str(path)


def test_the_python_that_was_chosen_once_is_kept_and_not_said_again(course, monkeypatch, capsys):
    mine = str(setup_env.venv_python(course))
    machine = Machine(monkeypatch, {mine: mine, "python3.14": "/usr/bin/python3.14"})
    machine.set_up(course)
    assert machine.started[0][0] == mine
    assert capsys.readouterr().out == ""


def test_uv_fetches_a_python_where_none_is_here(course, programs, monkeypatch, capsys):
    machine = Machine(monkeypatch, {})
    programs.outputs = {"python find": b"/home/ada/uv/python3.14\n"}
    assert machine.set_up(course) == 0
    assert machine.started[0][0] == "/home/ada/uv/python3.14"
    assert programs.count("uv --no-progress python install 3.14") == 1
    assert "No Python 3.11 to 3.14 is here; uv fetches one" in capsys.readouterr().out


@pytest.mark.parametrize("version", [(3, 8), (3, 15)])
def test_one_line_says_what_to_install_where_no_python_is_to_be_had(
    course, programs, monkeypatch, version
):
    programs.failures["python install"] = "error: no download\n"
    said = Machine(monkeypatch, {}, version).set_up(course)
    assert said.startswith("set-up failed: Python 3.11 to 3.14 is needed, this is 3.")
    assert said.endswith("install Python 3.14 and name it: make lab PYTHON=python3.14")
    assert "\n" not in said
    assert not (course / ".venv").exists()


def test_constraints_are_resolved_for_every_python_and_platform(course, programs):
    assert setup_env.main(["--constraints"], course) == 0
    assert programs.count("pip compile --universal") == 1
    assert programs.count("--python-version 3.11") == 1
    assert programs.count("--group guide --group spark") == 1


def test_the_jupyterlab_of_another_environment_is_set_up(course, programs, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(course / "conda"))
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
    assert setup_env.main(["--lab"], course) == 0
    assert programs.commands == []
    settings = (course / "conda" / setup_env.LAB_PAGE).read_text()
    assert '"url": "/user/ada/mlflow/#/experiments"' in settings
    assert setup_env.LAB_START in (course / "conda" / setup_env.LAB_SERVER).read_text()
    assert list((course / "conda").rglob(setup_env.GARBAGE))


def test_an_unknown_argument_is_refused(course, programs, capsys):
    assert setup_env.main(["--help"], course) == 1
    assert "unknown argument --help" in capsys.readouterr().err
    assert programs.commands == []


def test_it_parses_on_old_pythons():
    source = (REPOSITORY / "tools" / "setup_env.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    with pytest.raises(SyntaxError):
        ast.parse(source + "\nif (n := 1):\n    pass\n", feature_version=(3, 6))
