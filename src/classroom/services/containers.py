"""Containers for the time of a lesson, run by the engine that the command ``docker`` reaches."""

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classroom.services.environments import children_write_to
from classroom.services.servers import LocalServer, local_server

#: The image that holds Python and packages of constraints.txt, and no model; `make container`.
BASE = "loanflow-base"
#: What a lesson prints where there is no engine, in place of running a container.
MISSING = "No container engine with our base image here: `make container` says how to get both."

_running: dict[str, LocalServer] = {}


class EngineError(RuntimeError):
    """A command failed on the container engine; the message says why."""


def base_is_ready() -> bool:
    """Say whether an engine answers and has the base image."""
    if shutil.which("docker") is None:
        return False
    found = subprocess.run(["docker", "image", "inspect", BASE], capture_output=True)
    return found.returncode == 0


def ready() -> bool:
    """Say whether an engine answers and has the base image; where not, print how to get both."""
    if base_is_ready():
        return True
    print(MISSING)
    return False


def docker(*arguments: str) -> str:
    """Run a ``docker`` command and return what it prints.

    Raises
    ------
    EngineError
        If the command fails; the message is its own.
    """
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise EngineError(f"docker {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def serve(command: str) -> LocalServer:
    """Run a ``docker run`` command and wait until the model in the container answers.

    A container that was started here under the same name is ended first.

    Parameters
    ----------
    command : str
        As typed in a shell, with ``--name``, and ``{port}`` where a free port of this machine is
        to stand. Without ``--detach``: the container ends with this process.

    Returns
    -------
    LocalServer
        Its ``url`` leads to the container, and its ``stop()`` ends it.

    Raises
    ------
    ServerError
        If the container ends before the model answers, or takes more than two minutes.
    """
    words = shlex.split(command)
    name = words[words.index("--name") + 1]
    if name in _running:
        _running.pop(name).stop()
    _running[name] = local_server(words, health_path="/ping", timeout=120, name=name)
    return _running[name]


def outline(dockerfile: Path) -> str:
    """Return the one-line steps of a Dockerfile, without Python's patch version and top folders."""
    steps = ("FROM", "RUN", "COPY", "ENTRYPOINT")
    lines = [line for line in dockerfile.read_text().splitlines() if line.startswith(steps)]
    whole = "\n".join(line for line in lines if not line.endswith("\\"))
    return re.sub(r":[\d.]+-slim", ":...-slim", re.sub(r"/(opt|var)/", ".../", whole))


@contextmanager
def build_log() -> Iterator[Path]:
    """Keep what programs print, in the `with` block, in a file; it is shown if the block fails."""
    with tempfile.TemporaryDirectory(prefix="loanflow-build-") as folder:
        path = Path(folder) / "log"
        try:
            with children_write_to(path):
                yield path
        except Exception as error:
            tail = "\n".join(path.read_text().splitlines()[-15:])
            raise EngineError(f"{error} The last lines of the log:\n{tail}") from error
