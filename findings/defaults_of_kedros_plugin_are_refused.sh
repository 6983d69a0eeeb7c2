#!/usr/bin/env bash
# kedro-mlflow 2.0.3 with kedro 1.7.0 and MLflow 3.17.2, as they are installed together: the first run of
# a new project stops before its first node. The plugin imports kedro_datasets, which it does not
# require; with that, its default store is the folder mlruns, which MLflow refuses. With an address such
# as sqlite:///mlflow.db in conf/local/mlflow.yml, the run is logged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
install() { "$folder/environment/bin/uv" pip install --quiet --python "$folder/environment/bin/python" "$@"; }
install mlflow==3.17.2 kedro==1.7.0 kedro-mlflow==2.0.3
environment/bin/uv pip uninstall --quiet --python environment/bin/python kedro-telemetry # asks the network
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true COLUMNS=300
environment/bin/kedro new --name loans --tools none --example n > new.log 2>&1
cd loans
mkdir -p src/loans/pipelines/score
cat > src/loans/pipelines/score/__init__.py <<'EOF'
from kedro.pipeline import Pipeline, node


def create_pipeline(**_):
    """Return a pipeline of one node."""
    return Pipeline([node(lambda rate: 1 - rate, "params:rate", "score", name="one_less")])
EOF
echo "rate: 0.25" > conf/base/parameters.yml
attempt() { ../environment/bin/kedro run > run.log 2>&1 && echo runs || grep -oE "^[A-Za-z]+(Error|Exception): .{0,60}" run.log | tail -1; }
bare=$(attempt)
install kedro-datasets==9.6.0
default=$(attempt)
printf 'server:\n  mlflow_tracking_uri: sqlite:///mlflow.db\n' > conf/local/mlflow.yml
named=$(attempt)
logged=$(../environment/bin/python -W ignore -c "
import mlflow
mlflow.set_tracking_uri('sqlite:///mlflow.db')
print(mlflow.search_runs(search_all_experiments=True)['params.rate'].tolist())" 2> /dev/null)
printf 'as installed:  %s\nwith datasets: %s\nwith a store:  %s, parameters of the runs: %s\n' "$bare" "$default" "$named" "$logged"
[ "$bare" = "ModuleNotFoundError: No module named 'kedro_datasets'" ]
[[ $default == "MlflowException: The filesystem tracking backend"* ]]
[ "$named" = runs ]
[ "$logged" = "['0.25']" ]
