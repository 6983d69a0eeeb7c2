"""Wrong answers to the exercise of lesson 10 that a reader might well give."""

BURDEN = """
import sys

(lesson.folder / "instalment.py").write_text('''def monthly(rows):
    return 1000 * rows["LoanAmount"] / rows["Loan_Amount_Term"]
''')
burden = lesson.folder / "burden.py"
burden.write_text('''import mlflow
import pandas as pd
from instalment import monthly


class Burden(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: pd.DataFrame, params=None):
        return monthly(model_input) / model_input["ApplicantIncome"].clip(lower=1)


mlflow.models.set_model(Burden())
''')
sys.path.append(str(lesson.folder))
options = {"name": "burden", "python_model": str(burden), "input_example": rows}
options["signature"] = infer_signature(X_train, X_train["LoanAmount"])
options["pip_requirements"] = ["pandas==3.1.1"]
module = str(lesson.folder / "instalment.py")
"""

WRONG = {
    "10.1": {
        name: BURDEN + answer
        for name, answer in {
            "without its module": "mlflow.pyfunc.log_model(**options)",
            "the whole folder": """
mlflow.pyfunc.log_model(**options, code_paths=[str(lesson.folder)])""",
            "the module as an artifact of the run": """
with mlflow.start_run(run_name="burden"):
    mlflow.log_artifact(module, "code")
    mlflow.pyfunc.log_model(**options)""",
            "the script twice": """
mlflow.pyfunc.log_model(**options, code_paths=[str(burden)])""",
            "whole numbers declared": """
options["signature"] = infer_signature(X_train, y_train)
mlflow.pyfunc.log_model(**options, code_paths=[module])""",
            "anything declared": """
from mlflow.models import ModelSignature
from mlflow.types.schema import AnyType, ColSpec, Schema

options["signature"] = ModelSignature(options["signature"].inputs, Schema([ColSpec(AnyType())]))
mlflow.pyfunc.log_model(**options, code_paths=[module])""",
            "without an example": """
del options["input_example"]
mlflow.pyfunc.log_model(**options, code_paths=[module])""",
            "a version that nobody has published": """
options["pip_requirements"] = ["pandas==0.0.1"]
mlflow.pyfunc.log_model(**options, code_paths=[module])""",
        }.items()
    },
}
