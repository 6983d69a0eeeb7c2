"""Take the lessons' pictures of the MLflow UI: the real UI, on a store that the lessons filled."""

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import mlflow
from PIL import Image
from playwright.sync_api import Page, Route, sync_playwright

from loanflow.classroom.doctor import find_browser
from loanflow.classroom.servers import mlflow_server
from loanflow.classroom.workspace import prepare
from tools.notebooks import NOTEBOOKS, execute, lessons

IMAGES = NOTEBOOKS / "images"
LARGEST = 150_000  # bytes, so that the repository and the slides stay light
#: No first-run pages, no look for updates: a browser that talks to this machine only.
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
]


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
            here = "://127.0.0.1:" in route.request.url
            route.continue_() if here else route.abort()

        page.route("**/*", stay_here)
        page.set_default_timeout(30_000)
        yield page
        chromium.close()


def enter_model_training(page: Page, url: str) -> None:
    """Open the UI as a reader does: choose Model training, and close what stands in the way."""
    page.goto(url)
    page.get_by_text("Model training", exact=True).click()
    page.get_by_role("button", name="Close").first.click()


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


def run_overview(page: Page, url: str) -> None:
    """Lesson 01: the page of the run, with parameters, metrics, tags, dataset and model."""
    page.goto(run_url(url, "01_tracking_first_run", "logistic"))
    page.get_by_text("log_loss").first.wait_for()
    page.get_by_text("Logged models").first.wait_for()


def run_artifacts(page: Page, url: str) -> None:
    """Lesson 01: the artifact page of the run, with the coefficients as a picture."""
    page.goto(run_url(url, "01_tracking_first_run", "logistic") + "/artifacts")
    page.get_by_text("coefficients.png").first.click()
    page.locator("img[src^='blob:']").first.wait_for()


#: Each picture, the lesson whose work it shows, and how to get there.
PICTURES: dict[str, tuple[str, Callable[[Page, str], None]]] = {
    "01_run_overview.png": ("01_tracking_first_run", run_overview),
    "01_run_artifacts.png": ("01_tracking_first_run", run_artifacts),
}


def save(page: Page, path: Path) -> None:
    """Save what the page shows, with 256 colours, which text and plots do not miss."""
    page.wait_for_timeout(1_000)  # let animations end
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
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
    """Take the named pictures, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="*", help="file names (default: all)")
    wanted = parser.parse_args().pictures or list(PICTURES)
    if unknown := set(wanted) - set(PICTURES):
        sys.exit(f"There is no picture {unknown.pop()!r}; there are {list(PICTURES)}.")
    IMAGES.mkdir(exist_ok=True)
    with store_with({PICTURES[name][0] for name in wanted}) as url, browser_page() as page:
        enter_model_training(page, url)
        for name in wanted:
            PICTURES[name][1](page, url)
            save(page, IMAGES / name)
            print(f"{name}: {(IMAGES / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
