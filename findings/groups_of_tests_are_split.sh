#!/usr/bin/env bash
# pytest-xdist 3.8.0 with pytest 9.2.0: --dist loadgroup ignores xdist_group; the tests of one
# group run on several workers, and nothing says so. (xdist writes the group into the private
# Item._nodeid, which pytest 9.2 no longer reads.) With pytest 8.4.2 the group stays on one worker.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python pytest==9.2.0 pytest-xdist==3.8.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat >test_group.py <<'EOF'
import os
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("n", range(20))
def test_worker(n):
    time.sleep(0.1)
    with open("workers.txt", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
EOF
workers() {
    rm -f workers.txt
    environment/bin/python -m pytest -q -n 2 --dist loadgroup test_group.py >/dev/null
    sort -u workers.txt | wc -l
}
new=$(workers)
environment/bin/uv pip install --quiet --python environment/bin/python pytest==8.4.2
old=$(workers)
echo "workers of one group: $new with pytest 9.2.0, $old with pytest 8.4.2"
[ "$new" -eq 2 ] && [ "$old" -eq 1 ]
