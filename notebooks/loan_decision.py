"""The decision on a loan application as a model: probability, decision, and the reasons for a no.

Models from code: MLflow keeps this file with the model and runs it wherever the model is loaded.
"""

import mlflow
import numpy as np
import pandas as pd


class LoanDecision(mlflow.pyfunc.PythonModel):
    """A classifier with a threshold, rules for valid applications, and a typical applicant."""

    def load_context(self, context):
        self.classifier = mlflow.sklearn.load_model(context.artifacts["classifier"])
        self.typical = context.model_config["typical"]

    def predict(self, context, model_input: pd.DataFrame, params: dict | None = None):
        threshold = params["threshold"]
        if not 0 <= threshold <= 1:
            raise ValueError(f"The threshold is {threshold}; it must be between 0 and 1.")
        # An optional column that was left out is a column of missing values.
        applications = model_input.reindex(columns=list(RULES))
        faults = find_faults(applications)
        valid = np.array([fault == "" for fault in faults], dtype=bool)
        probability = np.full(len(applications), np.nan)
        if valid.any():
            probability[valid] = self.probability(applications[valid])
        refused = probability < threshold  # false where there is no probability
        reasons = np.array(faults, dtype=object)
        if refused.any():
            reasons[refused] = self.reasons(applications[refused], probability[refused])
        decision = np.select([~valid, refused], ["invalid", "refuse"], "approve")
        return pd.DataFrame(
            {
                "probability": probability,
                "threshold": threshold,
                "decision": decision,
                "reasons": reasons,
            },
            index=model_input.index,
        )

    def probability(self, applications):
        return self.classifier.predict_proba(applications)[:, 1]

    def reasons(self, applications, probability):
        """Name up to three values that would raise the probability most if they were typical."""
        names = list(applications.columns)
        changed = pd.concat([applications.assign(**{name: self.typical[name]}) for name in names])
        # A row for each column, and in it a number for each application.
        gains = self.probability(changed).reshape(len(names), len(applications)) - probability
        rows = zip(applications.to_dict("records"), gains.T, strict=True)
        return ["; ".join(self.in_words(row, gain)) or "no single value" for row, gain in rows]

    def in_words(self, application, gains):
        """Put the largest gains of one application into words."""
        largest = sorted(zip(gains, application, strict=True), key=lambda pair: -pair[0])[:3]
        for gain, name in largest:
            if gain >= 0.01:
                value, typical = shown(application[name]), shown(self.typical[name])
                yield f"{name} {value} (+{gain:.2f} with {typical})"


def one_of(*values):
    return f"one of {', '.join(map(shown, values))}", lambda column: column.isin(values)


def from_0(column):
    return np.isfinite(column) & (column >= 0)


def above_0(column):
    return np.isfinite(column) & (column > 0)


def find_faults(applications):
    """Say for each row which values break a rule; an empty text if none does."""
    faults = [[] for _ in range(len(applications))]
    for name, (allowed, fits) in RULES.items():
        column = applications[name]
        if name in MAY_BE_MISSING:
            allowed, fine = f"{allowed}, or missing", fits(column) | column.isna()
        else:
            fine = fits(column)
        for row in np.flatnonzero(~fine):
            faults[row].append(f"{name} is {shown(column.iloc[row])} but must be {allowed}")
    labels = applications.index
    return [
        f"row {row}: {'; '.join(found)}" if found else ""
        for row, found in zip(labels, faults, strict=True)
    ]


def shown(value):
    if pd.isna(value):
        return "missing"
    return f"{value:g}" if isinstance(value, float) else f"{value:.40}"


#: The allowed values of each column, in words and as a test. The model judges unusual ones.
RULES = {
    "Gender": one_of("Male", "Female"),
    "Married": one_of("Yes", "No"),
    "Dependents": one_of("0", "1", "2", "3+"),
    "Education": one_of("Graduate", "Not Graduate"),
    "Self_Employed": one_of("Yes", "No"),
    "ApplicantIncome": ("0 or more", from_0),
    "CoapplicantIncome": ("0 or more", from_0),
    "LoanAmount": ("above 0", above_0),
    "Loan_Amount_Term": ("above 0", above_0),
    "Credit_History": one_of(0.0, 1.0),
    "Property_Area": one_of("Urban", "Semiurban", "Rural"),
}
MAY_BE_MISSING = {
    "Gender",
    "Married",
    "Dependents",
    "Self_Employed",
    "LoanAmount",
    "Loan_Amount_Term",
    "Credit_History",
}

mlflow.models.set_model(LoanDecision())
