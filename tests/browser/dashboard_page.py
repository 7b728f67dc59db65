"""A training with its dashboard in a real JupyterLab, and the two ways to end it."""

from __future__ import annotations

import re
from collections.abc import Callable

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, expect

from tests.browser.lab_page import RUN_WITHIN, LabPage

PLANNED = 20_000_000  # steps: minutes of training, so that only a click can end the cell in time
CELLS = (
    "from ppo_lesson.notebook.page import setup\n"
    "from ppo_lesson.notebook.board import dashboard\n"
    "from ppo_lesson.training import PPOConfig, train\n\n"
    "setup()",
    "config = PPOConfig({settings})\n"
    "result = train(config, seed=0, watch=dashboard(config, seed=1))",
    "print(result.stopped)",
)


class DashboardPage:
    """The notebook of one training; ``stop``, ``steps``, ``bar`` and ``picture`` are its parts."""

    def __init__(self, lab_page: LabPage, settings: str = f"total_steps={PLANNED}") -> None:
        """Write the notebook and open it."""
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [new_code_cell(code.format(settings=settings)) for code in CELLS]
        self.path = lab_page.lab.folder / "dashboard.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), self.path)
        lab_page.open_notebook(self.path.name)
        self.lab_page, self.page = lab_page, lab_page.page
        cells = self.page.locator(".jp-Notebook .jp-CodeCell")
        self.training = cells.nth(1)
        self.printed = cells.nth(2).locator(".jp-OutputArea-output")
        self.stop = self.training.get_by_role("button", name="Stop")
        self.steps = self.training.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ environment steps$"))
        self.words = self.training.get_by_role("status")
        self.picture = self.training.locator("img.widget-image")
        self.bar = self.training.locator(".progress-bar")

    def start(self) -> None:
        """Run the notebook, and wait until its training has drawn something new."""
        self.lab_page.start_all()
        expect(self.stop).to_be_enabled(timeout=RUN_WITHIN)  # torch is imported first
        said, drawn = self.steps.inner_text(), self.picture.get_attribute("src")
        expect(self.steps).not_to_have_text(said, timeout=RUN_WITHIN)
        expect(self.picture).not_to_have_attribute("src", drawn or "", timeout=RUN_WITHIN)

    def press_stop(self) -> None:
        """Click on the dashboard's own button."""
        self.stop.click()

    def press_square(self) -> None:
        """Click on the square in the notebook's toolbar, which interrupts the kernel."""
        self.page.locator(".jp-NotebookPanel-toolbar").get_by_role(
            "button", name="Interrupt"
        ).click()

    def expect_end(self, reason: str, timeout: float = RUN_WITHIN) -> None:
        """Wait until the cell has ended and the dashboard says why."""
        expect(self.printed).to_have_text(f"{reason}\n", timeout=timeout)
        expect(self.stop).to_be_disabled()
        expect(self.words).to_have_text(f"Ended after {self.steps.inner_text()}: {reason}.")

    def stored(self) -> dict[str, str]:
        """Save the notebook, and return what its file keeps of the training's output."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        (output,) = nbformat.read(self.path, as_version=4).cells[1].outputs
        return output.data


ENDS: dict[str, tuple[Callable[[DashboardPage], None], str]] = {
    "stop": (DashboardPage.press_stop, "stopped by you"),
    "square": (DashboardPage.press_square, "interrupted"),
}
"""How a learner ends a training -> the click, and the reason that is told."""


def width(bar: Locator) -> float:
    """Read how far the bar is filled, in per cent."""
    return float(bar.evaluate("bar => parseFloat(bar.style.width)"))
