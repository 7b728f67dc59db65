"""Slides in a browser without a network: nothing is cut off, letters are large, explorers move."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ppo_lesson.commands import slides
from ppo_lesson.lessons.routes import ROUTES
from tests.browser.accessibility import axe_findings
from tests.browser.explorer_pages import OfflinePage, expect_table, explorer, move, positions

pytestmark = [
    pytest.mark.browser,
    pytest.mark.exhaustive,
    pytest.mark.skipif(
        not (find_spec("ziamath") and find_spec("sphinx_revealjs")),
        reason='slides: pip install -e ".[test,classroom]"',
    ),
]
DECKS = {deck.name: (route, deck) for route, decks in ROUTES.items() for deck in decks}
SIZES = ((1280, 720), (1920, 1080))
SMALLEST = 20  # pixels of a letter that is written on a slide, at 1280; pictures have their own

# What of the present slide is out of the window, hidden by its own box, or lies on the title; and
# its smallest letters, as they are on the screen.
MEASURED = """() => {
    const slide = document.querySelector("section.present"), body = slide.querySelector(".body");
    const seen = [...slide.querySelectorAll("*")].filter(e => !e.closest("aside, svg")
        && e.getBoundingClientRect().width);
    const floor = slide.getBoundingClientRect(), out = seen.filter(e => {
        const box = e.getBoundingClientRect();
        return box.left < floor.left - 1 || box.right > floor.right + 1
            || box.bottom > floor.bottom + 1 || box.top < floor.top - 1;
    });
    const title = slide.querySelector("h2"), top = title?.getBoundingClientRect().bottom ?? 0;
    const over = [...body?.children ?? []].filter(e => e.getBoundingClientRect().top < top - 1);
    const scale = floor.width / slide.offsetWidth;
    const texts = seen.filter(e => !e.closest(".explorer") && [...e.childNodes].some(
        node => node.nodeType === Node.TEXT_NODE && node.textContent.trim()));
    return {out: [...out, ...over].map(e => `${e.tagName}: ${e.textContent.slice(0, 40)}`),
            letters: Math.min(...texts.map(e => parseFloat(getComputedStyle(e).fontSize) * scale))};
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slides")
    for route in ROUTES:
        list(slides.write(route, folder))
    return folder


@pytest.fixture(scope="module")
def offline(browser: Browser) -> Iterator[OfflinePage]:
    offline = OfflinePage(browser)
    yield offline
    offline.context.close()


@pytest.fixture
def page(offline: OfflinePage) -> Iterator[Page]:
    yield offline.page
    offline.expect_silence()


def opened(page: Page, folder: Path, name: str, query: str = "") -> Page:
    page.goto("about:blank")
    page.goto((folder / f"{name}.html").as_uri() + query)
    page.wait_for_function("() => Reveal.isReady()")
    return page


def number_of(place: str) -> int:
    """Count which slide of the demonstration shows a place; the first is its title."""
    shown = [slide.shows for slide in DECKS["demonstration"][1].slides]
    return 1 + next(number for number, places in enumerate(shown) if place in places)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", DECKS)
def test_nothing_on_a_slide_is_cut_off_and_its_letters_can_be_read(
    name, size, folder, page, photograph
):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, folder, name)
    for number, slide in enumerate(DECKS[name][1].slides, start=1):
        page.evaluate("number => Reveal.slide(number)", number)
        expect(page.locator("section.present h2")).to_be_visible()
        found = page.evaluate(MEASURED)
        assert found["out"] == [], (name, slide.title)
        assert found["letters"] >= SMALLEST * size[0] / 1280, (name, slide.title)
        photograph(page, f"slides-{name}-{number:02}-{size[0]}")


def test_the_number_of_a_slide_does_not_lie_on_the_arrows(folder, page):
    opened(page, folder, "demonstration")
    page.evaluate("() => Reveal.slide(1)")
    number = page.locator(".slide-number").first.bounding_box()
    arrows = page.locator(".controls .navigate-left").bounding_box()
    assert number and arrows and number["x"] + number["width"] < arrows["x"]


def test_an_explorer_on_a_slide_follows_the_keys_and_the_slide_stays(folder, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, folder, "demonstration")
    number = number_of("06/clip-lab")
    page.evaluate("number => Reveal.slide(number)", number)
    drawing, found = page.locator("section.present [data-explorer=clip_lab]"), explorer("clip_lab")
    expect(drawing.locator("svg")).to_be_visible()
    for position in positions(found, 2):
        move(drawing, found, position)
        expect_table(drawing, found, position)
    assert page.evaluate("() => Reveal.getIndices().h") == number


def test_keys_turn_the_slides_mark_the_answer_and_show_the_notes(folder, page):
    opened(page, folder, "demonstration")
    number = number_of("05/predict-many-steps")
    page.evaluate("number => Reveal.slide(number)", number)
    mark = page.locator("section.present .mark")
    before = mark.evaluate("e => getComputedStyle(e).fontWeight")
    expect(mark).to_be_visible()
    page.keyboard.press("ArrowRight")
    after = mark.evaluate("e => getComputedStyle(e).fontWeight")
    assert (before, after) == ("400", "700")
    assert page.evaluate("() => Reveal.getIndices().h") == number
    page.keyboard.press("t")
    expect(page.locator(".speaker-notes")).to_contain_text("What usually goes wrong")
    page.keyboard.press("t")
    expect(page.locator(".speaker-notes")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => Reveal.getIndices().h") == number + 1


def test_the_speakers_window_shows_the_notes_of_the_slide(folder, page):
    opened(page, folder, "demonstration")
    page.evaluate("() => Reveal.slide(1)")
    with page.expect_popup() as opening:
        page.keyboard.press("s")
    speaker = opening.value
    expect(speaker.locator(".speaker-controls-notes")).to_contain_text("What usually goes wrong")
    speaker.close()


def test_axe_finds_nothing_on_the_slides_of_the_demonstration(folder, page):
    opened(page, folder, "demonstration")
    for number in range(1, 1 + len(DECKS["demonstration"][1].slides)):
        page.evaluate("number => Reveal.slide(number)", number)
        assert axe_findings(page) == [], number


def test_printed_a_deck_has_a_page_for_each_slide(folder, page):
    from pypdf import PdfReader

    opened(page, folder, "demonstration", "?print-pdf")
    page.locator(".pdf-page").last.wait_for()
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    deck = DECKS["demonstration"][1]
    texts = [" ".join(sheet.extract_text().split()) for sheet in printed.pages]
    assert len(texts) == 1 + len(deck.slides)
    for slide, text in zip(deck.slides, texts[1:], strict=True):
        assert slide.title in text
