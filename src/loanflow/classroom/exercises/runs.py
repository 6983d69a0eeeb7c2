"""What the checks of several lessons ask of the store."""

import mlflow
from mlflow.entities import Run

from loanflow.classroom.exercises import require


def search(tracking_uri: str, experiment: str, question: str = "") -> list[Run]:
    """Return the runs of the experiment that the filter `question` finds; it must exist."""
    client = mlflow.MlflowClient(tracking_uri)
    found = client.get_experiment_by_name(experiment)
    require(found is not None, f"There is no experiment '{experiment}'.")
    return list(client.search_runs([found.experiment_id], question))


def the_run_named(name: str, tracking_uri: str, experiment: str) -> Run:
    """Return the one run of that name in the experiment; require that there is just one."""
    runs = search(tracking_uri, experiment, f"run_name = '{name}'")
    require(len(runs) > 0, f"There is no run named '{name}' in the experiment '{experiment}'.")
    require(len(runs) == 1, f"There are {len(runs)} runs named '{name}'; delete all but one.")
    return runs[0]


def require_finished(run: Run) -> None:
    """Require that the run ended well."""
    name, status = run.info.run_name, run.info.status
    require(status == "FINISHED", f"The run '{name}' is {status}; mlflow.end_run() ends it well.")
