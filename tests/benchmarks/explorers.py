"""How fast an explorer answers in a real JupyterLab, beside `interact` with inline matplotlib.

A real mouse drags both sliders in the same browser, one after the other. Time runs from the event
of the mouse in the page to the frame in which the new picture has been painted: when the picture's
elements change (for `interact`: when its new image has been decoded), we ask for the next frame,
and look at the clock in the task that follows it. A screen of 60 Hz shows a frame every 16.7 ms.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Locator, Page, sync_playwright

from ppo_lesson.explorers import EXPLORERS, clip_lab
from tests.browser.chromium import find_or_install_chromium
from tests.browser.conftest import FLAGS
from tests.browser.lab import running_lab
from tests.browser.lab_page import LabPage

Rows = list[list[str]]

NUM_MOVES = {"explorer": 100, "interact": 25}
DRAG_SECONDS = 5.0

# The left panel of the clip lab at epsilon 0.2 and A = +1, its curves computed beforehand too.
INTERACT = """import matplotlib.pyplot as plt
import torch
from ipywidgets import FloatSlider, interact

from ppo_lesson.notebook.page import setup
from ppo_lesson.figures.style import COLORS, line_style

setup()
ratios = torch.linspace(0.05, 2, 40)
clipped = ratios.clamp(max=1.2)


@interact(ratio=FloatSlider(1.5, min=0.05, max=2, step=0.05))
def draw(ratio):
    fig, ax = plt.subplots(figsize=(4.5, 3.5))
    ax.axvspan(0.8, 1.2, color=COLORS["light"], alpha=0.2)
    ax.plot(ratios, ratios, **line_style("old"))
    ax.plot(ratios, clipped, **line_style("new"))
    ax.plot([ratio], [min(ratio, 1.2)], "o", color="black")
    ax.set(xlabel="ratio r", ylabel="objective of the sample", ylim=(-2.1, 2.1))
    ax.set_title(f"r = {ratio:g}: objective {min(ratio, 1.2):g}")"""

# Notes when the mouse moved, every value that a slider took, and every picture that was painted.
PROBE = """([picture, value]) => {
    const probe = window.probe = {moves: [], values: [], paints: []};
    const last = list => list.length ? list[list.length - 1] : null;
    document.addEventListener("pointermove", () => probe.moves.push(performance.now()), true);
    const read = () => {
        const now = String(value.value ?? value.textContent);
        if (last(probe.values) !== now) probe.values.push(now);
    };
    value.addEventListener("input", read);
    const everything = {attributes: true, characterData: true, childList: true, subtree: true};
    new MutationObserver(read).observe(value, everything);
    const shown = () => picture.querySelector("img")?.src.slice(-4000)
        ?? [...picture.querySelectorAll("svg text")].map(text => text.textContent).join("|");
    let asked = false, before = shown();
    const paint = () => requestAnimationFrame(() => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = () => {
            asked = false;
            if (shown() === before) return;
            before = shown();
            probe.paints.push(performance.now());
        };
        port2.postMessage(null);
    });
    new MutationObserver(() => {
        const image = picture.querySelector("img");
        if (asked || !image && !picture.querySelector("svg")) return;
        asked = true;
        image ? image.decode().then(paint, () => { asked = false; }) : paint();
    }).observe(picture, everything);
}"""

NEXT_PAINT = """count => new Promise(resolve => {
    const end = performance.now() + 3000;
    const look = () => probe.paints.length > count || performance.now() > end
        ? resolve(probe.paints[count] ?? null) : setTimeout(look, 2);
    look();
})"""


class Speed(NamedTuple):
    """What was measured of one way to draw."""

    latencies: list[float]  # milliseconds from the mouse's move to the picture
    changes: int  # values that the slider took in the drag
    pictures: int  # pictures that were painted in the drag


class Handle(NamedTuple):
    """A slider on the page, in pixels: the ends of its track, its height, and where it stands."""

    left: float
    right: float
    y: float
    start: float


def measure(page: Page, handle: Handle, num_moves: int) -> Speed:
    """Drag a slider: move by move, each waiting for its picture, and then for five seconds."""
    choose = random.Random(0)
    page.mouse.move(handle.start, handle.y)
    page.mouse.down()
    page.mouse.move(handle.left + 3, handle.y)
    page.wait_for_timeout(3000)
    latencies, x = [], handle.left
    for _ in range(num_moves):
        # Far enough to be another value; at a moment that no frame knows of.
        width = handle.right - handle.left
        x = handle.left + (x - handle.left + width * choose.uniform(0.2, 0.8)) % width
        page.wait_for_timeout(choose.uniform(20, 60))
        painted, moved = page.evaluate("() => [probe.paints.length, probe.moves.length]")
        page.mouse.move(x, handle.y)
        paint = page.evaluate(NEXT_PAINT, painted)
        if paint is not None:
            latencies.append(paint - page.evaluate("moved => probe.moves[moved]", moved))
    page.wait_for_timeout(1000)
    before = page.evaluate("() => [probe.values.length, probe.paints.length]")
    begin = time.perf_counter()
    while (at := time.perf_counter() - begin) < DRAG_SECONDS:
        page.mouse.move(handle.left + width * (0.5 - 0.5 * np.cos(2 * np.pi * at / 2.5)), handle.y)
        page.wait_for_timeout(8)
    during = page.evaluate("() => [probe.values.length, probe.paints.length]")
    page.mouse.up()
    return Speed(latencies, during[0] - before[0], during[1] - before[1])


def track(slider: Locator, start: float) -> Handle:
    """Find the track of a slider; it starts at so many parts of its length."""
    slider.scroll_into_view_if_needed()
    slider.page.wait_for_timeout(1000)  # until nothing scrolls any more
    box = slider.bounding_box()
    assert box is not None
    left, right = box["x"] + 8, box["x"] + box["width"] - 8
    return Handle(left, right, box["y"] + box["height"] / 2, left + start * (right - left))


def probe(page: Page, picture: Locator, value: Locator) -> None:
    """Start to note what happens."""
    page.evaluate(PROBE, [picture.element_handle(), value.element_handle()])


def measure_both() -> dict[str, Speed]:
    """Measure the clip lab, then `interact`, each in a notebook of its own in the same browser."""
    speeds = {}
    start = (1.5 - 0.05) / (2 - 0.05)
    with open_lab() as (lab_page, folder):
        page = lab_page.page
        data = clip_lab()._repr_mimebundle_()  # type: ignore[union-attr]
        output = new_output("execute_result", data=data, execution_count=1)
        write(folder, "ours", new_code_cell("clip_lab()", outputs=[output], execution_count=1))
        lab_page.open_notebook("ours.ipynb")
        drawing = page.locator(".vega-embed")
        slider = drawing.get_by_role("slider").first
        probe(page, drawing, slider)
        speeds["explorer"] = measure(page, track(slider, start), NUM_MOVES["explorer"])

        write(folder, "theirs", new_code_cell(INTERACT))
        lab_page.open_notebook("theirs.ipynb")
        lab_page.run_all()
        page.locator(".widget-output img").wait_for()
        probe(page, page.locator(".widget-output"), page.locator(".widget-readout"))
        slider = page.locator(".slider-container .noUi-target")
        speeds["interact"] = measure(page, track(slider, start), NUM_MOVES["interact"])
    return speeds


@contextmanager
def open_lab() -> Iterator[tuple[LabPage, Path]]:
    """Start a browser and a JupyterLab on an empty folder."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = find_or_install_chromium(Path(playwright.chromium.executable_path))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        notebooks = Path(folder) / "notebooks"
        notebooks.mkdir()
        with running_lab(notebooks, Path(folder) / "jupyter") as lab:
            lab_page = LabPage(browser.new_page(), lab)
            lab_page.page.set_viewport_size({"width": 1280, "height": 900})
            yield lab_page, notebooks
            lab_page.close()
        browser.close()


def write(folder: Path, name: str, cell: nbformat.NotebookNode) -> None:
    """Write a notebook of one cell."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / f"{name}.ipynb")


def speed_rows(speeds: dict[str, Speed]) -> Rows:
    """Arrange the speeds as a table, with the ratio of the medians below."""
    names = {"explorer": "clip lab, our explorer", "interact": "interact + inline matplotlib"}
    rows, medians = [], {}
    for name, (latencies, changes, pictures) in speeds.items():
        medians[name] = statistics.median(latencies)
        rows.append(
            [
                names[name],
                str(len(latencies)),
                f"{medians[name]:.1f}",
                f"{np.quantile(latencies, 0.95):.1f}",
                f"{pictures / DRAG_SECONDS:.1f}",
                f"{pictures} of {changes}",
            ]
        )
    ratio = medians["interact"] / medians["explorer"]
    return [*rows, ["interact / explorer", "", f"{ratio:.0f} times", "", "", ""]]


def build_rows() -> Rows:
    """Build every explorer in this warm process: table, specification and picture."""
    rows = []
    for name, build in EXPLORERS.items():
        seconds, busy = [], []
        for _ in range(6):
            begin, begin_busy = time.perf_counter(), time.process_time()
            bundle = build()._repr_mimebundle_()  # type: ignore[union-attr]
            seconds.append(time.perf_counter() - begin)
            busy.append(time.process_time() - begin_busy)
        size = len(json.dumps(bundle, indent=1, ensure_ascii=False).encode())
        warm = [min(seconds[1:]), statistics.median(seconds[1:]), statistics.median(busy[1:])]
        rows.append([name, *[f"{number:.2f}" for number in warm], f"{size / 1e3:.0f}"])
    return rows
