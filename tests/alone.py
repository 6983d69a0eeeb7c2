"""Run a script of the tests in a process and a workspace of its own, or a copy of the course."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: What Python runs to execute tests, and to compare notebooks.
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env")


def run_copy(copy: Path, *arguments: object) -> subprocess.CompletedProcess:
    """Run Python in a copy of the course, by its own code and without our settings."""
    ours = ("PYTEST_", "LOANFLOW_", "MLFLOW_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment["PYTHONPATH"] = str(copy / "src")
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)


def run_alone(script: str, *arguments: object, sent: object = None, folder: Path) -> object:
    """Run a script from `folder` and return what it printed last, read as JSON.

    Its workspace is a copy of the prepared one; what it leaves lying about goes with that. `sent`
    reaches its standard input as JSON.

    Raises
    ------
    RuntimeError
        If the script fails; the message holds the end of what it wrote to standard error.
    """
    with tempfile.TemporaryDirectory(prefix="loanflow-alone-", ignore_cleanup_errors=True) as place:
        prepared = os.environ["LOANFLOW_PREPARED_STORE"]
        home = shutil.copytree(prepared, Path(place) / "workspace")
        temporary = Path(place) / "temporary"
        temporary.mkdir()
        own = {"LOANFLOW_HOME": str(home), "MPLBACKEND": "agg", "TMPDIR": str(temporary)}
        environment = {**os.environ, **own}
        environment.pop("PYTEST_CURRENT_TEST", None)
        done = subprocess.run(
            [sys.executable, script, *map(str, arguments)],
            input=json.dumps(sent),
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(f"{script} failed.\n{done.stderr[-6000:]}")
    return json.loads(done.stdout.splitlines()[-1])
