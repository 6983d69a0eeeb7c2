"""Right answers to the exercises of lesson 14 in another style than the solutions'."""

CLIENT = """
import json

import pandas as pd
import requests

from classroom.services.servers import local_server
from loanflow.data import FEATURES, load_new_applications

new = load_new_applications().iloc[::-1].set_index("Loan_ID")
env = {"MLFLOW_EXPERIMENT_NAME": lesson.name}
command = [*start_front, logged_card.model_uri, "--max-bytes", "20000", "--trace"]
server = local_server(command, health_path="/ping", timeout=120, env=env)
found = {}
with requests.Session() as session:
    for start in range(0, len(new), 100):
        part = new[FEATURES].iloc[start : start + 100]
        values = json.loads(part.to_json(orient="split"))
        asked = {"dataframe_split": {"columns": values["columns"], "data": values["data"]}}
        answer = session.post(f"{server.url}/invocations", json=asked)
        found |= dict(zip(part.index, answer.json()["predictions"], strict=True))
server.stop()
table = pd.DataFrame({"probability": found.values(), "Loan_ID": found.keys()})
with mlflow.start_run(run_name="client"):
    mlflow.log_text(table.to_csv(index=False), "answers.csv")
"""

FRONT = """
(lesson.folder / "few_front.py").write_text('''import loan_front

MOST = 100


class FewFront(loan_front.Front):
    async def answer(self, scope, receive):
        return await super().answer(scope, receive)

    def check(self, records, params):
        if len(records) <= MOST:
            return super().check(records, params)
        raise loan_front.Refused(413, f"{MOST} applications are the most in one request.")
''')
for _ in range(2):
    with mlflow.start_run(run_name="few front"):
        mlflow.log_artifact(lesson.folder / "few_front.py")
"""

RIGHT = {
    "14.1": {"larger requests, backwards": CLIENT},
    "14.2": {"the module imported, and logged twice": FRONT},
}
