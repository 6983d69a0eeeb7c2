"""Another machine: what it reaches, how it ends, and that it notices what a model lacks."""

import subprocess
import sys
import tomllib

import mlflow
import pytest

from classroom.services.environments import (
    OtherMachine,
    OtherMachineError,
    children_write_to,
    emptied,
    last_error,
    locked_project,
    versions_unlike_here,
)
from classroom.services.servers import soon
from conftest import skip_without_packages
from loanflow.data import load_loans
from tools.machines import problems


@pytest.fixture(scope="module")
def packages():
    skip_without_packages()


SCRIPT = """{}
import mlflow
import pandas as pd


class Yes(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: pd.DataFrame, params=None):
        return [1] * len(model_input)


mlflow.models.set_model(Yes())
"""


@pytest.mark.parametrize(
    ("line", "requirement", "problem"),
    [
        ("", "pandas", None),
        ("import optuna", "pandas", "No module named 'optuna'"),
        ("import loanflow", "pandas", "No module named 'loanflow'"),
        ("", "pandas==0.0.1", "requirements are unsatisfiable"),
    ],
)
def test_a_model_that_does_not_run_elsewhere_is_named(
    packages, line, requirement, problem, workspace, tmp_path
):
    script, folder = tmp_path / "yes.py", tmp_path / "yes"
    script.write_text(SCRIPT.format(line), encoding="utf-8")
    model = {"python_model": str(script), "input_example": load_loans().head(3)}
    mlflow.pyfunc.save_model(str(folder), pip_requirements=[requirement], **model)
    found = problems({"yes": folder}, tmp_path)
    assert list(found) == ([] if problem is None else ["yes"])
    assert problem is None or problem in found["yes"]


def test_code_that_one_model_brings_serves_no_other(packages, workspace, tmp_path):
    script = tmp_path / "yes.py"
    script.write_text(SCRIPT.format("import helper_of_yes"), encoding="utf-8")
    (tmp_path / "helper_of_yes.py").write_text("")
    model = {"python_model": str(script), "input_example": load_loans().head(3)}
    folders = {"with": tmp_path / "with", "without": tmp_path / "without"}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        for name, folder in folders.items():
            code = [str(tmp_path / "helper_of_yes.py")] if name == "with" else None
            mlflow.pyfunc.save_model(str(folder), code_paths=code, pip_requirements=[], **model)
    assert list(problems(folders, tmp_path)) == ["without"]


def test_another_machine_ends_and_leaves_nothing(packages, workspace, tmp_path):
    (tmp_path / "requirements.txt").write_text("")
    with OtherMachine(tmp_path / "requirements.txt") as machine:
        assert machine.run("import sys; x = 1; print(sys.prefix)").startswith(str(workspace))
        assert machine.run("print(x + y)", y=1) == "2"
        with pytest.raises(OtherMachineError, match="^ZeroDivisionError: division by zero$"):
            machine.run("1 / 0")
        with pytest.raises(OtherMachineError, match="^ModuleNotFoundError: .*'loanflow'$"):
            machine.run("import loanflow")
        with pytest.raises(OtherMachineError, match="has ended"):
            machine.run("import os; os._exit(0)")
    assert list(workspace.glob("other-machine-*")) == []


def test_another_machine_ends_with_the_process_that_made_it(packages, workspace, tmp_path):
    (tmp_path / "requirements.txt").write_text("")
    code = f"""
import os
from classroom.services.environments import OtherMachine
machine = OtherMachine({str(tmp_path / "requirements.txt")!r})
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == -9, done.stderr
    assert soon(lambda: list(workspace.glob("other-machine-*")) == [])


def test_what_children_print_goes_into_the_file_for_the_time_of_the_block(tmp_path, capfd):
    log = tmp_path / "log.txt"
    talk = "import sys; print('out'); print('error', file=sys.stderr)"
    with pytest.raises(ZeroDivisionError), children_write_to(log):
        subprocess.run([sys.executable, "-c", talk], check=True)
        1 / 0  # noqa: B018
    assert sorted(log.read_text().split()) == ["error", "out"]
    subprocess.run([sys.executable, "-c", "print('after')"], check=True)
    assert capfd.readouterr().out == "after\n"
    with children_write_to(log):
        pass
    assert log.read_text() == ""


def test_an_emptied_folder_is_gone_and_its_path_is_told(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("")
    assert emptied(folder) == str(folder)
    assert not folder.exists()
    assert emptied(folder) == str(folder)


def test_only_pins_of_installed_packages_to_other_versions_are_named(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        f"mlflow=={mlflow.__version__}\npytest==0.1 ; python_version > '3'\n# numpy==0.1\n"
        "no-such-package==1\npandas>=1\n-c constraints.txt\n\n"
    )
    assert versions_unlike_here(requirements) == ["pytest"]


def test_a_locked_project_pins_its_package_and_keeps_no_old_file(tmp_path):
    folder = tmp_path / "project"
    assert locked_project(folder, "numpy", "2.0.0") == folder
    (folder / "old.txt").write_text("")
    locked_project(folder, "pandas", "3.0.0")
    assert sorted(path.name for path in folder.iterdir()) == ["pyproject.toml", "uv.lock"]
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    itself, package = tomllib.loads((folder / "uv.lock").read_text())["package"]
    assert itself["name"] == project["name"]
    assert itself["dependencies"] == [{"name": "pandas"}]
    assert (package["name"], package["version"]) == ("pandas", "3.0.0")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("KeyError: 'a'\nModuleNotFoundError: No module named 'b'\nlater\n", "No module named 'b'"),
        ("error: Failed to fetch\n", "Failed to fetch"),
        ("Installed 3 packages\n", None),
    ],
)
def test_the_last_error_of_a_log_is_found(text, error, tmp_path):
    log = tmp_path / "uv.log"
    log.write_text(text)
    assert last_error(log) == error
