"""The steps of a model's life: train by the project or by hand, register, put forward, decide.

Each step leaves a record in MLflow from which the whole life can be told later. The modules beside
this one are the decision (`loan_decision.py`) and the gate (`loan_promotion.py`).
"""

from pathlib import Path

import mlflow
import pandas as pd
from loan_promotion import Refused, champion_of, digest_of, promote
from mlflow.entities import LoggedModelInput

from classroom.workspace import REPOSITORY
from loanflow.data import FEATURES, ID, TARGET, load_new_applications, split_in_three
from loanflow.training import TRUSTED_TYPES, cost_saving, expected_cost

NEEDS = ["mlflow==3.17.2", "pandas==3.1.1", "scikit-learn==1.9.1", "skops==0.16.0"]


def train(lesson, rows, run_name, family, test_size):
    """Train by the project on a file of these rows; return the run's id and the fitted rows."""
    rows, file = rows.reset_index(drop=True), lesson.folder / f"{run_name}.csv"
    rows.to_csv(file, index=False)
    asked = {"data": str(file), "family": family, "test_size": test_size}
    where = {"experiment_name": lesson.name, "env_manager": "local", "run_name": run_name}
    run = mlflow.projects.run(str(REPOSITORY), "train", parameters=asked, **where)
    return run.run_id, rows.loc[split_in_three(rows, test_size)["train"][0].index]


def fit(model, rows):
    """Fit a model on applications with their outcomes."""
    return model.fit(rows[FEATURES], rows[TARGET].eq("Y").astype(int))


def train_by_hand(model, rows, run_name):
    """Fit here and log, as in a notebook; return the run's id and the fitted rows."""
    about = {"skops_trusted_types": TRUSTED_TYPES, "pip_requirements": NEEDS}
    with mlflow.start_run(run_name=run_name) as run:
        data = mlflow.data.from_pandas(rows[[ID, *FEATURES, TARGET]], name="train")
        mlflow.log_input(data, "training")
        mlflow.sklearn.log_model(fit(model, rows), name="model", **about)
    return run.info.run_id, rows


def register(name, run_id, fitted):
    """Put the decision round a run's classifier, and give it a version; return its number."""
    client, X = mlflow.MlflowClient(), fitted[FEATURES]
    experiment = client.get_run(run_id).info.experiment_id
    (inner,) = client.search_logged_models([experiment], f"source_run_id = '{run_id}'")
    typical = X.mode().head(1).assign(**X.median(numeric_only=True)).to_dict("records")[0]
    answer = {"probability": [0.5], "threshold": [0.5], "decision": ["approve"], "reasons": [""]}
    # The new applications have gaps wherever gaps are allowed; old rows may lack some by chance.
    asked = load_new_applications()[FEATURES]
    default = {"threshold": 0.75}
    with mlflow.start_run(run_id=run_id):
        mlflow.log_table(fitted[[ID]], "fitted_on.json")
        decision = mlflow.pyfunc.log_model(
            name="decision",
            python_model=Path(__file__).with_name("loan_decision.py"),
            artifacts={"classifier": inner.model_uri},
            model_config={"typical": typical},
            input_example=asked.head(2),
            signature=mlflow.models.infer_signature(asked, pd.DataFrame(answer), default),
            pip_requirements=NEEDS,
        )
    return int(mlflow.register_model(decision.model_uri, name).version)


def put_forward(name, version, rows, why, by):
    """Ask the gate for a promotion; of a refusal, keep the reasons in the version's tags."""
    try:
        promote(name, version, rows, why, by)
        print(f"{by}: version {version} is the champion")
    except Refused as refused:
        reasons, client = "\n".join(refused.reasons), mlflow.MlflowClient()
        for key, text in {"by": by, "why": reasons, "rows": digest_of(rows)}.items():
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
    """Let the champion decide on applications, and keep a record of ids and answers alone."""
    if mlflow.search_runs(filter_string=f"run_name = '{run_name}'", output_format="list"):
        raise ValueError(f"{run_name} is decided already; start again from the first cell.")
    version = champion(name)
    model = mlflow.pyfunc.load_model(f"models:/{name}/{version}")
    told = pd.concat([rows[[ID, "month"]], model.predict(rows[FEATURES])], axis=1)
    with mlflow.start_run(run_name=run_name, tags={"version": str(version)}):
        data = mlflow.data.from_pandas(rows[[ID, *FEATURES]], name=run_name)
        mlflow.log_input(data, "decided", model=LoggedModelInput(model.metadata.model_id))
        mlflow.log_table(told[[ID, "month", "probability", "decision"]], "decisions.json")


def compare(name, version, other, rows):
    """Print what a version would cost on rows with outcomes, and what it saves against another."""
    asked = [mlflow.pyfunc.load_model(f"models:/{name}/{number}") for number in (version, other)]
    yes = [model.predict(rows[FEATURES])["decision"].eq("approve") for model in asked]
    good = rows[TARGET].eq("Y")
    saved = "{:+.3f}, between {:+.3f} and {:+.3f}".format(*cost_saving(good, *yes))
    print(f"version {version} costs {expected_cost(good, yes[0]):.3f};", end=" ")
    print(f"against version {other}, it saves {saved}")
