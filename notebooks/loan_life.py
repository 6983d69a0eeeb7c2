"""The steps of a model's life: train by the project or by hand, register, put forward, decide.

Each step leaves a record in MLflow from which the whole life can be told later, and looks for that
record first: a step that was taken already is not taken again. The modules beside this one are the
decision (`loan_decision.py`), the gate (`loan_promotion.py`), and the process of each model
(`loan_process.py`).
"""

from pathlib import Path

import mlflow
import pandas as pd
from loan_process import ModelProcess
from loan_promotion import Refused, champion_of, digest_of, promote
from mlflow.entities import LoggedModelInput

from classroom.workspace import REPOSITORY
from loanflow.data import FEATURES, ID, TARGET, load_new_applications, split_in_three
from loanflow.training import TRUSTED_TYPES, cost_saving, expected_cost

NEEDS = ["mlflow==3.17.2", "pandas==3.1.1", "scikit-learn==1.9.1", "skops==0.16.0"]


def train(lesson, rows, run_name, family, test_size):
    """Train by the project on a file of these rows, unless a run of that name has done so.

    Returns
    -------
    run_id : str
    fitted : pandas.DataFrame
        The rows that the project fits: it holds some back.

    Raises
    ------
    ValueError
        If the run of that name was given another family or test size.
    """
    rows, file = rows.reset_index(drop=True), lesson.folder / f"{run_name}.csv"
    asked = {"family": family, "test_size": test_size}
    run = find_run(run_name)
    if run is None:
        rows.to_csv(file, index=False)
        where = {"experiment_name": lesson.name, "env_manager": "local", "run_name": run_name}
        asked |= {"data": str(file)}
        run_id = mlflow.projects.run(str(REPOSITORY), "train", parameters=asked, **where).run_id
    else:
        run_id = run.info.run_id
        same = all(run.data.params.get(name) == str(value) for name, value in asked.items())
        require_same(same, run_name)
    return run_id, rows.loc[split_in_three(rows, test_size)["train"][0].index]


def find_run(run_name):
    """Return the newest finished run of that name in the experiment, or None."""
    found = mlflow.search_runs(
        filter_string=f"run_name = '{run_name}' AND attributes.status = 'FINISHED'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
        output_format="list",
    )
    return found[0] if found else None


def run_named(run_name):
    """Return the id of the run of that name; make an empty one if there is none."""
    if run := find_run(run_name):
        return run.info.run_id
    with mlflow.start_run(run_name=run_name) as run:
        return run.info.run_id


def require_same(same, run_name):
    """Raise ValueError unless a run that is there already is the one that is asked for."""
    if not same:
        raise ValueError(f"The run {run_name!r} is another training; give this one its own name.")


def fit(model, rows):
    """Fit a model on applications with their outcomes."""
    return model.fit(rows[FEATURES], rows[TARGET].eq("Y").astype(int))


def train_by_hand(model, rows, run_name):
    """Fit here and log, as in a notebook, unless a run of that name has; return as `train` does."""
    data = mlflow.data.from_pandas(rows[[ID, *FEATURES, TARGET]], name="train")
    settings = str(model[-1].get_params())
    if run := find_run(run_name):
        same = run.data.params.get("settings") == settings
        require_same(same and run.inputs.dataset_inputs[0].dataset.digest == data.digest, run_name)
        return run.info.run_id, rows
    about = {"skops_trusted_types": TRUSTED_TYPES, "pip_requirements": NEEDS}
    with mlflow.start_run(run_name=run_name) as run:
        mlflow.log_input(data, "training")
        mlflow.log_param("settings", settings)
        mlflow.sklearn.log_model(fit(model, rows), name="model", **about)
    return run.info.run_id, rows


def log_decision(name, classifier, inputs, **options):
    """Log a fitted classifier and, around it, the decision model; return the ModelInfo of this one.

    Parameters
    ----------
    name : str
        The name of the decision model.
    classifier : sklearn.pipeline.Pipeline
    inputs : pandas.DataFrame
        Rows with the columns that the model shall ask for; its typical applicant is their middle.
    **options
        As `mlflow.pyfunc.log_model` takes them, such as registered_model_name.
    """
    about = {"skops_trusted_types": TRUSTED_TYPES, "pip_requirements": NEEDS}
    inner = mlflow.sklearn.log_model(classifier, name=f"{name} classifier", **about)
    return wrap(name, inner.model_uri, inputs, inputs, **options)


def wrap(name, classifier_uri, fitted, asked, **options):
    """Log the decision model around a logged classifier, with a signature as of the rows asked."""
    middle = fitted.mode().head(1).assign(**fitted.median(numeric_only=True))
    answer = {"probability": [0.5], "threshold": [0.5], "decision": ["approve"], "reasons": [""]}
    return mlflow.pyfunc.log_model(
        name=name,
        python_model=Path(__file__).with_name("loan_decision.py"),
        artifacts={"classifier": classifier_uri},
        model_config={"typical": middle.to_dict("records")[0]},
        input_example=asked.head(2),
        signature=mlflow.models.infer_signature(asked, pd.DataFrame(answer), {"threshold": 0.75}),
        pip_requirements=NEEDS,
        **options,
    )


def register(name, run_id, fitted):
    """Wrap a run's classifier in the decision and register it; return the version's number.

    A run is registered once: after that, its version is returned.
    """
    client, X = mlflow.MlflowClient(), fitted[FEATURES]
    if found := client.search_model_versions(f"name = '{name}' AND run_id = '{run_id}'"):
        return int(found[0].version)
    experiment = client.get_run(run_id).info.experiment_id
    of_run = f"source_run_id = '{run_id}' AND name != 'decision'"  # one may be left half done
    (inner,) = client.search_logged_models([experiment], of_run)
    # The new applications have gaps wherever gaps are allowed; old rows may lack some by chance.
    asked = load_new_applications()[FEATURES]
    with mlflow.start_run(run_id=run_id):
        mlflow.log_table(fitted[[ID]], "fitted_on.json")
        decision = wrap("decision", inner.model_uri, X, asked)
    return int(mlflow.register_model(decision.model_uri, name).version)


def put_forward(name, version, rows, why, by):
    """Ask the gate for a promotion, once for these rows, and print what it says.

    A promotion leaves its story in the version's tags, as `promote` does; so does a refusal here.
    """
    client, digest = mlflow.MlflowClient(), digest_of(rows)
    tags = client.get_model_version(name, str(version)).tags
    if champion_of(client, name) == str(version):
        print(f"{by}: version {version} is the champion")
    elif tags.get("promoted.rows") == digest:
        print(f"{by}: version {version} was the champion; these rows have examined it already")
    elif tags.get("refused.rows") == digest:
        print(f"{by}: version {version} is refused", tags["refused.why"], sep="\n")
    else:
        try:
            promote(name, version, rows, why, by)
            print(f"{by}: version {version} is the champion")
        except Refused as refused:
            reasons = "\n".join(refused.reasons)
            for key, text in {"by": by, "why": reasons, "rows": digest}.items():
                client.set_model_version_tag(name, str(version), f"refused.{key}", text)
            print(f"{by}: version {version} is refused", reasons, sep="\n")


def run_behind(name, version):
    """Return the run that trained a version."""
    run_id = mlflow.models.get_model_info(f"models:/{name}/{version}").run_id
    return mlflow.MlflowClient().get_run(run_id)


def fitted_ids(name, version):
    """Return the ids of the rows that a version was fitted on, as `register` was told them."""
    run_id = run_behind(name, version).info.run_id
    return set(mlflow.load_table("fitted_on.json", run_ids=[run_id])[ID])


def put_forward_unseen(name, version, rows, why, by):
    """Put a version forward, unless it was fitted on some of the rows to examine it with."""
    seen = fitted_ids(name, version) & set(rows[ID])
    if seen:
        print(f"{by}: version {version} was fitted on {len(seen)} of these rows")
    else:
        put_forward(name, version, rows, why, by)


def champion(name):
    """Return the number of the champion."""
    return int(champion_of(mlflow.MlflowClient(), name))


def decide(name, rows, run_name):
    """Let the champion decide on applications, once, and keep a record of ids and answers alone.

    Returns
    -------
    int
        The version that decided, now or when the run of that name was made.
    """
    if run := find_run(run_name):
        return int(run.data.tags["version"])
    version = champion(name)
    with ModelProcess(f"models:/{name}/{version}") as model:
        told = pd.concat([rows[[ID, "month"]], model.predict(rows[FEATURES])], axis=1)
    with mlflow.start_run(run_name=run_name, tags={"version": str(version)}):
        data = mlflow.data.from_pandas(rows[[ID, *FEATURES]], name=run_name)
        mlflow.log_input(data, "decided", model=LoggedModelInput(model.metadata.model_id))
        mlflow.log_table(told[[ID, "month", "probability", "decision"]], "decisions.json")
    return version


def answers(name, version, rows):
    """Return what a version answers to applications, and keep no record of it."""
    with ModelProcess(f"models:/{name}/{version}") as model:
        return model.predict(rows[FEATURES])


def compare(name, version, other, rows):
    """Print what a version would cost on rows with outcomes, and what it saves against another."""
    asked = [answers(name, number, rows) for number in (version, other)]
    yes = [found["decision"].eq("approve") for found in asked]
    good = rows[TARGET].eq("Y")
    saved = "{:+.3f}, between {:+.3f} and {:+.3f}".format(*cost_saving(good, *yes))
    print(f"version {version} costs {expected_cost(good, yes[0]):.3f};", end=" ")
    print(f"against version {other}, it saves {saved}")
