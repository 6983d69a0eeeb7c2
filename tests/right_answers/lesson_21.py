"""Right answers to the exercises of lesson 21 in another style than that of the solutions."""

BY_CLIENT = """
import json
import sqlite3
trial = fresh_copy(copy)
with sqlite3.connect(trial / "mlflow.db") as database:
    ask = database.execute
    (old_id,) = ask("SELECT run_uuid FROM runs WHERE name = 'winter campaign'").fetchone()
    params = dict(ask("SELECT key, value FROM params WHERE run_uuid = ?", (old_id,)))
    points = list(ask("SELECT key, value, step FROM metrics WHERE run_uuid = ?", (old_id,)))
client = mlflow.MlflowClient()
experiment = client.get_experiment_by_name(lesson.name).experiment_id
run_id = client.create_run(experiment, run_name="winter campaign").info.run_id
for key, value in params.items():
    client.log_param(run_id, key, value)
for key, value, step in points[::-1]:
    client.log_metric(run_id, key, value, step=step)
(root,) = (trial / "mlruns").rglob(f"{old_id}/artifacts")
client.log_artifact(run_id, str(root / "note.txt"))
client.log_dict(run_id, json.loads((root / "counts/decisions.json").read_text()),
                "counts/decisions.json")
client.set_tag(run_id, "restored_from", old_id)
client.set_terminated(run_id)"""

RIGHT = {
    "21.1": {
        "by the version's number, in a run": """
from mlflow.models import infer_signature
with store(server) as client:
    model = mlflow.sklearn.load_model(client.get_model_version_download_uri("loans", 3))
import pandas as pd
X = pd.DataFrame([[5000.0, 120.0, 1.0]], columns=model.feature_names_in_)
with mlflow.start_run():
    mlflow.sklearn.log_model(
        model,
        name="old",
        signature=infer_signature(X, model.predict(X)),
        serialization_format="cloudpickle",
        pip_requirements=["scikit-learn==1.9.1"],
        registered_model_name="loans-carried",
    )
client = mlflow.MlflowClient()
client.set_registered_model_alias("loans-carried", "champion", "1")
client.set_model_version_tag("loans-carried", "1", "came_from", "loans/3")""",
    },
    "21.2": {
        "by SQLite and the client": BY_CLIENT,
        "answered twice": BY_CLIENT + BY_CLIENT,
    },
}
