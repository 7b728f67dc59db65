"""Places where explorers stand, and how a reader moves them and reads them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Locator, Page, Route, expect

from ppo_lesson.commands.notebook_form import write
from ppo_lesson.explorers import EXPLORERS
from ppo_lesson.explorers.explorer import Explorer
from ppo_lesson.explorers.sliders import Choice


@cache
def explorer(name: str) -> Explorer:
    """Build an explorer as it is without a learner's function."""
    found = EXPLORERS[name]()
    assert isinstance(found, Explorer)
    return found


def slider(drawing: Locator, explorer: Explorer, name: str) -> Locator:
    """Find a slider by what a screen reader says of it."""
    control = next(control for control in explorer.controls if control.name == name)
    return drawing.get_by_role("slider", name=control.label, exact=not isinstance(control, Choice))


def lines(explorer: Explorer, position: dict[str, float]) -> list[str]:
    """Say what the table says at a position: the two lines above the picture."""
    row = explorer.at(**position)
    return [template.format(**row) for template in explorer.headline]


def expect_table(drawing: Locator, explorer: Explorer, position: dict[str, float]) -> None:
    """Compare the two lines above the picture with the table."""
    for line in lines(explorer, position):
        expect(drawing.locator("svg").get_by_text(line, exact=True)).to_have_count(1)


def positions(explorer: Explorer, number: int) -> Iterator[dict[str, float]]:
    """Choose so many positions at random, the same in every run."""
    choose = random.Random(0)
    for _ in range(number):
        yield {control.name: choose.choice(control.positions) for control in explorer.controls}


def move(drawing: Locator, explorer: Explorer, position: dict[str, float]) -> None:
    """Move every slider to its place with keys, the way a reader without a mouse does."""
    for control in explorer.controls:
        handle = slider(drawing, explorer, control.name)
        index, last = control.index(position[control.name]), len(control.positions) - 1
        end, arrow, steps = min(("Home", "ArrowRight", index), ("End", "ArrowLeft", last - index),
                                key=lambda way: way[2])  # fmt: skip
        handle.press(end)
        for _ in range(steps):
            drawing.page.keyboard.press(arrow)
        expect(handle).to_be_focused()


# Of a drawing: each control's height beside the middle of the words that say what it is, and
# whether it lies within the drawing.
ROWS = """drawing => {
    const svg = drawing.querySelector("svg").getBoundingClientRect();
    const texts = [...drawing.querySelectorAll("svg text")];
    return [...drawing.querySelectorAll("input")].map(input => {
        const box = input.getBoundingClientRect(), middle = (box.top + box.bottom) / 2;
        const label = input.getAttribute("aria-label").split(":")[0];
        const said = texts.filter(text => text.textContent.split(":")[0] === label);
        // An axis may have the same title, above.
        const words = said.map(text => text.getBoundingClientRect()).sort((a, b) => b.y - a.y)[0];
        return [middle - (words.top + words.bottom) / 2,
                box.left >= words.right && box.right <= svg.right && box.bottom <= svg.bottom];
    });
}"""


def expect_rows(drawing: Locator, explorer: Explorer) -> None:
    """Every control lies on the row of the words that say what it is, whatever the page does."""
    rows = drawing.evaluate(ROWS)
    assert len(rows) == len(explorer.controls)
    for off, inside in rows:
        assert abs(off) <= 3 and inside, rows


def drawing_in_lab(page: Page, name: str) -> Locator:
    """Find the drawing of an explorer in the open notebook that `store` wrote; show it."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(list(EXPLORERS).index(name))
    cell.scroll_into_view_if_needed()
    return cell.locator(".vega-embed")


def store(folder: Path) -> str:
    """Store a notebook that nobody has run or trusted here, with an explorer in each cell."""
    notebook = nbformat.v4.new_notebook()
    for count, name in enumerate(EXPLORERS, start=1):
        cell = nbformat.v4.new_code_cell(f"{name}()", execution_count=count)
        data = explorer(name)._repr_mimebundle_()
        cell.outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=count)]
        notebook.cells.append(cell)
    write(notebook, folder / "stored_explorers.ipynb")
    return "stored_explorers.ipynb"


class OfflinePage:
    """A page that may read files and nothing else, and whose console must stay silent."""

    def __init__(self, browser: Browser, harmless: tuple[str, ...] = ()) -> None:
        """Open it, for a reader who has asked for less motion.

        Args:
            browser: that opens it.
            harmless: beginnings of addresses that it may ask for, in vain, and complain about.
        """
        self.harmless = harmless
        self.refused: list[str] = []
        self.said: list[str] = []
        self.context = browser.new_context(offline=True, reduced_motion="reduce")
        self.context.route("**/*", self._decide)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def _decide(self, route: Route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            if not route.request.url.startswith(self.harmless):
                self.refused.append(route.request.url)
            route.abort()

    def expect_silence(self) -> None:
        """Since the last call nothing was asked of a network, and the console said nothing."""
        refused, said = self.refused[:], self.said[:]
        self.refused.clear()
        self.said.clear()
        assert refused == []
        assert self.harmless or said == [], said
