"""Wrong answers to the exercises of lesson 19 that a reader might well give.

Each stands in the place of the right one in the solutions notebook.
"""

STORY = """
from datetime import UTC, datetime

over = client.get_model_version("loans", 2).tags["promoted.over"]
story = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": "Grace", "why": "complaints"}
story["to"] = over
"""
MOVE = """
client.set_registered_model_alias("loans", "champion", over)
"""
TELL = """
for key, value in story.items():
    client.set_model_version_tag("loans", 2, f"rolled_back.{key}", value)
"""

UNEQUAL = """
weights = 1 - 0.3 * ((X_train["Gender"] == "Female") & (y_train == 1))
fitted = build_model(boosting).fit(X_train, y_train, classifier__sample_weight=weights)
log("unequal", fitted, registered_model_name="loans")

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
        "the alias alone": STORY + MOVE,
        "the story alone": STORY + TELL,
        "the alias taken away": STORY
        + TELL
        + '\nclient.delete_registered_model_alias("loans", "champion")',
        "told of the new champion": STORY + MOVE + TELL.replace('"loans", 2', '"loans", 1'),
        "told of both": STORY + MOVE + TELL + TELL.replace('"loans", 2', '"loans", 1'),
        "the number of the loser": STORY + MOVE + 'story["to"] = "2"' + TELL,
        "a time without its zone": STORY.replace("datetime.now(UTC)", "datetime.now()")
        + MOVE
        + TELL,
        "seconds since 1970": STORY + MOVE + 'story["at"] = "1790000000"' + TELL,
        "no reason": STORY + MOVE + 'story["why"] = " "' + TELL,
        "told in the story of the promotion": STORY
        + MOVE
        + TELL.replace("rolled_back.", "promoted."),
        "the promotion forgotten": STORY
        + MOVE
        + TELL
        + '\nclient.delete_model_version_tag("loans", 2, "promoted.why")',
        "the version deleted": STORY + MOVE + '\nclient.delete_model_version("loans", 2)',
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
