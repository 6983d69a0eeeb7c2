#!/usr/bin/env bash
# MLflow 3.17.2: where OTEL_EXPORTER_OTLP_ENDPOINT is set, as it is where a company collects the telemetry of its
# programs, mlflow.trace writes nothing into MLflow any more. Without the package of the exporter, which
# MLflow does not require, the traces go nowhere at all, and no line says so; with it, they go to that address
# only. MLFLOW_ENABLE_OTLP_EXPORTER=false does not bring them back: MLflow then fails to end each span, with
# a warning, as it counts spans for the same address. Unsetting the variable does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true
cat > ask.py <<'EOF'
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

posted = []


class Collector(BaseHTTPRequestHandler):
    """Takes what is sent to it."""

    def do_POST(self):
        """Count a request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        posted.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *message):
        """Print nothing."""


collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=collector.serve_forever, daemon=True).start()
case = sys.argv[1]
if case != "unset":
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{collector.server_port}"
    os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf"
if case == "set, exporter off":
    os.environ["MLFLOW_ENABLE_OTLP_EXPORTER"] = "false"

import mlflow  # noqa: E402

mlflow.set_tracking_uri("sqlite:///store.db")
mlflow.set_experiment(case)


@mlflow.trace
def decide(income):
    """Decide by income."""
    return income > 4


decide(5.0)
mlflow.flush_trace_async_logging()
time.sleep(8)  # the exporter sends what it has every five seconds
print(f"{case}: in MLflow {len(mlflow.search_traces())}, at the address {len(posted)}")
EOF
for case in "unset" "set"; do
  environment/bin/python -W ignore ask.py "$case" 2> said | tee -a found
  if grep -q -i -E "warn|error|otlp" said; then cat said; exit 1; fi
done
environment/bin/python -W ignore ask.py "set, exporter off" 2> said | tee -a found
grep -o "Failed to end span" said
environment/bin/uv pip install --quiet --python environment/bin/python opentelemetry-exporter-otlp-proto-http==1.45.2
environment/bin/python -W ignore ask.py "set, with the exporter" 2> said | tee -a found
diff found - <<'EOF'
unset: in MLflow 1, at the address 0
set: in MLflow 0, at the address 0
set, exporter off: in MLflow 0, at the address 0
set, with the exporter: in MLflow 0, at the address 1
EOF
