"""Try the models of a store on other machines, each made from a model's own files."""

import platform
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import mlflow
import yaml
from mlflow.entities import LoggedModelStatus

from classroom.services.environments import OtherMachine, OtherMachineError, problems_elsewhere
from loanflow.data import load_loans

LOOK_FOR_LOANFLOW = "import importlib.util as u; print(u.find_spec('loanflow'))"


def logged_models(home: Path, folder: Path) -> dict[str, Path]:
    """Copy the files of every usable logged model of a workspace; return their folders by name."""
    client = mlflow.MlflowClient(f"sqlite:///{(home / 'mlflow.db').as_posix()}")
    copies = {}
    for experiment in client.search_experiments():
        found = client.search_logged_models([experiment.experiment_id], max_results=1000)
        for number, model in enumerate(m for m in found if m.status == LoggedModelStatus.READY):
            place = folder / experiment.name / str(number)
            place.mkdir(parents=True)
            copy = mlflow.artifacts.download_artifacts(model.artifact_location, dst_path=str(place))
            copies[f"{experiment.name}, {model.name} ({number})"] = Path(copy)
    return copies


def problems(models: Mapping[str, Path], folder: Path) -> dict[str, str]:
    """Make a machine for each set of requirements, and let the models predict there.

    A model that brings code has a machine of its own: its code must not serve another model.

    Parameters
    ----------
    models : mapping of str to pathlib.Path
        Folders with an ``MLmodel``, by name.
    folder : pathlib.Path
        Takes a file of applications, gaps included, for the models without an input example.

    Returns
    -------
    dict of str to str
        What went wrong, by the name of the model.
    """
    rows = folder / "applications.csv"
    load_loans().head(50).to_csv(rows, index=False)
    alike, wrong = defaultdict(dict), {}
    for name, model in models.items():
        due = yaml.safe_load((model / "python_env.yaml").read_text(encoding="utf-8"))["python"]
        if due != platform.python_version():
            wrong[name] = f"It asks for Python {due}; this is {platform.python_version()}."
            continue
        asked = [file.read_bytes() for file in sorted(model.glob("*s.txt"))]  # and constraints.txt
        alike[*asked, name if (model / "code").exists() else None][name] = model
    for group in alike.values():
        try:
            with OtherMachine(next(iter(group.values())) / "requirements.txt") as machine:
                if machine.run(LOOK_FOR_LOANFLOW) != "None":
                    raise OtherMachineError("loanflow is installed there.")
                found = problems_elsewhere(machine, list(group.values()), rows)
        except OtherMachineError as error:
            found = dict.fromkeys(map(str, group.values()), str(error))
        wrong |= {name: found[str(model)] for name, model in group.items() if str(model) in found}
    return wrong
