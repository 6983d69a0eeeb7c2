"""Stand-ins for two clouds, on 127.0.0.1: what the real clients say is received, nothing is run."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple, Self

import boto3

from classroom.services import team

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
        """Lead clients here."""
        self._entered.append(team.environment(**self.environment))
        self._entered[-1].__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        """Lead clients where they went before."""
        self._entered.pop().__exit__(None, None, None)


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
        region = "eu-west-1"
        environment |= {"AWS_ENDPOINT_URL": self._server.url, "AWS_DEFAULT_REGION": region}
        super().__init__(environment)
        place = {"LocationConstraint": region}
        self._client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)

    def __enter__(self) -> Self:
        """Lead clients here; a RuntimeError says so if the stand-in was stopped."""
        if not self._server.running:
            raise RuntimeError("The stand-in has stopped. Run the cell that starts it.")
        return super().__enter__()

    def describe(self, name: str) -> dict[str, Any]:
        """Return what SageMaker keeps on a deployment: endpoint, configuration and model in one."""
        sagemaker = self._client("sagemaker")
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
        found = self._client("sagemaker").list_models()["Models"]
        return sorted(model["ModelName"].partition("-model-")[0] for model in found)

    def endpoints(self) -> list[str]:
        """Return the names of the endpoints in SageMaker."""
        found = self._client("sagemaker").list_endpoints()["Endpoints"]
        return sorted(endpoint["EndpointName"] for endpoint in found)

    def jobs(self) -> list[str]:
        """Return the names of the transform jobs in SageMaker."""
        found = self._client("sagemaker").list_transform_jobs()["TransformJobSummaries"]
        return sorted(job["TransformJobName"] for job in found)

    def files(self, folder: str = "") -> list[str]:
        """Return what the bucket holds under a folder."""
        found = self._client("s3").list_objects_v2(Bucket=BUCKET, Prefix=folder)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def stop(self) -> None:
        """End the server and all that it recorded; a second call does nothing."""
        self._server.stop()

    def _client(self, service: str):
        with self:
            return boto3.client(service)  # keeps the address and the keys


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
            self._server = team.HttpServer(self._record)
            self.environment = {
                "DATABRICKS_HOST": self._server.url,
                "DATABRICKS_TOKEN": "any",
                "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
            }
        return super().__enter__()

    def __exit__(self, *exception: object) -> None:
        """Lead clients where they went before; what was recorded stays."""
        super().__exit__(*exception)
        if not self._entered:
            self._server.stop()

    def _record(self, client: BaseHTTPRequestHandler, body: bytes) -> None:
        if "/.well-known/" not in client.path:
            content = json.loads(body or "null")
            self.requests.append(Request(client.command, client.path, content))
        client.send_response(200)
        client.send_header("Content-Type", "application/json")
        client.send_header("Content-Length", "2")
        client.end_headers()
        client.wfile.write(b"{}")
