"""Wrong answers to the exercises of lesson 19 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

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
GROWS = "if gap(candidate_uri, rows) > gap(champion_uri, rows):"

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
        "the lesson's gate": fairly(
            "return loan_promotion.examine(candidate_uri, champion_uri, rows)"
        ),
        "the gap alone": fairly(
            "if champion_uri is None: return []", f"return ['It grows.'] if {GROWS[3:-1]} else []"
        ),
        "the wrong way round": fairly(
            EXAMINE, ALONE, f"return ['It grows.'] if {GROWS[3:-1].replace('>', '<')} else []"
        ),
        "no champion forgotten": fairly(
            EXAMINE, GROWS, "    reasons.append('It grows.')", "return reasons"
        ),
        "any gap refused": fairly(
            EXAMINE, ALONE, "return ['It is there.'] if gap(candidate_uri, rows) > 0 else []"
        ),
        "a verdict in place of reasons": fairly(EXAMINE, ALONE, f"return {GROWS[3:-1]}"),
        "a sentence in place of a list": fairly(
            EXAMINE, ALONE, f"return 'It grows.' if {GROWS[3:-1]} else []"
        ),
        "an exception in place of reasons": fairly(
            EXAMINE, ALONE, GROWS, "    raise loan_promotion.Refused(['It grows.'])", "return []"
        ),
        "all applicants in place of the good loans": fairly(
            EXAMINE, ALONE, GROWS, "    reasons.append('It grows.')", "return reasons"
        ).replace('good = rows[rows[TARGET] == "Y"]', "good = rows"),
        "a limit in place of growth": fairly(
            EXAMINE, ALONE, "return ['It is wide.'] if gap(candidate_uri, rows) > 0.18 else []"
        ),
        "the gap without its sign": fairly(
            EXAMINE,
            ALONE,
            "now, before = abs(gap(candidate_uri, rows)), abs(gap(champion_uri, rows))",
            "return ['It grows.'] if now > before else []",
        ),
        "growth of some size only": fairly(
            EXAMINE,
            ALONE,
            GROWS.replace(":", " + 0.02:"),
            "    reasons.append('It grows.')",
            "return reasons",
        ),
        "always the lesson's rows": fairly(
            EXAMINE,
            ALONE,
            "lesson_rows = loans.loc[X_test.index]",
            GROWS.replace("rows", "lesson_rows"),
            "    reasons.append('It grows.')",
            "return reasons",
        ),
        "the decisions of other rows": fairly(
            EXAMINE,
            ALONE,
            "good, men = rows[TARGET] == 'Y', rows['Gender'] == 'Male'",
            "def share(uri, group):",
            "    yes = mlflow.pyfunc.load_model(uri).predict(X_test)['decision'] == 'approve'",
            "    return yes.to_numpy()[(good & group).to_numpy()].mean()",
            "def difference(uri): return share(uri, men) - share(uri, rows['Gender'] == 'Female')",
            "now, before = difference(candidate_uri), difference(champion_uri)",
            "return ['It grows.'] if now > before + 0.05 else []",
        ),
    },
}
