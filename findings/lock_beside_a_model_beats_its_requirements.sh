#!/usr/bin/env bash
# MLflow 3.17.2 with uv 0.13.9: a pyfunc model saved in a folder that holds a uv.lock and a
# pyproject.toml takes copies of both along, also when pip_requirements are given, and
# `mlflow models predict --env-manager uv` installs the lock: the model's requirements.txt says pandas
# 3.1.1 and the model runs with 3.0.0. With MLFLOW_LOG_UV_FILES=false it runs with 3.1.1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
export PATH="$folder/environment/bin:$PATH"
mkdir project
cd project
cat >pyproject.toml <<'TOML'
[project]
name = "project"
version = "1"
requires-python = ">=3.11"
dependencies = ["mlflow==3.17.2", "pandas==3.0.0"]
TOML
uv lock --quiet --python ../environment/bin/python
cat >model.py <<'PY'
import mlflow
from mlflow.models import set_model


class Version(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        import pandas

        return [f"pandas {pandas.__version__}"]


set_model(Version())
PY
save() {
    python -W ignore 2>/dev/null -c "
import mlflow
mlflow.pyfunc.save_model('$1', python_model='model.py', pip_requirements=['mlflow==3.17.2', 'pandas==3.1.1'])"
}
save plain
MLFLOW_LOG_UV_FILES=false save bare
echo '{"dataframe_split": {"columns": ["a"], "data": [[1]]}}' >rows.json
cd ..
for model in plain bare; do
    mlflow models predict --model-uri "project/$model" --env-manager uv --content-type json \
        --input-path project/rows.json --output-path "$model.json" >/dev/null 2>&1
    echo "$model: requirements.txt says $(grep pandas "project/$model/requirements.txt"), the model $(cat "$model.json")"
done
[ -f project/plain/uv.lock ] && [ -f project/plain/pyproject.toml ] && [ ! -e project/bare/uv.lock ]
grep -q 'pandas 3.0.0' plain.json && grep -q 'pandas 3.1.1' bare.json
