"""The process that Spark forks its Python workers from, with what a model needs imported already.

Spark's own daemon imports nothing, and each worker would spend seconds on importing MLflow and
scikit-learn: the first ones, and those that take the place of a worker whose task has failed.
Spark runs this module where its setting ``spark.python.daemon.module`` names it.
"""

import sys
import warnings

from classroom.desk.doctor import SPARK_FOLDER

# Spark hands its workers a zip file of PySpark, from which Python would compile it each time.
sys.path.insert(0, str(SPARK_FOLDER))
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

import mlflow.sklearn  # noqa: E402, F401
import skops.io  # noqa: E402, F401
from pyspark.daemon import manager  # noqa: E402

if __name__ == "__main__":
    manager()
