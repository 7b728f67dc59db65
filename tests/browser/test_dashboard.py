"""The live dashboard in a real JupyterLab: it moves while a cell trains, and Stop ends the cell."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, expect

from ppo_lesson.teaching.dashboard import DESCRIPTION
from tests.browser.lab import KERNEL_IS_IDLE, SHOWN_WITHIN, LabPage

pytestmark = pytest.mark.browser

PLANNED = 20_000_000  # steps: minutes of training, so that only Stop can end the cell in time
CELLS = (
    "from ppo_lesson.teaching.notebook import setup\n"
    "from ppo_lesson.teaching.dashboard import dashboard\n"
    "from ppo_lesson.training.ppo import PPOConfig, train\n\n"
    "setup()",
    f"config = PPOConfig(total_steps={PLANNED})\n"
    "result = train(config, seed=0, on_update=dashboard(config, seed=1))",
    "print(result.stopped)",
)
MOVED_WITHIN = 60_000  # milliseconds; alone a new picture comes about four times a second
STOPPED_WITHIN = 60_000  # milliseconds; an update takes a few hundredths of a second, alone
IS_BUSY = KERNEL_IS_IDLE.replace("idle", "busy")


def width(bar: Locator) -> float:
    """Read how far the bar is filled, in per cent."""
    return float(bar.evaluate("bar => parseFloat(bar.style.width)"))


def test_the_dashboard_moves_and_its_stop_button_ends_the_running_cell(
    lab_page: LabPage, screenshots: Path
) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(code) for code in CELLS]
    path = lab_page.lab.folder / "dashboard.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    lab_page.open_notebook(path.name)
    page = lab_page.page
    lab_page.start_all()

    training = page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    stop = training.get_by_role("button", name="Stop")
    steps = training.get_by_text(re.compile(r"^[\d,]+ of 20,000,000 environment steps$"))
    picture = training.locator("img.widget-image")
    bar = training.locator(".progress-bar")
    expect(stop).to_be_enabled(timeout=SHOWN_WITHIN)  # torch is imported first
    style, filled = bar.get_attribute("style") or "", width(bar)
    said, drawn = steps.inner_text(), picture.get_attribute("src")
    expect(steps).not_to_have_text(said, timeout=MOVED_WITHIN)
    expect(picture).not_to_have_attribute("src", drawn or "", timeout=MOVED_WITHIN)
    expect(bar).not_to_have_attribute("style", style, timeout=MOVED_WITHIN)
    assert width(bar) >= filled  # it was read after the style that has changed since
    expect(training.get_by_text(DESCRIPTION)).to_be_visible()  # for those who do not see it
    assert page.locator(IS_BUSY).count() == 1
    page.screenshot(path=screenshots / "dashboard-training.png")

    stop.click()
    printed = page.locator(".jp-Notebook .jp-CodeCell").nth(2).locator(".jp-OutputArea-output")
    expect(printed).to_have_text("on_update returned True\n", timeout=STOPPED_WITHIN)
    expect(stop).to_be_disabled()
    done = int(steps.inner_text().split()[0].replace(",", ""))
    assert 0 < done < PLANNED
    page.screenshot(path=screenshots / "dashboard-stopped.png")
    assert lab_page.error_outputs() == []
    assert lab_page.find_faults() == []
