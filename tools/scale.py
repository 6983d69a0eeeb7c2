"""Measure lesson 17: one model over tables of several sizes, in chunks and on Spark.

Each table is scored from Parquet to Parquet: in chunks of 10,000 rows by one process, by two
processes that take half of the files each, and by Spark on two cores. Starting the processes and
the session, and the first use of Spark's workers, are left out; the session is told apart.
"""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import pyarrow as pa
import pyarrow.parquet as pq

from classroom.services import spark as java
from classroom.services.processes import in_new_process
from loanflow.data import FEATURES, ID
from loanflow.synthetic import write_parquet
from tools.serving import save_pipeline

SIZES = [10_000, 100_000, 1_000_000]
FILES = 8
CHUNK = 10_000


def score(model, files: list[Path], answers: Path) -> None:
    """Score files in chunks, as the lesson does."""
    schema = pa.schema({ID: pa.string(), "probability": pa.float64()})
    with pq.ParquetWriter(answers, schema) as writer:
        for file in files:
            for chunk in pq.ParquetFile(file).iter_batches(batch_size=CHUNK):
                probability = model.predict(chunk.to_pandas()[FEATURES])[:, 1]
                writer.write(pa.record_batch([chunk[ID], pa.array(probability)], schema=schema))


def in_two_processes(model, files: list[Path], folder: Path) -> float:
    """Score half of the files in each of two processes; return the seconds of the slower one."""
    with ThreadPoolExecutor(2) as pool:
        parts = [
            pool.submit(in_new_process, score, model, files[part::2], folder / f"{part}.parquet")
            for part in range(2)
        ]
        return max(part.result().seconds for part in parts)


def seconds(work: Callable, *arguments) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def scale_table() -> list[str]:
    """Measure; return the lines of a table, or one line where Spark is missing."""
    start = time.perf_counter()
    jvm = java.start_jvm()
    if jvm is None:
        return [java.MISSING]
    with jvm, tempfile.TemporaryDirectory() as folder:
        from pyspark.sql import SparkSession

        session = SparkSession.builder.master("local[2]").appName("bench").getOrCreate()
        started = time.perf_counter() - start
        return [f"A session of Spark took {started:.1f} s to start.", "", *_rows(session, folder)]


def _rows(session, name: str) -> list[str]:
    from pyspark.sql import functions as F

    folder, table, saved = Path(name), Path(name) / "table", str(Path(name) / "model")
    save_pipeline(saved)
    model = mlflow.pyfunc.load_model(saved)
    kind = {"env_manager": "local", "result_type": "array<double>"}
    predict = mlflow.pyfunc.spark_udf(session, saved, **kind)

    def on_spark() -> None:
        answer = predict(F.struct(*FEATURES))[1].alias("probability")
        scored = session.read.parquet(str(table)).select(ID, answer)
        scored.write.mode("overwrite").parquet(str(folder / "on_spark"))

    def row(size: int) -> str:
        write_parquet(table, size, seed=12, rows_per_file=size // FILES)
        files = sorted(table.iterdir())
        chunks = seconds(score, model, files, folder / "answers.parquet")
        spark = seconds(on_spark)
        pair = in_two_processes(model, files, folder)
        times = f"| {size:,} | {chunks:.2f} s | {pair:.2f} s | {spark:.2f} s |"
        return f"{times} {spark / chunks:.1f} | {size / chunks:,.0f} |"

    row(SIZES[0])  # warms all of them
    return [
        "| rows | chunks | two processes | Spark | Spark to chunks | rows per second in chunks |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        *map(row, SIZES),
    ]
