from __future__ import annotations

import io
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ppo_lesson.figures.debugging_ppo import (
    LIMITS,
    PICTURE_COLOURS,
    SYMPTOMS,
    plot_differences,
    plot_symptom,
    symptom_picture,
)
from ppo_lesson.figures.style import COLORS, STYLE
from ppo_lesson.training.statistics import Interval

STEPS = torch.tensor([100.0, 200.0])


def some_curves(offset: float) -> dict[str, torch.Tensor]:
    runs = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, float("nan")]])
    return dict.fromkeys(SYMPTOMS, runs + offset)


def drawn(ax: Axes) -> list[list[float]]:
    return [np.asarray(line.get_ydata()).tolist() for line in ax.lines]


def key(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_every_panel_shows_all_runs_and_their_median_healthy_and_sick() -> None:
    _, axes = plt.subplots(2, 4)
    plot_symptom(axes, STEPS, some_curves(10.0), some_curves(0.0), "exhibit A")
    for ax, (name, title) in zip(axes.flat, SYMPTOMS.items(), strict=True):
        lines = drawn(ax)
        assert [line[0] for line in lines] == [3, 11, 13, 15, 13]
        band = ax.collections[0].get_paths()[0].vertices
        assert [band[band[:, 0] == step, 1].min() for step in (100, 200)] == [1, 2]
        assert [band[band[:, 0] == step, 1].max() for step in (100, 200)] == [5, 4]
        # The third run measured nothing at the end: the median is that of the other two's lower.
        assert [lines[0][1], lines[4][1]] == [2, 12]
        assert ax.get_title(loc="left") + ax.get_title() == title
        if name in LIMITS:
            assert ax.get_ylim() == LIMITS[name]
    assert not any(ax.texts for ax in axes.flat)  # no word lies over a curve


def test_the_key_stands_above_the_panels_and_names_what_is_drawn() -> None:
    figure, axes = plt.subplots(1, 2, layout="constrained")
    plot_symptom(axes, STEPS, some_curves(10.0), some_curves(0.0), "it", ["entropy", "return"])
    assert key(figure) == ["it (bold: median)", "healthy, median", "range of healthy runs"]
    figure.canvas.draw()
    bottom = figure.legends[0].get_window_extent().y0
    assert all(bottom > ax.get_window_extent().y1 for ax in axes)


def test_the_key_leaves_out_what_is_not_drawn() -> None:
    healthy, one = some_curves(0.0), {"entropy": torch.tensor([[1.0, 2.0]])}
    for sick, usual, words in (
        (healthy, healthy, ["it (bold: median)", "range of healthy runs"]),
        (healthy, one, ["it (bold: median)", "healthy"]),
        (one, healthy, ["it", "healthy, median", "range of healthy runs"]),
    ):
        figure, ax = plt.subplots()
        plot_symptom(np.array([ax]), STEPS, sick, usual, "it", ["entropy"])
        assert key(figure) == words


def test_a_picture_has_few_colours_and_shows_the_runs() -> None:
    def picture(offset: float) -> Image.Image:
        with plt.rc_context(STYLE):  # as in a notebook: its layout must not be in the way
            found = symptom_picture(STEPS, some_curves(offset), some_curves(0.0), "exhibit A")
        return Image.open(io.BytesIO(cast(bytes, found.data)))

    first, other = picture(0.25), picture(0.5)
    assert first.mode == "P" and len(first.getcolors() or []) <= PICTURE_COLOURS
    assert first.size == other.size == (1300, 560)
    assert first.convert("RGB").tobytes() != other.convert("RGB").tobytes()


def test_panels_show_the_metrics_that_were_asked_for() -> None:
    _, axes = plt.subplots(1, 2)
    plot_symptom(axes, STEPS, some_curves(10.0), some_curves(0.0), "it", ["entropy", "return"])
    assert [len(ax.lines) for ax in axes.flat] == [5, 5]
    titles = [ax.get_title(loc="left") + ax.get_title() for ax in axes.flat]
    assert titles == [SYMPTOMS["entropy"], SYMPTOMS["return"]]


def test_each_difference_has_its_interval_and_its_dot_beside_its_name() -> None:
    ax = plt.figure().subplots()
    intervals = {"no clip": Interval(-300.0, -250.0, -90.0), "10 epochs": Interval(-5.0, 20.0, 38)}
    plot_differences(ax, intervals, "difference")
    assert [label.get_text() for label in ax.get_yticklabels()] == list(intervals)
    assert np.asarray(ax.lines[0].get_xdata()).tolist() == [0, 0]
    for row, interval in enumerate(intervals.values()):
        ends, dot = ax.lines[1 + 2 * row : 3 + 2 * row]
        assert np.asarray(ends.get_xdata()).tolist() == [interval.low, interval.high]
        assert np.asarray(dot.get_xdata()).tolist() == [interval.middle]
        assert {*np.asarray(ends.get_ydata()), *np.asarray(dot.get_ydata())} == {
            ax.get_yticks()[row]
        }
    colours = [ax.lines[1].get_color(), ax.lines[3].get_color()]
    assert colours == [COLORS["new"], COLORS["quiet"]]  # one holds 0, the other does not
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first name stands at the top
