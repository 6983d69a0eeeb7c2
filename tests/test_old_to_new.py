"""Execute both columns of the table from MLflow 2 to MLflow 3, and compare with what it says."""

import logging
import re
import warnings
from logging.handlers import BufferingHandler

import matplotlib.pyplot as plt
import mlflow
import pandas as pd
import pytest
from click.testing import CliRunner
from mlflow.cli import cli
from mlflow.exceptions import MlflowException
from mlflow.models import MetricThreshold, infer_signature, make_metric
from mlflow.pyfunc import scoring_server
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from classroom.workspace import REPOSITORY

TABLE = REPOSITORY / "notebooks" / "OLD_TO_NEW.md"
LINES = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in LINES]
SCRIPT = """import mlflow


class Rule(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return [1] * len(model_input)
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Return what the lines of the table refer to."""
    folder = tmp_path_factory.mktemp("old-to-new")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        store = f"sqlite:///{(folder / 'course.db').as_posix()}"
        mlflow.set_tracking_uri(store)
        experiment_id = mlflow.create_experiment("old", (folder / "artifacts").as_uri())
        mlflow.set_experiment("old")
        rows = pd.DataFrame({"a": range(20), "b": range(20)}, dtype=float)
        y = (rows["a"] > 9).astype(int)
        model, forest = LogisticRegression(), RandomForestClassifier(3, random_state=0)
        for each in (model, forest):
            each.fit(rows, y)
        (folder / "rule.py").write_text(f"{SCRIPT}\n\nmlflow.models.set_model(Rule())\n")
        (folder / "code").mkdir()
        project = folder / "project"
        project.mkdir()
        (project / "MLproject").write_text("entry_points: {main: {command: 'python --version'}}")
        defined = {}
        exec(SCRIPT, defined)
        with mlflow.start_run() as run:
            uri = mlflow.sklearn.log_model(
                model,
                name="model",
                signature=infer_signature(rows, y),
                pip_requirements=[],
                registered_model_name="loans",
            ).model_uri
        client = mlflow.MlflowClient()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            client.transition_model_version_stage("loans", 1, "Production")
        client.set_registered_model_alias("loans", "champion", 1)
        plain = {"log_model_explainability": False}
        cost = make_metric(
            eval_fn=lambda predictions, targets, metrics: float((predictions != targets).mean()),
            greater_is_better=False,
            name="cost",
        )
        yield {
            "mlflow": mlflow,
            "client": client,
            "store": store,
            "experiment_id": experiment_id,
            "run_id": run.info.run_id,
            "model": model,
            "forest": forest,
            "trusted": ["sklearn.tree._tree.Tree"],
            "rule": defined["Rule"](),
            "project": str(project),
            "code": str(folder / "code"),
            "uri": uri,
            "rows": rows.assign(y=y),
            "plain": plain,
            "cost": cost,
            "gate": {"cost": MetricThreshold(0.5, greater_is_better=False)},
            "result": mlflow.models.EvaluationResult(metrics={"cost": 0.0}, artifacts={}),
        }
        mlflow.set_tracking_uri(None)


def outcome_of_command(line):
    """Say whether MLflow's command line knows the command and its options."""
    words = line.split()[1:]
    return "refused" if CliRunner().invoke(cli, [*words, "--help"]).exit_code else "silent"


def outcome_of_request(line, names):
    """Say what MLflow's scoring server thinks of a body."""
    model = mlflow.pyfunc.load_model(names["uri"])
    schema = model.metadata.get_input_schema()
    try:
        scoring_server.invocations(line, "application/json", model, schema)
    except MlflowException as error:
        assert error.get_http_status_code() == 400
        return "refused"
    return "silent"


def outcome_of_python(line, names):
    """Say whether a line of Python raises, warns, or does neither."""
    messages, logger = BufferingHandler(capacity=1000), logging.getLogger("mlflow")
    level = logger.level
    logger.addHandler(messages)
    logger.setLevel(logging.WARNING)
    mlflow.set_tracking_uri(names["store"])
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            exec(line, dict(names))
            if "set_tracking_uri" in line:
                mlflow.search_experiments()
    except Exception:
        return "refused"
    finally:
        logger.removeHandler(messages)
        logger.setLevel(level)
        mlflow.set_tracking_uri(names["store"])
        while mlflow.active_run():
            mlflow.end_run()
        plt.close("all")  # an evaluation that fails leaves one open
    told = [str(warning.message) for warning in caught]
    told += [record.getMessage() for record in messages.buffer]
    return "warned" if any(speaks_of_the_call(text) for text in told) else "silent"


def speaks_of_the_call(text):
    """Say whether a warning is about how MLflow was called, and not about this small model."""
    return bool(re.search("mlflow.*deprecated|artifact_path|using CloudPickle", text))


def outcome(line, names):
    """Say what a line of the table does today."""
    if line.startswith("mlflow "):
        return outcome_of_command(line)
    if line.startswith("{"):
        return outcome_of_request(line, names)
    return outcome_of_python(line, names)


@pytest.mark.parametrize(("old", "new", "today", "lesson"), ROWS, ids=[row[0][:50] for row in ROWS])
def test_the_table_tells_the_truth(old, new, today, lesson, names):
    assert outcome(old.strip("`"), names) == re.match("[a-z]+", today)[0]
    if new.startswith("`"):
        assert outcome(new.strip("`"), names) == "silent"


def test_every_line_of_the_table_is_a_row():
    assert len(ROWS) == TABLE.read_text(encoding="utf-8").count("\n| `")
    assert all(len(row) == 4 for row in ROWS)


@pytest.mark.parametrize("flavour", ["fastai", "gluon", "mleap", "mxnet", "recipes", "azureml"])
def test_what_is_said_to_be_gone_is_gone(flavour):
    assert not hasattr(mlflow, flavour)
