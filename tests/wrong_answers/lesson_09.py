"""Wrong answers to the exercises of lesson 09 that a reader might well give."""

HANDED_OVER = """
import warnings

from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

warnings.filterwarnings("ignore", message="Hint: Inferred")
NUMBERS = ["ApplicantIncome", "CoapplicantIncome", "LoanAmount", "Loan_Amount_Term"]
of_numbers = make_pipeline(SimpleImputer(), LogisticRegression(max_iter=1000))
of_numbers.fit(X_train[NUMBERS], y_train)
complete = X_train[NUMBERS].dropna()
about_numbers = {**about, "input_example": complete.head(3)}
handed_over = mlflow.sklearn.log_model(
    of_numbers,
    name="handed_over",
    signature=infer_signature(complete.astype(int)),
    **about_numbers,
)
numbers = X_train[NUMBERS]
out = of_numbers.predict(numbers)
"""


def mended(signature):
    """Mend the model of exercise 9.1 with a signature that may be wrong."""
    return f"{HANDED_OVER}mlflow.models.set_signature(handed_over.model_uri, {signature})"


def chances(predict="predict_proba", out="model.predict_proba(X_train)", example=None, **more):
    """Log the model of exercise 9.2, in a way that may be wrong."""
    options = f", **{{**about, 'input_example': {example}}}" if example else ", **about"
    return f"""
mlflow.sklearn.log_model(
    model, name="chances", pyfunc_predict_fn="{predict}", signature=infer_signature(X_train, {out})
    {options}
)"""


WRONG = {
    "9.1": {
        "left as it is": HANDED_OVER,
        "the signature of the lesson's own model": mended(
            "infer_signature(X_train, model.predict(X_train))"
        ),
        "inferred from three rows": mended("infer_signature(numbers.dropna().head(3), out)"),
        "one column mended": mended(
            "infer_signature(complete.astype({'Loan_Amount_Term': int}), out)"
        ),
        "integers that can hold gaps": mended(
            "infer_signature(numbers.astype({'LoanAmount': 'Int64'}), out)"
        ),
        "nothing said of what comes out": mended("infer_signature(numbers)"),
        "probabilities declared": mended(
            "infer_signature(numbers, of_numbers.predict_proba(numbers))"
        ),
        "columns in another order than the pipeline's": mended(
            "infer_signature(numbers[NUMBERS[::-1]], out)"
        ),
        "everything optional": mended(
            "infer_signature(pd.concat([numbers, numbers.head(1) * float('nan')]), out)"
        ).replace("import warnings", "import warnings\n\nimport pandas as pd", 1),
    },
    "9.2": {
        "answers with 0 or 1": chances("predict", "model.predict(X_train)"),
        "declares the answers of predict": chances(out="model.predict(X_train)"),
        "declares nothing": chances(out="None"),
        "an example with a gap": chances(example="X_train[X_train['LoanAmount'].isna()].head(2)"),
        "no example": chances(example="None"),
        "inferred from complete rows": chances().replace(
            "infer_signature(X_train,", "infer_signature(X_train.dropna(),"
        ),
        "the model of exercise 9.1": HANDED_OVER
        + """
mlflow.sklearn.log_model(
    of_numbers,
    name="chances",
    pyfunc_predict_fn="predict_proba",
    signature=infer_signature(numbers, of_numbers.predict_proba(numbers)),
    **about_numbers,
)""",
    },
}
