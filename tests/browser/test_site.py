"""The website in a browser that may read its folder and nothing else."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from ppo_lesson.commands import notebooks, site_api
from ppo_lesson.explorers import EXPLORERS, NOTEBOOKS
from ppo_lesson.lessons.glossary import GLOSSARY
from tests.browser.accessibility import axe_findings
from tests.browser.explorer_pages import (
    OfflinePage,
    expect_rows,
    expect_table,
    explorer,
    move,
    positions,
)
from tests.browser.site_pages import REPOSITORY, build, links_that_lead_nowhere, with_sphinx
from tests.test_setup import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.exhaustive, with_sphinx]

STEMS = [path.stem for path in notebooks.find([])[0]]
WRITTEN = ["index", "notation", "glossary", "bibliography", "explorers"]
PAGES = [
    *WRITTEN,
    *(f"notebooks/{stem}" for stem in STEMS),
    *(f"api/{floor}" for floor in site_api.FLOORS),
    "genindex",
    "search",
]
SIZES = {"phone": (390, 844), "laptop": (1366, 768), "projector": (1920, 1080)}
# What the theme says of itself on the console.
THEME = "[PST]: "

# Formulas, diagrams, explorers and pictures that are not drawn.
UNDRAWN = """() => [
    ...[...document.querySelectorAll(".math")].filter(e => !e.querySelector("mjx-container")),
    ...document.querySelectorAll("mjx-merror, .error-icon"),
    ...[...document.querySelectorAll("pre.mermaid")].filter(e => !e.querySelector("svg")),
    ...[...document.querySelectorAll(".ppo-explorer")].filter(e => !e.querySelector("svg")),
    ...[...document.images].filter(e => !e.naturalWidth),
].map(e => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(folder)
    return folder


class SitePage(OfflinePage):
    """A page of the site: it may read the site's folder alone, and what it asks for is there."""

    def __init__(self, browser: Browser, site: Path) -> None:
        super().__init__(browser)
        self.outside: list[str] = []
        self.allowed = (site.as_uri(), "data:", "blob:")
        self.page.on("request", self._look)
        self.page.on("requestfailed", self._look_at_failure)

    def _look_at_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a click led on before all was there
            self.outside.append(f"{request.failure}: {request.url}")

    def _look(self, request: Request) -> None:
        if not request.url.startswith(self.allowed):
            self.outside.append(request.url)

    def expect_silence(self) -> None:
        outside = self.outside[:]
        self.outside.clear()
        assert outside == []
        self.said[:] = [line for line in self.said if not line.startswith(THEME)]
        super().expect_silence()


@pytest.fixture(scope="module")
def offline(browser: Browser, site: Path) -> Iterator[SitePage]:
    offline = SitePage(browser, site)
    yield offline
    offline.context.close()


@pytest.fixture
def page(offline: SitePage) -> Iterator[Page]:
    offline.page.set_viewport_size({"width": 1366, "height": 768})
    yield offline.page
    offline.expect_silence()


def open_page(page: Page, site: Path, name: str) -> None:
    """Open a page and wait until all that a script draws is drawn."""
    page.goto((site / f"{name}.html").as_uri())
    page.wait_for_function(f"() => !({UNDRAWN})().length")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_drawn_and_shows_axe_no_fault_on_light_and_dark(name, site, page, photograph):
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        open_page(page, site, name)
        assert page.locator("html").get_attribute("data-theme") == theme
        assert axe_findings(page) == []
    photograph(page, f"site-{name.replace('/', '-')}-dark")
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_no_wider_than_its_window(name, size, site, page, photograph):
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, site, name)
    assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
    photograph(page, f"site-{name.replace('/', '-')}-{size}")


@pytest.mark.parametrize("stem", STEMS)
def test_a_notebook_has_its_formulas_its_outputs_and_no_open_answer(stem, site, page):
    open_page(page, site, f"notebooks/{stem}")
    assert page.locator("mjx-container").count() > 0
    assert page.locator(".cell_output").count() > 10
    for kind in ("details.hide", "details.ppo-further", "details:has(> summary:text('came out'))"):
        folds = page.locator(kind)
        assert folds.count() > 0, kind
        assert folds.evaluate_all("all => all.every(one => !one.open)"), kind
    answer = page.locator("details:has(> summary:text('What came out'))").first
    expect(answer.locator("p").first).not_to_be_visible()
    answer.locator("summary").click()
    expect(answer.locator("p").first).to_be_visible()


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_follows_the_keys_in_its_notebook(name, site, page):
    (stem,) = (stem for stem in STEMS if stem[:2] == NOTEBOOKS[name][0])
    open_page(page, site, f"notebooks/{stem}")
    found = explorer(name)
    drawing = page.locator(".ppo-explorer").filter(has_text=found.title)
    expect_table(drawing, found, {})
    expect_rows(drawing, found)
    for position in positions(found, 3):
        move(drawing, found, position)
        expect_table(drawing, found, position)
    assert axe_findings(page) == []


def test_every_link_inside_leads_to_a_place_that_is_there(site):
    assert list(links_that_lead_nowhere(site)) == []


def test_the_index_leads_to_every_page(site, page):
    open_page(page, site, "index")
    there = page.locator(".bd-links a").evaluate_all("links => links.map(link => link.href)")
    wanted = {(site / f"{name}.html").as_uri() for name in PAGES} - {
        (site / "search.html").as_uri()
    }
    assert wanted <= {address.partition("#")[0] for address in there}


def test_the_search_finds_a_word_where_it_stands(site, page):
    open_page(page, site, "index")
    page.keyboard.press("Control+k")
    page.keyboard.type("effective sample size")
    page.keyboard.press("Enter")
    results = page.locator("#search-results li a")
    for name in ("glossary", "notebooks/03_when_weights_explode", "api/maths"):
        expect(results.and_(page.locator(f"a[href*='{name}.html']")).first).to_be_visible()
    results.and_(page.locator("a[href*='03_when_weights_explode.html']")).first.click()
    expect(page.locator("article h1")).to_contain_text("03")


def test_a_term_of_the_glossary_leads_to_the_section_that_introduces_it(site, page):
    open_page(page, site, "glossary")
    assert page.locator("dl.glossary > dt").count() == len(GLOSSARY)
    page.get_by_role("link", name="07, section 5").first.click()
    expect(
        page.locator("section#gae-the-weighted-mean, section:has(> #notebook-07-5)")
    ).to_be_visible()


def test_pages_that_are_files_of_the_project_can_be_edited_and_faults_reported(site):
    for stem in STEMS:
        text = (site / "notebooks" / f"{stem}.html").read_text(encoding="utf-8")
        assert f'href="{REPOSITORY}/edit/main/notebooks/{stem}.ipynb"' in text
        assert f'href="{REPOSITORY}/issues/new?' in text
    front = (site / "index.html").read_text(encoding="utf-8")
    assert f'href="{REPOSITORY}/edit/main/README.md"' in front
    assert f'href="{REPOSITORY}/blob/main/LICENSE"' in front
    for name in ("notation", "glossary", "bibliography", "explorers", "api/maths"):
        assert "/edit/main/" not in (site / f"{name}.html").read_text(encoding="utf-8")


def test_no_page_names_a_folder_of_the_machine_that_built_it(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text and str(site.parent) not in text, path
        assert not re.search(r"/tmp/|site-packages", text), path


def test_from_a_server_the_search_shows_what_stands_around_a_word(site, browser):
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *given: None  # type: ignore[attr-defined]
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    page = context.new_page()
    address = f"http://127.0.0.1:{server.server_port}/"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}search.html?q=occupancy")
    expect(page.locator("#search-results p.context").first).to_contain_text("ccupanc")
    assert asked and all(one.startswith((address, "data:")) for one in asked)
    context.close()
    server.shutdown()
    server.server_close()
