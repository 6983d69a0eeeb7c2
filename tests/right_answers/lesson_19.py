"""Right answers to the exercises of lesson 19 in another style than that of the solutions."""

RIGHT = {
    "19.1": {
        "examined, not promoted": """
import datetime

name = "loans"
over = client.get_registered_model(name).aliases["champion"]
reasons = loan_promotion.examine(f"models:/{name}/4", f"models:/{name}/{over}", rows)
for key, value in {
    "at": str(datetime.datetime.now(datetime.timezone.utc)),
    "by": "me",
    "why": "Refused: " + " | ".join(reasons),
    "over": over,
}.items():
    client.set_model_version_tag(name, "4", f"refused.{key}", str(value))""",
    },
    "19.2": {
        "with the models in this process": """
weights = 1 - 0.3 * ((X_train["Gender"] == "Female") & (y_train == 1))
model = build_model("hist_gradient_boosting")
model.fit(X_train, y_train, classifier__sample_weight=weights)
log("unequal", model, registered_model_name="loans")


def examine_fairly(candidate_uri, champion_uri, rows):
    reasons = list(loan_promotion.examine(candidate_uri, champion_uri, rows))
    if champion_uri is not None and not reasons:
        features = [name for name in rows if name not in ("Loan_ID", "Loan_Status")]
        gaps = []
        for uri in (candidate_uri, champion_uri):
            yes = mlflow.pyfunc.load_model(uri).predict(rows[features])["decision"] == "approve"
            good = rows["Loan_Status"] == "Y"
            by_gender = yes[good].groupby(rows.loc[good, "Gender"]).mean()
            gaps.append(by_gender["Male"] - by_gender["Female"])
        if gaps[0] > gaps[1]:
            reasons.append("Among good loans, women lose against men.")
    return reasons""",
    },
}
