"""A container engine for the time of a lesson, and a base image made without an image registry.

Where an engine runs, we use it. Where none does and we may start one (root on Linux, with the
packages in `PACKAGES`), it runs in namespaces of its own: its processes, mounts and network are
apart from those of this machine, lead nowhere, and end with its first process. What stays between
lessons is its folder of images, inside of this Python's environment.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from classroom.services.servers import HOST, LocalServer, local_server
from classroom.workspace import REPOSITORY

#: The image that holds Python and packages of constraints.txt, and no model; `make_base` makes it.
BASE = "loanflow-base"
#: What Debian calls the programs behind an engine of our own.
PACKAGES = ("docker.io", "mmdebstrap", "iproute2")
#: What a lesson prints where there is no engine, in place of running a container.
MISSING = "No container engine with our base image here: `make container` says how to get both."

_IMAGES = Path(sys.prefix) / "container"
_MADE = _IMAGES / "base"
# The folder of the socket: the path of a socket may not be long.
_SOCKETS = Path("/tmp") / f"loanflow-{hashlib.sha256(str(_IMAGES).encode()).hexdigest()[:12]}"
_PROGRAMS = ("dockerd", "docker", "mmdebstrap", "ip", "unshare", "flock")
_PORT = 8000  # where MLflow's container listens without nginx
# The first process of the engine's namespaces; $1 holds the images, $2 the socket. A file lock lets
# one engine at a time use the images. The empty /run hides what other engines keep there.
_START = """
mkdir -p "$1" "$2" && echo $$ > "$2/process" && exec flock --no-fork "$1/lock" \
  unshare --mount --net --pid --fork --kill-child --mount-proc sh -c "$0" engine "$1" "$2"
"""
_ENGINE = """
mount -t tmpfs tmpfs /run && ip link set lo up || exit
trap : TERM INT
dockerd --host "unix://$2/docker.sock" --data-root "$1" --exec-root /run/docker \
  --pidfile /run/docker.pid --iptables=false --ip6tables=false --storage-driver overlay2 \
  --cgroup-parent /loanflow --shutdown-timeout 4 &
wait $!; wait $!
rm -rf "$2"; find /sys/fs/cgroup -depth -type d -path '*/loanflow*' -exec rmdir {} + 2>/dev/null
"""
# Runs a container, and hands what arrives at the port here to the same port in its network.
_RELAY = """
import ctypes, os, signal, socket, subprocess, sys, threading
port, process = int(sys.argv[1]), sys.argv[2]
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: None)
container = subprocess.Popen(sys.argv[3:])
listener = socket.create_server(("127.0.0.1", port))
with open(f"/proc/{process}/ns/net") as network:
    if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), 0x40000000):
        sys.exit(os.strerror(ctypes.get_errno()))
def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()
def relay():
    while True:
        caller, _ = listener.accept()
        try:
            inside = socket.create_connection(("127.0.0.1", port))
        except OSError:
            caller.close()
            continue
        for ends in ((caller, inside), (inside, caller)):
            threading.Thread(target=pump, args=ends, daemon=True).start()
threading.Thread(target=relay, daemon=True).start()
sys.exit(container.wait())
"""
# What the scoring server imports, so that its bytecode is in the image, which cannot write any.
_IMPORTS = """
import mlflow.models.container, mlflow.pyfunc.scoring_server, mlflow.sklearn, skops.io, uvicorn.main
import sklearn.compose, sklearn.impute, sklearn.linear_model, sklearn.pipeline, uvloop
"""


class EngineError(RuntimeError):
    """There is no container engine, or a command failed on it; the message says why."""


class Engine(AbstractContextManager):
    """A container engine that answers; made by `start_engine`.

    `with` or `stop` ends the containers that `serve` started, and the engine if it is ours; so
    does the end of this object.

    Attributes
    ----------
    environment : mapping of str to str
        The environment variables by which ``docker`` and MLflow find it.
    ours : bool
        Whether we started it; otherwise it is that of this machine, which runs on.
    """

    def __init__(self, server: LocalServer | None) -> None:
        self.environment: Mapping[str, str] = {}
        if server is not None:
            self.environment = {"DOCKER_HOST": f"unix://{_SOCKETS}/docker.sock"}
        self._servers = [] if server is None else [server]
        self.ours = server is not None
        self._end = weakref.finalize(self, _stop, self._servers)

    def __exit__(self, *exception: object) -> None:
        """End what was started, whatever happened in the block."""
        self.stop()

    def __repr__(self) -> str:
        """Leave the socket's path out."""
        return f"<Engine {'of our own' if self.ours else 'of this machine'}>"

    def stop(self) -> None:
        """End the containers, and the engine if it is ours; a second call does nothing."""
        self._end()

    def docker(self, *arguments: str, **options: object) -> str:
        """Run a ``docker`` command and return what it prints; `options` are for `subprocess.run`.

        Raises
        ------
        EngineError
            If the command fails; the message is its own.
        """
        about = {"env": {**os.environ, **self.environment}, "capture_output": True, "text": True}
        done = subprocess.run(["docker", *arguments], **about, **options)
        if done.returncode:
            raise EngineError(f"docker {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def serve(self, *arguments: str, timeout: float = 120) -> LocalServer:
        """Run a container and wait until the model in it answers on a free port of 127.0.0.1.

        Parameters
        ----------
        *arguments : str
            What follows ``docker run``: options, and the image.
        timeout : float
            Seconds to wait for the first answer.

        Returns
        -------
        LocalServer
            Its ``url`` leads to the container, and its ``stop()`` ends it.

        Raises
        ------
        ServerError
            If the container ends before the model answers, or takes too long.
        """
        publish = ("--publish", f"{HOST}:{{port}}:{_PORT}")
        run = ["docker", "run", "--rm", "--init", *publish, *arguments]
        if self.ours:
            process = (_SOCKETS / "process").read_text().strip()
            run = [sys.executable, "-I", "-S", "-c", _RELAY, "{port}", process, *run]
        container = local_server(
            run, health_path="/ping", env=self.environment, timeout=timeout, name="container"
        )
        self._servers.append(container)
        return container


def find_engine() -> Engine | None:
    """Start the engine; where it or the base image is missing, say so and return None."""
    if base_is_ready():
        return start_engine()
    print(MISSING)
    return None


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
        path, kept = Path(folder) / "log", [os.dup(1), os.dup(2)]
        sys.stdout.flush(), sys.stderr.flush()
        with path.open("w") as log:
            os.dup2(log.fileno(), 1), os.dup2(log.fileno(), 2)
        try:
            yield path
        except Exception as error:
            tail = "\n".join(path.read_text().splitlines()[-15:])
            raise EngineError(f"{error} The last lines of the log:\n{tail}") from error
        finally:
            for number, old in enumerate(kept, start=1):
                os.dup2(old, number)
                os.close(old)


def base_is_ready() -> bool:
    """Say whether `start_engine` would find an engine with the base image."""
    if _runs():
        found = subprocess.run(["docker", "image", "inspect", BASE], capture_output=True)
        return found.returncode == 0
    return _MADE.exists() and not reasons_against()


def reasons_against() -> list[str]:
    """Say what keeps us from starting an engine of our own; nothing where we may."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return ["only root on Linux may start an engine"]
    if platform.machine() not in ("x86_64", "AMD64"):
        return ["MLflow builds images for x86-64 only"]
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    return [f"the program {program} is missing" for program in missing]


def start_engine() -> Engine:
    """Find the engine of this machine, or start one of our own, which takes a second or two.

    Returns
    -------
    Engine

    Raises
    ------
    EngineError
        If there is none and we may not start one.
    ServerError
        If it does not start.
    """
    if _runs():
        return Engine(None)
    if reasons := reasons_against():
        raise EngineError(f"There is no container engine: {'; '.join(reasons)}.")
    command = ["sh", "-c", _START, _ENGINE, str(_IMAGES), str(_SOCKETS)]
    engine = Engine(
        local_server(
            command,
            ready=lambda port: _runs({"DOCKER_HOST": f"unix://{_SOCKETS}/docker.sock"}),
            timeout=180,  # another lesson may have the images
            name="dockerd",
        )
    )
    engine.docker("container", "prune", "--force")  # of an engine that was killed
    engine.docker("image", "prune", "--force")
    return engine


def make_base(engine: Engine) -> None:
    """Make the base image: Debian's Python, and the packages of constraints.txt for serving.

    On an engine of our own there is no registry to ask. mmdebstrap takes Python and a shell from
    Debian's packages, uv installs ours into the same folder, and the folder becomes the image.
    Elsewhere the image starts from Docker Hub's ``python``, of this Python's version.

    Parameters
    ----------
    engine : Engine

    Raises
    ------
    EngineError, subprocess.CalledProcessError
        If a step fails; what it says is on standard error.
    """
    if not engine.ours:
        _make_base_from_registry(engine)
        return
    with tempfile.TemporaryDirectory(prefix="loanflow-base-") as folder:
        root = Path(folder) / "root"
        _run(
            *(
                "mmdebstrap",
                "--quiet",
                "--variant=extract",
                "--dpkgopt=path-exclude=/usr/share/doc/*",
            ),
            "--include=base-files,bash,coreutils,dash,libstdc++6,python-is-python3,python3",
            *("bookworm", str(root)),
        )
        (stdlib,) = (root / "usr/lib").glob("python3.[0-9]*")
        (stdlib / "EXTERNALLY-MANAGED").unlink()  # in an image, pip may do as it likes
        packages = root / "usr/local/lib" / stdlib.name / "dist-packages"
        _run(
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(packages)),
            *("--python-version", stdlib.name.removeprefix("python")),
            *("--constraint", str(REPOSITORY / "constraints.txt"), *_requirements()),
        )
        programs = root / "usr/local/bin"
        programs.mkdir(parents=True, exist_ok=True)
        for program in (packages / "bin").iterdir():
            _, _, code = program.read_text().partition("\n")
            (programs / program.name).write_text(f"#!/usr/bin/python3\n{code}")
            (programs / program.name).chmod(0o755)
        shutil.rmtree(packages / "bin")
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"}
        _run("chroot", str(root), "python3", "-c", _IMPORTS, env=environment)
        tar = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
        engine.docker("import", "-", BASE, stdin=tar.stdout)
    _MADE.touch()


def _make_base_from_registry(engine: Engine) -> None:
    """Make the base image on an engine that reaches a registry and a package index."""
    with tempfile.TemporaryDirectory(prefix="loanflow-base-") as folder:
        shutil.copy(REPOSITORY / "constraints.txt", folder)
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        (Path(folder) / "Dockerfile").write_text(
            f"FROM python:{python}-slim\n"
            "COPY constraints.txt /tmp/\n"
            "RUN pip install --no-cache-dir --constraint /tmp/constraints.txt "
            f"{' '.join(_requirements())}\n"
        )
        # MLflow builds on it for this platform, whatever the machine is.
        engine.docker("build", "--platform", "linux/amd64", "--tag", BASE, folder)


def _requirements() -> list[str]:
    """Give what an image needs to serve the lesson's model, with what MLflow's build asks for."""
    needed = ["mlflow", "scikit-learn", "skops", "gunicorn[gevent]", "uvloop"]
    for tool in ("pip", "setuptools", "wheel"):  # a model asks for these as they are here
        try:
            needed.append(f"{tool}=={version(tool)}")
        except PackageNotFoundError:
            needed.append(tool)
    return needed


def _runs(environment: Mapping[str, str] | None = None) -> bool:
    """Say whether an engine answers ``docker``."""
    if shutil.which("docker") is None:
        return False
    variables = {**os.environ, **(environment or {})}
    ask = ["docker", "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(ask, env=variables, capture_output=True).returncode == 0


def _run(*command: str, **options: object) -> None:
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True, **options)


def _stop(servers: list[LocalServer]) -> None:
    while servers:
        servers.pop().stop()
