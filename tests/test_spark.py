"""The JVM for Spark: on 127.0.0.1 only, one at a time, and gone afterwards, however it ends."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress

import psutil
import pytest
from jupyter_client import KernelManager

from classroom.desk.doctor import MISSING, Check
from classroom.services import spark

needs_spark = pytest.mark.skipif(
    not spark.is_here() and "spark" not in os.environ.get("LOANFLOW_REQUIRE", "").split(),
    reason=spark.MISSING,
)

#: Starts a session whose Python workers have worked, and tells the processes and their addresses.
SESSION = """
import contextlib, json, os, sys
from classroom.services import spark as local

jvm = local.start_jvm()
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[2]").appName("test").getOrCreate()
rows = spark.sparkContext.parallelize(range(100), 2)


def told(rows):
    import sys
    yield sys.executable, sum(rows)


(python, _), _ = answers = rows.mapPartitions(told).collect()
assert python == sys.executable
assert sum(total for _, total in answers) == 4950

import psutil

names, listening = {}, []
for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
    with contextlib.suppress(psutil.NoSuchProcess):  # ended since, or a zombie
        names[process.pid] = process.cmdline()[0].rpartition("/")[2]
        for connection in process.net_connections(kind="inet"):
            if connection.status == psutil.CONN_LISTEN:
                listening.append((process.pid, connection.laddr.ip))
print(json.dumps([jvm.pid, names, listening]), flush=True)
"""


def run(code):
    """Run code in a process of its own; return its lines and what it said on stderr."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), done.stderr


def lives(pid):
    """Say whether a process is there and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(pids, seconds=30):
    """Return the processes that still live after a while."""
    deadline = time.monotonic() + seconds
    while True:
        living = [p for p in pids if lives(p)]
        if not living or time.monotonic() > deadline:
            return living
        time.sleep(0.1)


def reply_to(asked, client):
    """Return the kernel's reply to this request; `wait_for_ready` may have left others."""
    while (message := client.get_shell_msg(timeout=120))["parent_header"]["msg_id"] != asked:
        pass
    return message["content"]


def java_of(kernel):
    """Return the JVMs that a kernel has started to run Spark, and not to ask for their version."""
    found = []
    for process in kernel.children():
        with suppress(psutil.Error):  # it has ended since
            if "-cp" in process.cmdline():
                found.append(process.pid)
    return found


def test_without_spark_one_sentence_says_how_to_get_it(monkeypatch, capsys):
    java = Check("Java", MISSING, "not found", "costs", "remedy")
    monkeypatch.setattr(spark, "check_java", lambda: java)
    assert spark.start_jvm() is None
    assert not spark.ready()
    assert capsys.readouterr().out == f"{spark.MISSING}\n" * 2


@needs_spark
def test_a_session_listens_on_this_machine_only_is_quiet_and_ends():
    again = """
first = jvm.pid
second = local.start_jvm()  # ends the first
assert not jvm.running and repr(jvm) == "<Jvm, ended>"
spark = SparkSession.builder.master("local[2]").getOrCreate()
assert spark.range(7).count() == 7
second.stop()
second.stop()
assert not second.running
with local.start_jvm() as third:
    assert local.ready()
    assert SparkSession.builder.master("local[2]").getOrCreate().range(3).count() == 3
assert not third.running
assert not local.ready()
print(json.dumps([second.pid, third.pid]))
"""
    (first, ended, others), stderr = run(SESSION + again)
    assert stderr == ""
    assert ended == "Java has ended; run the cell that starts it."
    pid, names, listening = json.loads(first)
    assert any(name.startswith("python") for name in names.values())
    assert pid in {owner for owner, _ in listening}
    assert {ip.removeprefix("::ffff:") for _, ip in listening} == {"127.0.0.1"}
    assert wait_until_gone([*map(int, names), *json.loads(others)]) == []


@needs_spark
def test_looking_for_spark_changes_nothing():
    code = """
import sys
from classroom.services import spark
before = list(sys.path), set(sys.modules)
assert spark.is_here()
assert (list(sys.path), set(sys.modules)) == before
"""
    assert run(code) == ([], "")


@needs_spark
def test_java_that_does_not_start_is_told_once():
    code = """
import os
from classroom.services import spark
os.environ["PYSPARK_SUBMIT_ARGS"] = "--no-such-option"
try:
    spark.start_jvm()
except Exception as error:
    print(type(error).__name__)
"""
    assert run(code) == (["PySparkRuntimeError"], "")


@needs_spark
def test_a_model_is_at_hand_in_each_worker_and_in_the_one_after_a_failure():
    code = """
def loaded(rows):
    import sys
    yield {"mlflow.sklearn", "skops.io"} <= set(sys.modules)


def fail(row):
    raise LookupError("no such row")


assert rows.mapPartitions(loaded).collect() == [True, True]
try:
    rows.map(fail).collect()
except Exception as error:
    assert "no such row" in str(error)
assert rows.mapPartitions(loaded).collect() == [True, True]
"""
    run(SESSION + code)


@needs_spark
def test_it_ends_with_the_process_that_started_it():
    code = f"import os, signal\n{SESSION}\nos.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240)
    assert done.returncode == -signal.SIGKILL
    assert wait_until_gone(list(map(int, json.loads(done.stdout)[1]))) == []


@needs_spark
@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_notebook_that_is_interrupted_or_killed_while_java_starts_leaves_no_process(how):
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        asked = client.execute(
            "from classroom.services import spark as local\njvm = local.start_jvm()"
        )
        kernel = psutil.Process(manager.provisioner.pid)
        deadline = time.monotonic() + 120
        while not (pids := java_of(kernel)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if how == "interrupt":
            manager.interrupt_kernel()
            assert reply_to(asked, client).get("ename") == "KeyboardInterrupt"
        else:
            manager.signal_kernel(signal.SIGKILL)
        assert wait_until_gone(pids) == []
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@needs_spark
def test_the_daemon_names_the_module_that_spark_runs():
    text = textwrap.dedent("""
        import sys
        import classroom.services.spark_daemon
        assert "pyspark.daemon" in sys.modules
    """)
    assert run(text) == ([], "")
