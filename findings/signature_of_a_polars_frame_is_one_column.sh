#!/usr/bin/env bash
# MLflow 3.17.2 with Polars 2.1.0: infer_signature takes a Polars frame of three columns without
# complaint and describes it as one column of type Any, without a name. A model with this signature
# is given the first column of a pandas frame alone, and refuses every Polars frame ("Expected input
# to be DataFrame. Found: DataFrame"). An input_example of Polars is refused when the model is logged;
# mlflow.data.from_polars knows all three columns.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2 pandas==3.1.1 polars==2.1.0
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
cat > ask.py <<'EOF'
import mlflow
import polars
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature

mlflow.set_tracking_uri("sqlite:///mlflow.db")
rows = polars.DataFrame({"area": ["Urban", "Rural"], "income": [5.0, 4.0], "term": [360, 180]})


class Columns(mlflow.pyfunc.PythonModel):
    """Answers with the names of the columns that it is given."""

    def predict(self, context, model_input, params=None):
        return list(model_input.columns)


signature = infer_signature(rows)
print("signature:", signature.inputs)
print("dataset:  ", mlflow.data.from_polars(rows).schema)
mlflow.pyfunc.save_model("model", python_model=Columns(), signature=signature)
model = mlflow.pyfunc.load_model("model")
given = model.predict(rows.to_pandas())
print("given of a pandas frame:", given)
try:
    model.predict(rows)
    said = "accepted"
except MlflowException as error:
    said = str(error).rpartition("Error: ")[2]
print("a Polars frame:", said)
try:
    mlflow.pyfunc.save_model("other", python_model=Columns(), input_example=rows)
    example = "accepted"
except MlflowException as error:
    example = str(error).splitlines()[0]
print("an example of Polars:", example)
assert str(signature.inputs) == "[Any (required)]"
assert given == ["area"]
assert said == "Expected input to be DataFrame. Found: DataFrame"
assert example.startswith("Expected one of the following types")
assert "income" in str(mlflow.data.from_polars(rows).schema)
EOF
environment/bin/python -W ignore ask.py
