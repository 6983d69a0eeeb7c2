"""Wrong answers to the exercises of lesson 09 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

HANDED_OVER = """
complete = X_train.dropna().astype({"LoanAmount": int, "Loan_Amount_Term": int})
handed_over = mlflow.sklearn.log_model(
    model, name="handed_over", **{**about, "signature": infer_signature(complete)}
)
out = model.predict(X_train)
"""

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
options = {key: about[key] for key in ("input_example", "pip_requirements")}
options["signature"] = infer_signature(X_train, X_train["LoanAmount"])
options |= {"name": "burden", "python_model": str(burden)}
module = str(lesson.folder / "instalment.py")
"""

WRONG = {
    "9.1": {
        name: HANDED_OVER + answer
        for name, answer in {
            "left as it is": "",
            "inferred from three rows": """
mlflow.models.set_signature(handed_over.model_uri, infer_signature(X_test.head(3), out))""",
            "one column mended": """
mended = infer_signature(complete.astype({"LoanAmount": float}), out)
mlflow.models.set_signature(handed_over.model_uri, mended)""",
            "integers that can hold gaps": """
numbers = X_train.astype({"LoanAmount": "Int64", "Loan_Amount_Term": "Int64"})
mlflow.models.set_signature(handed_over.model_uri, infer_signature(numbers, out))""",
            "nothing said of what comes out": """
mlflow.models.set_signature(handed_over.model_uri, infer_signature(X_train))""",
            "probabilities declared": """
mended = infer_signature(X_train, model.predict_proba(X_train))
mlflow.models.set_signature(handed_over.model_uri, mended)""",
            "logged again": """
mended = infer_signature(X_train, out)
mlflow.sklearn.log_model(model, name="handed_over", **{**about, "signature": mended})""",
        }.items()
    },
    "9.2": {
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
            "without an example": """
del options["input_example"]
mlflow.pyfunc.log_model(**options, code_paths=[module])""",
        }.items()
    },
}
