"""The MLflow UI still offers the steps that the lessons describe, and the pictures are there.

Whether the steps to each picture still lead there is asked after the cells of its lesson, on the
store that they filled: see `PicturesOfTheLesson` in conftest.py.
"""

import os
import re
from unittest.mock import patch

import mlflow
import pytest
from PIL import Image
from playwright.sync_api import expect

from classroom.workspace import NOTEBOOKS, REPOSITORY, lessons
from conftest import skip_without_browser
from tools.screenshots import IMAGES, LARGEST, PICTURES, browser_page, go, shown_by, store_with


@pytest.fixture(scope="module")
def ui():
    """The address of the MLflow UI on a store that two lessons filled."""
    skip_without_browser()
    names = {"01_tracking_first_run", "02_tracking_compare_runs"}
    with patch.dict(os.environ), store_with(names) as url:
        yield url


def test_sorting_by_a_metric_puts_the_best_run_on_top(ui):
    with browser_page() as page:
        go(page, ui, "02_table.png")
        links = page.locator(".ag-row a").filter(has_text=re.compile(r"leaves|leaf|tree|C="))
        client = mlflow.MlflowClient(ui)
        runs = client.search_runs(
            [client.get_experiment_by_name("02_tracking_compare_runs").experiment_id],
            "tags.mlflow.parentRunId LIKE '%'",  # the candidates; the failed one comes last
            order_by=["metrics.cv_roc_auc DESC"],
        )
        # The page holds its rows in another order than it shows them.
        down_the_page = """links => links
            .sort((a, b) => a.getBoundingClientRect().y - b.getBoundingClientRect().y)
            .map(link => link.innerText)"""
        assert links.evaluate_all(down_the_page) == [run.info.run_name for run in runs]


def test_lesson_01_finds_its_run_and_the_figure(ui):
    with browser_page() as page:
        page.goto(ui)
        page.get_by_text("Model training", exact=True).click()
        closing = page.get_by_role("button", name="Close")
        expect(closing).to_have_count(2)  # the Assistant's and the notice's
        closing.last.click()
        closing.first.click()
        page.get_by_role("link", name="Experiments", exact=True).first.click()
        page.get_by_role("link", name="01_tracking_first_run").first.click()
        page.get_by_role("link", name="logistic", exact=True).click()
        for logged in ("roc_auc", "logistic_regression", "reviewed", "loan_status"):
            expect(page.get_by_text(logged).first).to_be_visible()
        page.get_by_role("tab", name="Artifacts").click()
        page.get_by_text("coefficients.png").first.click()
        picture = page.locator("img[src^='blob:']").first
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") == 800


def test_every_picture_is_used_small_and_made_by_the_script():
    pages = [REPOSITORY / "README.md", *lessons()]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    used = set(re.findall(r"\((?:notebooks/)?images/(\w+\.png)\)", text))
    assert used == set(PICTURES) == {path.name for path in IMAGES.iterdir()}
    assert all((IMAGES / name).stat().st_size <= LARGEST for name in used)
    names = {path.stem for path in lessons(NOTEBOOKS)}
    assert all(lesson in names for lesson, _ in PICTURES.values())


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_its_lesson_does_today(name):
    with Image.open(IMAGES / name) as picture:
        taken = {key: picture.info.get(key) for key in ("lesson", "code")}
    assert taken == shown_by(PICTURES[name][0]), "Run `make screenshots`."
