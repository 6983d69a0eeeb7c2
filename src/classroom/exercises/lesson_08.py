"""The checks of lesson 08."""

import mlflow
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from classroom.exercises import exercise, require
from classroom.exercises.runs import require_finished, search
from classroom.workspace import Lesson


def _called(run: Run) -> str:
    """Return what to call a run in a sentence, such as: the failed run 'score'."""
    failed = "failed " if run.info.status == "FAILED" else ""
    return f"the {failed}run '{run.info.run_name}'"


@exercise("8.1")
def check_used_runs(lesson: Lesson) -> None:
    """Compare the runs that carry the tag with those that the parent's notes name."""
    parents = search(lesson.tracking_uri, lesson.name, "run_name = 'pipeline'")
    require(bool(parents), "There is no run named 'pipeline'.")
    parent = parents[0]  # the newest
    due = {value for name, value in parent.data.tags.items() if name.startswith("step.")}
    tagged = {
        run.info.run_id: run
        for run in search(lesson.tracking_uri, lesson.name)
        if "stands_on" in run.data.tags
    }
    require(bool(tagged), "No run has the tag stands_on.")
    values = {run.data.tags["stands_on"] for run in tagged.values()}
    require(values == {"yes"}, f"The tag stands_on must be yes; it is {sorted(values)}.")
    over = sorted(_called(run) for i, run in tagged.items() if i not in due)
    require(not over, f"The finished pipeline did not use {', '.join(over)}.")
    missing = len(due - set(tagged))
    require(missing == 0, f"The tag is missing on {missing} of the {len(due)} runs.")


def _training_run(client: mlflow.MlflowClient, run: Run) -> Run:
    """Return the run that trained the model which the run evaluates."""
    uri = run.data.params.get("model", "")
    kind, _, rest = uri.partition(":/")
    require(kind in ("runs", "models"), f"The run '{run.info.run_name}' evaluates no model.")
    name = rest.partition("/")[0]
    try:
        run_id = name if kind == "runs" else client.get_logged_model(name).source_run_id
        return client.get_run(run_id)
    except MlflowException:
        require(False, f"The run '{run.info.run_name}' evaluates a model without a training run.")


@exercise("8.2")
def check_reproduced_score(lesson: Lesson) -> None:
    """Follow the new evaluation to its training run, and compare both with the old ones."""
    client = mlflow.MlflowClient(lesson.tracking_uri)
    runs = search(lesson.tracking_uri, lesson.name)
    known = {run.info.run_id: run for run in runs if run.info.run_name == "evaluate regression"}
    marked = [run for run in runs if run.data.tags.get("reproduces") in known]
    require(bool(marked), "No run has the tag reproduces with the id of 'evaluate regression'.")
    new = marked[0]  # the newest
    require(
        new.info.run_id not in known, "The tag is on the old evaluation; set it on the new one."
    )
    require_finished(new)
    old = known[new.data.tags["reproduces"]]
    fit, refit = _training_run(client, old), _training_run(client, new)
    require(refit.info.run_id != fit.info.run_id, "It evaluates the old model; train a new one.")
    others = [{k: v for k, v in run.data.params.items() if k != "data"} for run in (fit, refit)]
    require(others[0] == others[1], "Its model was trained with other parameters.")
    files = [run.data.tags.get("data.sha256") for run in (fit, refit)]
    require(files[0] == files[1], "Its model was trained on another file.")
    rows = new.data.params.get("rows")
    require(rows == "validation", "It does not evaluate the validation rows.")
    for what, run in (("training", refit), ("evaluation", new)):
        tags, commit = run.data.tags, fit.data.tags["mlflow.source.git.commit"]
        require(tags.get("mlflow.source.git.commit") == commit, f"Its {what} ran another commit.")
        clean = tags.get("mlflow.source.name", "").endswith("/clean")
        require(clean, f"Its {what} did not run in the clean clone.")
        own = tags.get("mlflow.project.env") == "uv"
        require(own, f"Its {what} did not run in a separate environment (uv).")
    require(new.data.metrics == old.data.metrics, "Its scores differ.")
