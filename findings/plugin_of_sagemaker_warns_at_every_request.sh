#!/usr/bin/env bash
# sagemaker-mlflow 0.5.0, which sagemaker 3.27.0 installs, with MLflow 3.17.2: once it is installed, every
# request to any other tracking server logs the warning "Encountered unexpected error during resolving
# request headers: list index out of range", as its plugin reads the address as one of AWS. The request
# itself is sent and answered as before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true
cat > ask.py <<'EOF'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import mlflow

answer = json.dumps({"experiments": [{"experiment_id": "1", "name": "loans"}]}).encode()


class Server(BaseHTTPRequestHandler):
    """Answers as a tracking server with one experiment."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
mlflow.set_tracking_uri(f"http://127.0.0.1:{server.server_port}")
for _ in range(3):
    (experiment,) = mlflow.search_experiments()
print(experiment.name)
server.shutdown()
EOF
plain=$(environment/bin/python -W ignore ask.py 2>&1)
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 sagemaker-mlflow==0.5.0
beside=$(environment/bin/python -W ignore ask.py 2>&1)
printf 'without the plugin:\n%s\nwith it:\n%s\n' "$plain" "$beside"
[ "$plain" = loans ]
[ "$(tail -1 <<< "$beside")" = loans ]
[ "$(grep -c "resolving request headers: list index out of range" <<< "$beside")" = 3 ]
