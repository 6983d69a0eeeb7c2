"""Check this machine: what is there, what is missing, and what a missing piece costs the reader.

Run it with ``python -m classroom.desk.doctor``. It uses the standard library only, so that it
also answers where nothing has been installed yet, and it changes nothing.
"""

from __future__ import annotations  # so that a Python that is too old, from 3.8, is told so

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from glob import glob
from importlib import metadata
from pathlib import Path

from classroom.workspace import REPOSITORY, home

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)
OLDEST_JAVA = 17  # what Spark 4 asks for
SPARK_FOLDER = REPOSITORY / ".spark"  # where `make spark` puts PySpark
#: 0.5 for the lessons and their snapshots, and up to 0.7 for the other machine of lesson 10.
FREE_DISK_GB = 1.5

OK, MISSING, WRONG = "ok", "missing", "wrong"

_WITHOUT_SPARK = "the cells of lesson 17 that need Spark; everything else works"
_ADD_SPARK = "make spark, or the line for it in README.md where there is no make"
_SET_UP = "delete .venv if there is one, run python tools/setup_env.py, use the Python in .venv"
#: The packages that hold what a check may find missing: apt's, Homebrew's and winget's.
_PACKAGES = {
    "git": ("git", "git", "Git.Git"),
    "Java": ("openjdk-17-jre-headless", "openjdk@17", "EclipseAdoptium.Temurin.17.JRE"),
    "container engine": ("docker.io", "--cask docker", "Docker.DockerDesktop"),
    "PostgreSQL": ("postgresql", "postgresql@17", "PostgreSQL.PostgreSQL.17"),
    "browser": ("chromium", "--cask chromium", "Google.Chrome"),
}


@dataclass(frozen=True)
class Check:
    """What was found of one thing that the course uses."""

    name: str
    status: str  # OK, MISSING, or WRONG: there, but not usable as it is
    found: str
    costs: str = ""  # what the reader goes without; empty if the status is OK
    remedy: str = ""  # how to get it, in one line; empty if the status is OK
    needed: bool = False  # whether the lessons need it; others cost a part of the course at most


def find_browser() -> str | None:
    """Return the path of a Chromium-based browser, or None if there is none.

    It is the program that ``LOANFLOW_BROWSER`` names, and no other, if that is set; otherwise
    Chromium, Chrome or Edge on the PATH or where their installers put them.
    """
    if chosen := os.environ.get("LOANFLOW_BROWSER"):
        return shutil.which(chosen)
    commands = (
        *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        *("chrome", "microsoft-edge", "msedge"),
    )
    return next(filter(None, map(shutil.which, (*commands, *_browser_places()))), None)


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's server programs, such as ``initdb``; None if there is none.

    It is the folder of the ``initdb`` on the PATH; otherwise the newest one where installers put
    it, for Debian keeps these programs off the PATH.
    """
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    folders = [Path(folder) for pattern in _postgresql_places() for folder in glob(pattern)]
    with_server = [folder for folder in folders if shutil.which("initdb", path=str(folder))]
    return max(with_server, key=_version_in, default=None)


def check_all() -> list[Check]:
    """Run every check, those of what the lessons need first."""
    return [
        check_python(),
        *check_packages(),
        check_workspace(),
        check_disk(),
        check_free_port(),
        check_git(),
        check_port_5000(),
        check_spark(),
        check_java(),
        check_conda(),
        check_pyenv(),
        check_containers(),
        check_postgresql(),
        check_browser(),
    ]


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    """Check the version of Python, as a tuple such as ``(3, 11, 7)``."""
    found, newest = (".".join(map(str, numbers)) for numbers in (version, NEWEST_PYTHON))
    if OLDEST_PYTHON <= version[:2] <= NEWEST_PYTHON:
        return Check("Python", OK, found, needed=True)
    costs = "the packages of the course cannot be installed"
    remedy = f"install Python {newest} from https://www.python.org/downloads/"
    return Check("Python", WRONG, found, costs, remedy, needed=True)


def check_packages(pyproject: Path = REPOSITORY / "pyproject.toml") -> list[Check]:
    """Compare the installed packages with the pins of `pyproject`.

    One check tells of the packages that are missing and one of those of another version, if there
    are any; otherwise one tells of all.
    """
    try:
        import tomllib

        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        wanted = filter(_is_for_this_machine, project["dependencies"])
        pins = dict(map(_name_and_version, wanted))
    except (ImportError, OSError, ValueError, KeyError) as error:
        found = f"the pins in {pyproject} cannot be read: {error}"
        costs = "nobody knows whether the lessons give the outputs that they store"
        remedy = "git checkout pyproject.toml"
        return [Check("packages", WRONG, found, costs, remedy, needed=True)]
    missing, different = [], []
    for name, pinned in pins.items():
        try:
            installed = metadata.version(name)
            if installed != pinned:
                different.append(f"{name} {installed} (pinned: {pinned})")
        except metadata.PackageNotFoundError:
            missing.append(name)
    checks = []
    if missing:
        costs = "what imports them stops with an error"
        checks.append(Check("packages", MISSING, ", ".join(missing), costs, _SET_UP, needed=True))
    if different:
        costs = "outputs may differ from those that the lessons store"
        checks.append(Check("packages", WRONG, ", ".join(different), costs, _SET_UP, needed=True))
    return checks or [Check("packages", OK, f"all {len(pins)} as pinned", needed=True)]


def check_workspace() -> Check:
    """Check that the workspace, or the folder that it will be made in, can be written."""
    folder = home()
    try:
        with tempfile.TemporaryFile(dir=_nearest_folder(folder)):
            return Check("workspace", OK, str(folder), needed=True)
    except OSError as error:
        found = f"{folder} cannot be written: {error.strerror}"
        costs = "no lesson can log anything"
        remedy = "set LOANFLOW_HOME to a folder of yours"
        return Check("workspace", WRONG, found, costs, remedy, needed=True)


def check_disk() -> Check:
    """Check the free space of the disk that holds the workspace."""
    free = shutil.disk_usage(_nearest_folder(home())).free / 1e9
    found = f"{free:.1f} GB free"
    if free >= FREE_DISK_GB:
        return Check("disk", OK, found, needed=True)
    found = f"{found} of {FREE_DISK_GB:g} GB"
    costs = "the store fills up in the middle of the course"
    remedy = "make room, or set LOANFLOW_HOME to a folder on another disk"
    return Check("disk", WRONG, found, costs, remedy, needed=True)


def check_free_port() -> Check:
    """Check that a program may listen on 127.0.0.1."""
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
        return Check("local port", OK, "a server may listen on 127.0.0.1", needed=True)
    except OSError as error:
        found = f"no server may listen on 127.0.0.1: {error.strerror}"
        costs = "the MLflow UI and every lesson with a server"
        remedy = "allow local connections in the firewall or sandbox that this Python runs in"
        return Check("local port", WRONG, found, costs, remedy, needed=True)


def check_port_5000(port: int = 5000) -> Check:
    """Check whether the port that MLflow takes by default is free."""
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex(("127.0.0.1", port)):
            return Check(f"port {port}", OK, "free")
    found = "taken; on macOS, by the AirPlay Receiver"
    costs = (
        "`mlflow server` without --port does not start; the lessons choose free ports themselves"
    )
    remedy = "pass --port, or on macOS switch AirPlay Receiver off under System Settings, AirDrop"
    return Check(f"port {port}", WRONG, found, costs, remedy)


def check_git() -> Check:
    """Check git and its server, with which the Projects lessons run a commit of the course."""
    costs = "runs do not record their commit, and lessons 07 and 08 cannot run one"
    install = _how_to_install("git")
    version = _output(["git", "--version"])
    if version is None:
        return Check("git", MISSING, "not found", costs, install, needed=True)
    found = version.replace("git version ", "")
    if _output(["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]) is None:
        found = f"{found}; the folder {REPOSITORY} is no clone"
        return Check("git", WRONG, found, costs, "get the course with git clone", needed=True)
    programs = _output(["git", "--exec-path"]) or ""
    if shutil.which("git-daemon", path=programs) is None:
        costs = "lesson 07 cannot serve the course to itself"
        return Check("git", WRONG, f"{found}; without git daemon", costs, install, needed=True)
    return Check("git", OK, found, needed=True)


def check_conda() -> Check:
    """Check conda, one of the environments of the Projects lessons, where MLflow looks for it.

    MLflow 3.17.2 looks at the same two variables (mlflow/utils/conda.py). Without both it runs
    `source activate`, which finds another program of that name in a virtual environment.
    """
    costs = "`mlflow run` with conda.yaml, and its test; everything else works"
    home = os.environ.get("MLFLOW_CONDA_HOME")
    named = os.path.join(home, "bin", "conda") if home else os.environ.get("CONDA_EXE")
    version = _output([named or "conda", "--version"])
    if version is None:
        remedy = "install Miniforge from https://conda-forge.org/download/"
        return Check("conda", MISSING, "not found", costs, remedy)
    found = version.replace("conda ", "")
    if named is None and os.name != "nt":
        found = f"{found}; a run may use a Python that is not conda's"
        remedy = 'export MLFLOW_CONDA_HOME="$(conda info --base)"'
        return Check("conda", WRONG, found, costs, remedy)
    return Check("conda", OK, found)


def check_pyenv() -> Check:
    """Check pyenv, without which MLflow makes no virtualenv."""
    if version := _output(["pyenv", "--version"]):
        return Check("pyenv", OK, version.replace("pyenv ", ""))
    costs = "`mlflow run` needs an --env-manager, such as uv; the test of virtualenv is skipped"
    remedy = "follow https://github.com/pyenv/pyenv#installation"
    return Check("pyenv", MISSING, "not found", costs, remedy)


def check_spark(pyproject: Path = REPOSITORY / "pyproject.toml") -> Check:
    """Check PySpark in the folder where `make spark` puts it, against the pin of `pyproject`."""
    found = metadata.distributions(name="pyspark", path=[str(SPARK_FOLDER)])
    version = next((distribution.version for distribution in found), None)
    if version is None:
        return Check("Spark", MISSING, f"not in {SPARK_FOLDER}", _WITHOUT_SPARK, _ADD_SPARK)
    if f'"pyspark=={version}"' not in pyproject.read_text(encoding="utf-8"):
        found = f"{version}, which is not the pin"
        return Check("Spark", WRONG, found, _WITHOUT_SPARK, f"delete .spark, then {_ADD_SPARK}")
    return Check("Spark", OK, version)


def check_java() -> Check:
    """Check Java, which Spark runs on."""
    costs, remedy = _WITHOUT_SPARK, _how_to_install("Java")
    java_home = os.environ.get("JAVA_HOME")  # Spark asks it first, too
    java = os.path.join(java_home, "bin", "java") if java_home else "java"
    answer = _output([java, "-version"])
    if answer is None:
        found = f"no Java in JAVA_HOME, {java_home}" if java_home else "not found"
        return Check("Java", WRONG if java_home else MISSING, found, costs, remedy)
    version = re.search(r'version "(?:1\.)?(\d+)[^"]*"', answer)  # Java 8 calls itself 1.8
    found = version[0] if version else f"{java} does not say its version"
    if version is None or int(version[1]) < OLDEST_JAVA:
        return Check("Java", WRONG, f"{found}; {OLDEST_JAVA} or later is needed", costs, remedy)
    return Check("Java", OK, found)


def check_containers() -> Check:
    """Check that a container engine answers."""
    costs = "`mlflow run` with Docker, its test, and the containers of lesson 15"
    if shutil.which("docker") is None:
        remedy = _how_to_install("container engine")
        return Check("container engine", MISSING, "no docker command", costs, remedy)
    version = _output(["docker", "info", "--format", "{{.ServerVersion}}"])
    if version is None:
        on_linux = sys.platform == "linux"
        remedy = "sudo systemctl start docker" if on_linux else "start Docker Desktop"
        return Check("container engine", WRONG, "`docker info` does not answer", costs, remedy)
    return Check("container engine", OK, f"docker {version}")


def check_postgresql() -> Check:
    """Check PostgreSQL's server programs."""
    if folder := find_postgresql():
        version = _output([str(folder / "postgres"), "--version"]) or "version unknown"
        return Check("PostgreSQL", OK, version)
    costs = "lesson 06 and appendix B use a SQLite file instead; everything else works"
    remedy = _how_to_install("PostgreSQL")
    return Check("PostgreSQL", MISSING, "no initdb found", costs, remedy)


def check_browser() -> Check:
    """Check for a browser that a script can drive."""
    costs = "no new screenshots, and the browser tests are skipped; every lesson works"
    if browser := find_browser():
        return Check("browser", OK, browser)
    if chosen := os.environ.get("LOANFLOW_BROWSER"):
        found, remedy = f"LOANFLOW_BROWSER names no program: {chosen}", "unset LOANFLOW_BROWSER"
        return Check("browser", WRONG, found, costs, remedy)
    remedy = _how_to_install("browser")
    return Check("browser", MISSING, "no Chromium, Chrome or Edge", costs, remedy)


def tell(checks: Sequence[Check], verdict: Callable[[Sequence[str], Sequence[str]], str]) -> int:
    """Print checks, each with what to do about it where it is not ok, and a closing sentence.

    `verdict` makes this sentence of two lists of names: what is not ok and needed, and what is not
    ok and not needed. Return 0 if the first is empty, otherwise 1.
    """
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{check.status:<9}{check.name:<{width}}  {check.found}")
        if check.status != OK:
            print(f"{'':<{11 + width}}without it: {check.costs}")
            print(f"{'':<{11 + width}}to get it:  {check.remedy}")
    problems = [check for check in checks if check.status != OK]
    needed = [check.name for check in problems if check.needed]
    others = [check.name for check in problems if not check.needed]
    print(f"\n{verdict(needed, others)}")
    return int(bool(needed))


def main() -> int:
    """Say whether everything that the lessons need is there."""
    return tell(check_all(), _verdict)


def _verdict(needed: Sequence[str], others: Sequence[str]) -> str:
    if needed:
        return f"The lessons need what is missing or wrong here: {', '.join(needed)}."
    return "Everything that the lessons need is there; they need no network."


def _is_for_this_machine(requirement: str) -> bool:
    """Evaluate the marker behind a semicolon; true where there is none or nothing to read it."""
    marker = requirement.partition(";")[2]
    with suppress(ImportError):
        from packaging.markers import Marker

        return not marker or Marker(marker).evaluate()
    return True


def _name_and_version(requirement: str) -> tuple[str, str]:
    pin = requirement.partition(";")[0].strip()
    if pin := re.fullmatch(r"([\w.-]+)(?:\[.*\])?\s*==\s*([\w.+!-]+)", pin):
        return pin[1], pin[2]
    raise ValueError(f"{requirement!r} is no pin of the form name==version")


def _output(command: Sequence[str]) -> str | None:
    """Return what a command prints (Java: on stderr), or None if it fails, is silent or hangs."""
    try:
        result = subprocess.run(
            command, input="", capture_output=True, errors="replace", timeout=15, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip() or result.stderr.strip() or None


def _nearest_folder(path: Path) -> Path:
    """Return `path` or the nearest of its parents that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _how_to_install(name: str) -> str:
    apt, brew, winget = _PACKAGES[name]
    if sys.platform == "darwin":
        return f"brew install {brew}"
    if sys.platform == "win32":
        return f"winget install {winget}"
    return f"sudo apt install {apt}, or the same with your system's package manager"


def _browser_places() -> list[str]:
    if sys.platform == "darwin":
        names = ("Chromium", "Google Chrome", "Microsoft Edge")
        return [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in names]
    if sys.platform == "win32":
        variables = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        roots = [os.environ[name] for name in variables if name in os.environ]
        programs = (
            r"Chromium\Application\chrome.exe",
            r"Google\Chrome\Application\chrome.exe",
            r"Microsoft\Edge\Application\msedge.exe",
        )
        return [rf"{root}\{program}" for program in programs for root in roots]
    return []


def _postgresql_places() -> list[str]:
    if sys.platform == "darwin":
        return ["/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"]
    if sys.platform == "win32":
        return [rf"{os.environ.get('PROGRAMFILES', 'C:')}\PostgreSQL\*\bin"]
    return ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"]


def _version_in(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(folder))]


if __name__ == "__main__":
    sys.exit(main())
