"""Spark for the time of a lesson: one JVM on this machine, quiet, on 127.0.0.1 only, always ended.

``make spark`` puts PySpark into the folder ``.spark``, outside of the environment: wherever pandera
and MLflow find it they import it, which costs each lesson half a second. `start_jvm` adds the
folder to the modules' path, and starts the JVM that PySpark's session then finds.

The JVM reads from a pipe and ends with it: when the lesson stops it, and also when the kernel dies,
however it dies. The Python workers that it starts end with the JVM.
"""

import logging
import os
import subprocess
import sys
import tempfile
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from importlib.util import find_spec

from classroom.desk.doctor import OK, SPARK_FOLDER, check_java
from classroom.services.servers import HOST

#: What a cell says that needs Spark where Spark or Java is missing.
MISSING = "Spark is not here: `make spark` installs it, and `make doctor` says how to get Java 17."

_SETTINGS = {
    "spark.driver.bindAddress": HOST,
    "spark.driver.host": HOST,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.python.daemon.module": "classroom.services.spark_daemon",
    "spark.sql.shuffle.partitions": "2",  # 200 by default, for a cluster
    # For a life of minutes: the quick compiler, and the collector that needs no threads.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


class Jvm(AbstractContextManager):
    """A running JVM for PySpark: `with` or `stop` ends it, and so does the end of this object.

    Made by `start_jvm`.
    """

    def __init__(self, gateway, folder: tempfile.TemporaryDirectory) -> None:
        self._process = gateway.proc
        self._end = weakref.finalize(self, _end, gateway, folder)

    def __exit__(self, *exception: object) -> None:
        """End the JVM, whatever happened in the block."""
        self.stop()

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

    def stop(self) -> None:
        """End the session, the JVM and its Python workers; a second call does nothing."""
        self._end()


def is_here() -> bool:
    """Say whether PySpark and a Java that it runs on are on this machine; import nothing."""
    installed = (SPARK_FOLDER / "pyspark").is_dir() or find_spec("pyspark") is not None
    return installed and check_java().status == OK


def start_jvm() -> Jvm | None:
    """Start the JVM that the next ``SparkSession.builder`` of this process uses.

    One that was started earlier and still runs is ended first.

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
    os.environ["PYSPARK_PYTHON"] = sys.executable  # or its workers take any python3 on the PATH
    # It writes each error to stderr as well, with all of its Java stack.
    logging.getLogger("DataFrameQueryContextLogger").setLevel(logging.CRITICAL)
    folder = tempfile.TemporaryDirectory(prefix="loanflow-spark-", ignore_cleanup_errors=True)
    conf = SparkConf(loadDefaults=False).setAll(_SETTINGS.items())
    conf.set("spark.local.dir", folder.name).set("spark.sql.warehouse.dir", folder.name)
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
    print("Java has ended; run the cell that starts it." if is_here() else MISSING)
    return False


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
    with suppress(OSError):
        gateway.proc.stdin.close()  # it ends with its input
    try:
        gateway.proc.wait(timeout=10)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
