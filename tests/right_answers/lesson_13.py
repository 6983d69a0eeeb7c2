"""Right answers to the exercises of lesson 13 in another style than the solutions'."""

from wrong_answers.lesson_13 import client

CLIENT = """
import json

import pandas as pd
import requests

from classroom.services.servers import local_server
from loanflow.data import FEATURES, load_new_applications

new = load_new_applications().sample(frac=1, random_state=0)
command = ["mlflow", "models", "serve", "-m", logged.model_uri, "--env-manager", "local"]
server = local_server([*command, "-h", "127.0.0.1", "-p", "{port}"], health_path="/ping")
requests.post(f"{server.url}/invocations", data="a trial", headers={"Content-Type": "text/csv"})
sent, found = 0, []
for _, part in new.groupby(new.reset_index().index // 40):
    body = part[FEATURES].to_csv(index=False)
    kind = {"Content-Type": "text/csv"}
    answer = requests.post(f"{server.url}/invocations", data=body, headers=kind).json()
    found += [approval for _, approval in answer["predictions"]]
    sent += 1
server.stop()
for log in ("", server.log()):  # the first run forgot the log; the newest counts
    with mlflow.start_run(run_name="client"):
        table = pd.DataFrame({"probability": found, "Loan_ID": new["Loan_ID"].to_numpy()})
        mlflow.log_text(table.to_csv(index=False), "answers.csv")
        mlflow.log_metric("requests", sent)
        mlflow.log_text(log, "server.log")
"""

NIGHT = """
import pathlib
import subprocess

import pandas as pd

from loanflow.data import FEATURES, load_new_applications

new = load_new_applications()
few = new.loc[~new["Dependents"].isin(["3+"]) & new["Dependents"].notna(), FEATURES]
few.to_csv(lesson.folder / "tonight.csv", index=False)
kinds = {"Dependents": "str", "ApplicantIncome": "float", "CoapplicantIncome": "float"}
rows = pd.read_csv(lesson.folder / "tonight.csv", dtype=kinds)
asked, answered = lesson.folder / "asked.json", lesson.folder / "answered.json"
asked.write_text('{"dataframe_records": ' + rows.to_json(orient="records") + "}")
command = ["mlflow", "models", "predict", "--env-manager", "local", "-m", logged.model_uri]
subprocess.run([*command, "-i", str(asked), "-o", str(answered)], check=True)
with mlflow.start_run(run_name="tonight"):
    mlflow.log_artifact(answered)
"""

RIGHT = {
    "13.1": {
        "CSV, in another order and a second run": CLIENT,
        "six decimals": client("predict(asked).round(6)"),
    },
    "13.2": {"the command line": NIGHT},
}
