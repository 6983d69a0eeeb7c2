"""Right answers to the exercises of lesson 20 in another style than that of the solutions."""

RIGHT = {
    "20.1": {
        "tags first, and told twice": """
import datetime

client.set_registered_model_alias(NAME, "champion", 2)
version = client.get_model_version_by_alias(NAME, "champion")
to = version.tags["promoted.over"]
for why in ("?", "slow answers"):
    told = {"at": datetime.datetime.now().astimezone().isoformat(), "by": "Ada", "why": why}
    for key, value in (told | {"to": to}).items():
        client.set_model_version_tag(NAME, version.version, "rolled_back." + key, value)
client.set_registered_model_alias(NAME, "champion", int(to))""",
    },
}
