"""Measure lesson 12: one model over tables of several sizes, in chunks and on Spark.

    python -m tools.scale

Each table is scored from Parquet to Parquet: in chunks of 10,000 rows by one process, by two
processes that take half of the files each, and by Spark on two cores. Starting the processes and
the session, and the first use of Spark's workers, are left out; the session is told apart.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import pyarrow as pa
import pyarrow.parquet as pq
from mlflow.models import infer_signature

from loanflow.classroom import spark as local
from loanflow.classroom.processes import in_new_process
from loanflow.data import FEATURES, ID, load_loans, split_loans
from loanflow.synthetic import write_parquet
from loanflow.training import TRUSTED_TYPES, build_model

SIZES = [10_000, 100_000, 1_000_000]
FILES = 8


def save_model(path: Path) -> None:
    """Save the lesson's model: the logistic regression with two probabilities as its answer."""
    X_train, _, y_train, _ = split_loans(load_loans())
    classifier = build_model("logistic_regression").fit(X_train, y_train)
    mlflow.sklearn.save_model(
        classifier,
        path,
        pyfunc_predict_fn="predict_proba",
        signature=infer_signature(X_train, classifier.predict_proba(X_train)),
        skops_trusted_types=TRUSTED_TYPES,
        pip_requirements=["mlflow"],
    )


def score(model, files: list[Path], answers: Path, rows: int = 10_000) -> None:
    """Score files in chunks, as the lesson does."""
    schema = pa.schema({ID: pa.string(), "probability": pa.float64()})
    with pq.ParquetWriter(answers, schema) as writer:
        for file in files:
            for chunk in pq.ParquetFile(file).iter_batches(batch_size=rows):
                probability = model.predict(chunk.to_pandas()[FEATURES])[:, 1]
                writer.write(pa.record_batch([chunk[ID], pa.array(probability)], schema=schema))


def in_two_processes(model, files: list[Path], folder: Path) -> float:
    """Score half of the files in each of two processes; return the seconds of the slower one."""
    half = len(files) // 2
    with ThreadPoolExecutor(2) as pool:
        work = [(files[:half], folder / "first.parquet"), (files[half:], folder / "second.parquet")]
        parts = [pool.submit(in_new_process, score, model, *part) for part in work]
        return max(part.result().seconds for part in parts)


def seconds(work: Callable[[], None]) -> float:
    """Return how long a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def scale_table() -> list[str]:
    """Measure; return the lines of a table, or one line where Spark is missing."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jvm = local.start_jvm()
        if jvm is None:
            return [local.MISSING]
        with jvm:
            return _measure(folder, start)


def _measure(folder: Path, start: float) -> list[str]:
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F

    session = SparkSession.builder.master("local[2]").appName("bench").getOrCreate()
    lines = [
        f"A session of Spark took {time.perf_counter() - start:.1f} s to start.",
        "",
        "| rows | chunks | two processes | Spark | Spark to chunks | rows per second in chunks |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    save_model(folder / "model")
    model = mlflow.pyfunc.load_model(str(folder / "model"))
    kind = {"env_manager": "local", "result_type": "array<double>"}
    predict = mlflow.pyfunc.spark_udf(session, str(folder / "model"), **kind)

    def on_spark(table: Path) -> None:
        answer = predict(F.struct(*FEATURES))[1].alias("probability")
        scored = session.read.parquet(str(table)).select(ID, answer)
        scored.write.mode("overwrite").parquet(str(folder / "on_spark"))

    for size in [SIZES[0], *SIZES]:  # the first time warms all of them
        table = folder / "table"
        write_parquet(table, size, seed=12, rows_per_file=size // FILES)
        files = sorted(table.iterdir())
        chunks = seconds(lambda files=files: score(model, files, folder / "a.parquet"))
        spark = seconds(lambda table=table: on_spark(table))
        pair = in_two_processes(model, files, folder)
        shutil.rmtree(folder / "on_spark")
        row = f"| {size:,} | {chunks:.2f} s | {pair:.2f} s | {spark:.2f} s |"
        lines.append(f"{row} {spark / chunks:.1f} | {size / chunks:,.0f} |")
    del lines[4]
    return lines


if __name__ == "__main__":
    print("\n".join(scale_table()))
