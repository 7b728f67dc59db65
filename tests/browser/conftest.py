"""A browser, a JupyterLab with a copy of the notebooks, and a page to look at them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from ppo_lesson.exercises.progress import data_folder
from tests.browser.chromium import find_or_install_chromium
from tests.browser.lab import SHOWN_WITHIN, Lab, LabPage, running_lab

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


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Start Playwright for one module: while it runs, this thread can start no other event loop."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a JupyterLab on a copy of the notebooks: nothing is written to the repository."""
    folder = tmp_path_factory.mktemp("lab")
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.py")
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=ignored)
    with running_lab(folder / "notebooks", folder / "jupyter") as lab:
        yield lab


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """Open one browser profile for a module, so that JupyterLab's own files are loaded once."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def lab_page(window: BrowserContext, lab: Lab) -> Iterator[LabPage]:
    """Open an empty tab on the lab, 1280x800; ``lab_page.page.set_viewport_size`` changes that."""
    page = LabPage(window.new_page(), lab)
    page.page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    page.close()


@pytest.fixture
def nothing_answered(nobodys_progress: None) -> None:
    """Forget what other tests have answered: their kernels share one folder of progress."""
    shutil.rmtree(data_folder(), ignore_errors=True)


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Name the folder for pictures of what a test saw; PPO_LESSON_SCREENSHOTS chooses it."""
    folder = Path(os.environ.get("PPO_LESSON_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
