"""Explorers in a real browser: moved by keys and by mouse, they draw what Python's table says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from ppo_lesson.commands import demos
from ppo_lesson.commands.notebook_form import write
from ppo_lesson.teaching.explorer import Explorer
from ppo_lesson.teaching.explorers import EXPLORERS
from ppo_lesson.teaching.sliders import Choice
from tests.browser.lab import Lab, LabPage

pytestmark = pytest.mark.browser

NUM_POSITIONS = 4  # per explorer, at random, the same in every run


def positions(explorer: Explorer) -> Iterator[dict[str, float]]:
    choose = random.Random(0)
    for _ in range(NUM_POSITIONS):
        yield {control.name: choose.choice(control.positions) for control in explorer.controls}


def slider(drawing: Locator, explorer: Explorer, name: str) -> Locator:
    """Find a slider by what a screen reader says of it."""
    control = next(control for control in explorer.controls if control.name == name)
    return drawing.get_by_role("slider", name=control.label, exact=not isinstance(control, Choice))


def move(drawing: Locator, explorer: Explorer, position: dict[str, float]) -> None:
    """Move every slider to its place with arrow keys, the way a reader without a mouse does."""
    for control in explorer.controls:
        handle = slider(drawing, explorer, control.name)
        handle.press("Home")
        for _ in range(control.index(position[control.name])):
            handle.press("ArrowRight")
        expect(handle).to_be_focused()


def expect_table(drawing: Locator, explorer: Explorer, position: dict[str, float]) -> None:
    """Compare the two lines above the picture with the table."""
    row = explorer.at(**position)
    for template in explorer.says:
        said = drawing.locator("svg").get_by_text(template.format(**row), exact=True)
        expect(said).to_have_count(1)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demos")
    demos.write(folder)
    return folder


@pytest.fixture
def offline_page(browser: Browser) -> Iterator[Page]:
    """Open a page that may read files and nothing else, and whose console must stay silent."""
    context = browser.new_context(offline=True, reduced_motion="reduce")
    refused, said = [], []

    def decide(route):
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context.route("**/*", decide)
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert (refused, said) == ([], [])


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_demo_page_follows_the_keys_without_a_network(name, pages, offline_page, screenshots):
    explorer = EXPLORERS[name]()
    assert isinstance(explorer, Explorer)
    offline_page.goto((pages / f"{name}.html").as_uri())
    drawing = offline_page.locator("#drawing")
    expect_table(drawing, explorer, {})
    offline_page.screenshot(path=screenshots / f"demo-{name}.png", full_page=True)
    for position in positions(explorer):
        move(drawing, explorer, position)
        expect_table(drawing, explorer, position)


def test_every_entry_of_the_index_leads_to_a_page_that_draws(pages, offline_page):
    offline_page.goto((pages / "index.html").as_uri())
    links = offline_page.get_by_role("listitem").get_by_role("link")
    assert links.count() == len(EXPLORERS)
    for number in range(len(EXPLORERS)):
        links.nth(number).click()
        expect(offline_page.locator("#drawing svg")).to_be_visible()
        offline_page.go_back()


@pytest.fixture(scope="module")
def stored(lab: Lab) -> str:
    """Store a notebook that nobody has run or trusted here, with an explorer in each cell."""
    notebook = nbformat.v4.new_notebook()
    for count, (name, build) in enumerate(EXPLORERS.items(), start=1):
        cell = nbformat.v4.new_code_cell(f"{name}()", execution_count=count)
        data = build()._repr_mimebundle_()  # type: ignore[union-attr]
        cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=count)]
        notebook.cells.append(cell)
    write(notebook, lab.folder / "stored_explorers.ipynb")
    return "stored_explorers.ipynb"


def test_in_a_stored_notebook_they_move_before_any_cell_is_run(lab_page: LabPage, stored: str):
    lab_page.open_notebook(stored)
    cells = lab_page.page.locator(".jp-Notebook .jp-CodeCell")
    for number, build in enumerate(EXPLORERS.values()):
        explorer = build()
        assert isinstance(explorer, Explorer)
        cells.nth(number).scroll_into_view_if_needed()
        drawing = cells.nth(number).locator(".vega-embed")
        expect_table(drawing, explorer, {})
        for position in list(positions(explorer))[:2]:
            # JupyterLab must not take the arrow keys for itself and go to another cell.
            move(drawing, explorer, position)
            expect_table(drawing, explorer, position)
    assert lab_page.find_faults() == []


def test_a_slider_follows_the_mouse(lab_page: LabPage, stored: str):
    explorer = EXPLORERS["clip_lab"]()
    assert isinstance(explorer, Explorer)
    lab_page.open_notebook(stored)
    drawing = lab_page.page.locator(".jp-Notebook .jp-CodeCell").nth(4).locator(".vega-embed")
    drawing.scroll_into_view_if_needed()
    handle = slider(drawing, explorer, "ratio")
    box = handle.bounding_box()
    assert box is not None
    lab_page.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    lab_page.page.mouse.down()
    lab_page.page.mouse.move(box["x"] - 5, box["y"] + box["height"] / 2, steps=5)
    lab_page.page.mouse.up()
    assert handle.input_value() == "0.05"
    expect_table(drawing, explorer, {"ratio": 0.05})
