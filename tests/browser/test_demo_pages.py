"""Explorers on pages for a projector, and on those of somebody else: no network, any size."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import vl_convert
from playwright.sync_api import Browser, Page, TimeoutError as PlaywrightTimeout, expect

from ppo_lesson.commands import demos
from ppo_lesson.explorers import EXPLORERS, hosts
from ppo_lesson.lessons.routes import POLLS
from ppo_lesson.notebook.renderer import VEGA_LITE
from tests.browser.accessibility import (
    FOCUS_IS_SEEN,
    LEAST_CONTRAST,
    MOVING,
    SMALLEST_LETTERS,
    axe_findings,
    expect_names_and_values,
    expect_tab_goes_through_the_sliders,
)
from tests.browser.explorer_pages import (
    OfflinePage,
    expect_rows,
    expect_table,
    explorer,
    lines,
    move,
    positions,
    slider,
    store,
)
from tests.browser.lab_page import SHOWN_WITHIN

pytestmark = pytest.mark.browser

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


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demos")
    demos.write(folder)
    return folder


@pytest.fixture(scope="module")
def offline(browser: Browser) -> Iterator[OfflinePage]:
    offline = OfflinePage(browser)
    yield offline
    offline.context.close()


@pytest.fixture
def page(offline: OfflinePage) -> Iterator[Page]:
    offline.page.set_viewport_size({"width": 1280, "height": 900})
    yield offline.page
    offline.expect_silence()


@pytest.fixture(scope="module", params=EXPLORERS)
def name(pages: Path, offline: OfflinePage, request: pytest.FixtureRequest) -> str:
    """Open the page of one explorer after the other, each for all tests that move its sliders."""
    offline.page.goto((pages / f"{request.param}.html").as_uri())
    expect_table(offline.page.locator("#drawing"), explorer(request.param), {})
    return request.param


def test_a_demo_page_follows_the_keys_without_a_network(name, page, photograph):
    found, drawing = explorer(name), page.locator("#drawing")
    photograph(page, f"demo-{name}")
    for position in positions(found, 2):
        move(drawing, found, position)
        expect_table(drawing, found, position)


def test_a_demo_page_can_be_heard_read_and_used_without_a_mouse(name, page):
    drawing = page.locator("#drawing")
    assert drawing.evaluate(SMALLEST_LETTERS) >= 20
    assert drawing.evaluate(LEAST_CONTRAST) >= 4.5
    expect_tab_goes_through_the_sliders(page, name)
    expect_names_and_values(drawing, name)
    assert axe_findings(page) == []  # with every slider at its end, and the other button
    assert page.locator("html").evaluate(MOVING) == []


@pytest.mark.exhaustive
def test_no_value_of_a_quick_drag_is_left_out(name, page):
    """Each is drawn in the frame that it is given; without frames, at least the last one is."""
    found, drawing = explorer(name), page.locator("#drawing")
    move(drawing, found, found.at())
    first = found.sliders[0]
    back_and_forth = [*first.positions, *first.positions[::-1]][:30]
    handle = slider(drawing, found, first.name).element_handle()
    drawn = page.evaluate(DRAG, [handle, [str(value) for value in back_and_forth]])
    for value, texts in zip(back_and_forth, drawn, strict=True):
        assert set(lines(found, {first.name: value})) <= set(texts), value
    page.evaluate(RUSH, [handle, [str(value) for value in reversed(back_and_forth)]])
    expect_table(drawing, found, {first.name: back_and_forth[0]})


@pytest.mark.exhaustive
def test_a_demo_page_is_right_wherever_its_sliders_stand(name, page):
    found, drawing = explorer(name), page.locator("#drawing")
    for position in ({key.name: key.start for key in found.controls}, *positions(found, 10)):
        move(drawing, found, position)
        expect_table(drawing, found, position)
        assert axe_findings(page) == [], position


def test_every_entry_of_the_index_leads_to_a_page_and_a_click_opens_it(pages, page):
    page.goto((pages / "index.html").as_uri())
    links = page.get_by_role("listitem").get_by_role("link")
    there = [link.evaluate("link => link.href") for link in links.all()]
    wanted = [file for name in EXPLORERS for file in (name, f"poll_{name}")]
    assert there == [(pages / f"{name}.html").as_uri() for name in wanted]
    links.nth(-2).click()
    expect(page.locator("#drawing svg")).to_be_visible()


def test_the_index_shows_where_the_focus_is_and_keeps_still(pages, page):
    page.goto((pages / "index.html").as_uri())
    assert axe_findings(page) == []
    for _ in (*EXPLORERS, *POLLS):
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.tagName") == "A"
        assert page.evaluate(FOCUS_IS_SEEN)
    assert page.locator("html").evaluate(MOVING) == []


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


IS_FILLED = f"""() => {{
    const {{part, scrolls, out}} = ({FILLED})();
    return part >= 0.85 && !scrolls && !out.length;
}}"""


def expect_filled(page: Page, name: str, width: int) -> None:
    with suppress(PlaywrightTimeout):  # as long as the drawing follows the window
        page.wait_for_function(IS_FILLED, timeout=SHOWN_WITHIN)
    found = page.evaluate(FILLED)
    assert found["part"] >= 0.85 and not found["scrolls"] and found["out"] == [], (name, found)
    assert found["letters"] >= (24 if width == 1920 else 14), (name, found)
    if name != "index":
        expect_rows(page.locator("#drawing"), explorer(name))


@pytest.mark.parametrize("name", ["index", *EXPLORERS])
def test_a_demo_page_follows_the_window_and_fills_it_with_nothing_below_the_fold(
    name, pages, page, photograph
):
    page.goto((pages / f"{name}.html").as_uri())
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        expect_filled(page, name, width)
        photograph(page, f"demo-{name}-{width}")


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["index", *EXPLORERS])
def test_a_demo_page_fills_the_window_that_it_is_opened_in(name, size, pages, page):
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto((pages / f"{name}.html").as_uri())
    expect_filled(page, name, width)


# What Bootstrap does to a page, and with it the themes of most documentation.
RESET = """*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; font-size: 1rem; line-height: 1.5; }
label { display: inline-block; margin-bottom: .5rem; }
input, button, select { margin: 0; font: inherit; line-height: inherit; }
img, svg { vertical-align: middle; }"""


STYLES = (RESET, "", "label, .vega-bind { display: block; padding: 9px; }")


@pytest.mark.exhaustive
def test_what_colab_and_kaggle_show_follows_the_keys_without_a_network(
    tmp_path, page, photograph
) -> None:
    """Each form as it stands in an output there: in a frame, on a page with a style of its own."""
    name = "clip_lab"
    found = explorer(name)
    frame = hosts.frame(found.specification(), found.title, found.size())
    path = tmp_path / "output.html"
    head = f"<!DOCTYPE html><html lang='en'><title>Output</title><style>{RESET}</style>"
    path.write_text(f"{head}<meta charset='utf-8'>{frame}", encoding="utf-8")
    page.goto(path.as_uri())
    drawing = page.frame_locator(f'iframe[title="{found.title}"]').locator(".vega-embed")
    expect_table(drawing, found, {})
    expect_rows(drawing, found)
    for position in positions(found, 2):
        move(drawing, found, position)
        expect_table(drawing, found, position)
    inside = drawing.evaluate("""() => {
        const {scrollWidth, scrollHeight} = document.documentElement;
        return scrollWidth <= innerWidth && scrollHeight <= innerHeight;
    }""")
    assert inside, "the frame is too small, and scrolls"
    photograph(page, f"colab-{name}")


def test_on_a_page_of_somebody_else_each_control_keeps_its_row(tmp_path, page, photograph):
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
    path = tmp_path / "page.html"
    path.write_text(
        f"<!DOCTYPE html><meta charset='utf-8'><link rel='icon' href='data:,'><style>{RESET}"
        f"</style>{divs}<script src='program.js'></script><script>{''.join(calls)}</script>",
        encoding="utf-8",
    )
    page.goto(path.as_uri())
    for style in STYLES:
        page.locator("head > style").first.evaluate("(e, css) => { e.textContent = css; }", style)
        for name in EXPLORERS:
            found, drawing = explorer(name), page.locator(f"#{name}")
            expect_table(drawing, found, {})
            expect_rows(drawing, found)
            box = drawing.locator("svg").bounding_box()
            assert box is not None and (box["width"], box["height"]) == found.size(), style
    photograph(page.locator("html"), "reset")


@pytest.mark.exhaustive
def test_an_exported_notebook_shows_every_picture_without_a_network(
    tmp_path: Path, browser: Browser, photograph
):
    command = [sys.executable, "-m", "nbconvert", "--to", "html", store(tmp_path)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    # nbconvert's own page asks for programs to draw formulas and diagrams; there are none in it.
    offline = OfflinePage(browser, harmless=("https://",))
    offline.page.goto((tmp_path / "stored_explorers.html").as_uri())
    pictures = offline.page.locator(".jp-OutputArea-output img")
    expect(pictures).to_have_count(len(EXPLORERS))
    for picture in pictures.all():
        width, natural = picture.evaluate("img => [img.width, img.naturalWidth]")
        assert width > 600 and natural > 600
    photograph(offline.page.locator("html"), "exported")
    offline.expect_silence()
    offline.context.close()
