"""A browser, a JupyterLab with a copy of the notebooks, and pages to look at them.

Browser and lab serve all files of this folder that a worker runs one after the other; each file has
a page of its own, so that a test that fails spoils no other file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.browser.chromium import find_or_install_chromium
from tests.browser.lab import Lab, running_lab
from tests.browser.lab_page import SHOWN_WITHIN, LabPage

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

expect.set_options(timeout=SHOWN_WITHIN)  # the page's own limit is not the one of `expect`: 5 s

# As root Chromium starts only without its sandbox (it opens our own pages and no others). The
# rest keeps it from calling home: a machine without a network would fill the console with errors.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Start Playwright; while it runs, this thread can start no other event loop."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start a Chromium; without one fail in CI, and elsewhere skip and say why."""
    path = find_or_install_chromium(Path(playwright.chromium.executable_path))
    if path is None:
        reason = "no Chromium found, and none could be installed: nobody looked at the notebooks"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a JupyterLab on a copy of the notebooks: nothing is written to the repository."""
    folder = tmp_path_factory.mktemp("lab")
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.py")
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=ignored)
    with running_lab(folder / "notebooks", folder / "jupyter") as lab:
        yield lab


@pytest.fixture(scope="package")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """Open one browser profile, so that JupyterLab's own files are loaded once."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(scope="module")
def lab_page(window: BrowserContext, lab: Lab) -> Iterator[LabPage]:
    """Open a tab on the lab, 1280x800; ``open_notebook`` closes what another test has opened."""
    page = LabPage(window.new_page(), lab)
    page.page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    page.close()


@pytest.fixture
def photograph() -> Callable[[Page | Locator, str], None]:
    """Take a picture for people, called ``NAME.png``, if PPO_LESSON_SCREENSHOTS names a folder."""
    folder = os.environ.get("PPO_LESSON_SCREENSHOTS")

    def take(what: Page | Locator, name: str) -> None:
        if folder:
            what.screenshot(path=Path(folder) / f"{name}.png")

    return take
