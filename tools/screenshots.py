"""Take the lessons' pictures of the MLflow UI: the real UI, on a store that the lessons filled."""

import argparse
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import mlflow
import nbformat
from PIL import Image, PngImagePlugin
from playwright.sync_api import Page, Route, expect, sync_playwright

from classroom.desk.doctor import find_browser
from classroom.desk.lab import SETTLED
from classroom.services.servers import mlflow_server
from classroom.workspace import NOTEBOOKS, REPOSITORY, lessons, prepare
from tools.notebooks import execute

WAIT = 30_000  # milliseconds for what a page must show: a busy machine takes its time
IMAGES = NOTEBOOKS / "images"
LARGEST = 150_000  # bytes, so that the repository and the slides stay light
#: The metrics of lesson 22 that its picture shows, as the search field takes them.
MONITORED = "psi/(LoanAmount|Credit_History|Loan_Amount_Term)|predicted|good|cost"
#: No first-run pages, no look for updates: a browser that talks to this machine only.
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
]
#: Makes a page that of a reader who chose Model training and closed the Assistant and notices.
SETTLED_READER = "".join(
    f"localStorage.setItem({name!r}, {value!r});" for name, value in SETTLED.items()
)


@contextmanager
def browser_page(width: int = 1280, height: int = 860) -> Iterator[Page]:
    """Open a page of a headless browser in the light theme, without any way off this machine."""
    browser = find_browser()
    if browser is None:
        sys.exit("There is no Chromium, Chrome or Edge; `make doctor` says how to get one.")
    # As root, as in a container, Chromium starts without its sandbox only.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS + root)
        page = chromium.new_page(
            viewport={"width": width, "height": height}, color_scheme="light", locale="en-GB"
        )

        def stay_here(route: Route) -> None:
            here = re.match(r"https?://127\.0\.0\.1:|file:|data:|blob:", route.request.url)
            route.continue_() if here else route.abort()

        page.route("**/*", stay_here)
        page.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        try:
            yield page
        finally:
            page.close()
            chromium.close()


def experiment_url(url: str, name: str) -> str:
    """Return the address of an experiment's runs."""
    experiment = mlflow.MlflowClient(url).get_experiment_by_name(name)
    return f"{url}/#/experiments/{experiment.experiment_id}/runs"


def run_url(url: str, experiment: str, run_name: str) -> str:
    """Return the address of a run, found by its name."""
    client = mlflow.MlflowClient(url)
    ids = [client.get_experiment_by_name(experiment).experiment_id]
    (run,) = client.search_runs(ids, f"run_name = '{run_name}'")
    return f"{url}/#/experiments/{ids[0]}/runs/{run.info.run_id}"


def model_url(url: str, experiment: str, name: str) -> str:
    """Return the address of a logged model, found by its name."""
    client = mlflow.MlflowClient(url)
    ids = [client.get_experiment_by_name(experiment).experiment_id]
    (model,) = client.search_logged_models(ids, f"name = '{name}'")
    return f"{url}/#/experiments/{ids[0]}/models/{model.model_id}"


def open_jupyterlab(page: Page, notebook: str) -> None:
    """Open a notebook in JupyterLab, as `make lab` does but for the reader's own settings.

    JupyterLab ends when the page is closed.
    """
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    own = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"],
        cwd=REPOSITORY,
        env=os.environ | dict.fromkeys((*own, "JUPYTER_RUNTIME_DIR"), folder.name),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def end(_: Page) -> None:  # its kernel and the server of the UI end by themselves after it
        process.kill()
        process.wait()
        folder.cleanup()

    page.on("close", end)
    while not (written := list(Path(folder.name).glob("jpserver-*.json"))):
        page.wait_for_timeout(200)
    server = json.loads(written[0].read_text(encoding="utf-8"))
    page.goto(f"http://127.0.0.1:{server['port']}/lab/tree/{notebook}?token={server['token']}")


def course(page: Page, url: str) -> None:
    """README: a lesson in JupyterLab and, beside it, the MLflow UI with the runs that it logged."""
    page.set_viewport_size({"width": 1600, "height": 860})
    open_jupyterlab(page, "notebooks/02_tracking_compare_runs.ipynb")
    page.get_by_role("heading", level=1).first.wait_for()
    page.get_by_role("button", name="MLflow UI", exact=True).click()
    inside = page.frame_locator("iframe")
    inside.get_by_role("link", name="02_tracking_compare_runs").click()
    page.get_by_role("tab", name="File Browser").click()  # folds it away
    tab = page.get_by_role("tab", name="MLflow UI")
    tab.hover()
    page.mouse.down()
    page.mouse.move(900, 15, steps=20)
    page.mouse.move(1350, 450, steps=20)
    page.mouse.up()
    inside.get_by_role("button", name="Toggle sidebar").click()
    inside.locator(".ag-row").filter(has_text="sweep").locator("button").first.click()
    inside.get_by_text("tree 12").first.wait_for()
    inside.locator("label:has(input[value=CHART])").click()
    inside.get_by_text("fold/roc_auc", exact=True).wait_for()
    cell = page.locator(".jp-CodeCell", has_text="plt.axvline(0").first
    for _ in range(2):  # JupyterLab draws the pictures above only now, which moves the cell down
        cell.evaluate("cell => cell.scrollIntoView()")
        page.wait_for_timeout(1_000)


def run_overview(page: Page, url: str) -> None:
    """Lesson 01: the page of the run, with parameters, metrics, tags, dataset and model."""
    page.goto(run_url(url, "01_tracking_first_run", "logistic"))
    page.get_by_text("log_loss").first.wait_for()
    page.get_by_text("Logged models").first.wait_for()


def show_artifact(page: Page, run: str, name: str) -> None:
    """Open a run's artifact page and choose a picture."""
    page.goto(f"{run}/artifacts")
    page.get_by_text(name).first.click()
    page.locator("img[src^='blob:']").first.wait_for()


def run_artifacts(page: Page, url: str) -> None:
    """Lesson 01: the artifact page of the run, with the coefficients as a picture."""
    show_artifact(page, run_url(url, "01_tracking_first_run", "logistic"), "coefficients.png")


def evaluation_artifacts(page: Page, url: str) -> None:
    """Lesson 12: the plots that an evaluation logged, one of them open."""
    run = run_url(url, "12_models_evaluate", "classifier")
    show_artifact(page, run, "precision_recall_curve_plot.png")


def unfold(page: Page, run_name: str) -> None:
    """Show the children of a run in the table of runs."""
    row = page.locator(".ag-row").filter(has=page.get_by_role("link", name=run_name, exact=True))
    row.locator("button").first.click()


def show_columns(page: Page, *metrics: str) -> None:
    """Show these columns of the table of runs in place of those that it shows at first."""
    page.get_by_role("button", name="Columns", exact=True).click()
    for column in ("Dataset", "Source", "Models", *metrics):
        title = page.locator(f"span[title='{column}'][class*=tree-node-content]")
        ticked = title.locator("xpath=..").locator("[class*=checkbox-checked]").count() == 1
        if ticked != (column in metrics):
            title.click()
    page.get_by_role("button", name="Columns", exact=True).click()
    page.get_by_role("columnheader", name=metrics[-1]).first.wait_for()


def charts_over_steps(page: Page, url: str) -> None:
    """Lesson 02: the chart view, with the folds and the boosting rounds as lines."""
    page.set_viewport_size({"width": 1280, "height": 1100})
    page.goto(experiment_url(url, "02_tracking_compare_runs"))
    unfold(page, "sweep")
    page.get_by_text("tree 12").first.wait_for()
    page.locator("label:has(input[value=CHART])").click()
    page.get_by_placeholder("Search metric charts").fill("fold|round")
    page.get_by_text("round/log_loss", exact=True).wait_for()
    page.get_by_text("Step", exact=True).nth(1).wait_for()


def sweep_sorted(page: Page, url: str) -> None:
    """Lesson 02: the table of all runs, sorted by a metric, which flattens the tree."""
    page.goto(experiment_url(url, "02_tracking_compare_runs"))
    page.locator("label:has(input[value=TABLE])").click()
    page.get_by_role("button", name="Sort: Created").click()
    page.get_by_text("cv_roc_auc", exact=True).last.click()
    page.get_by_role("button", name="Sort: cv_roc_auc").wait_for()
    page.keyboard.press("Escape")
    show_columns(page, "cv_roc_auc", "cv_roc_auc_sd")


def finalists_compared(page: Page, url: str) -> None:
    """Lesson 02: three runs side by side; sorted by a metric first, so that no tree hides them."""
    # The filter and the order as the UI itself keeps them in the address.
    asked = "?searchFilter=tags.state%20%3D%20'finalist'&orderByKey=metrics.%60cv_roc_auc%60"
    page.goto(experiment_url(url, "02_tracking_compare_runs") + asked)
    page.get_by_text("matching runs").filter(has_text="3").wait_for()
    page.get_by_role("checkbox", name="Select all runs").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_text("Visualizations", exact=True).click()
    page.set_viewport_size({"width": 1280, "height": 1200})


def trials_of_a_study(page: Page, url: str) -> None:
    """Lesson 04: the table of runs with the study unfolded into its trials."""
    page.goto(experiment_url(url, "04_tracking_autolog_and_tuning"))
    unfold(page, "study")
    page.get_by_role("link", name="trial 15").wait_for()
    show_columns(page, "roc_auc", "learning_rate", "max_leaf_nodes")
    page.set_viewport_size({"width": 1280, "height": 1240})


def refused_run(page: Page, url: str) -> None:
    """Lesson 07: the page of a run whose parameter was refused, with the reason."""
    page.goto(run_url(url, "07_projects_package_and_run", "no number"))


def resumed_pipeline(page: Page, url: str) -> None:
    """Lesson 08: the table of runs with the resumed pipeline unfolded."""
    page.goto(experiment_url(url, "08_projects_pipeline"))
    unfold(page, "pipeline")
    page.set_viewport_size({"width": 1280, "height": 700})


def model_overview(page: Page, url: str) -> None:
    """Lesson 09: the page of the logged model, with its metrics and the run that made it."""
    page.set_viewport_size({"width": 1280, "height": 540})
    page.goto(model_url(url, "09_models_log_and_load", "pipeline"))


def model_files(page: Page, url: str) -> None:
    """Lesson 09: the files of the logged model, with the MLmodel shown."""
    page.goto(model_url(url, "09_models_log_and_load", "pipeline") + "/artifacts")
    page.get_by_text("MLmodel").first.click()


def registered_models(page: Page, url: str) -> None:
    """Lesson 18: the registered models whose names hold a text."""
    page.set_viewport_size({"width": 1280, "height": 400})
    page.goto(f"{url}/#/models")
    page.get_by_role("link", name="loans-prod", exact=True).wait_for()
    search = page.get_by_placeholder("Search registered models")
    search.fill("loans-")  # other lessons may have filled the store too
    search.press("Enter")
    page.get_by_role("link", name="scorecard", exact=True).wait_for(state="detached")


def version_with_its_run(page: Page, url: str) -> None:
    """Lesson 18: the page of a version, with the link to the run that it came from."""
    page.set_viewport_size({"width": 1280, "height": 640})
    page.goto(f"{url}/#/models/loans-dev/versions/5")


def promoted_version(page: Page, url: str) -> None:
    """Lesson 19: the page of the champion, with its alias and the story of its promotion."""
    page.goto(f"{url}/#/models/loans/versions/2")


def drift_over_months(page: Page, url: str) -> None:
    """Lesson 22: the metrics of the monitor, each drawn over the months."""
    page.set_viewport_size({"width": 1280, "height": 1050})
    page.goto(run_url(url, "22_capstone", "monitor") + "/model-metrics")
    page.get_by_placeholder("Search metric charts").fill(MONITORED)
    page.get_by_text("monitor (predicted)", exact=True).wait_for()


#: Each picture, the lesson whose work it shows, and how to get there.
PICTURES: dict[str, tuple[str, Callable[[Page, str], None]]] = {
    "course.png": ("02_tracking_compare_runs", course),
    "01_run_overview.png": ("01_tracking_first_run", run_overview),
    "01_run_artifacts.png": ("01_tracking_first_run", run_artifacts),
    "02_charts.png": ("02_tracking_compare_runs", charts_over_steps),
    "02_table.png": ("02_tracking_compare_runs", sweep_sorted),
    "02_compare.png": ("02_tracking_compare_runs", finalists_compared),
    "04_trials.png": ("04_tracking_autolog_and_tuning", trials_of_a_study),
    "07_refused.png": ("07_projects_package_and_run", refused_run),
    "08_resumed.png": ("08_projects_pipeline", resumed_pipeline),
    "09_model_overview.png": ("09_models_log_and_load", model_overview),
    "09_model_files.png": ("09_models_log_and_load", model_files),
    "12_evaluation_artifacts.png": ("12_models_evaluate", evaluation_artifacts),
    "18_registered_models.png": ("18_registry_versions", registered_models),
    "18_version.png": ("18_registry_versions", version_with_its_run),
    "19_promoted.png": ("19_registry_promotion", promoted_version),
    "22_monitor.png": ("22_capstone", drift_over_months),
}

#: What must be in sight after the steps to each picture; `go` waits for it.
SHOWN: dict[str, list[str]] = {
    "course.png": ["plt.axvline(0"],
    "01_run_overview.png": ["roc_auc", "logistic_regression", "reviewed"],
    "01_run_artifacts.png": ["coefficients.png", "mistakes.json"],
    "02_charts.png": ["fold/roc_auc", "round/log_loss"],
    "02_table.png": ["cv_roc_auc_sd", "boosting leaves=4", "tree 12"],
    "02_compare.png": ["Comparing 3 Runs", "min_samples_leaf", "cv_roc_auc"],
    "04_trials.png": ["trial 00", "trial 15", "learning_rate"],
    "07_refused.png": ["seed must be a whole number from 0 to 4294967295, not 'abc'", "Failed"],
    "08_resumed.png": ["pipeline", "score", "test the best"],
    "09_model_overview.png": ["pipeline", "log_loss", "Source run", "Ready"],
    "09_model_files.png": ["MLmodel", "requirements.txt", "loader_module: mlflow.sklearn"],
    "12_evaluation_artifacts.png": ["precision_recall_curve_plot.png", "confusion_matrix.png"],
    "18_registered_models.png": ["loans-dev", "loans-prod", "credit"],
    "18_version.png": ["Version 5", "boosting", "Source Run"],
    "19_promoted.png": ["Version 2", "promoted.by", "promoted.over", "champion"],
    "22_monitor.png": ["monitor", "LoanAmount", "predicted"],
}


def go(page: Page, url: str, name: str) -> None:
    """Take the steps to a picture, and look whether what it is for can be seen.

    Raises
    ------
    AssertionError
        If a text is not in sight.
    """
    page.add_init_script(SETTLED_READER)
    page.set_viewport_size({"width": 1280, "height": 860})
    PICTURES[name][1](page, url)
    for text in SHOWN[name]:
        expect(page.get_by_text(text, exact=name.startswith("04")).first).to_be_in_viewport()


def shown_by(lesson: str) -> dict[str, str]:
    """Return what a picture says of its origin: the lesson, and a digest of its code."""
    cells = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return {"lesson": lesson, "code": hashlib.sha256("\0".join(code).encode()).hexdigest()}


def save(page: Page, path: Path, lesson: str) -> None:
    """Save what the page shows, with 256 colours, which text and plots do not miss."""
    page.wait_for_timeout(1_000)  # let animations end
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    origin = PngImagePlugin.PngInfo()
    for key, value in shown_by(lesson).items():
        origin.add_text(key, value)
    small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True, pnginfo=origin)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} has {path.stat().st_size:,} bytes; {LARGEST:,} are allowed.")


@contextmanager
def store_with(names: set[str]) -> Iterator[str]:
    """Execute the named lessons in a workspace of their own and serve it; give the address."""
    with tempfile.TemporaryDirectory(prefix="loanflow-") as home:
        os.environ["LOANFLOW_HOME"] = home
        os.environ["LOGNAME"] = "reader"  # the UI shows who ran a lesson
        prepare()
        paths = [path for path in lessons() if path.stem in names]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda path: execute(path, Path(home)), paths))
        with mlflow_server() as server:
            yield server.url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="*", help="file names (default: all)")
    wanted = parser.parse_args().pictures or list(PICTURES)
    if unknown := set(wanted) - set(PICTURES):
        sys.exit(f"There is no picture {unknown.pop()!r}; there are {list(PICTURES)}.")
    IMAGES.mkdir(exist_ok=True)
    for lesson in sorted({PICTURES[name][0] for name in wanted}):
        with store_with({lesson}) as url, browser_page() as page:
            for name in (name for name in wanted if PICTURES[name][0] == lesson):
                go(page, url, name)
                save(page, IMAGES / name, lesson)
                print(f"{name}: {(IMAGES / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
