"""Another machine, as far as Python can tell: a process in a fresh environment.

uv makes the environment in a second or two: it links the packages that set-up has downloaded, and
asks the package index only for what is not on this machine.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from classroom.services.servers import Ending, end_by_input
from classroom.workspace import home

# Executes what it is sent, one piece of code a line, and answers with what the code printed.
_WORKER = """
import contextlib, io, json, os, shutil, sys, traceback

answers, names = os.fdopen(os.dup(1), "w"), {"__name__": "__main__"}
os.dup2(2, 1)  # what a library prints past Python must not stand among the answers
for line in sys.stdin:
    code, values = json.loads(line)
    names.update(values)
    printed, error = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, names)
        except Exception as raised:
            error = traceback.format_exception_only(raised)[-1].strip()
    print(json.dumps([printed.getvalue(), error]), file=answers, flush=True)
shutil.rmtree(sys.argv[1], ignore_errors=True)  # here, so that it goes also where we are killed
"""

_LOAD = """
import json
import mlflow, pandas

problems = {}
for folder in folders:
    try:
        model = mlflow.pyfunc.load_model(folder)
        example = model.input_example
        if example is None:
            example = pandas.read_csv(rows, dtype={"Dependents": str})
            if model.metadata.get_input_schema() is not None:
                example = example[model.metadata.get_input_schema().input_names()]
        if len(model.predict(example)) == 0:
            raise ValueError("it predicts nothing")
    except Exception as error:
        cause = error.__cause__ or error
        problems[folder] = f"{type(cause).__name__}: {cause}"
print(json.dumps(problems))
"""


class OtherMachineError(RuntimeError):
    """The other machine cannot be made, or code failed on it; the message says why."""


class OtherMachine(Ending):
    """A Python process in an environment that holds what a requirements file asks for, alone.

    Its Python has the version of this one. This package, the repository, and the variables and
    folders that Python would search for modules are out of its reach. `with` or `stop` ends the
    process and removes the environment, and so does the end of this object.

    Parameters
    ----------
    requirements : path
        A file for pip, such as the ``requirements.txt`` of a logged model.

    Raises
    ------
    OtherMachineError
        If a requirement is neither on this machine nor to be had from the package index.
    """

    def __init__(self, requirements: str | os.PathLike) -> None:
        home().mkdir(parents=True, exist_ok=True)
        # In the workspace: a temporary folder may lie on a disk to which uv can only copy.
        folder = Path(tempfile.mkdtemp(dir=home(), prefix="other-machine-"))
        try:
            python = make_environment(folder, requirements)
            self._process = subprocess.Popen(
                # -I keeps variables and folders of this process out of it.
                [python, "-I", "-c", _WORKER, str(folder)],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # an interrupt of the kernel goes to its whole group
            )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._end = weakref.finalize(self, _end, self._process, folder)

    def run(self, code: str, **values: object) -> str:
        """Execute code there; names that it defines stay for the next call.

        Parameters
        ----------
        code : str
            Statements of Python.
        **values
            Variables to set first: what JSON can hold, and paths, which arrive as absolute ones.

        Returns
        -------
        str
            What the code printed, without the last line break.

        Raises
        ------
        OtherMachineError
            If the code raises or ends the process; the message is that of its error.
        """
        sent = json.dumps([code, values], default=lambda path: str(Path(path).absolute()))
        with suppress(OSError):  # it has ended, and the missing answer says so
            self._process.stdin.write(sent + "\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise OtherMachineError("The process on the other machine has ended.")
        printed, error = json.loads(answer)
        if error is not None:
            raise OtherMachineError(error)
        return printed.removesuffix("\n")


def problems_elsewhere(
    machine: OtherMachine,
    models: Sequence[str | os.PathLike],
    rows: str | os.PathLike | None = None,
) -> Mapping[str, str]:
    """Load models on another machine, each from its folder, and let each of them predict.

    Parameters
    ----------
    machine : OtherMachine
        With MLflow. A model that brings code makes it importable for those after it.
    models : sequence of path
        Folders with an ``MLmodel``.
    rows : path or None
        A CSV file of applications; needed for models that have no input example.

    Returns
    -------
    mapping of str to str
        For each folder whose model does not load or predict: the error.

    Raises
    ------
    OtherMachineError
        If MLflow itself does not run there.
    """
    folders = [str(Path(model).absolute()) for model in models]
    return json.loads(machine.run(_LOAD, folders=folders, rows=rows).splitlines()[-1])


def make_environment(folder: Path, requirements: str | os.PathLike) -> Path:
    """Make the environment in an empty folder; return its Python."""
    _uv("venv", "--python", sys.executable, str(folder))
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = ("pip", "install", "--python", str(python), "-r", str(requirements))
    try:
        _uv(*install, "--offline")
    except OtherMachineError:
        _uv(*install)
    _borrow_bytecode(folder)
    return python


def _uv(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uv", "--no-progress", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise OtherMachineError(f"uv {arguments[0]} failed: {' '.join(done.stderr.split())}")


def _borrow_bytecode(environment: Path) -> None:
    """Link this environment's compiled files beside the same sources of the new one.

    Python uses them only where a source has the very time and size that was compiled, so this
    spares the new environment the seconds of compiling, and changes nothing else.
    """
    ours = Path(sysconfig.get_path("purelib"))
    scheme = {"base": str(environment), "platbase": str(environment)}
    theirs = Path(sysconfig.get_path("purelib", "venv", scheme))
    for folder, subfolders, files in os.walk(theirs):
        subfolders[:] = [name for name in subfolders if name not in ("__pycache__", "tests")]
        sources = [Path(folder, name) for name in files if name.endswith(".py")]
        if sources:
            Path(folder, "__pycache__").mkdir(exist_ok=True)
        for source in sources:
            compiled = Path(importlib.util.cache_from_source(str(source)))
            with suppress(OSError):
                os.link(ours / compiled.relative_to(theirs), compiled)


def _end(process: subprocess.Popen, folder: Path) -> None:
    end_by_input(process)
    process.stdout.close()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def children_write_to(log: str | os.PathLike) -> Iterator[None]:
    """Send what child processes print to a file, for the time of a `with` block.

    Parameters
    ----------
    log : path
        The file, written anew. What this process itself prints stays where it is.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        with open(log, "wb") as file:
            for number in kept:
                os.dup2(file.fileno(), number)
            yield
    finally:
        for number, before in kept.items():
            os.dup2(before, number)
            os.close(before)


def emptied(folder: str | os.PathLike) -> str:
    """Remove a folder, where it exists, and return its path: `save_model` overwrites none."""
    shutil.rmtree(folder, ignore_errors=True)
    return str(folder)


def versions_unlike_here(requirements: str | os.PathLike) -> list[str]:
    """Name the packages that a requirements file pins to another version than is installed here.

    Parameters
    ----------
    requirements : path
        A file for pip. Packages that are not installed here, and lines that pin none, are left out.
    """
    unlike = []
    for line in Path(requirements).read_text(encoding="utf-8").splitlines():
        name, pinned, version = line.partition(";")[0].strip().partition("==")
        with suppress(PackageNotFoundError, ValueError):
            if pinned and installed_version(name) != version:
                unlike.append(name)
    return unlike


def locked_project(folder: str | os.PathLike, name: str, version: str) -> Path:
    """Make a project of uv that needs one package, and whose lock pins it to a given version.

    Parameters
    ----------
    folder : path
        Where to make it; what is there already is removed.
    name, version : str
        The package and its version. Nothing is looked up or installed.

    Returns
    -------
    pathlib.Path
        The folder, with a ``pyproject.toml`` and a ``uv.lock``.
    """
    project = Path(emptied(folder))
    project.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "loans"\nversion = "1.0"\n')
    (project / "uv.lock").write_text(f"""version = 1
requires-python = ">=3.11"
package = [
  {{ name = "loans", source = {{ virtual = "." }}, dependencies = [{{ name = "{name}" }}] }},
  {{ name = "{name}", version = "{version}", source = {{ registry = "https://pypi.org/simple" }} }},
]
""")
    return project


def last_error(log: str | os.PathLike) -> str | None:
    """Return the text of the last error that uv or Python wrote to a log; None without any."""
    lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    # Python writes "Error: ", uv writes "error: ".
    errors = [line.rpartition("rror: ")[2] for line in lines if "rror: " in line]
    return errors[-1] if errors else None
