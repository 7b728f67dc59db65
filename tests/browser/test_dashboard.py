"""The live dashboard in a real JupyterLab: it moves while a cell trains, and a click ends it."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from ppo_lesson.notebook.board import DESCRIPTION, HOW_TO_STOP
from tests.browser.dashboard_page import ENDS, PLANNED, DashboardPage, width
from tests.browser.lab_page import KERNEL_IS_IDLE, LabPage

pytestmark = pytest.mark.browser

IS_BUSY = KERNEL_IS_IDLE.replace("idle", "busy")


@pytest.fixture(scope="module")
def board(lab_page: LabPage) -> DashboardPage:
    """Open the notebook of one training; each test runs it again."""
    return DashboardPage(lab_page)


@pytest.mark.parametrize(
    "way",
    [pytest.param(way, marks=[pytest.mark.exhaustive] if k else []) for k, way in enumerate(ENDS)],
)
def test_the_dashboard_moves_and_one_click_ends_the_cell_and_says_so(
    way: str, board: DashboardPage, photograph
) -> None:
    press, reason = ENDS[way]
    lab_page = board.lab_page
    board.start()
    style, filled = board.bar.get_attribute("style") or "", width(board.bar)
    expect(board.bar).not_to_have_attribute("style", style)
    assert width(board.bar) >= filled  # it was read after the style that has changed since
    expect(board.words).to_have_text(HOW_TO_STOP)
    alt_text = board.training.get_by_text(DESCRIPTION).bounding_box()
    assert alt_text is not None and alt_text["width"] <= 1  # said to those who do not see
    assert lab_page.page.locator(IS_BUSY).count() == 1
    empty = board.stored()["image/png"]
    photograph(lab_page.page, f"dashboard-training-{way}")

    press(board)
    board.expect_end(reason)
    done = int(board.steps.inner_text().split()[0].replace(",", ""))
    assert 0 < done < PLANNED
    photograph(lab_page.page, f"dashboard-{way}")
    kept = board.stored()
    assert kept["text/plain"] == f"{DESCRIPTION} {board.words.inner_text()}"
    shown = board.picture.evaluate(PIXELS)
    assert base64.b64decode(kept["image/png"]) == bytes(shown) != base64.b64decode(empty)
    assert lab_page.error_outputs() == []
    assert lab_page.find_faults() == []


# The file that an image on the page was made from.
PIXELS = """async image => {
    const answer = await fetch(image.src);
    return [...new Uint8Array(await answer.arrayBuffer())];
}"""
