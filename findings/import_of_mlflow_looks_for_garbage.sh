#!/usr/bin/env bash
# MLflow 3.17.2 on Python 3.11: while `mlflow.server` and the command line are imported, Python looks
# for garbage about 800 times, which is a tenth to a quarter of the processor time of the import;
# `gc.set_threshold(50_000)` before it, as a line of a .pth file, spares more than half of that, and the
# process does not become larger.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --compile-bytecode --python environment/bin/python \
  mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true
cat > start.py <<'EOF'
import gc
import resource
import time

spent, begun, looks = 0.0, 0.0, 0


def watch(phase, info):
    """Add up the processor time of the collections, and count them."""
    global spent, begun, looks
    if phase == "start":
        begun = time.process_time()
    else:
        spent, looks = spent + time.process_time() - begun, looks + 1


gc.callbacks.append(watch)
began = time.process_time()
import mlflow.cli  # noqa: E402, F401
import mlflow.server.fastapi_app  # noqa: E402, F401

share = spent / (time.process_time() - began)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(looks, round(share, 3), memory)
EOF
environment/bin/python -W ignore start.py > /dev/null  # reads the files from the disk
read -r often share memory < <(environment/bin/python -W ignore start.py)
echo "as Python comes: $often looks for garbage, $share of the processor time, $memory MB"
packages=$(environment/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
echo "import gc; gc.set_threshold(50_000)" > "$packages/garbage.pth"
read -r seldom less larger < <(environment/bin/python -W ignore start.py)
echo "with the threshold: $seldom looks for garbage, $less of the processor time, $larger MB"
environment/bin/python - <<EOF
assert $often > 300 and $seldom < $often / 10, "other numbers of collections"
assert $share > 0.08 and $less < $share / 2, "another share of the time"
assert $larger < 1.1 * $memory, "the process becomes larger"
EOF
