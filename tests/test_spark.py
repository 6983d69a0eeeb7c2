"""The JVM and the cluster for Spark: on 127.0.0.1 only, and gone afterwards, however they end."""

import json
import signal
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import psutil
import pytest
from family import below
from test_servers import a_kernel, reply_to

from classroom.desk.doctor import MISSING, Check
from classroom.services import spark
from classroom.services.servers import soon
from conftest import required, skip_without_packages

needs_spark = pytest.mark.skipif(
    not spark.is_here() and not required("spark"), reason=spark.MISSING
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


def run(code, *arguments, due=0):
    """Run code in a process of its own; return its lines and what it said on stderr."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == due, done.stderr
    return done.stdout.splitlines(), done.stderr


def lives(pid):
    """Say whether a process is there and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(pids):
    """Return the processes that still live after a while."""
    soon(lambda: not any(map(lives, pids)), 30)
    return list(filter(lives, pids))


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
    assert ended == "Java has stopped. Run the cell that starts it."
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
    (told,), _ = run(f"{SESSION}\nos.kill(os.getpid(), 9)", due=-signal.SIGKILL)
    assert wait_until_gone(list(map(int, json.loads(told)[1]))) == []


@needs_spark
@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_notebook_that_is_interrupted_or_killed_while_java_starts_leaves_no_process(how):
    with a_kernel() as (manager, client):
        start = "from classroom.services import spark as local\njvm = local.start_jvm()"
        request = client.execute(start)
        kernel = psutil.Process(manager.provisioner.pid)
        # A JVM that runs Spark has a class path; one that is asked for its version has none.
        assert soon(lambda: below(kernel, " -cp "), 120)
        pids = [process.pid for process in below(kernel, " -cp ")]
        if how == "interrupt":
            manager.interrupt_kernel()
            assert reply_to(client, request).get("ename") == "KeyboardInterrupt"
        else:
            manager.signal_kernel(signal.SIGKILL)
        assert wait_until_gone(pids) == []


@needs_spark
def test_the_daemon_names_the_module_that_spark_runs():
    code = "import sys, classroom.services.spark_daemon; assert 'pyspark.daemon' in sys.modules"
    assert run(code) == ([], "")


#: Saves the lesson's model with three signatures, and a table of its applications.
MODELS = """
import os, sys
import mlflow
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from loanflow.data import FEATURES, ID, load_loans, split_loans
from loanflow.synthetic import write_parquet
from loanflow.training import TRUSTED_TYPES, build_model

folder = sys.argv[1]
X_train, _, y_train, _ = split_loans(load_loans())
classifier = build_model("logistic_regression").fit(X_train, y_train)
whole = infer_signature(X_train, classifier.predict_proba(X_train))


def save(name, function, signature):
    mlflow.sklearn.save_model(
        classifier,
        f"{folder}/{name}",
        pyfunc_predict_fn=function,
        signature=signature,
        skops_trusted_types=TRUSTED_TYPES,
        pip_requirements=["mlflow==3.17.2", "scikit-learn==1.9.1", "skops==0.16.0"],
    )
    return f"{folder}/{name}"


probabilities = save("probabilities", "predict_proba", whole)
write_parquet(f"{folder}/table", ROWS, seed=1, rows_per_file=ROWS // 4)
"""


def run_with_models(code, folder, rows=2_000, **options):
    """Run code after `MODELS` in a process of its own; return the lines that it prints."""
    lines, _ = run(MODELS.replace("ROWS", str(rows)) + code, folder, **options)
    return lines


@needs_spark
def test_without_a_result_type_the_signature_decides_and_a_long_is_refused(tmp_path):
    code = """
from classroom.services import spark as local
classes = save("classes", "predict", infer_signature(X_train, classifier.predict(X_train)))
silent = save("silent", "predict_proba", ModelSignature(inputs=whole.inputs))
with local.start_jvm():
    from pyspark.sql import SparkSession, functions as F
    spark = SparkSession.builder.master("local[2]").getOrCreate()
    table = spark.read.parquet(f"{folder}/table").limit(100).cache()
    refused = 1 - mlflow.pyfunc.load_model(probabilities).predict(table.toPandas()[FEATURES])[:, 1]
    for model in (probabilities, classes, silent):
        answer = mlflow.pyfunc.spark_udf(spark, model)(F.struct(*FEATURES))
        try:
            told = table.select(answer.alias("it"))
            print(told.schema["it"].dataType.simpleString(), end=" ")
            it = told.toPandas()["it"]
            print("of refusal" if it.dtype == float and abs(it - refused).max() < 1e-12 else "fine")
        except Exception as error:
            print(type(error).__name__)
    predict = mlflow.pyfunc.spark_udf(spark, probabilities, result_type="array<double>")
    for kind in ("int", "long"):
        typed = table.withColumn("ApplicantIncome", F.col("ApplicantIncome").cast(kind))
        try:
            print(kind, len(typed.select(predict(F.struct(*FEATURES))).collect()))
        except Exception as error:
            print(kind, "Can not safely convert int64 to float64" in str(error))
"""
    lines = run_with_models(code, tmp_path)
    assert lines[0].endswith("PythonException")
    assert lines[1:] == ["array<bigint> fine", "double of refusal", "int 100", "long True"]


#: Starts a cluster whose workers lack scikit-learn, and scores on it; one worker ends on the way.
ON_A_CLUSTER = """
import contextlib, json, threading, time
import psutil
from classroom.services import spark as local
versions = json.loads(VERSIONS)
cluster = local.start_cluster([f"{name}=={version}" for name, version in versions.items()])
jvm = local.start_jvm(cluster.python)
from pyspark.sql import SparkSession, functions as F
builder = SparkSession.builder.master(cluster.url).config(map=cluster.settings)
spark = builder.appName("test").getOrCreate()


def below():
    return psutil.Process().children(recursive=True)


def serving():
    found = set()
    for process in below():
        with contextlib.suppress(psutil.Error):  # it has ended since
            if "stdin_server" in " ".join(process.cmdline()):
                found.add(process.pid)
    return found


def end_a_worker(before):
    while not serving() - before:  # until the job is on its way
        time.sleep(0.1)
    cluster._servers[-1].stop()


def on_the_cluster(table):
    settings = {"env_manager": "uv", "result_type": "array<double>"}
    restored = mlflow.pyfunc.spark_udf(spark, probabilities, **settings)
    return table.select(ID, restored(F.struct(*FEATURES))[1].alias("probability"))


table = spark.read.parquet(f"{folder}/table")
long = table.limit(50).withColumn("ApplicantIncome", F.col("ApplicantIncome").cast("long"))
passed = len(on_the_cluster(long).collect())
listening = set()
for process in below():
    with contextlib.suppress(psutil.Error):
        listening |= {c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"}
ending = threading.Thread(target=end_a_worker, args=[serving()])
ending.start()
told = on_the_cluster(table).toPandas().set_index(ID)["probability"]
ending.join()
rows = pd.read_parquet(f"{folder}/table").set_index(ID)
due = pd.Series(mlflow.pyfunc.load_model(probabilities).predict(rows[FEATURES])[:, 1], rows.index)
gap = abs(told - due).max(skipna=False)
pids = [process.pid for process in below()]
print(json.dumps([sorted(listening), len(told), gap, repr(cluster), pids, passed]), flush=True)
"""


@pytest.fixture
def cluster(tmp_path):
    """Code that starts a cluster with the packages of this environment."""
    skip_without_packages()
    names = ("mlflow-skinny", "pandas", "pyarrow", "scipy")
    versions = {name: metadata.version(name) for name in names}
    return ON_A_CLUSTER.replace("VERSIONS", repr(json.dumps(versions)))


def folders_of_clusters():
    return set(Path(tempfile.gettempdir()).glob("loanflow-cluster-*"))


@needs_spark
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_cluster_answers_the_same_loses_a_worker_and_leaves_nothing(cluster, tmp_path, end):
    before = folders_of_clusters()
    if end == "stop":
        code = f"{cluster}\njvm.stop()\ncluster.stop()\nprint(cluster)"
        told, ended = run_with_models(code, tmp_path, rows=1_000_000)
        assert ended == "<Cluster, ended>"
    else:  # before it is asked anything
        code = cluster.partition("table = ")[0] + "print(json.dumps([[], 0, 0, 0, "
        code += "[p.pid for p in below()], 0]), flush=True)\nos.kill(os.getpid(), 9)"
        (told,) = run_with_models(code, tmp_path, rows=1000, due=-signal.SIGKILL)
    listening, rows, gap, running, pids, passed = json.loads(told)
    if end == "stop":
        assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}
        assert (rows, running, passed) == (1_000_000, "<Cluster, 2 processes>", 50)
        assert gap < 1e-12
    assert len(pids) >= 4
    assert wait_until_gone(pids) == []
    assert soon(lambda: folders_of_clusters() == before, 30)
