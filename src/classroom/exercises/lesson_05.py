"""The checks of lesson 04."""

import mlflow
from mlflow.server import get_app_client
from sklearn.metrics import log_loss

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, the_run_named
from classroom.services.team import environment
from classroom.workspace import Lesson
from loanflow.data import load_loans, split_loans
from loanflow.training import build_model


@exercise("5.1")
def a_finished_run(lesson: Lesson) -> None:
    """Fit the model again, and compare each step of the loss with its own."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    run = the_run_named("cut off", lesson.tracking_uri, lesson.name)
    history = client.get_metric_history(run.info.run_id, "test_loss")
    logged = {entry.step: entry.value for entry in history}
    missing = sorted(set(range(6)) - set(logged))
    require(not missing, f"Of the steps 0 to 5 of test_loss, {missing} are missing.")
    require(len(history) == 6, f"test_loss has {len(history)} values; each step is due once.")
    X_train, X_test, y_train, y_test = split_loans(load_loans())
    model = build_model("hist_gradient_boosting").fit(X_train, y_train)
    rounds = list(model[-1].staged_predict_proba(model[:-1].transform(X_test)))[9::10]
    for step, probability in enumerate(rounds):
        right = abs(logged[step] - log_loss(y_test, probability)) < 1e-6
        require(right, f"The value at step {step} is not that of `losses`.")
    require_finished(run)


@exercise("5.2")
def a_colleague_who_may_log(url: str, admin_password: str) -> None:
    """Ask the server, as its administrator, what Ada may do and what she has logged."""
    as_admin = {
        "MLFLOW_TRACKING_USERNAME": "admin",
        "MLFLOW_TRACKING_PASSWORD": admin_password,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": 1,
    }
    with environment(**as_admin):
        client, auth = mlflow.MlflowClient(url), get_app_client("basic-auth", url)
        experiment = client.get_experiment_by_name("team")
        granted = auth.get_user_permission("ada", "experiment", experiment.experiment_id)
        require(not auth.get_user("ada").is_admin, "Ada has become an administrator.")
        require(granted.permission == "EDIT", f"Ada has the permission {granted.permission}.")
        run = the_run_named("first of ada", url, "team")
        require_finished(run)
