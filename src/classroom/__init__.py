"""The classroom: what makes the notebooks pleasant and repeatable, and teaches nothing by itself.

Importing it, before mlflow, switches MLflow's telemetry off, keeps lines that differ from run to
run (links with ids, progress bars, git's advice) and the colours of newer Pythons out of the cells,
and gives each process one thread: on data of this size more threads wait for each other longer than
they save. It also puts the programs of this Python's environment first on the PATH, as activating
the environment does: a project run looks for ``python``, ``uv`` and ``mlflow`` there. The
environments that project runs make stay inside of it, unless its path holds a space: they then go
where MLflow itself puts them, into the home folder.
"""

import os
import sys
import sysconfig

for _name, _value in {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "OMP_NUM_THREADS": "1",
    "PYTHON_COLORS": "0",  # from 3.13 on; Jupyter asks for colours
    # Else `git clone --quiet` prints advice where a tag or a pull request is checked out.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "advice.detachedHead",
    "GIT_CONFIG_VALUE_0": "false",
}.items():
    os.environ.setdefault(_name, _value)
if " " not in sys.prefix:  # MLflow hands this path to the shell without quotes
    _environments = os.path.join(sys.prefix, "project-environments")
    os.environ.setdefault("MLFLOW_ENV_ROOT", _environments)
_programs, _path = sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)
if _path.split(os.pathsep)[0] != _programs:
    _path = os.pathsep.join((_programs, _path))
# uv looks there for the version of Python that is behind this environment.
_base = os.path.dirname(os.path.realpath(sys.executable))
if _base not in _path.split(os.pathsep):
    _path = os.pathsep.join((_path, _base))
os.environ["PATH"] = _path
# A proxy on the way out must not stand before the servers of this machine.
_direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
if "127.0.0.1" not in _direct:
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = f"{_direct},127.0.0.1".lstrip(",")

from classroom.exercises import check  # noqa: E402
from classroom.workspace import Lesson, open_lesson, resume  # noqa: E402

__all__ = ["Lesson", "check", "open_lesson", "resume"]
