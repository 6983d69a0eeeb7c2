"""A small HTTP front for a logged model: MLflow's contract, and answers that give nothing away.

It loads a model by its URI and answers GET /ping, GET /version and POST /invocations as the server
of `mlflow models serve` does, with JSON. What differs: a request has a largest size, and a bad one
gets one sentence that says what is wrong, and that names a column at most: no value that the client
sent, no path, no stack trace. The log says no more. In a terminal:

    python loan_front.py models:/<name>@champion --port 8080
"""

import argparse
import asyncio
import json
import logging
import os
import pkgutil
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import NamedTuple

import mlflow
import pandas as pd
import pydantic
import uvicorn
from mlflow.types import DataType

METHODS = {"/ping": "GET", "/version": "GET", "/invocations": "POST"}
FORMS = ("dataframe_records", "dataframe_split", "instances", "inputs")
CONTENT_TYPES = (b"application/json", b"application/json;charset=utf-8")
SECONDS_TO_SEND = 10  # in which a request must have arrived

log = logging.getLogger("uvicorn.error")


class Refused(Exception):
    """A status and one sentence for the client, without anything that the client sent."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


class Gone(Exception):
    """The client disconnected before it sent the whole body."""


class Column(NamedTuple):
    """What a column of the signature may hold, in words, as a test, and as a type of pandas."""

    required: bool
    words: str
    fits: Callable[[object], bool]
    dtype: str | None


def number(largest):
    # NaN is not between any two numbers, and a whole number of any length can be compared.
    return lambda value: type(value) in (int, float) and -largest <= value <= largest


def whole(bits):
    return lambda value: type(value) is int and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def moment(value):
    # Never a number, which might count seconds or milliseconds, nor 03/04/2026.
    if type(value) is not str or not MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:  # 30 February
        return False
    return True


MOMENT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?")
MOMENT_DTYPE = "datetime64[us]"
WITHOUT_GAPS = ("bool", "int64", "int32")  # a gap would become False, or be refused
KINDS = {
    DataType.string: ("text", lambda value: type(value) is str, "str"),
    DataType.boolean: ("true or false", lambda value: type(value) is bool, "bool"),
    DataType.double: ("a number", number(sys.float_info.max), "float64"),
    DataType.float: ("a number", number(3.4e38), "float32"),
    DataType.long: ("a whole number that fits into 64 bits", whole(64), "int64"),
    DataType.integer: ("a whole number that fits into 32 bits", whole(32), "int32"),
    DataType.datetime: ("a date such as 2026-03-04, or with T10:30", moment, MOMENT_DTYPE),
}
ANYTHING = ("anything", lambda value: True, None)


class Front:
    """An application of ASGI, which a server such as uvicorn calls for each request.

    Parameters
    ----------
    model : mlflow.pyfunc.PyFuncModel
        Its signature has named columns, or is made from a typed list of a pydantic model.
    max_bytes : int
        The size of the largest body that is read.
    traced : bool
        Whether predictions leave traces; MLFLOW_TRACE_SAMPLING_RATIO says which share of them.

    Raises
    ------
    ValueError
        If the signature of the model has no columns.
    """

    def __init__(self, model, max_bytes=2**20, traced=False):
        self.max_bytes = max_bytes
        self.traced = traced
        self.use(model)

    @classmethod
    def load(cls, uri, *options):
        """Return a front for the model of this URI; the other arguments are those of the class."""
        return cls(mlflow.pyfunc.load_model(uri), *options)

    def use(self, model):
        """Let this model answer, from the next request on."""
        schema = model.metadata.get_input_schema()
        if schema is None or schema.is_tensor_spec():
            raise ValueError("The model has no signature with columns; log it with one.")
        self.typed = not schema.has_input_names()  # a list of objects has one nameless column
        if self.typed:
            types = {p.name: (p.required, p.dtype) for p in schema.inputs[0].type.properties}
        else:
            types = {spec.name: (spec.required, spec.type) for spec in schema.inputs}
        self.columns = {
            name: Column(required, *KINDS.get(kind, ANYTHING))
            for name, (required, kind) in types.items()
        }
        params = model.metadata.get_params_schema()
        self.params = {spec.name for spec in params.params} if params else set()
        self.model = model

    async def __call__(self, scope, receive, send):
        """Answer one request; or wait for the end of the server, and save the last traces."""
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            if self.traced:
                mlflow.flush_trace_async_logging()
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = []
        try:
            status, body = 200, await self.answer(scope, receive)
        except Refused as refused:
            log.warning("%d: %s", refused.status, refused)
            status, body = refused.status, json.dumps({"error": str(refused)}).encode()
            if status == 405:
                headers = [(b"allow", METHODS[scope["path"]].encode())]
            elif status in (408, 413):  # what is still to come is not waited for
                headers = [(b"connection", b"close")]
        except Gone:
            return
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def answer(self, scope, receive):
        """Return the body of a good answer, or raise `Refused`."""
        path = scope["path"]
        if path not in METHODS:
            raise Refused(404, f"There is no such path. Use {', '.join(METHODS)}.")
        if scope["method"] != METHODS[path]:
            raise Refused(405, f"The path {path} accepts only {METHODS[path]}.")
        if path == "/ping":
            return b"\n"
        if path == "/version":
            return mlflow.__version__.encode()
        records, params = parse(await self.read(dict(scope["headers"]), receive))
        self.check(records, params)
        return as_json(self.predict(records, params))

    async def read(self, headers, receive):
        """Return the body of a request, if it is JSON and not too large."""
        content_type = headers.get(b"content-type", b"").lower().replace(b" ", b"")
        if content_type not in CONTENT_TYPES:
            raise Refused(415, "The header Content-Type must be application/json.")
        too_large = Refused(413, f"A request may have at most {self.max_bytes:,} bytes.")
        if int(headers.get(b"content-length", 0)) > self.max_bytes:
            raise too_large
        body, more = b"", True
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > self.max_bytes:
                        raise too_large
        except TimeoutError:
            raise Refused(408, "The request did not arrive in time.") from None
        return body

    def check(self, records, params):
        """Refuse records and parameters that are not what the model's signature asks for."""
        for row, record in enumerate(records):
            for name, column in self.columns.items():
                value = record.get(name)
                if value is None:
                    if column.required:
                        raise Refused(422, f"Row {row}: {name} is missing.")
                elif not column.fits(value):
                    raise Refused(422, f"Row {row}: {name} must be {column.words}.")
        if not self.params.issuperset(params):
            known = ", ".join(sorted(self.params)) or "none"
            raise Refused(422, f"Unknown parameter. The model accepts: {known}.")

    def predict(self, records, params):
        """Return what the model predicts, and leave a trace of it if traces are wanted."""
        data = records
        try:
            data = self.as_input(records)
            with mlflow.start_span("invocations") if self.traced else nullcontext() as span:
                predictions = plain(self.model.predict(data, params=params))
                if span:  # how much was asked and what was answered, but not for whom
                    span.set_attribute("rows", len(records))
                    span.set_outputs(predictions)
                return predictions
        except Refused:
            raise
        except Exception as error:
            log.warning("The model raised %s.", type(error).__name__)
            raise Refused(422, self.in_words(data)) from None

    def as_input(self, records):
        """Return the records as the model takes them; a column that was left out is missing."""
        dtypes = {name: column.dtype for name, column in self.columns.items() if column.dtype}
        if moments := [name for name, dtype in dtypes.items() if dtype == MOMENT_DTYPE]:
            records = [with_moments(record, moments) for record in records]
        if self.typed:
            return records
        frame = pd.DataFrame.from_records(records, columns=list(self.columns))
        for name in [name for name, dtype in dtypes.items() if dtype in WITHOUT_GAPS]:
            gaps = frame[name].isna()
            if gaps.all():
                frame, _ = frame.drop(columns=name), dtypes.pop(name)
            elif gaps.any():
                row = int(gaps.argmax())
                raise Refused(422, f"Row {row}: {name} is missing. Give it in all rows or in none.")
        return frame.astype(dtypes)

    def in_words(self, records):
        """Name the row and the column that a typed model refused, and its rule."""
        if self.typed:
            try:
                hint = self.model.unwrap_python_model().predict_type_hints.input
                pydantic.TypeAdapter(hint).validate_python(records, strict=True)
            except pydantic.ValidationError as error:
                found = error.errors(include_url=False, include_input=False)[0]
                row, name = (*found["loc"], None, None)[:2]
                if name in self.columns and found["type"] != "value_error":
                    return f"Row {row}: {name}: {found['msg'].lower()}."
        return "The model cannot score these values."


def parse(body):
    """Return the records and the parameters of a body in MLflow's contract."""
    try:
        request = json.loads(body, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not valid JSON.") from None
    forms = [form for form in FORMS if form in request] if type(request) is dict else []
    if len(forms) != 1:
        raise Refused(400, f"The body must be an object with one of {', '.join(FORMS)}.")
    (form,) = forms
    records = request[form]
    if form == "dataframe_split":
        records = from_split(records)
    elif form in ("instances", "inputs") and type(records) is dict:
        records = from_columns(records)
    if type(records) is not list or not records or any(type(row) is not dict for row in records):
        raise Refused(400, f"{form} must hold at least one row, each with its columns' names.")
    params = request.get("params") or {}
    if type(params) is not dict:
        raise Refused(400, "params must be an object.")
    return records, params


def no_constant(name):
    raise ValueError(f"{name} is not a JSON number")


def from_split(split):
    """Return the records of {"columns": [...], "data": [[...], ...]}; None if it is not that."""
    if type(split) is not dict:
        return None
    columns, data = split.get("columns"), split.get("data")
    if type(columns) is not list or any(type(name) is not str for name in columns):
        return None
    if len(set(columns)) < len(columns):
        return None
    if type(data) is not list or any(type(r) is not list or len(r) != len(columns) for r in data):
        return None
    return [dict(zip(columns, row, strict=True)) for row in data]


def from_columns(columns):
    """Return the records of {"column": [...], ...}; None if the columns differ in length."""
    if any(type(values) is not list for values in columns.values()):
        return None
    if len({len(values) for values in columns.values()}) != 1:
        return None
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def with_moments(record, names):
    """Return a record with its text of these names as dates."""
    moments = {n: datetime.fromisoformat(record[n]) for n in names if record.get(n) is not None}
    return record | moments


def plain(predictions):
    """Return what a model predicted as lists and dictionaries."""
    if isinstance(predictions, pd.DataFrame):
        return predictions.to_dict("records")
    return predictions.tolist() if hasattr(predictions, "tolist") else predictions


def as_json(predictions):
    """Return predictions as the body of an answer; JSON has no NaN, so that one becomes null."""
    answer = {"predictions": predictions}
    try:
        text = json.dumps(answer, allow_nan=False)
    except ValueError:
        text = json.dumps(json.loads(json.dumps(answer), parse_constant=lambda name: None))
    return text.encode()


def create_app():
    """Load the model for one process of the server; the environment says which."""
    uri, front, *options = json.loads(os.environ["LOAN_FRONT"])
    return pkgutil.resolve_name(front).load(uri, *options)


def main():
    """Serve a model on this machine until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Serve a logged model.")
    parser.add_argument("model", help="its URI, such as models:/name@champion")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    parser.add_argument("--loop", default="auto", help="uvloop where it is, or asyncio")
    parser.add_argument("--front", default="loan_front:Front", help="a class in its place")
    parser.add_argument("--max-bytes", type=int, default=2**20, help="size of the largest body")
    parser.add_argument("--trace", action="store_true", help="leave traces of predictions")
    options = parser.parse_args()
    # Each worker is a process of its own and inherits the environment.
    os.environ["LOAN_FRONT"] = json.dumps(
        [options.model, options.front, options.max_bytes, options.trace]
    )
    uvicorn.run(
        "loan_front:create_app",
        factory=True,
        host="127.0.0.1",
        port=options.port,
        workers=options.workers,
        timeout_worker_healthcheck=60,  # a busy machine may take seconds to import mlflow
        loop=options.loop,
        lifespan="on",
        ws="none",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
