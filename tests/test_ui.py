"""The MLflow UI still offers the steps that the lessons describe, and the pictures are there."""

import os
import re

import pytest
from playwright.sync_api import expect

from loanflow.classroom.doctor import find_browser
from tools.notebooks import NOTEBOOKS, lessons
from tools.screenshots import (
    IMAGES,
    LARGEST,
    PICTURES,
    browser_page,
    enter_model_training,
    store_with,
)


@pytest.fixture(scope="module")
def ui():
    """The address of the MLflow UI on a store that lesson 01 filled."""
    if find_browser() is None:
        if "browser" in os.environ.get("LOANFLOW_REQUIRE", ""):
            pytest.fail("LOANFLOW_REQUIRE asks for a browser, and there is none.")
        pytest.skip("There is no browser; `make doctor` says how to get one.")
    before = dict(os.environ)
    with store_with({"01_tracking_first_run"}) as url:
        yield url
    os.environ.clear()
    os.environ.update(before)


def test_lesson_01_finds_its_run_and_the_figure(ui):
    with browser_page() as page:
        enter_model_training(page, ui)
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
    text = "".join(path.read_text(encoding="utf-8") for path in lessons())
    used = set(re.findall(r"\(images/(\w+\.png)\)", text))
    assert used == set(PICTURES) == {path.name for path in IMAGES.iterdir()}
    assert all((IMAGES / name).stat().st_size <= LARGEST for name in used)
    names = {path.stem for path in lessons(NOTEBOOKS)}
    assert all(lesson in names for lesson, _ in PICTURES.values())
