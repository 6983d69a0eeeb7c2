"""The checks of lesson 05."""

import mlflow
from sklearn.metrics import log_loss

from classroom.exercises import exercise, require
from classroom.exercises.runs import run_named, search
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model

_EXPERIMENT = "loans"


def _store_of_the_server(lesson: Lesson) -> str:
    """Return the URI of the database that the lesson's server wrote; require that it is there."""
    database = lesson.folder / "mlflow.db"
    require(database.exists(), "The lesson's server has no store yet; run the lesson's cells.")
    return f"sqlite:///{database.as_posix()}"


@exercise("5.1")
def check_finished_run(lesson: Lesson) -> None:
    """Fit the model again, and compare each step of the loss with its own."""
    store = _store_of_the_server(lesson)
    left = search(store, _EXPERIMENT, "run_name = 'cut off' and tags.left_by = 'lesson 05'")
    require(len(left) > 0, "The run 'cut off' that the lesson left is not there.")
    run = max(left, key=lambda run: run.info.start_time)
    history = mlflow.MlflowClient(store).get_metric_history(run.info.run_id, "test_loss")
    logged = {entry.step: entry.value for entry in history}
    missing = sorted(set(range(6)) - set(logged))
    require(not missing, f"The run lacks the steps {missing} of test_loss.")
    require(
        len(history) == 6,
        f"test_loss has {len(history)} values, and a value cannot be removed; "
        "run the lesson's last two cells again and finish the new run.",
    )
    X_train, X_test, y_train, y_test = split_loans(load_loans())
    model = build_model("hist_gradient_boosting").fit(X_train, y_train)
    rounds = list(model[-1].staged_predict_proba(model[:-1].transform(X_test)))[9::10]
    for step, probability in enumerate(rounds):
        right = abs(logged[step] - log_loss(y_test, probability)) < 1e-6
        require(right, f"The value at step {step} is not that of `losses`.")
    require(
        run.info.status == "FINISHED",
        f"All six steps are there, but the run is {run.info.status}; "
        "client.set_terminated(cut_off.info.run_id) ends it as FINISHED.",
    )


@exercise("5.2")
def check_run_by_rest(lesson: Lesson) -> None:
    """Look at the run's fields, and at what MLflow's client would have added to them."""
    store = _store_of_the_server(lesson)
    run = run_named("by rest", store, _EXPERIMENT)
    by_client = run.info.user_id == "unknown" or "mlflow.source.name" in run.data.tags
    require(not by_client, "MLflow's client made the newest run 'by rest'; use requests alone.")
    require(run.data.params.get("family") == "rule", "Its parameter family is not 'rule'.")
    require(run.data.metrics.get("roc_auc") == 0.5, "Its metric roc_auc is not 0.5.")
    require(run.info.start_time > 0, "It has no start_time, so it began in 1970.")
    require(run.info.status == "FINISHED", f"It is {run.info.status}; runs/update sets a status.")
    ended = run.info.end_time is not None and run.info.end_time >= run.info.start_time
    require(ended, "Its end_time is missing, or lies before its start_time (milliseconds).")
