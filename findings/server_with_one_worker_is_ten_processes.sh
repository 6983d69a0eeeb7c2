#!/usr/bin/env bash
# MLflow 3.17.2: `mlflow server --workers 1` is not one worker but a family of processes: beside the
# command and the worker there are a job runner and its queues, and each of them imports MLflow.
# MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false leaves the command and the worker.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python mlflow==3.17.2 psutil==7.2.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true
cat >family.py <<'PY'
import socket
import subprocess
import sys
import time
import urllib.request

import psutil

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///store.db"]
command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
with open("log.txt", "w") as log:
    server = psutil.Popen(command, stdout=log, stderr=log)
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
            break
        except OSError:
            time.sleep(0.2)
    last, since = 0, time.monotonic()
    while time.monotonic() - since < 20:  # until no process has joined for a while
        family = [server, *server.children(recursive=True)]
        if len(family) != last:
            last, since = len(family), time.monotonic()
        time.sleep(0.5)
    used = sum(p.memory_info().rss for p in family) / 2**30
    for process in family[::-1]:
        process.terminate()
    psutil.wait_procs(family, timeout=20)
    print(f"{last} processes, {used:.1f} GiB")
    assert (last == 2) == (sys.argv[1] == "false") and (last >= 8) == (sys.argv[1] == "true")
PY
for jobs in true false; do
    echo "job execution $jobs: $(MLFLOW_SERVER_ENABLE_JOB_EXECUTION=$jobs environment/bin/python family.py $jobs)"
done
