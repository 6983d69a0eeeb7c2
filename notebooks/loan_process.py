"""A model in a process of its own, so that each model runs the code that it brought.

A model may bring modules (`code_paths`). Python imports a module name once for each process: of two
models that bring modules of the same name, the second would run the code of the first. So wherever
two models meet, each gets a process:

    with ModelProcess("models:/loans/2") as model:
        answers = model.predict(applications)

Its answers come back as JSON: none of its code runs here.
"""

import hmac
import importlib
import json
import os
import pickle
import secrets
import signal
import socket
import subprocess
import sys
import threading
import weakref
from contextlib import suppress

import mlflow
import pandas as pd
from mlflow.models import Model

SECONDS_TO_START = 120  # on a busy machine, to import mlflow may take many
HOST = "127.0.0.1"
FORKS = sys.platform == "linux"
#: What nearly all models import. It is imported once; on Linux, each model's process is a fork.
COMMON = ("mlflow.pyfunc", "mlflow.sklearn", "sklearn.pipeline", "sklearn.ensemble", "skops.io")
#: A fork keeps the locks of other threads for ever. With these, BLAS and pyarrow start no thread.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


class ModelError(Exception):
    """The model raised, or its process ended; the message is the name of the error alone."""


class ModelProcess:
    """A loaded model; it takes what `mlflow.pyfunc.PyFuncModel` takes, and runs elsewhere.

    Parameters
    ----------
    uri : str
        Any URI that `mlflow.pyfunc.load_model` takes.
    seconds : float or None
        How long an answer may take; after that, the process is ended. None waits.

    Attributes
    ----------
    metadata : mlflow.models.Model
        With the signature.

    Raises
    ------
    ModelError
        If the model does not load.
    mlflow.exceptions.MlflowException
        If there is no such model.
    """

    def __init__(self, uri, seconds=None):
        self.folder = mlflow.artifacts.download_artifacts(uri)
        self.metadata = Model.load(self.folder)
        self.seconds = None
        self._lock = threading.Lock()
        self._pid, self._stream = _start()
        # Without this object nobody can ask the process: it ends, as its connection does.
        self.stop = weakref.finalize(self, _close, self._stream)
        self._ask("load", self.folder, dict(os.environ), os.getcwd())
        self.seconds = seconds

    def __enter__(self):
        """Return the model, which is loaded."""
        return self

    def __exit__(self, *exception):
        """End the process."""
        self.stop()

    @property
    def running(self):
        """Whether the process can be asked; known since it was last asked."""
        return self.stop.alive

    @property
    def input_example(self):
        """The input example that was logged with the model, or None."""
        return self.metadata.load_input_example(self.folder)

    def predict(self, data, params=None):
        """Return the predictions: a frame as a frame, with the index of `data`; the rest as a list.

        Raises
        ------
        ModelError
            If the model raises, its answer is not made of numbers and text, or its process ended.
        """
        found = self._ask("predict", data, params)
        if not isinstance(found, dict):
            return found
        same = isinstance(data, pd.DataFrame) and len(data) == len(found["data"])
        return pd.DataFrame(**found, index=data.index if same else None)

    def _ask(self, *question):
        with self._lock:
            if not self.running:
                raise ModelError("ProcessEnded")
            try:
                self._stream.socket.settimeout(self.seconds)
                _send(self._stream.file, pickle.dumps(question))
                answer = json.loads(_receive(self._stream.file))
            except TimeoutError:
                self._kill()
                raise ModelError("Timeout") from None
            except (OSError, EOFError):
                self.stop()
                raise ModelError("ProcessEnded") from None
            except BaseException:  # interrupted: the answer would be taken for that to the next
                self._kill()
                raise
        if "error" in answer:
            raise ModelError(answer["error"])
        return answer["answer"]

    def _kill(self):
        """End a process that is at work, and so does not see that its connection ends."""
        with suppress(OSError):
            os.kill(self._pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self.stop()


def name_of(error):
    """Return the name of an error, here or in a model's process; never what it says."""
    return str(error) if isinstance(error, ModelError) else type(error).__name__


class _Stream:
    """The connection to a process."""

    def __init__(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket, self.file = connection, connection.makefile("rwb")


def _close(stream):
    for part in (stream.file, stream.socket):
        with suppress(OSError):  # such as bytes that can no longer be sent
            part.close()


def _send(file, content):
    file.write(len(content).to_bytes(8, "big") + content)
    file.flush()


def _receive(file, length=None):
    """Read so many bytes; by default as many as the eight bytes before them say."""
    if length is None:
        length = int.from_bytes(_receive(file, 8), "big")
    content = file.read(length)
    if len(content) < length:
        raise EOFError("The other side has ended.")
    return content


def _start():
    """Start a process; return its number and the connection to it."""
    token = secrets.token_hex(16)
    with socket.create_server((HOST, 0)) as door:
        door.settimeout(SECONDS_TO_START)
        _starter.start(json.dumps([door.getsockname()[1], token]).encode() + b"\n")
        while True:
            try:
                connection, _ = door.accept()
            except TimeoutError:
                raise ModelError("NotStarted") from None
            connection.settimeout(10)
            stream = _Stream(connection)
            # Any program of this machine may have knocked.
            with suppress(OSError, EOFError):
                if hmac.compare_digest(_receive(stream.file, len(token)), token.encode()):
                    return int.from_bytes(_receive(stream.file, 8), "big"), stream
            _close(stream)


class _Starter:
    """Starts processes; on Linux as forks of one that has imported what they need.

    That one starts with the first model and ends with this program: its input ends then.
    """

    def __init__(self):
        self.lock, self.process = threading.Lock(), None

    def start(self, line):
        """Start a process that is told this line."""
        if not FORKS:
            process = self.fresh("one")
            process.stdin.write(line)
            process.stdin.close()
            threading.Thread(target=process.wait, daemon=True).start()  # so that nothing is left
            return
        with self.lock:
            for _ in range(2):
                if self.process is None:
                    self.process = self.fresh("forks")
                with suppress(OSError):
                    self.process.stdin.write(line)
                    if self.process.stdout.read(1):
                        return
                self.process.wait()  # it has been killed, and is started again
                self.process = None

    @staticmethod
    def fresh(kind):
        # -P: the folder of this script is not where a model's modules are looked for.
        command = [sys.executable, "-P", os.path.abspath(__file__), kind]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        return subprocess.Popen(command, env=os.environ | ONE_THREAD, **pipes)


_starter = _Starter()


def _serve(port, token):
    """Answer questions about one model until the other side ends."""
    stream = _Stream(socket.create_connection((HOST, port), timeout=SECONDS_TO_START))
    stream.socket.settimeout(None)
    stream.file.write(token.encode() + os.getpid().to_bytes(8, "big"))
    stream.file.flush()
    model = None
    while True:
        try:
            what, *given = pickle.loads(_receive(stream.file))
        except (OSError, EOFError):
            return
        try:
            if what == "load":
                folder, environment, here = given
                os.environ.clear()
                os.environ.update(environment)
                os.chdir(here)
                model, found = mlflow.pyfunc.load_model(folder), None
            else:
                found = _as_plain(model.predict(given[0], params=given[1]))
            answer = json.dumps({"answer": found}, default=_as_number)
        except Exception as error:
            answer = json.dumps({"error": type(error).__name__})
        _send(stream.file, answer.encode())


def _as_plain(predictions):
    """Return a frame as its columns and rows, anything else as lists."""
    if isinstance(predictions, pd.DataFrame):
        split = predictions.to_dict("split")
        return {"columns": split["columns"], "data": split["data"]}
    return predictions.tolist() if hasattr(predictions, "tolist") else list(predictions)


def _as_number(value):
    if value is pd.NA:
        return None
    return value.item()  # of numpy


def _fork_on_demand():
    """Fork a process for each line, until the input ends."""
    for name in COMMON:
        with suppress(ImportError):  # a model that needs it will say so
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that ended ones leave nothing
    while True:
        line = b""
        while not line.endswith(b"\n"):
            if not (more := os.read(0, 1)):
                return
            line += more
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(2, 1)  # what a model prints
            _serve(*json.loads(line))
            os._exit(0)
        os.write(1, b".")


if __name__ == "__main__":
    # An interrupt goes to all processes of a terminal; these end when the one that asks does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.argv[1] == "forks":
        _fork_on_demand()
    else:
        first = json.loads(sys.stdin.buffer.readline())
        os.dup2(2, 1)
        _serve(*first)
