"""The repository is an MLflow Project: its entry points run, refuse, and leave true records.

Most tests here start real project runs, seconds each.
"""

import os
import re
import runpy
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import nbformat
import pandas as pd
import pytest
import sqlalchemy
import yaml
from mlflow.environment_variables import MLFLOW_ENV_ROOT
from mlflow.exceptions import ExecutionException, MlflowException
from mlflow.store.tracking.dbmodels.models import SqlDataset
from sqlalchemy.orm import Session

from classroom.services import containers
from classroom.workspace import NOTEBOOKS, REPOSITORY, tracking_uri
from conftest import skip_without
from tools import engine

PROJECT = yaml.safe_load((REPOSITORY / "MLproject").read_text(encoding="utf-8"))
ENTRY_POINTS = PROJECT["entry_points"]
DESCRIPTION = "mlflow.note.content"
ENVIRONMENTS = Path(MLFLOW_ENV_ROOT.get())

#: For each entry point a wrong value of each parameter, and what the reason must say is allowed.
WRONG = {
    ("main", "data"): ("no such file.csv", "the path of a file"),
    ("main", "family"): ("random_forest", "one of regression, tree, forest, boosting"),
    ("main", "test_size"): ("nan", "a number between 0 and 1, both excluded"),
    ("main", "seed"): ("abc", "a whole number from 0 to 4294967295"),
    ("validate", "data"): ("notebooks", "the path of a file"),
    ("train", "data"): ("README.md; echo hello", "the path of a file"),
    ("train", "family"): ("-x", "one of regression, tree, forest, boosting"),
    ("train", "test_size"): ("1", "a number between 0 and 1, both excluded"),
    ("train", "seed"): ("4294967296", "a whole number from 0 to 4294967295"),
    ("evaluate", "model"): ("latest", "the URI of a model"),
    ("evaluate", "rows"): ("train", "one of validation, test"),
    ("score", "model"): ("model.pkl", "the URI of a model"),
    ("score", "data"): ("-1", "the path of a file"),
}


@pytest.fixture
def store(workspace, tracking):
    """A store of the test's own, in which the project's runs go to the experiment `project`."""
    mlflow.set_tracking_uri(tracking_uri())
    # Without a place of their own, files would go to mlruns/ in the folder of whoever runs this.
    mlflow.create_experiment("project", artifact_location=(workspace / "files").as_uri())
    mlflow.set_experiment("project")
    return workspace


def runs(question=""):
    return mlflow.search_runs(
        experiment_names=["project"], filter_string=question, output_format="list"
    )


def run_project(entry_point, uri=REPOSITORY, env_manager="local", **options):
    submitted = mlflow.projects.run(str(uri), entry_point, env_manager=env_manager, **options)
    return mlflow.get_run(submitted.run_id)


def script(entry_point):
    return REPOSITORY / re.match(r"python (steps/\w+\.py) ", entry_point["command"])[1]


def test_every_entry_point_hands_each_of_its_parameters_to_a_script():
    assert list(ENTRY_POINTS) == ["main", "validate", "train", "evaluate", "score"]
    for name, entry_point in ENTRY_POINTS.items():
        assert script(entry_point).stem == name
        options = re.findall(r" --(\w+)=\{(\w+)\}", entry_point["command"])
        assert options == [(parameter, parameter) for parameter in entry_point["parameters"]]
        types = [parameter["type"] for parameter in entry_point["parameters"].values()]
        assert set(types) <= {"string", "int", "float"}  # a wrong `path` would stay RUNNING


def test_there_is_a_wrong_value_for_every_parameter():
    declared = {(name, p) for name, point in ENTRY_POINTS.items() for p in point["parameters"]}
    assert set(WRONG) == declared


def test_a_wrong_value_of_any_parameter_ends_as_failed_with_a_reason(store, capfd):
    def attempt(entry_point, parameter):
        needed = {"model": "models:/m-0"} if entry_point in ("evaluate", "score") else {}
        parameters = {**needed, parameter: WRONG[entry_point, parameter][0]}
        with pytest.raises(ExecutionException, match="failed"):
            run_project(entry_point, parameters=parameters)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda case: attempt(*case), WRONG))
    found = {}
    for run in runs():
        assert run.info.status == "FAILED"
        reason = run.data.tags[DESCRIPTION]
        found[run.data.tags["mlflow.project.entryPoint"], reason.split()[0]] = reason
    assert set(found) == set(WRONG)
    for (entry_point, parameter), (value, allowed) in WRONG.items():
        reason = found[entry_point, parameter]
        assert reason.startswith(f"{parameter} must be {allowed}")
        assert reason.endswith(f", not {value!r}")
    printed = capfd.readouterr().err.splitlines()
    assert sorted(printed) == sorted(f"{point}: {text}" for (point, _), text in found.items())


@pytest.mark.parametrize("name", ["help", "famly", "h"])
def test_an_unknown_parameter_is_refused(store, name):
    with pytest.raises(ExecutionException, match="failed"):
        run_project("validate", parameters={name: "1"})
    (run,) = runs()
    assert run.info.status == "FAILED"
    assert run.data.tags[DESCRIPTION].endswith("; the parameters are data")


def test_a_chain_of_steps_leaves_true_records(store, tmp_path):
    data = tmp_path / "loans, copied.csv"
    shutil.copy(REPOSITORY / "data" / "loan_status.csv", data)
    trained = run_project("train", parameters={"data": str(data), "family": "tree", "seed": 3})
    model = f"runs:/{trained.info.run_id}/model"
    scored = run_project("score", parameters={"model": model})
    assert scored.data.metrics["rows"] == 2000
    table = mlflow.artifacts.load_text(f"runs:/{scored.info.run_id}/scores.csv").splitlines()
    assert table[0] == "Loan_ID,probability"
    assert len(table) == 2001

    evaluated = run_project("evaluate", parameters={"model": model, "rows": "test"})
    (logged,) = mlflow.search_logged_models(
        experiment_ids=[trained.info.experiment_id], output_format="list"
    )
    on_model = {metric.key: metric.value for metric in logged.metrics}
    assert evaluated.data.metrics == on_model
    assert 0.6 < on_model["test_roc_auc"] < 0.8

    with open(data, "a") as file:  # a row that is valid, and was not there
        file.write("LP999999,Male,No,0,Graduate,No,5000,0,100,360,1,Urban,Y\n")
    with pytest.raises(ExecutionException):
        run_project("evaluate", parameters={"model": model, "rows": "test"})
    (failed,) = runs("attributes.status = 'FAILED'")
    assert "is not the file that" in failed.data.tags[DESCRIPTION]
    trace = mlflow.artifacts.load_text(f"runs:/{failed.info.run_id}/failure.txt")
    assert trace.startswith("Traceback") and "ValueError" in trace


def test_a_model_of_another_origin_is_not_evaluated(store):
    from sklearn.dummy import DummyClassifier

    with mlflow.start_run() as run:
        model = DummyClassifier().fit([[0], [1]], [0, 1])
        mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
    with pytest.raises(ExecutionException):
        run_project("evaluate", parameters={"model": f"runs:/{run.info.run_id}/model"})
    (failed,) = runs("attributes.status = 'FAILED'")
    assert "was not trained by this project" in failed.data.tags[DESCRIPTION]


def test_a_script_works_by_hand(store):
    command = [sys.executable, "steps/validate.py", "--data", "data/new_applications.csv"]
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_RUN_ID"}
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.params == {"data": "data/new_applications.csv"}
    assert run.data.metrics["rows"] == 2000
    assert len(run.data.tags["data.sha256"]) == 64


@pytest.mark.parametrize("ours", [True, False], ids=["ours", "MLflow's"])
def test_two_steps_can_log_the_same_dataset_in_the_same_instant(store, ours):
    log_input = runpy.run_path(str(REPOSITORY / "steps" / "entry_point.py"))["log_input"]
    dataset = mlflow.data.from_pandas(pd.DataFrame({"income": [1.0]}), name="rows")
    theirs = [mlflow.entities.DatasetInput(dataset._to_mlflow_entity())]

    def in_between(session, *_):
        """Log it with the other run, once MLflow has looked for it and found nothing."""
        if theirs and any(isinstance(row, SqlDataset) for row in session.new):
            mlflow.MlflowClient().log_inputs(other.info.run_id, [theirs.pop()])

    with mlflow.start_run() as other:
        pass
    sqlalchemy.event.listen(Session, "before_flush", in_between)
    try:
        with mlflow.start_run() as run:
            if ours:
                log_input(dataset, "training")
            else:  # once MLflow itself is safe, `log_input` of the steps can go
                with pytest.raises(MlflowException, match="UNIQUE constraint failed"):
                    mlflow.log_input(dataset, "training")
    finally:
        sqlalchemy.event.remove(Session, "before_flush", in_between)
    found = [mlflow.get_run(r.info.run_id).inputs.dataset_inputs for r in (run, other)]
    assert [len(inputs) for inputs in found] == [ours, 1]
    assert all(inputs[0].dataset.digest == dataset.digest for inputs in found if inputs)


def shown_score():
    """Return the score that lesson 07 stores for the forest at a commit."""
    notebook = nbformat.read(NOTEBOOKS / "07_projects_package_and_run.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "commit-run-code")
    return re.search(r"validation ROC AUC: (0\.\d{3})", str(cell.outputs))[1]


def test_a_clone_elsewhere_runs_at_a_commit_in_the_environment_of_set_up(store, tmp_path):
    clone, before = tmp_path / "another folder", sorted(ENVIRONMENTS.iterdir())
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone], check=True)
    # A clone of a detached checkout has no branch, and MLflow then sees no git repository in it.
    subprocess.run(["git", "-C", clone, "switch", "--quiet", "--create", "work"], check=True)
    head = subprocess.check_output(["git", "-C", clone, "rev-parse", "HEAD"], text=True).strip()
    command = ["mlflow", "run", clone.as_uri().replace("%20", " "), "-v", head]
    command += ["--env-manager", "uv", "-P", "family=forest"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.source.git.commit"] == head
    assert f"{run.data.metrics['validation_roc_auc']:.3f}" == shown_score()
    assert sorted(ENVIRONMENTS.iterdir()) == before  # nothing was installed a second time


def test_a_bare_repository_runs_at_a_commit_by_an_address_that_is_no_path(store, tmp_path):
    """MLflow takes the path of a folder for a checkout; with a letter encoded, git fetches it."""
    bare = tmp_path / "course.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", REPOSITORY, bare], check=True)
    head = subprocess.check_output(["git", "-C", bare, "rev-parse", "HEAD"], text=True).strip()
    before = sorted(bare.rglob("*"))
    run = run_project("validate", f"file://{tmp_path}/course%2Egit", version=head)
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.source.git.commit"] == head
    assert sorted(bare.rglob("*")) == before


def variant(folder, line):
    """Copy what a run needs, with another environment in MLproject."""
    for name in ("src", "steps", "data"):
        shutil.copytree(REPOSITORY / name, folder / name)
    for name in ("constraints.txt", "conda.yaml", "python_env.yaml"):
        shutil.copy(REPOSITORY / name, folder)
    text = (REPOSITORY / "MLproject").read_text(encoding="utf-8")
    assert text.count("python_env: python_env.yaml") == 1
    text = text.replace("python_env: python_env.yaml", line)
    (folder / "MLproject").write_text(text, encoding="utf-8")
    return folder


def skip_without_tool(name, *command):
    """Skip the test where a tool does not answer a command, unless CI wants it there."""
    there = shutil.which(command[0]) and not subprocess.run(command, capture_output=True).returncode
    skip_without(name, there, f"There is no {name} here; `make doctor` says how to get one.")


def test_virtualenv_with_pyenv(store, monkeypatch, tmp_path):
    version = ".".join(map(str, sys.version_info[:3]))
    skip_without_tool(f"pyenv with Python {version}", "pyenv", "prefix", version)
    monkeypatch.setenv("MLFLOW_ENV_ROOT", str(tmp_path / "environments"))  # uv's has the same name
    monkeypatch.setenv("PIP_NO_COMPILE", "1")  # for one short run, compiling all takes longer
    run = run_project("validate", env_manager="virtualenv")
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.project.env"] == "virtualenv"
    (environment,) = (tmp_path / "environments").iterdir()
    assert (environment / "bin" / "pip").exists()


def noting_its_python(project):
    """Let the step `validate` of a copied project note its Python's environment; return where."""
    file, note = project / "MLproject", project / "environment.txt"
    step = '"python steps/validate.py'
    text = file.read_text(encoding="utf-8")
    assert step in text
    noting = "import sys; open('environment.txt', 'w').write(sys.prefix)"
    file.write_text(
        text.replace(step, f'"python -c \\"{noting}\\" && {step[1:]}'), encoding="utf-8"
    )
    return note


def test_conda(store, tmp_path, monkeypatch):
    skip_without_tool("conda", "conda", "--version")
    base = subprocess.check_output(["conda", "info", "--base"], text=True).strip()
    monkeypatch.setenv("MLFLOW_CONDA_HOME", base)
    monkeypatch.setenv("CONDA_ENVS_PATH", str(tmp_path / "environments"))  # gone with the test
    project = variant(tmp_path / "project", "conda_env: conda.yaml")
    note = noting_its_python(project)
    try:
        run = run_project("validate", project, "conda")
        assert run.info.status == "FINISHED"
        assert run.data.tags["mlflow.project.env"] == "conda"
        assert Path(note.read_text()).parent == tmp_path / "environments"
    finally:
        shutil.rmtree(tmp_path / "environments", ignore_errors=True)


def test_what_is_asked_of_conda(store, tmp_path, monkeypatch):
    """A recorder stands in for conda: it notes what it is asked for, and knows no environment."""
    conda, notes = tmp_path / "conda", tmp_path / "notes"
    program, shell = conda / "bin" / "conda", conda / "etc" / "profile.d" / "conda.sh"
    for file in (program, shell):
        file.parent.mkdir(parents=True)
    program.write_text(f"""#!/bin/sh
echo "$@" >> '{notes}'
if [ "$1 $2" = "env list" ]; then echo '{{"envs": []}}'; fi
""")
    program.chmod(0o755)
    shell.write_text(f"conda() {{ echo \"$@\" >> '{notes}'; }}\n")
    monkeypatch.setenv("MLFLOW_CONDA_HOME", str(conda))
    project = variant(tmp_path / "project", "conda_env: conda.yaml")
    note = noting_its_python(project)
    run = run_project("validate", project, "conda")
    assert run.data.tags["mlflow.project.env"] == "conda"
    assert Path(note.read_text()) == Path(sys.prefix)  # which `test_conda` would refuse
    *_, create, activate = notes.read_text().splitlines()
    made = rf"env create -n (mlflow-[0-9a-f]{{40}}) --file {re.escape(str(project))}/conda.yaml"
    assert activate == f"activate {re.match(made, create)[1]}"


def test_conda_yaml_is_an_environment_file():
    conda = yaml.safe_load((REPOSITORY / "conda.yaml").read_text(encoding="utf-8"))
    assert set(conda) == {"name", "channels", "dependencies"}
    assert conda["channels"] == ["conda-forge", "nodefaults"]  # the defaults ask some for a licence
    python, pip, by_pip = conda["dependencies"]
    assert re.fullmatch(r"python=3\.1[1-4]", python)
    assert pip == "pip"
    assert set(by_pip) == {"pip"}


def test_docker(store, tmp_path):
    skip_without_tool("container engine", "docker", "info")
    if os.environ.get("DOCKER_HOST") == engine.HOST:
        # Ours reaches no registry: our base image, which has the packages, stands in for Python's.
        dockerfile = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
        python = re.search(r"^FROM (\S+)", dockerfile, flags=re.M)[1]
        subprocess.run(["docker", "tag", containers.BASE, python], check=True)
    subprocess.run(["docker", "build", "--tag", "loanflow-project", REPOSITORY], check=True)
    project = variant(tmp_path, "docker_env: {image: loanflow-project}")
    run = run_project("validate", project, None, build_image=True)
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.project.env"] == "docker"


def test_what_is_asked_of_docker(store, tmp_path, monkeypatch):
    """Without an engine no run gets further, so the command is asked of MLflow's own builder."""
    from types import SimpleNamespace

    from mlflow.projects.backend.local import _get_docker_command
    from mlflow.projects.docker import validate_docker_env
    from mlflow.projects.utils import get_entry_point_command, load_project

    project = load_project(variant(tmp_path, "docker_env: {image: loanflow-project}"))
    validate_docker_env(project)
    assert project.env_type == "docker_env"
    with mlflow.start_run() as run:
        command = _get_docker_command(SimpleNamespace(tags=["loanflow:0123456"]), run)
    assert command[:3] == ["docker", "run", "--rm"]
    assert command[-1] == "loanflow:0123456"
    assert f"MLFLOW_RUN_ID={run.info.run_id}" in command
    (step,) = get_entry_point_command(project, "validate", {}, str(tmp_path / "storage"))
    assert step == "python steps/validate.py --data=data/loan_status.csv"
    mounted = [command[i + 1] for i, part in enumerate(command) if part == "-v"]
    assert any(mount.split(":")[0].endswith("mlflow.db") for mount in mounted)


def test_the_dockerfile_installs_the_environment_and_no_code():
    lines = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("COPY")] == ["COPY constraints.txt ."]
    (base,) = (line for line in lines if line.startswith("FROM"))
    compose = (REPOSITORY / "compose.yaml").read_text(encoding="utf-8")
    assert base in compose  # one Python image for both
    assert not [line for line in lines if line.startswith("ENTRYPOINT")]  # MLflow gives a command


def test_mlflow_leaves_a_run_running_where_the_environment_is_another(store):
    """What lesson 07 warns of; if MLflow mends it, the lesson has to change."""
    with pytest.raises(MlflowException, match="cannot be executed using conda"):
        run_project("validate", env_manager="conda")
    assert [run.info.status for run in runs()] == ["RUNNING"]
