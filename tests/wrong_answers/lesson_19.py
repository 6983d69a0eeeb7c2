"""Wrong answers to the exercises of lesson 19 that a reader might well give."""

REFUSAL = """
from datetime import UTC, datetime

over = client.get_model_version_by_alias("loans", "champion").version
try:
    loan_promotion.promote("loans", 4, rows, why="fresh data", by="Ada")
except loan_promotion.Refused as refused:
    reasons = refused.reasons
story = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": "Ada"}
story |= {"why": " ".join(reasons), "over": str(over)}
"""
TELL = """
for key, value in story.items():
    client.set_model_version_tag("loans", 4, f"refused.{key}", value)
"""

UNEQUAL = """
weights = 1 - 0.3 * ((X_train["Gender"] == "Female") & (y_train == 1))
model = build_model("hist_gradient_boosting")
model.fit(X_train, y_train, classifier__sample_weight=weights)
log("unequal", model, registered_model_name="loans")

from loanflow.data import FEATURES
from loanflow.training import shares


def gap(uri, rows):
    good = rows[rows[TARGET] == "Y"]
    decision = mlflow.pyfunc.load_model(uri).predict(good[FEATURES])["decision"]
    share = shares(decision == "approve", good["Gender"])["share"]
    return share["Male"] - share["Female"]


def examine_fairly(candidate_uri, champion_uri, rows):
"""


def fairly(*lines):
    """Give the function of exercise 19.2 another body."""
    return UNEQUAL + "\n".join(f"    {line}" for line in lines)


EXAMINE = "reasons = loan_promotion.examine(candidate_uri, champion_uri, rows)"
ALONE = "if champion_uri is None or reasons: return reasons"
GROWS = "gap(candidate_uri, rows) > gap(champion_uri, rows)"


def compared(*lines, grows=GROWS, told="['It grows.']"):
    """Compare the gaps after the lesson's own examination, in a way that may be wrong."""
    return fairly(EXAMINE, ALONE, *lines, f"return {told} if {grows} else []")


WRONG = {
    "19.1": {
        "the exception alone": REFUSAL,
        "a reason of one's own": REFUSAL + 'story["why"] = "It is not good enough."' + TELL,
        "the first reason alone": REFUSAL + 'story["why"] = reasons[0]' + TELL,
        "told of the champion": REFUSAL + TELL.replace('"loans", 4', '"loans", over'),
        "told of both": REFUSAL + TELL + TELL.replace('"loans", 4', '"loans", over'),
        "in the words of a promotion": REFUSAL + TELL.replace("refused.", "promoted."),
        "its own number": REFUSAL + 'story["over"] = "4"' + TELL,
        "a time without its zone": REFUSAL.replace("datetime.now(UTC)", "datetime.now()") + TELL,
        "nobody": REFUSAL + 'story["by"] = " "' + TELL,
        "promoted by hand": REFUSAL
        + TELL
        + '\nclient.set_registered_model_alias("loans", "champion", 4)',
        "refused by another champion": REFUSAL.replace(
            "try:", 'client.set_registered_model_alias("loans", "champion", 1)\ntry:', 1
        )
        + TELL,
    },
    "19.2": {
        "the lesson's gate": fairly(EXAMINE, "return reasons"),
        "the gap alone": fairly(
            "if champion_uri is None: return []", f"return ['It grows.'] if {GROWS} else []"
        ),
        "the wrong way round": compared(grows=GROWS.replace(">", "<")),
        "no champion forgotten": fairly(
            EXAMINE, f"if {GROWS}: reasons.append('It grows.')", "return reasons"
        ),
        "any gap refused": compared(grows="gap(candidate_uri, rows) > 0"),
        "a verdict in place of reasons": fairly(EXAMINE, ALONE, f"return {GROWS}"),
        "a sentence in place of a list": compared(told="'It grows.'"),
        "an exception in place of reasons": fairly(
            EXAMINE, ALONE, f"if {GROWS}: raise loan_promotion.Refused(['It grows.'])", "return []"
        ),
        "all applicants in place of the good loans": compared().replace(
            'good = rows[rows[TARGET] == "Y"]', "good = rows"
        ),
        "a limit in place of growth": compared(grows="gap(candidate_uri, rows) > 0.18"),
        "the gap without its sign": compared(
            "now, before = abs(gap(candidate_uri, rows)), abs(gap(champion_uri, rows))",
            grows="now > before",
        ),
        "growth of some size only": compared(grows=f"{GROWS} + 0.02"),
        "always the lesson's rows": compared("rows = loans.loc[X_test.index]"),
        "the decisions of other rows": compared(
            "good, men = rows[TARGET] == 'Y', rows['Gender'] == 'Male'",
            "def share(uri, group):",
            "    yes = mlflow.pyfunc.load_model(uri).predict(X_test)['decision'] == 'approve'",
            "    return yes.to_numpy()[(good & group).to_numpy()].mean()",
            "def difference(uri): return share(uri, men) - share(uri, rows['Gender'] == 'Female')",
            grows="difference(candidate_uri) > difference(champion_uri) + 0.05",
        ),
    },
}
