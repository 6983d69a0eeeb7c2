"""Wrong answers to the exercises of lesson 22 that a reader might well give."""

RECENT = 'of(3, 4, 5, 6, 7).drop(columns="month")'
PROJECT = 'loan_life.train(lesson, rows, "recent", "boosting", test_size=0.1)'
FOREST = PROJECT.replace("boosting", "forest")
BY_HAND = 'loan_life.train_by_hand(build_model("hist_gradient_boosting"), rows, "recent")'
PUT = 'loan_life.put_forward(NAME, fifth, of(8, 9), "recent rows only", "Ada")'


def retrain(rows=RECENT, training=PROJECT, put=PUT):
    """Train a fifth version on some rows in some way, and do something with it."""
    return f"""
rows = {rows}
fifth = loan_life.register(NAME, *{training})
{put}"""


def review(
    told='told[told["tags.version"] == "4"]', uri="@champion", keep='told["decision"] != today'
):
    """List some decisions that another version would make otherwise."""
    return f"""
from loanflow.data import FEATURES

told = mlflow.load_table("decisions.json", extra_columns=["tags.version"])
told = {told}.set_index("Loan_ID")
model = mlflow.pyfunc.load_model("models:/loans-live{uri}")
today = model.predict(new.set_index("Loan_ID").loc[told.index, FEATURES])["decision"]
with mlflow.start_run(run_name="review"):
    mlflow.log_table(pd.DataFrame({{"Loan_ID": told.index[{keep}]}}), "review.json")"""


WRONG = {
    "22.1": {
        "old and recent rows": retrain("pd.concat([old, of(3, 4, 5, 6, 7)])", BY_HAND),
        "every month that is known": retrain('new[new["month"] < 10]', BY_HAND),
        "another family": retrain(training=FOREST),
        "in the notebook": retrain(training=BY_HAND),
        "no word of the gate": retrain(put=""),
        "past the gate": retrain(
            put='client.set_registered_model_alias(NAME, "champion", fifth)',
        ),
        "examined on its own rows": retrain(put=PUT.replace("8, 9", "3, 4, 5, 6, 7")),
        "refused on other months": retrain(put=PUT.replace("8, 9", "1, 2, 8, 9")),
        "all rows named, not those fitted": retrain(training=f"({PROJECT}[0], rows)"),
    },
    "22.2": {
        "all that version 4 decided": review(keep="today != ''"),
        "what the champion decides otherwise, whoever decided": review("told"),
        "against version 1": review(uri="/1"),
        "only the approvals": review(
            'told[told["tags.version"].eq("4") & told["decision"].eq("approve")]'
        ),
        "decided a second time": review() + '\nloan_life.decide(NAME, of(7, 8), "once more")',
    },
}
