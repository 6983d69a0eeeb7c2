#!/usr/bin/env bash
# pyarrow 25.0.1 on Linux: importing it starts a native thread (of jemalloc), also where
# ARROW_DEFAULT_MEMORY_POOL asks for another allocator. A process that has imported pandas or MLflow
# is therefore never single-threaded: from Python 3.12 on each os.fork() in it warns of deadlocks,
# and threading.enumerate() shows nothing. JE_ARROW_MALLOC_CONF=background_thread:false prevents it.
set -euo pipefail
[ "$(uname)" = Linux ] || { echo "only on Linux"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python pyarrow==25.0.1
cat >count.py <<'PY'
import os
import sys
import threading
import warnings

import pyarrow  # noqa: F401

threads = os.listdir("/proc/self/task")
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    child = os.fork()
    if child == 0:
        os._exit(0)
os.waitpid(child, 0)
due = len(threads) > 1 and sys.version_info >= (3, 12)
assert bool(told) == due, told
print(len(threads), "threads; Python knows", threading.active_count())
PY
plain=$(OMP_NUM_THREADS=1 environment/bin/python count.py)
system=$(ARROW_DEFAULT_MEMORY_POOL=system environment/bin/python count.py)
without=$(JE_ARROW_MALLOC_CONF=background_thread:false environment/bin/python count.py)
printf 'plain: %s\nsystem allocator: %s\nbackground_thread:false: %s\n' "$plain" "$system" "$without"
[ "$plain" = "2 threads; Python knows 1" ] && [ "$system" = "$plain" ] && [ "$without" = "1 threads; Python knows 1" ]
