"""Explorers in a real browser: moved by keys and by mouse, they draw what Python's table says."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import vl_convert
from playwright.sync_api import Browser, Locator, Page, expect

from ppo_lesson.commands import demos
from ppo_lesson.explorers import EXPLORERS
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.notebook.renderer import VEGA_LITE
from tests.browser.explorer_pages import (
    drawing_in_lab,
    expect_rows,
    expect_table,
    explorer,
    lines,
    offline,
    slider,
    store,
)
from tests.browser.lab import Lab, LabPage

pytestmark = pytest.mark.browser

NUM_POSITIONS = 4  # per explorer, at random, the same in every run

# Gives a slider one value after the other and each of them two frames; returns what was drawn.
DRAG = """async ([handle, values]) => {
    const shown = [];
    for (const value of values) {
        handle.value = value;
        handle.dispatchEvent(new Event("input", {bubbles: true}));
        for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
        const drawing = handle.closest(".vega-embed");
        shown.push([...drawing.querySelectorAll("svg text")].map(text => text.textContent));
    }
    return shown;
}"""

# The same without a frame in between: faster than any hand.
RUSH = """([handle, values]) => {
    for (const value of values) {
        handle.value = value;
        handle.dispatchEvent(new Event("input", {bubbles: true}));
    }
}"""


def positions(explorer: Explorer) -> Iterator[dict[str, float]]:
    choose = random.Random(0)
    for _ in range(NUM_POSITIONS):
        yield {control.name: choose.choice(control.positions) for control in explorer.controls}


def move(drawing: Locator, explorer: Explorer, position: dict[str, float]) -> None:
    """Move every slider to its place with arrow keys, the way a reader without a mouse does."""
    for control in explorer.controls:
        handle = slider(drawing, explorer, control.name)
        handle.press("Home")
        for _ in range(control.index(position[control.name])):
            handle.press("ArrowRight")
        expect(handle).to_be_focused()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demos")
    demos.write(folder)
    return folder


@pytest.fixture
def offline_page(browser: Browser) -> Iterator[Page]:
    with offline(browser) as page:
        yield page


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_demo_page_follows_the_keys_without_a_network(name, pages, offline_page, screenshots):
    found = explorer(name)
    offline_page.goto((pages / f"{name}.html").as_uri())
    drawing = offline_page.locator("#drawing")
    expect_table(drawing, found, {})
    offline_page.screenshot(path=screenshots / f"demo-{name}.png", full_page=True)
    for position in positions(found):
        move(drawing, found, position)
        expect_table(drawing, found, position)


def test_every_entry_of_the_index_leads_to_a_page_that_draws(pages, offline_page):
    offline_page.goto((pages / "index.html").as_uri())
    links = offline_page.get_by_role("listitem").get_by_role("link")
    assert links.count() == len(EXPLORERS)
    for number in range(len(EXPLORERS)):
        links.nth(number).click()
        expect(offline_page.locator("#drawing svg")).to_be_visible()
        offline_page.go_back()


SIZES = {"laptop": (1280, 720), "full HD": (1920, 1080), "laptop at 200 %": (960, 540)}

# How much of the window the drawing fills, whether anything is cut off or below the fold, and how
# large the smallest letters are.
FILLED = """() => {
    const svg = document.querySelector("svg"), page = document.scrollingElement;
    const box = (svg ?? document.querySelector("ol")).getBoundingClientRect();
    const seen = [...document.querySelectorAll("body *, svg *")].filter(e => e.children.length === 0
        && e.textContent.trim() && !["SCRIPT", "STYLE"].includes(e.tagName));
    const out = seen.filter(e => {
        const {left, top, right, bottom} = e.getBoundingClientRect();
        return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
    });
    const letters = seen.map(e => parseFloat(getComputedStyle(e).fontSize)
        * (e.ownerSVGElement ? Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b) : 1));
    return {part: Math.max(box.width / innerWidth, box.height / innerHeight),
            scrolls: page.scrollHeight > innerHeight || page.scrollWidth > innerWidth,
            out: out.map(e => e.textContent), letters: Math.min(...letters)};
}"""


@pytest.mark.parametrize("size", SIZES)
def test_a_demo_page_fills_the_screen_and_nothing_is_below_the_fold(
    size, pages, offline_page, screenshots
):
    width, height = SIZES[size]
    for name in ("index", *EXPLORERS):
        offline_page.set_viewport_size({"width": width, "height": height})
        offline_page.goto((pages / f"{name}.html").as_uri())
        if name != "index":
            expect(offline_page.locator("#drawing svg")).to_be_visible()
        # The script has measured the room when the page has been drawn.
        offline_page.evaluate("() => new Promise(r => requestAnimationFrame(() => setTimeout(r)))")
        found = offline_page.evaluate(FILLED)
        assert found["part"] >= 0.85 and not found["scrolls"] and found["out"] == [], (name, found)
        assert found["letters"] >= (24 if width == 1920 else 14), (name, found)
        if name != "index":
            expect_rows(offline_page.locator("#drawing"), explorer(name))
        offline_page.screenshot(path=screenshots / f"demo-{name}-{width}.png")


def test_a_demo_page_follows_the_window_when_it_changes(pages, offline_page):
    offline_page.goto((pages / "clip_lab.html").as_uri())
    drawing = offline_page.locator("#drawing svg")
    expect(drawing).to_be_visible()
    for width in (1600, 800):
        offline_page.set_viewport_size({"width": width, "height": 900})
        offline_page.wait_for_function(
            "() => document.querySelector('#drawing svg').getBoundingClientRect().width"
            " > 0.85 * innerWidth && document.scrollingElement.scrollWidth <= innerWidth"
        )


# What Bootstrap does to a page, and with it the themes of most documentation.
RESET = """*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; font-size: 1rem; line-height: 1.5; }
label { display: inline-block; margin-bottom: .5rem; }
input, button, select { margin: 0; font: inherit; line-height: inherit; }
img, svg { vertical-align: middle; }"""


@pytest.mark.parametrize(
    "reset", [RESET, "", "label, .vega-bind { display: block; padding: 9px; }"]
)
def test_on_a_page_of_somebody_else_each_control_keeps_its_row(
    reset, tmp_path, offline_page, screenshots
):
    program = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=VEGA_LITE)
    (tmp_path / "program.js").write_text(program, encoding="utf-8")
    divs = "".join(f"<p>{name}</p><div id='{name}'></div>" for name in EXPLORERS)
    calls = []
    for name in EXPLORERS:
        specification = vl_convert.vegalite_to_vega(
            explorer(name).specification(), vl_version=VEGA_LITE
        )
        del specification["$schema"]  # it names a Vega before the bundle's, which would complain
        calls.append(f"vegaEmbed('#{name}', {json.dumps(specification)}, {{mode: 'vega'}});")
    page = tmp_path / "page.html"
    page.write_text(
        f"<!DOCTYPE html><meta charset='utf-8'><link rel='icon' href='data:,'><style>{reset}"
        f"</style>{divs}<script src='program.js'></script><script>{''.join(calls)}</script>",
        encoding="utf-8",
    )
    offline_page.goto(page.as_uri())
    for name in EXPLORERS:
        found, drawing = explorer(name), offline_page.locator(f"#{name}")
        expect_table(drawing, found, {})
        expect_rows(drawing, found)
        box = drawing.locator("svg").bounding_box()
        assert box is not None and (box["width"], box["height"]) == found.size()
    offline_page.screenshot(path=screenshots / "reset.png", full_page=True)


@pytest.mark.parametrize("name", EXPLORERS)
def test_no_value_of_a_quick_drag_is_left_out(name, pages, offline_page):
    """Each is drawn in the frame that it is given; without frames, at least the last one is."""
    found = explorer(name)
    first = found.sliders[0]
    back_and_forth = [*first.positions, *first.positions[::-1]][:30]
    offline_page.goto((pages / f"{name}.html").as_uri())
    drawing = offline_page.locator("#drawing")
    handle = slider(drawing, found, first.name).element_handle()
    drawn = offline_page.evaluate(DRAG, [handle, [str(value) for value in back_and_forth]])
    for value, texts in zip(back_and_forth, drawn, strict=True):
        assert set(lines(found, {first.name: value})) <= set(texts), value
    offline_page.evaluate(RUSH, [handle, [str(value) for value in reversed(back_and_forth)]])
    expect_table(drawing, found, {first.name: back_and_forth[0]})


@pytest.fixture(scope="module")
def stored(lab: Lab) -> str:
    return store(lab.folder)


def test_in_a_stored_notebook_they_move_before_any_cell_is_run(lab_page: LabPage, stored: str):
    lab_page.open_notebook(stored)
    for name in EXPLORERS:
        found, drawing = explorer(name), drawing_in_lab(lab_page.page, name)
        expect_table(drawing, found, {})
        for position in list(positions(found))[:2]:
            # JupyterLab must not take the arrow keys for itself and go to another cell.
            move(drawing, found, position)
            expect_table(drawing, found, position)
    assert lab_page.find_faults() == []


@pytest.mark.parametrize(("width", "height"), [(1366, 650), (1366, 768), (1920, 1080)])
def test_in_a_notebook_an_explorer_is_seen_whole(
    width, height, lab_page: LabPage, stored: str, screenshots: Path
):
    lab_page.page.set_viewport_size({"width": width, "height": height})
    lab_page.open_notebook(stored)
    for name in EXPLORERS:
        drawing = drawing_in_lab(lab_page.page, name)
        expect_rows(drawing, explorer(name))
        box, cell = drawing.bounding_box(), drawing.locator("xpath=../..").bounding_box()
        assert box is not None and cell is not None
        assert box["height"] <= 500 and box["width"] <= cell["width"]
        lab_page.page.screenshot(path=screenshots / f"lab-{name}-{width}x{height}.png")


def test_a_click_on_a_button_chooses_it(lab_page: LabPage, stored: str):
    lab_page.open_notebook(stored)
    for name in EXPLORERS:
        found, drawing = explorer(name), drawing_in_lab(lab_page.page, name)
        if not found.choice:
            continue
        for side in (1, 0, 1):
            # Where the word stands; what answers lies above it.
            word = drawing.locator("svg").get_by_text(found.choice.options[side], exact=True).last
            box = word.bounding_box()
            assert box is not None
            lab_page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            expect(word).to_have_attribute("font-weight", "bold")
            expect(slider(drawing, found, found.choice.name)).to_have_value(str(side))
            expect_table(drawing, found, {found.choice.name: side})


def test_a_slider_follows_the_mouse(lab_page: LabPage, stored: str):
    found = explorer("clip_lab")
    lab_page.open_notebook(stored)
    drawing = drawing_in_lab(lab_page.page, "clip_lab")
    handle = slider(drawing, found, "ratio")
    box = handle.bounding_box()
    assert box is not None
    lab_page.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    lab_page.page.mouse.down()
    lab_page.page.mouse.move(box["x"] - 5, box["y"] + box["height"] / 2, steps=5)
    lab_page.page.mouse.up()
    assert handle.input_value() == "0.05"
    expect_table(drawing, found, {"ratio": 0.05})


def test_an_exported_notebook_shows_every_picture_without_a_network(
    tmp_path: Path, browser: Browser, screenshots: Path
):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", store(tmp_path)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    # nbconvert's own page asks for programs to draw formulas and diagrams; there are none in it.
    with offline(browser, harmless=("https://",)) as page:
        page.goto((tmp_path / "stored_explorers.html").as_uri())
        pictures = page.locator(".jp-OutputArea-output img")
        expect(pictures).to_have_count(len(EXPLORERS))
        for picture in pictures.all():
            width, natural = picture.evaluate("img => [img.width, img.naturalWidth]")
            assert width > 600 and natural > 600
        page.screenshot(path=screenshots / "exported.png", full_page=True)
