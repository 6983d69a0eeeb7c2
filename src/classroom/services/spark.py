"""Spark for the time of a lesson, quiet, on 127.0.0.1 only, always ended: one JVM, or a cluster.

``make spark`` puts PySpark into the folder ``.spark``, outside of the environment: wherever pandera
and MLflow find it they import it, which costs each lesson half a second. `start_jvm` adds the
folder to the modules' path, and starts the JVM that PySpark's session then finds.

The JVM reads from a pipe and ends with it: when the lesson stops it, and also when the kernel dies,
however it dies. The Python workers that it starts end with the JVM.

`start_cluster` starts a standalone cluster beside it: a master and workers, each a process of its
own, whose Python holds the packages that it is given and no others.
"""

import logging
import os
import secrets
import subprocess
import sys
import tempfile
import warnings
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from classroom.desk.doctor import OK, SPARK_FOLDER, check_java
from classroom.services.environments import OtherMachineError, make_environment
from classroom.services.servers import HOST, Ending, LocalServer, end_by_input, local_server
from classroom.services.team import environment

#: What a cell says that needs Spark where Spark or Java is missing.
MISSING = "Spark is not here: `make spark` installs it, and `make doctor` says how to get Java 17."

_SETTINGS = {
    "spark.driver.bindAddress": HOST,
    "spark.driver.host": HOST,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",  # 200 by default, for a cluster
    # For a life of minutes: the quick compiler, and the collector that needs no threads.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
# Removes the cluster's folder when its standard input ends. Where that came without a byte, the
# kernel was killed, and others write there until they are ended, too.
_CLEAN = """
import os, shutil, sys, time
asked = sys.stdin.read()
for _ in range(60):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if asked and not os.path.exists(sys.argv[1]):
        break
    time.sleep(0.3)
"""


class Jvm(Ending):
    """A running JVM for PySpark: `with` or `stop` ends it, and so does the end of this object.

    Made by `start_jvm`.
    """

    def __init__(self, gateway, folder: tempfile.TemporaryDirectory) -> None:
        self._process = gateway.proc
        self._end = weakref.finalize(self, _end, gateway, folder)

    def __repr__(self) -> str:
        """Leave the process's number out: it differs from run to run."""
        return f"<Jvm, {'running' if self.running else 'ended'}>"

    @property
    def pid(self) -> int:
        """The number of the JVM's process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the JVM lives."""
        return self._process.poll() is None


class Cluster(Ending):
    """A standalone cluster on 127.0.0.1: `with` or `stop` ends it, and so does the kernel's end.

    Made by `start_cluster`. All that its processes write goes with it.

    Attributes
    ----------
    url : str
        ``spark://127.0.0.1:<port>``, for the session's ``master``.
    python : str
        The Python of its workers.
    settings : dict of str to str
        What a session needs beside the URL: the secret that master and workers ask for.
    """

    def __init__(self, packages: Sequence[str], workers: int) -> None:
        folder = Path(tempfile.mkdtemp(prefix="loanflow-cluster-"))
        clean = [sys.executable, "-I", "-S", "-c", _CLEAN, str(folder)]
        cleaner = subprocess.Popen(clean, stdin=subprocess.PIPE, start_new_session=True)
        self._servers: list[LocalServer] = []
        self._end = weakref.finalize(self, _end_cluster, self._servers, cleaner)
        try:
            self._start(folder, packages, workers)
        except BaseException:
            self.stop()
            raise

    def _start(self, folder: Path, packages: Sequence[str], workers: int) -> None:
        requirements = folder / "requirements.txt"
        requirements.write_text("\n".join(packages), encoding="utf-8")
        self.python = str(make_environment(folder / "python", requirements))
        self.settings = {
            "spark.authenticate": "true",
            "spark.authenticate.secret": secrets.token_hex(16),
            "spark.executor.memory": "512m",
            # A worker's Python, and a model's server below it, would live on for a minute.
            "spark.python.worker.reuse": "false",
        }
        asked = folder / "spark.conf"
        asked.touch(0o600)  # not on the command line, which others may list
        asked.write_text("".join(f"{key} {value}\n" for key, value in self.settings.items()))
        (folder / "tmp").mkdir()
        variables = {
            "SPARK_HOME": str(_spark_home()),
            "SPARK_LOCAL_IP": HOST,
            "SPARK_LOCAL_DIRS": str(folder / "tmp"),
            "SPARK_DAEMON_MEMORY": "256m",
            "TMPDIR": str(folder / "tmp"),  # where MLflow makes the model's environment
        }
        # Another machine would not have this process's settings for MLflow.
        hidden = dict.fromkeys(name for name in os.environ if "MLFLOW_" in name)
        spark_class = _spark_home() / "bin" / f"spark-class{'.cmd' if os.name == 'nt' else ''}"

        def start(role: str, *more: str) -> LocalServer:
            options = ("--host", HOST, "--port", "{port}", "--webui-port", "0")
            options += ("--properties-file", str(asked), *more)
            command = [str(spark_class), f"org.apache.spark.deploy.{role.lower()}.{role}", *options]
            with environment(**hidden):
                server = local_server(command, health_path=None, env=variables, name=role)
            self._servers.append(server)
            return server

        self.url = f"spark://{HOST}:{start('Master').port}"
        for number in range(workers):
            work = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}"))
            start("Worker", *work, self.url)

    def __repr__(self) -> str:
        """Leave the port out: it differs from run to run."""
        running = sum(server.running for server in self._servers)
        return f"<Cluster, {f'{running} processes' if running else 'ended'}>"


def start_cluster(packages: Sequence[str], workers: int = 2) -> Cluster | None:
    """Start a master and workers of one core each, on 127.0.0.1 only.

    Parameters
    ----------
    packages : sequence of str
        What the Python of the workers holds, with what these need. MLflow itself needs
        ``mlflow-skinny``, ``pandas``, ``pyarrow`` and ``scipy`` there.
    workers : int
        How many workers, 1 or more.

    Returns
    -------
    Cluster or None
        None where Spark or Java is missing, after the sentence `MISSING` has been printed, and
        where the packages are out of reach, after a sentence about it.

    Raises
    ------
    ServerError
        If a process does not start.
    """
    if not is_here():
        print(MISSING)
        return None
    try:
        return Cluster(packages, workers)
    except OtherMachineError:
        print("The packages of the workers are out of reach; run this cell with an index at hand.")
        return None


def is_here() -> bool:
    """Say whether PySpark and a Java that it runs on are on this machine; import nothing."""
    installed = (SPARK_FOLDER / "pyspark").is_dir() or find_spec("pyspark") is not None
    return installed and check_java().status == OK


def start_jvm(python: str = sys.executable) -> Jvm | None:
    """Start the JVM that the next ``SparkSession.builder`` of this process uses.

    One that was started earlier and still runs is ended first.

    Parameters
    ----------
    python : str
        The Python of the workers, by default this one. It stands in ``PYSPARK_PYTHON`` until the
        JVM ends, so that PySpark finds it.

    Returns
    -------
    Jvm or None
        None where Spark or Java is missing, after the sentence `MISSING` has been printed.

    Raises
    ------
    pyspark.errors.PySparkRuntimeError
        If the JVM ends before it is ready.
    """
    if not is_here():
        print(MISSING)
        return None
    if str(SPARK_FOLDER) not in sys.path:
        sys.path.append(str(SPARK_FOLDER))  # last: it adds Spark, and replaces nothing
    # The lesson compares all answers of Spark with those of pandas alone.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    if (earlier := SparkContext._gateway) is not None:
        _stop_session()
        _end_process(earlier)
    os.environ["SPARK_LOCAL_IP"] = HOST  # or Spark looks this machine's name up, and warns
    os.environ["PYSPARK_PYTHON"] = python  # or its workers take any python3 on the PATH
    # It writes each error to stderr as well, with all of its Java stack.
    logging.getLogger("DataFrameQueryContextLogger").setLevel(logging.CRITICAL)
    folder = tempfile.TemporaryDirectory(prefix="loanflow-spark-", ignore_cleanup_errors=True)
    conf = SparkConf(loadDefaults=False).setAll(_SETTINGS.items())
    conf.set("spark.local.dir", folder.name).set("spark.sql.warehouse.dir", folder.name)
    if python == sys.executable:  # another one lacks this package
        conf.set("spark.python.daemon.module", "classroom.services.spark_daemon")
    # The JVM prints each error that a lesson provokes as well; the cell shows the exception.
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    # An interrupt meets the main thread only, so that the JVM is never started and then forgotten.
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(launch_gateway, conf, quiet)
        try:
            gateway = starting.result()
        except BaseException:
            starting.add_done_callback(lambda done: done.exception() or _end(done.result(), folder))
            raise
    SparkContext._gateway, SparkContext._jvm = gateway, gateway.jvm
    return Jvm(gateway, folder)


def ready() -> bool:
    """Say whether a JVM runs; where none does, print why."""
    pyspark = sys.modules.get("pyspark")
    if pyspark is not None and pyspark.SparkContext._gateway is not None:
        return True
    print("Java has stopped. Run the cell that starts it." if is_here() else MISSING)
    return False


def _spark_home() -> Path:
    if (SPARK_FOLDER / "pyspark").is_dir():
        return SPARK_FOLDER / "pyspark"
    return Path(find_spec("pyspark").origin).parent


def _end_cluster(servers: list[LocalServer], cleaner: subprocess.Popen) -> None:
    while servers:
        servers.pop().stop()
    with suppress(OSError), cleaner.stdin as pipe:
        pipe.write(b".")
    cleaner.wait()


def _end(gateway, folder: tempfile.TemporaryDirectory) -> None:
    from pyspark import SparkContext

    if SparkContext._gateway is gateway:
        _stop_session()
    _end_process(gateway)
    folder.cleanup()


def _stop_session() -> None:
    """Stop the session, if there is one, and let PySpark forget its JVM."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    with suppress(Exception):  # the JVM may be gone, or answer no more
        if (session := SparkSession.getActiveSession()) is not None:
            session.stop()
        if SparkContext._active_spark_context is not None:
            SparkContext._active_spark_context.stop()
    SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None
    SparkSession._instantiatedSession = None


def _end_process(gateway) -> None:
    with suppress(Exception):
        gateway.shutdown()
    end_by_input(gateway.proc)
