#!/usr/bin/env bash
# MLflow 3.17.2 with PyMySQL 1.1.2 on MariaDB 10.11.19, as Debian 12 has it and with its collation: MariaDB takes "auc" and
# "AUC" for one key. A second metric or parameter whose name differs by case alone is refused with an
# IntegrityError; such a tag silently replaces the first one. Searches do tell cases apart, so the tag is then
# found under its new name only. SQLite keeps both of each.
# (It takes MariaDB from Debian's packages, without installing them.)
set -euo pipefail
folder=$(mktemp -d)
stop() {
  if [ -f "$folder/pid" ]; then kill "$(cat "$folder/pid")"; while [ -f "$folder/pid" ]; do sleep 0.2; done; fi
  rm -rf "$folder"
}
trap stop EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pymysql==1.1.2
apt-get download -q mariadb-server mariadb-server-core mariadb-client-core mariadb-common \
  liburing2 libaio1 libsnappy1v5 libfmt9 > downloaded 2>&1
for package in *.deb; do dpkg-deb -x "$package" debian; done
here=(--no-defaults "--basedir=$folder/debian/usr" "--datadir=$folder/data" "--user=$(id -un)")
libraries=$(find "$folder/debian" -name 'lib*.so.*' -printf '%h:' )
server() { LD_LIBRARY_PATH="$libraries" "$@"; }
server debian/usr/bin/mariadb-install-db "${here[@]}" --auth-root-authentication-method=normal > made 2>&1
port=$(python3 -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
server debian/usr/sbin/mariadbd "${here[@]}" --bind-address=127.0.0.1 "--port=$port" "--socket=$folder/socket" \
  "--pid-file=$folder/pid" --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci > log 2>&1 &
for _ in $(seq 100); do [ -S socket ] && break; sleep 0.2; done
server debian/usr/sbin/mariadbd --no-defaults --version
server debian/usr/bin/mariadb --no-defaults -u root -S socket -e "create database mlflow;
  create user mlflow@'127.0.0.1' identified by 'any'; grant all on mlflow.* to mlflow@'127.0.0.1'"
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > ask.py <<'EOF'
import sys

import mlflow
from mlflow.exceptions import MlflowException

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("loans")


def refused(log, *values):
    """Say whether MLflow refuses to log this."""
    try:
        log(*values)
        return False
    except MlflowException as error:
        assert "Duplicate entry" in str(error)
        return True


with mlflow.start_run() as run:
    mlflow.log_param("C", 1)
    mlflow.log_metric("AUC", 0.5)
    mlflow.set_tag("Model", "tree")
    print("second parameter refused:", refused(mlflow.log_param, "c", 2))
    print("second metric refused:", refused(mlflow.log_metric, "auc", 0.6))
    mlflow.set_tag("model", "forest")
data = mlflow.get_run(run.info.run_id).data
print("tags:", {key: value for key, value in data.tags.items() if "mlflow." not in key})
print("found by tags.Model:", len(mlflow.search_runs(filter_string="tags.Model = 'tree'")))
EOF
for uri in "mysql+pymysql://mlflow:any@127.0.0.1:$port/mlflow" sqlite:///mlflow.db; do
  echo "-- ${uri%%:*}"
  environment/bin/python -W ignore ask.py "$uri"
done > found
cat found
diff found - <<'EOF'
-- mysql+pymysql
second parameter refused: True
second metric refused: True
tags: {'model': 'forest'}
found by tags.Model: 0
-- sqlite
second parameter refused: False
second metric refused: False
tags: {'Model': 'tree', 'model': 'forest'}
found by tags.Model: 1
EOF
