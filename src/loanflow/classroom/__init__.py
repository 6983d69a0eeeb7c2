"""The classroom: what makes the notebooks pleasant and repeatable, and teaches nothing by itself.

Importing it, before mlflow, switches MLflow's telemetry off and keeps lines that differ from run to
run (links with ids, progress bars) out of the cells.
"""

import os

for _name, _value in {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}.items():
    os.environ.setdefault(_name, _value)

from loanflow.classroom.exercises import check  # noqa: E402
from loanflow.classroom.workspace import Lesson, open_lesson  # noqa: E402

__all__ = ["Lesson", "check", "open_lesson"]
