"""A container engine of our own, for machines such as CI's where none runs, and what is run on it.

    python -m tools.engine COMMAND ...

starts the engine, lets COMMAND find it, and ends it with the command. Only root on Linux may do so,
with the packages in `PACKAGES`. The engine runs in namespaces: its processes, mounts and network
are apart from those of this machine, lead nowhere, and end with its first process. Its folder of
images stays, inside of this Python's environment.

To reach a container through that network, COMMAND finds a program ``docker`` first on its PATH,
which hands a published port over and leaves all else to the real one. Only one engine at a time
uses a folder of images.
"""

import hashlib
import os
import platform
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path

from classroom.services.servers import Ending, LocalServer, local_server
from classroom.services.team import environment

#: What Debian calls the programs behind an engine of our own.
PACKAGES = ("docker.io", "mmdebstrap", "iproute2")
#: Where the engine keeps its images; the environment variable moves it.
IMAGES = Path(os.environ.get("LOANFLOW_IMAGES") or Path(sys.prefix) / "container")

# The folder of the socket: the path of a socket may not be long.
_SOCKETS = Path("/tmp") / f"loanflow-{hashlib.sha256(str(IMAGES).encode()).hexdigest()[:12]}"
#: Where Docker's programs find the engine.
HOST = f"unix://{_SOCKETS}/docker.sock"
_PROGRAMS = ("dockerd", "docker", "mmdebstrap", "ip", "unshare", "flock")
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
# What an engine that was killed left; its successor starts containers again that are to restart.
_CLEAN = """
docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes
docker volume ls --quiet | xargs --no-run-if-empty docker volume rm
docker network prune --force; docker image prune --force
"""
# The program `docker` that commands find. A published port of 127.0.0.1 listens in the engine's
# network; this hands over what arrives at the same port here.
_DOCKER = """#!{python} -IS
import ctypes, os, re, signal, socket, subprocess, sys, threading
real, process = {real!r}, {process!r}
published = [re.fullmatch("(?:--publish=)?127.0.0.1:([0-9]+):[0-9]+", word) for word in sys.argv]
ports = [int(found[1]) for found in published if found]
if sys.argv[1:2] != ["run"] or not ports:
    os.execv(real, [real, *sys.argv[1:]])
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: None)
container = subprocess.Popen([real, *sys.argv[1:]])
listener = socket.create_server(("127.0.0.1", ports[0]))
with open(f"/proc/{{process}}/ns/net") as network:
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
            inside = socket.create_connection(("127.0.0.1", ports[0]))
        except OSError:
            caller.close()
            continue
        for ends in ((caller, inside), (inside, caller)):
            threading.Thread(target=pump, args=ends, daemon=True).start()
threading.Thread(target=relay, daemon=True).start()
sys.exit(container.wait())
"""


class Engine(Ending):
    """An engine of our own that answers; made by `start_engine`.

    `with` or `stop` ends it and its containers; so does the end of this object.

    Attributes
    ----------
    environment : mapping of str to str
        The environment variables by which ``docker`` and MLflow find it.
    """

    def __init__(self, server: LocalServer) -> None:
        programs = tempfile.TemporaryDirectory(prefix="loanflow-docker-")
        docker = Path(programs.name) / "docker"
        process = (_SOCKETS / "process").read_text().strip()
        real = shutil.which("docker")
        docker.write_text(_DOCKER.format(python=sys.executable, real=real, process=process))
        docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
        self.environment: Mapping[str, str] = {
            "DOCKER_HOST": HOST,
            "PATH": os.pathsep.join((programs.name, os.environ["PATH"])),
        }
        self._end = weakref.finalize(self, _stop, server, programs)


def _stop(server: LocalServer, programs: tempfile.TemporaryDirectory) -> None:
    server.stop()
    programs.cleanup()


def answers() -> bool:
    """Say whether an engine answers ``docker``."""
    if shutil.which("docker") is None:
        return False
    ask = ["docker", "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(ask, capture_output=True).returncode == 0


def reasons_against() -> list[str]:
    """Say what keeps us from starting an engine of our own; nothing where we may."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return ["only root on Linux may start an engine"]
    if platform.machine() not in ("x86_64", "AMD64"):
        return ["MLflow builds images for x86-64 only"]
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    return [f"the program {program} is missing" for program in missing]


def start_engine() -> Engine:
    """Start an engine of our own, which takes a second or two.

    Raises
    ------
    ServerError
        If it does not start.
    """
    with environment(DOCKER_HOST=HOST):
        server = local_server(
            ["sh", "-c", _START, _ENGINE, str(IMAGES), str(_SOCKETS)],
            ready=lambda port: answers(),
            timeout=180,  # another command may have the images
            name="dockerd",
        )
        engine = Engine(server)
        subprocess.run(["sh", "-ec", _CLEAN], capture_output=True, check=True)
    return engine


def inside() -> list[str]:
    """Give the words before a command that let it reach published ports of our engine by itself."""
    if os.environ.get("DOCKER_HOST") != HOST:
        return []
    process = (_SOCKETS / "process").read_text().strip()
    return ["nsenter", f"--net=/proc/{process}/ns/net"]


def main() -> int:
    """Run the command line; return the command's exit code."""
    if not sys.argv[1:]:
        print(__doc__)
        return 2
    if answers():  # this machine has one
        return subprocess.run(sys.argv[1:]).returncode
    if reasons := reasons_against():
        print(f"There is no container engine: {'; '.join(reasons)}.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with start_engine() as engine:
        return subprocess.run(sys.argv[1:], env={**os.environ, **engine.environment}).returncode


if __name__ == "__main__":
    sys.exit(main())
