#!/usr/bin/env bash
# MLflow 2.22.5 and 3.17.2: one search_runs by 3.17.2 migrates a SQLite store of 2.22.5 without
# asking; afterwards 2.22.5 cannot open it (Can't locate revision). And MLflow 2.22.5 with
# SQLAlchemy 2.1.9, which its requirements allow, opens no database store.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==2.22.5 'sqlalchemy<2.1' setuptools==80.9.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
python3 -m venv new
environment/bin/uv pip install --quiet --python new/bin/python mlflow==3.17.2
search() {
    "$1/bin/python" -W ignore -c "
import mlflow
mlflow.set_tracking_uri('sqlite:///$2')
mlflow.search_runs()" 2>error.txt
}
tables() {
    python3 -c "
import sqlite3
count = \"select count(*) from sqlite_master where type = 'table'\"
print(sqlite3.connect('store.db').execute(count).fetchone()[0])"
}
search environment store.db
before=$(tables)
search new store.db
after=$(tables)
echo "tables before: $before, after one search by 3.17.2: $after"
[ "$after" -gt "$before" ]
if search environment store.db; then exit 1; fi
grep -m 1 -o "Can't locate revision identified by" error.txt
environment/bin/uv pip install --quiet --python environment/bin/python sqlalchemy==2.1.9
if search environment fresh.db; then exit 1; fi
echo "2.22.5 with SQLAlchemy 2.1.9: $(tail -n 1 error.txt | cut -c 1-120)"
