"""Wrong answers to the exercises of lesson 11 that a reader might well give."""

LOG = """
mlflow.pyfunc.log_model(
    name="{name}",
    python_model={script},
    artifacts={{"classifier": logged_classifier.model_uri}},
    model_config={{"typical": typical}},
    signature=infer_signature(X_fit, answer, params={{"threshold": {threshold}}}),
    input_example=X_fit.head(2),
    pip_requirements=packages,
)"""


def price_8(threshold):
    """Log the model of exercise 11.1 with another threshold."""
    return LOG.format(name="loan_decision_8", script="script", threshold=threshold)


RULE = '"LoanAmount": ("above 0", above_0)'


def committee(after, before=RULE, where="committee"):
    """Log the model of exercise 11.2 from a script in which `after` replaces `before`."""
    change = f"""
committee = lesson.folder / "committee.py"
text = script.read_text(encoding="utf-8")
assert {before!r} in text
committee.write_text(text.replace({before!r}, {after!r}), encoding="utf-8")
"""
    return change + LOG.format(name="loan_decision_1000", script=where, threshold="chosen")


WRONG = {
    "11.1": {
        "chosen on the test rows": """
on_test = classifier.predict_proba(X_test)[:, 1]
"""
        + price_8("float(cost_curve(y_test, on_test, approved_bad=8).idxmin())"),
        "the prices the wrong way round": price_8(
            "float(cost_curve(y_val, probability, rejected_good=8, approved_bad=1).idxmin())"
        ),
        "from theory alone": price_8("8 / 9"),
        "the price is noted, and the default stays": """
with mlflow.start_run(run_name="price 8"):
    mlflow.log_params({"rejected_good": 1, "approved_bad": 8})
    """
        + price_8("chosen").strip(),
        "the threshold is passed at the call": price_8("chosen")
        + """
careful = float(cost_curve(y_val, probability, approved_bad=8).idxmin())
mlflow.pyfunc.load_model(f"models:/{mlflow.last_logged_model().model_id}").predict(
    X_test, params={"threshold": careful}
)""",
        "the classifier alone": """
mlflow.sklearn.log_model(
    classifier,
    name="loan_decision_8",
    signature=infer_signature(X_fit),
    skops_trusted_types=TRUSTED_TYPES,
    pip_requirements=packages,
)""",
        "no default for the threshold": price_8("chosen").replace(
            ', params={"threshold": chosen}', ""
        ),
        "fitted anew on all training rows": """
classifier = build_model("logistic_regression").fit(X_train, y_train)
logged_classifier = mlflow.sklearn.log_model(
    classifier,
    name="classifier",
    signature=infer_signature(X_fit),
    skops_trusted_types=TRUSTED_TYPES,
    pip_requirements=packages,
)
"""
        + price_8("float(cost_curve(y_val, probability, approved_bad=8).idxmin())"),
    },
    "11.2": {
        "a thousand thousand": committee(
            '"LoanAmount": ("above 0 and at most 1000000", lambda x: above_0(x) & (x <= 1e6))'
        ),
        "the limit itself is refused": committee(
            '"LoanAmount": ("above 0 and below 1000", lambda x: above_0(x) & (x < 1000))'
        ),
        "the old rule is lost": committee('"LoanAmount": ("at most 1000", lambda x: x <= 1000)'),
        "the test changes and the words do not": committee(
            '"LoanAmount": ("above 0", lambda x: above_0(x) & (x <= 1000))'
        ),
        "a missing amount is refused": committee(
            '"LoanAmount": ("above 0 and at most 1000", lambda x: above_0(x) & (x <= 1000))'
        ).replace(
            "committee.write_text(text",
            "committee.write_text(text.replace('    \"LoanAmount\",\\n', '')",
        ),
        "the course's own script is logged": committee(
            '"LoanAmount": ("above 0 and at most 1000", lambda x: above_0(x) & (x <= 1000))',
            where="script",
        ),
        "refused in place of invalid": committee(
            'refused = (probability < threshold) | (applications["LoanAmount"] > 1000).to_numpy()',
            "refused = probability < threshold  # false where there is no probability",
        ),
    },
}
