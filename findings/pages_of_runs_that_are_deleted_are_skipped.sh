#!/usr/bin/env bash
# MLflow 3.17.2: the page token of a search is the number of results to skip. A program that reads the runs to be
# deleted page by page, and deletes each page before it asks for the next one, deletes every other page and ends
# without an error: of ten runs in pages of two, four are left. Where a run is added meanwhile, another one comes
# twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install --quiet uv==0.13.9
environment/bin/uv pip install --quiet --python environment/bin/python mlflow==3.17.2
export DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true MLFLOW_LOGGING_LEVEL=ERROR
environment/bin/python -W ignore - 2>/dev/null <<'PY'
import mlflow

mlflow.set_tracking_uri("sqlite:///store.db")
client = mlflow.MlflowClient()


def pages(experiment, after_each):
    token, seen = None, []
    while True:
        page = client.search_runs([experiment], max_results=2, page_token=token)
        seen += [run.info.run_name for run in page]
        after_each(page)
        token = page.token
        if not token:
            return seen


def experiment_of(runs):
    experiment = client.create_experiment(f"{runs} runs")
    for number in range(runs):
        client.create_run(experiment, run_name=f"run {number}", start_time=1_700_000_000_000 + number)
    return experiment


def delete(page):
    for run in page:
        client.delete_run(run.info.run_id)


experiment = experiment_of(10)
seen = pages(experiment, delete)
left = [run.info.run_name for run in client.search_runs([experiment])]
print(f"deleted page by page: {seen}; left: {left}")
assert len(seen) == 6 and left == ["run 7", "run 6", "run 3", "run 2"]

experiment = experiment_of(4)
more = iter(["run 4"])
seen = pages(experiment, lambda page: [client.create_run(experiment, run_name=name) for name in more])
print(f"read while run 4 starts: {seen}")
assert len(seen) == 5 and len(set(seen)) == 4 and "run 4" not in seen
PY
