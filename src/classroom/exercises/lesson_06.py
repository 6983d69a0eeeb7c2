"""The checks of lesson 06."""

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.server import get_app_client
from mlflow.server.security_utils import is_allowed_host_header

from classroom.exercises import exercise, require
from classroom.services.team import PracticeServer, environment, signed_in

_WANTED = (
    "mlflow.example.org",
    "mlflow.example.org:8443",
    *(f"localhost:{port}" for port in (5000, 5001, 8080)),
)
_UNWANTED = (
    "example.org",
    "registry.example.org",
    "mlflow.example.net",
    "10.0.0.7",
    "localhost.example.net",
    "mlflow.example.org.example.net",
    "mlflow-example-org",
)


@exercise("6.1")
def check_colleague_may_log(practice: PracticeServer) -> None:
    """Ask the server, as its administrator, what Ada may do; then log a run as Ada."""
    require(practice.running, "The practice server has ended; run the cell of your answer again.")
    client = mlflow.MlflowClient(practice.url)
    once = environment(MLFLOW_HTTP_REQUEST_MAX_RETRIES=1)
    with signed_in("admin", practice.admin_password), once:
        auth = get_app_client("basic-auth", practice.url)
        experiment = client.get_experiment_by_name("team")
        require(not auth.get_user("ada").is_admin, "Ada has become an administrator.")
        granted = auth.get_user_permission("ada", "experiment", experiment.experiment_id)
        require(
            granted.permission == "EDIT",
            f"Ada has the permission {granted.permission} on the experiment 'team'.",
        )
    with signed_in("ada", practice.ada_password):
        try:
            run = client.create_run(experiment.experiment_id, run_name="by the check, as Ada")
            client.set_terminated(run.info.run_id)
        except MlflowException as error:
            require(False, f"Signed in as Ada, the check cannot log a run: {error.error_code}.")


@exercise("6.2")
def check_allowed_hosts(hosts: str) -> None:
    """Ask MLflow's own comparison which names the list lets in."""
    require(isinstance(hosts, str), "hosts is one string, with commas between its entries.")
    require(bool(hosts.strip()), "hosts is empty, so MLflow uses its default list.")
    allowed = [entry.strip() for entry in hosts.split(",")]
    require(not any("/" in entry for entry in allowed), "An entry is a name, not a URL with '/'.")
    refused = [name for name in _WANTED if not is_allowed_host_header(allowed, name)]
    require(not refused, f"The list refuses {', '.join(refused)}.")
    admitted = [name for name in _UNWANTED if is_allowed_host_header(allowed, name)]
    require(not admitted, f"The list also admits {', '.join(admitted)}.")
