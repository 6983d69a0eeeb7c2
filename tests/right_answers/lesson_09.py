"""Right answers to the exercises of lesson 09 in another style than the solutions'."""

from wrong_answers.lesson_09 import HANDED_OVER, chances, mended

RIGHT = {
    "9.1": {
        "a name for the output": mended("infer_signature(numbers, y_train)"),
        "another name for the output": mended(
            "infer_signature(numbers, pd.DataFrame({'decision': out}))"
        ).replace("import warnings", "import warnings\n\nimport pandas as pd", 1),
        "logged again": HANDED_OVER
        + """
mlflow.sklearn.log_model(
    of_numbers, name="handed_over", signature=infer_signature(numbers, out), **about_numbers
)""",
        "written by hand": HANDED_OVER
        + """
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

gaps = numbers.isna().any()
columns = [ColSpec("double", name, required=not gaps[name]) for name in NUMBERS]
mended = ModelSignature(Schema(columns), Schema([ColSpec("long", "approved")]))
mlflow.models.set_signature(handed_over.model_uri, mended)""",
    },
    "9.2": {
        "one complete row": chances(example="X_train.dropna().tail(1)"),
        "two named columns": chances(
            out="pd.DataFrame(model.predict_proba(X_train), columns=['no', 'yes'])"
        ).replace("\nmlflow", "\nimport pandas as pd\n\nmlflow", 1),
        "after a wrong try": chances("predict", "model.predict(X_train)") + chances(),
    },
}
