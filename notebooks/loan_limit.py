"""A rule with a limit, which stands in a module of its own: lesson 10 writes `limits.py`."""

import mlflow
import pandas as pd
from limits import LIMIT


class ByLimit(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: pd.DataFrame, params=None):
        return (model_input["LoanAmount"] <= LIMIT).tolist()


mlflow.models.set_model(ByLimit())
