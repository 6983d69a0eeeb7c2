"""A front that follows an alias: when the alias moves, the new version answers, without a pause.

It is a class to put in the place of the front's own, in a terminal:

    python loan_front.py models:/<name>@champion --front loan_following:Following
"""

import asyncio
import logging
import re
import threading

import mlflow
from loan_front import Front, Refused
from loan_process import ModelProcess, name_of

SECONDS = 0.5  # from one look at the alias to the next

log = logging.getLogger("uvicorn.error")


class Following(Front):
    """The front of `loan_front.py`; each answer names its version in a header.

    Each version answers in a process of its own, as two versions may bring modules of one name.
    """

    @classmethod
    def load(cls, uri, *options):
        """Return a front for the version that the alias names now.

        Raises
        ------
        ValueError
            If the URI names no alias.
        """
        found = re.fullmatch(r"models:/([^/@]+)@([^/@]+)", uri)
        if found is None:
            raise ValueError(f"{uri} names no alias; models:/<name>@<alias> can be followed.")
        version = version_of(*found.groups())
        front = cls(load_warm(found[1], version), *options)
        front.name, front.alias, front.version = *found.groups(), version
        return front

    async def __call__(self, scope, receive, send):
        """Answer as the front does and add the version; follow the alias while the server runs."""

        async def send_with_version(message):
            # The model has predicted since the event loop last changed hands: it is this version.
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-model-version", self.answered_by().encode()))
            await send(message)

        if scope["type"] != "lifespan":
            return await super().__call__(scope, receive, send_with_version)
        self.ended = threading.Event()
        follow = {"target": self.follow, "args": [asyncio.get_running_loop()], "daemon": True}
        threading.Thread(**follow).start()
        await super().__call__(scope, receive, send)
        self.ended.set()

    def follow(self, loop):
        """Look at the alias again and again, while the server runs; after trouble, less often."""
        self.trouble = None
        while not self.ended.wait(4 * SECONDS if self.trouble else SECONDS):
            self.look(loop)

    def look(self, loop):
        """If the alias has moved, load and warm up the new version; then let it answer."""
        trouble, version = None, None
        try:
            version = version_of(self.name, self.alias)
            if version != self.version:
                model = load_warm(self.name, version)
                # Between two requests, never while one is being answered.
                loop.call_soon_threadsafe(self.use_version, model, version)
        except Exception as error:
            what = f"Version {version}" if version else f"{self.name}@{self.alias}"
            trouble = f"{what} cannot be loaded ({name_of(error)})"
        if trouble not in (None, self.trouble):
            log.warning("%s; version %s keeps answering.", trouble, self.version)
        self.trouble = trouble

    def answered_by(self):
        """Return the version that answers the present request."""
        return self.version

    def use_version(self, model, version):
        """Let another version answer, from the next request on."""
        before = self.model
        self.use(model)
        self.version = version
        before.stop()
        log.warning("Version %s answers.", version)

    def predict(self, records, params):
        """Return what the version predicts; if its process has ended, start it anew first."""
        try:
            return super().predict(records, params)
        except Refused:
            if self.model.running:
                raise
        try:
            self.use(load_warm(self.name, self.version))
        except Exception as error:
            log.warning("Version %s cannot be loaded (%s).", self.version, name_of(error))
            raise Refused(503, "The model is not ready.") from None
        return super().predict(records, params)

    def in_words(self, records):
        """Say no more than that the model refused: a typed model's rules are in its process."""
        return "The model cannot score these values."


def version_of(name, alias):
    """Return the number of the version that an alias names, as a text."""
    return str(mlflow.MlflowClient().get_model_version_by_alias(name, alias).version)


def load_warm(name, version):
    """Return a model that can be served, and that has answered its example, if it has one."""
    model = ModelProcess(f"models:/{name}/{version}")
    Front(model)  # refuses a model without columns
    if model.input_example is not None:
        model.predict(model.input_example)
    return model
