"""Explorers in JupyterLab: they draw what Python's table says, for eyes, ears, mouse and keys.

One notebook, opened once, for all tests but the last; each finds the sliders where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ppo_lesson.explorers import EXPLORERS
from tests.browser.accessibility import (
    LEAST_CONTRAST,
    MOVING,
    OUTPUTS,
    SMALLEST_LETTERS,
    axe_findings,
    expect_names_and_values,
    expect_tab_goes_through_the_sliders,
)
from tests.browser.explorer_pages import (
    drawing_in_lab,
    expect_rows,
    expect_table,
    explorer,
    move,
    positions,
    slider,
    store,
)
from tests.browser.lab import Lab
from tests.browser.lab_page import LabPage

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stored(lab: Lab) -> str:
    return store(lab.folder)


@pytest.fixture(scope="module")
def opened(lab_page: LabPage, stored: str) -> LabPage:
    """Open the notebook; where the sliders stand, a test finds them."""
    lab_page.page.emulate_media(reduced_motion="reduce")
    lab_page.open_notebook(stored)
    for name in EXPLORERS:
        expect_table(drawing_in_lab(lab_page.page, name), explorer(name), {})
    return lab_page


def test_in_a_stored_notebook_they_move_before_any_cell_is_run(opened: LabPage):
    for name in EXPLORERS:
        found, drawing = explorer(name), drawing_in_lab(opened.page, name)
        for position in positions(found, 2):
            # JupyterLab must not take the arrow keys for itself and go to another cell.
            move(drawing, found, position)
            expect_table(drawing, found, position)
    assert opened.find_faults() == []


@pytest.mark.parametrize(("width", "height"), [(1366, 650), (1366, 768), (1920, 1080)])
def test_in_a_notebook_an_explorer_is_seen_whole(width, height, opened: LabPage, photograph):
    opened.page.set_viewport_size({"width": width, "height": height})
    for name in EXPLORERS:
        drawing = drawing_in_lab(opened.page, name)
        expect_rows(drawing, explorer(name))
        box, cell = drawing.bounding_box(), drawing.locator("xpath=../..").bounding_box()
        assert box is not None and cell is not None
        assert box["height"] <= 500 and box["width"] <= cell["width"]
        photograph(opened.page, f"lab-{name}-{width}x{height}")


def test_a_click_on_a_button_chooses_it(opened: LabPage):
    for name in EXPLORERS:
        found, drawing = explorer(name), drawing_in_lab(opened.page, name)
        if not found.choice:
            continue
        move(drawing, found, found.at())
        for side in (1, 0, 1):
            # Where the word stands; what answers lies above it.
            word = drawing.locator("svg").get_by_text(found.choice.options[side], exact=True).last
            box = word.bounding_box()
            assert box is not None
            opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            expect(word).to_have_attribute("font-weight", "bold")
            expect(slider(drawing, found, found.choice.name)).to_have_value(str(side))
            expect_table(drawing, found, {found.choice.name: side})


def test_a_slider_follows_the_mouse(opened: LabPage):
    found, drawing = explorer("clip_lab"), drawing_in_lab(opened.page, "clip_lab")
    move(drawing, found, found.at())
    handle = slider(drawing, found, "ratio")
    box = handle.bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] - 5, box["y"] + box["height"] / 2, steps=5)
    opened.page.mouse.up()
    assert handle.input_value() == "0.05"
    expect_table(drawing, found, {"ratio": 0.05})


@pytest.mark.exhaustive
def test_they_can_be_heard_read_and_used_without_a_mouse(opened: LabPage):
    for number, name in enumerate(EXPLORERS):
        drawing = drawing_in_lab(opened.page, name)
        assert drawing.evaluate(SMALLEST_LETTERS) >= 15
        expect_names_and_values(drawing, name)
        assert drawing.evaluate(MOVING) == []
        # From the cell above its output; in command mode, for in a text Tab writes spaces.
        opened.page.locator(".jp-Notebook .jp-InputPrompt").nth(number).click()
        expect_tab_goes_through_the_sliders(opened.page, name)
    assert axe_findings(opened.page, within=OUTPUTS) == []


@pytest.fixture
def dark(lab_page: LabPage) -> Iterator[None]:
    """Give JupyterLab its dark theme; other tests share the lab, and its settings."""
    change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
    lab_page.load()
    expect_light(lab_page.page, "true")
    lab_page.page.evaluate(change, "JupyterLab Dark")
    expect_light(lab_page.page, "false")
    yield
    lab_page.page.evaluate(change, "JupyterLab Light")
    expect_light(lab_page.page, "true")


def expect_light(page: Page, light: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)


@pytest.mark.exhaustive
def test_in_the_dark_theme_they_stay_dark_on_white(dark, lab_page, stored, photograph):
    lab_page.open_notebook(stored)
    expect_light(lab_page.page, "false")
    for name in EXPLORERS:
        drawing = drawing_in_lab(lab_page.page, name)
        assert drawing.evaluate(LEAST_CONTRAST) >= 4.5
        behind = "svg => getComputedStyle(svg).backgroundColor"
        assert drawing.locator("svg").evaluate(behind) == "rgb(255, 255, 255)"
        photograph(drawing, f"dark-{name}")
