"""Wrong answers to the exercises of lesson 20 that a reader might well give."""

STORY = """
from datetime import UTC, datetime

client.set_registered_model_alias(NAME, "champion", 2)
over = client.get_model_version(NAME, 2).tags["promoted.over"]
story = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": "Grace", "why": "complaints"}
story["to"] = over
"""
MOVE = """
client.set_registered_model_alias(NAME, "champion", over)
"""
TELL = """
for key, value in story.items():
    client.set_model_version_tag(NAME, 2, f"rolled_back.{key}", value)
"""
START = """
client.set_registered_model_alias(NAME, "challenger", 3)
trial = loan_rollout.start(NAME, lesson.name, "canary", share=0.2, answers=200)
"""
END = """
client.set_tag(trial, "verdict", "{}")
client.set_terminated(trial)
loan_rollout.stop(NAME)
"""

WRONG = {
    "20.1": {
        "the alias alone": STORY + MOVE,
        "the story alone": STORY + TELL,
        "the alias taken away": STORY
        + TELL
        + '\nclient.delete_registered_model_alias(NAME, "champion")',
        "told of the new champion": STORY + MOVE + TELL.replace("NAME, 2", "NAME, 1"),
        "told of both": STORY + MOVE + TELL + TELL.replace("NAME, 2", "NAME, 1"),
        "the number of the loser": STORY + MOVE + 'story["to"] = "2"' + TELL,
        "a time without its zone": STORY.replace("datetime.now(UTC)", "datetime.now()")
        + MOVE
        + TELL,
        "seconds since 1970": STORY + MOVE + 'story["at"] = "1790000000"' + TELL,
        "no reason": STORY + MOVE + 'story["why"] = " "' + TELL,
        "in the words of the promotion": STORY + MOVE + TELL.replace("rolled_back.", "promoted."),
        "the promotion forgotten": STORY
        + MOVE
        + TELL
        + '\nclient.delete_model_version_tag(NAME, 2, "promoted.over")',
        "another version": STORY + 'over = "3"' + MOVE + TELL,
    },
    "20.2": {
        "not waited for": START,
        "stopped by hand": START + END.format("stopped"),
        "ended by hand in the words of the rule": START + END.format("worse"),
        "in the shadow": START.replace('"canary"', '"shadow"') + END.format("worse"),
        "another share": START.replace("0.2", "0.5") + END.format("worse"),
        "another version": START.replace('"challenger", 3', '"challenger", 2')
        + END.format("worse"),
        "a canary that passed": START + END.format("passed"),
        "the champion changed": START
        + END.format("worse")
        + '\nclient.set_registered_model_alias(NAME, "champion", 3)',
        "a newer one without an end": START + END.format("worse") + START,
    },
}
