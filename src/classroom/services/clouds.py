"""Stand-ins for two clouds, on 127.0.0.1: what the real clients say is received, nothing is run."""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

import boto3

from classroom.services import team
from classroom.services.servers import HOST

#: The bucket of the stand-in for AWS.
BUCKET = "loan-models"

# It warns, with the time, that a workspace gave no id; ours gives none.
logging.getLogger("mlflow.store._unity_catalog").setLevel(logging.ERROR)


def attempt(call: Callable, *arguments: object, **options: object) -> str:
    """Say how a call ends: "accepted", or the words of its error without markup and advice."""
    try:
        call(*arguments, **options)
        return "accepted"
    except Exception as error:
        message = getattr(error, "message", str(error))
        if quoted := re.findall(r'"([^"]+)"', message.partition("{")[2]):
            return ", ".join(quoted)  # a validator's report: which field, and what is wrong
        return re.split(r"\. |: <|\n", message)[0]


class _StandIn:
    """Something to which `with` leads the clients of a cloud; blocks may stand in each other."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._entered: list[AbstractContextManager] = []

    def __enter__(self) -> Self:
        """Lead clients here.

        Raises
        ------
        RuntimeError
            If the stand-in was stopped.
        """
        if self._stopped():
            raise RuntimeError("The stand-in has stopped. Run the cell that starts it.")
        self._entered.append(team.environment(**self.environment))
        self._entered[-1].__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        """Lead clients where they went before."""
        self._entered.pop().__exit__(None, None, None)

    def _stopped(self) -> bool:
        return False


class AWS(_StandIn):
    """A stand-in for Amazon's cloud: moto's server, which keeps records and runs no model.

    Inside of a `with` block, and only there, clients of AWS are led to it. It ends with `stop`, or
    with this object. It has one empty bucket, `BUCKET`.

    Attributes
    ----------
    environment : mapping of str to str
        The address, and keys that open nothing else, as environment variables.

    Raises
    ------
    ServerError
        If moto does not start.
    """

    def __init__(self) -> None:
        self._server, environment = team.moto_server()
        super().__init__(
            {
                **environment,
                "AWS_ENDPOINT_URL": self._server.url,
                "AWS_DEFAULT_REGION": "eu-west-1",
            }
        )
        place = {"LocationConstraint": "eu-west-1"}
        with self:
            boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)

    def describe(self, name: str) -> dict[str, Any]:
        """Return what SageMaker keeps on a deployment: endpoint, configuration and model in one."""
        with self:
            sagemaker = boto3.client("sagemaker")
            endpoint = sagemaker.describe_endpoint(EndpointName=name)
            settings = endpoint["EndpointConfigName"]
            settings = sagemaker.describe_endpoint_config(EndpointConfigName=settings)
            (machines,) = settings["ProductionVariants"]
            model = sagemaker.describe_model(ModelName=machines["ModelName"])["PrimaryContainer"]
        return {
            "endpoint": endpoint["EndpointArn"].rpartition("/")[2],
            "status": endpoint["EndpointStatus"],
            "machines": f"{machines['InitialInstanceCount']} {machines['InstanceType']}",
            "archive": model["ModelDataUrl"],
            "image": model["Image"],
            "environment": model["Environment"],
        }

    def models(self) -> list[str]:
        """Return the models in SageMaker, without the endings that MLflow makes up."""
        with self:
            found = boto3.client("sagemaker").list_models()["Models"]
        return sorted(model["ModelName"].partition("-model-")[0] for model in found)

    def endpoints(self) -> list[str]:
        """Return the names of the endpoints in SageMaker."""
        with self:
            found = boto3.client("sagemaker").list_endpoints()["Endpoints"]
        return sorted(endpoint["EndpointName"] for endpoint in found)

    def jobs(self) -> list[str]:
        """Return the names of the transform jobs in SageMaker."""
        with self:
            found = boto3.client("sagemaker").list_transform_jobs()["TransformJobSummaries"]
        return sorted(job["TransformJobName"] for job in found)

    def files(self, folder: str = "") -> list[str]:
        """Return what the bucket holds under a folder."""
        with self:
            found = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=folder)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def stop(self) -> None:
        """End the server and all that it recorded; a second call does nothing."""
        self._server.stop()

    def _stopped(self) -> bool:
        return not self._server.running


class Request(NamedTuple):
    """What a client asked for; `body` is read as JSON, None where there was none."""

    method: str
    path: str
    body: Any


class Databricks(_StandIn):
    """A stand-in for a Databricks workspace: it records each request and answers ``{}``.

    Clients of Databricks are led to it inside of a `with` block, and only there; it listens from
    the beginning of the outermost block to its end.

    Attributes
    ----------
    environment : mapping of str to str
        The address, and a token that opens nothing else, as environment variables; inside of a
        block.
    requests : list of Request
        What has arrived, oldest first, without the client's questions about how to sign in.
    """

    def __init__(self) -> None:
        super().__init__({})
        self.requests: list[Request] = []

    def __enter__(self) -> Self:
        """Listen, and lead clients here."""
        if not self._entered:
            self._http = ThreadingHTTPServer((HOST, 0), _recorder(self.requests))
            threading.Thread(target=self._http.serve_forever, daemon=True).start()
            self.environment = {
                "DATABRICKS_HOST": f"http://{HOST}:{self._http.server_port}",
                "DATABRICKS_TOKEN": "any",
                "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
            }
        return super().__enter__()

    def __exit__(self, *exception: object) -> None:
        """Lead clients where they went before; what was recorded stays."""
        super().__exit__(*exception)
        if not self._entered:
            self._http.shutdown()
            self._http.server_close()


def _recorder(requests: list[Request]) -> type[BaseHTTPRequestHandler]:
    class Recorder(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if "/.well-known/" not in self.path:
                requests.append(Request(self.command, self.path, json.loads(body or "null")))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *arguments: object) -> None:
            pass

    return Recorder
