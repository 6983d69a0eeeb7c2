"""Servers for the time of a lesson: on 127.0.0.1, on a free port, always ended.

A notebook does not start a server itself but a watchdog (this file, run as a script), which starts
the server in a session of its own and holds the reading end of a pipe. The pipe ends when the
notebook stops the server, and also when its kernel dies, however it dies: then the watchdog ends
the server and all processes that it started. A process that moves to a session of its own is out of
reach, unless it follows the server by itself, as those of PostgreSQL do.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

HOST = "127.0.0.1"

_PORT_ATTEMPTS = 3
_TAIL_LINES = 15
# How a server is asked to end, and for how many seconds each request is given before the next one;
# after the last one it is killed. The second is for PostgreSQL, which waits for its clients on
# SIGTERM and ends at once on SIGINT.
_REQUESTS_TO_END = ((signal.SIGTERM, 3), (signal.SIGINT, 5))
# -I -S: the watchdog needs the standard library only, so that it starts in milliseconds.
_WATCHDOG = (sys.executable, "-I", "-S", os.path.abspath(__file__))


class ServerError(RuntimeError):
    """A server ended or did not answer; the message holds the last lines of its log."""


class Ending(AbstractContextManager):
    """What `with` or `stop` ends by calling `_end`, which may be called more than once."""

    _end: Callable[[], object]

    def __exit__(self, *exception: object) -> None:
        """End it, whatever happened in the block."""
        self.stop()

    def stop(self) -> None:
        """End it, with the processes and the data that are its own; a second call does nothing."""
        self._end()


class LocalServer(Ending):
    """A running server: `with` or `stop` ends it, and so does the end of this object.

    Made by `local_server` and `mlflow_server`.

    Attributes
    ----------
    name : str
        What the server is called in messages.
    port : int
        Where it listens on 127.0.0.1.
    url : str
        ``http://127.0.0.1:<port>``.
    """

    def __init__(self, name: str, port: int, command: Sequence[str], **options: object) -> None:
        self.name = name
        self.port = port
        self.url = f"http://{HOST}:{port}"
        # A file, as a pipe that nobody reads would stop the server once it is full.
        handle, log_path = tempfile.mkstemp(prefix="loanflow-server-", suffix=".log")
        with open(handle, "wb") as log:
            self._log = open(log_path, "rb")  # noqa: SIM115
            weakref.finalize(self, self._log.close)
            # Without its name, the file goes when the last process that holds it does. (On Windows
            # a file that is open keeps its name, and stays.)
            with suppress(PermissionError):
                os.unlink(log_path)
            self._watchdog = subprocess.Popen(
                [*_WATCHDOG, *(part.replace("{port}", str(port)) for part in command)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                bufsize=0,
                start_new_session=True,  # an interrupt of the kernel goes to its whole group
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
                **options,
            )
        self._end = weakref.finalize(self, _end, self._watchdog)

    def __repr__(self) -> str:
        """Leave the port out: it differs from run to run."""
        return f"<LocalServer {self.name}, {'running' if self.running else 'ended'}>"

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._watchdog.poll() is None

    def log(self) -> str:
        """Return what the server has printed so far; it may also be asked for after the end."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _wait_until(self, ready: Callable[[int], bool], timeout: float) -> None:
        if not soon(lambda: not self.running or ready(self.port), timeout):
            raise self._error(f"did not answer within {timeout:g} seconds")
        if not self.running:
            raise self._error("ended before it was ready")

    def _error(self, what: str) -> ServerError:
        tail = "\n".join(self.log().splitlines()[-_TAIL_LINES:]) or "(nothing)"
        return ServerError(f"The server {self.name} {what}. The last lines of its log:\n{tail}")


def local_server(
    command: Sequence[str],
    *,
    health_path: str | None = "/health",
    ready: Callable[[int], bool] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
    name: str | None = None,
    cwd: str | os.PathLike | None = None,
) -> LocalServer:
    """Start a server on a free port of 127.0.0.1 and wait until it answers.

    Use it in a `with` statement, or call its ``stop()``.

    Parameters
    ----------
    command : sequence of str
        Program and arguments; ``{port}`` in them becomes the port. The command itself must make the
        server listen on 127.0.0.1 only.
    health_path : str or None
        Ready when a GET of this path answers 200; with None, when the port accepts a connection.
    ready : callable or None
        In place of `health_path`: called with the port until it returns true.
    env : mapping or None
        Environment variables on top of those of this process.
    timeout : float
        Seconds to wait for the first answer.
    name : str or None
        What messages call the server; by default the name of the program.
    cwd : path or None
        The folder in which the command runs; by default that of this process.

    Raises
    ------
    ServerError
        If the server ends before it is ready, or is not ready within `timeout` seconds.
    """
    if ready is None:
        ready = _accepts if health_path is None else lambda port: _is_healthy(port, health_path)
    name = name or Path(command[0]).name
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
    attempts = _PORT_ATTEMPTS
    while True:
        with _reserved_port() as port:
            server = LocalServer(name, port, command, env=variables, cwd=cwd)
            attempts -= 1
            try:
                server._wait_until(ready, timeout)
                return server
            except BaseException as error:
                server.stop()
                if not (isinstance(error, ServerError) and attempts and _accepts(port)):
                    raise
                # Somebody else answers on this port: it was taken in between, so we try another.


def mlflow_server(env: Mapping[str, str] | None = None) -> LocalServer:
    """Start MLflow's tracking server and UI on the reader's store.

    One worker and no job runner: 2 processes instead of 16, ready in seconds. The server's ``url``
    is the tracking URI for clients, and the address of the UI.

    Parameters
    ----------
    env : mapping or None
        Environment variables on top of those of this process.

    Raises
    ------
    ServerError
        If the server ends before it is ready, or is not ready within two minutes.
    """
    from classroom import workspace

    workspace.prepare()
    root = workspace.artifacts().as_uri()
    command = [
        *(sys.executable, "-m", "mlflow", "server"),
        # Clients on this machine read and write this folder themselves, so that what is logged
        # through the server can be loaded without it; the second option is for those that cannot.
        *("--default-artifact-root", root),
        *("--artifacts-destination", root),
        *("--host", HOST),
        *("--port", "{port}"),
        *("--workers", "1"),
    ]
    variables = {
        "MLFLOW_BACKEND_STORE_URI": workspace.tracking_uri(),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    return local_server(command, env={**variables, **(env or {})}, timeout=120, name="mlflow")


def soon(reached: Callable[[], object], seconds: float = 10) -> bool:
    """Wait until something is reached, for `seconds` at most, and say whether it was."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end_by_input(process: subprocess.Popen) -> None:
    """Close the standard input of a process, with which it ends; kill it where it does not."""
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _reserved_port() -> Iterator[int]:
    """Hold a free port; on Linux, nobody else is given it before the server has taken it.

    There a second socket may bind a port as long as none listens on it and both set SO_REUSEADDR,
    as servers do, while the system no longer hands it out. Elsewhere the port is let go at once.
    """
    with socket.socket() as reservation:
        if sys.platform == "linux":
            reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind((HOST, 0))
        port = reservation.getsockname()[1]
        if sys.platform != "linux":
            reservation.close()
        yield port


def _accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=2):
        return True
    return False


def _is_healthy(port: int, path: str) -> bool:
    client = HTTPConnection(HOST, port, timeout=2)  # unlike urllib, it knows of no proxy
    with suppress(OSError, HTTPException), closing(client):
        client.request("GET", path)
        return client.getresponse().status == 200
    return False


def _end(watchdog: subprocess.Popen) -> None:
    # The byte is for the case that a forked child of this process holds the pipe open.
    with suppress(OSError), watchdog.stdin as pipe:
        pipe.write(b".")
    try:
        watchdog.wait(timeout=sum(seconds for _, seconds in _REQUESTS_TO_END) + 5)
    except subprocess.TimeoutExpired:
        _kill_with_descendants(watchdog.pid)
        watchdog.wait()


def _kill_with_descendants(watchdog_pid: int) -> None:
    if sys.platform == "win32":
        kill = ["taskkill", "/F", "/T", "/PID", str(watchdog_pid)]
        subprocess.run(kill, capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError):
            os.killpg(watchdog_pid, signal.SIGKILL)


def _watch(command: Sequence[str]) -> None:
    """Run `command` until it ends, or until standard input holds a byte or ends; then kill all."""
    for number, _ in _REQUESTS_TO_END:  # sent to the whole group; a handler is not inherited
        signal.signal(number, lambda *_: None)
    try:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")

    def kill_the_rest() -> None:
        server.wait()
        _kill_with_descendants(os.getpid())

    threading.Thread(target=kill_the_rest, daemon=True).start()
    os.read(0, 1)
    if sys.platform != "win32":
        for number, seconds in _REQUESTS_TO_END:
            os.killpg(0, number)
            time.sleep(seconds)
    _kill_with_descendants(os.getpid())


if __name__ == "__main__":
    _watch(sys.argv[1:])
