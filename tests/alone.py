"""Run a script of the tests in a process and a workspace of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


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
