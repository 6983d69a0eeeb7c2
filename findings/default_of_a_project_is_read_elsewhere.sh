#!/usr/bin/env bash
# MLflow 3.17.2: a project's parameter of type path is looked for in the folder of the caller, also
# when it is the project's own default: a file of that name there is taken instead of the one beside
# MLproject, and without one the run fails, though the project holds the file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export MLFLOW_TRACKING_URI=sqlite:///$folder/store.db
mkdir project caller
cat >project/MLproject <<'YAML'
name: reader
entry_points:
  main:
    parameters:
      data: {type: path, default: data.csv}
    command: "cat {data}"
YAML
echo "of the project" >project/data.csv
echo "of the caller" >caller/data.csv
cd caller
run() { ../environment/bin/mlflow run ../project --env-manager local 2>../said.txt; }
said=$(run)
echo "the project read the file $said"
[ "$said" = "of the caller" ]
rm data.csv
if run; then exit 1; fi
grep -o "Got value data.csv for parameter data, but no such file or directory was found" ../said.txt
