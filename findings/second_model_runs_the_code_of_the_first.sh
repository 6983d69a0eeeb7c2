#!/usr/bin/env bash
# MLflow 3.17.2: two models that bring a module of the same name by code_paths, loaded in one
# process: the first one's module stays imported, and the second model answers with it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 scikit-learn==1.9.1
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - <<'EOF'
import pathlib
import mlflow

model = """
import mlflow
from mlflow.models import set_model


class Rule(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        import rule

        return [rule.ANSWER]


set_model(Rule())
"""
pathlib.Path("model.py").write_text(model)
for version in (1, 2):
    folder = pathlib.Path(f"code{version}")
    folder.mkdir()
    (folder / "rule.py").write_text(f"ANSWER = {version}")
    about = {"code_paths": [f"code{version}/rule.py"], "pip_requirements": ["mlflow==3.17.2"]}
    mlflow.pyfunc.save_model(f"version{version}", python_model="model.py", **about)
answers = [mlflow.pyfunc.load_model(f"version{version}").predict([1]) for version in (1, 2)]
print("answers of version 1 and version 2:", answers)
assert answers == [[1], [1]], answers
EOF
