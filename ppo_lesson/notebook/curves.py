"""Six panels of a training, drawn again and again while it runs."""

from __future__ import annotations

import io
import math
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from PIL import Image

from ppo_lesson.figures.ppo_cartpole import return_limits
from ppo_lesson.figures.style import house_style, line_style
from ppo_lesson.palette import COLORS
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import IterationMetrics

WIDTH, HEIGHT = 1000, 510
"""Of the picture, in pixels: readable from the back row, and as high as a small screen shows."""

GRID = 2, 3
"""Rows and columns of panels."""


class Curve(NamedTuple):
    """A line and where it goes."""

    ax: Axes
    line: Line2D
    steps: list[int]
    values: list[float]


class DashboardCurves:
    """Six panels against environment steps, drawn anew in a few milliseconds.

    Axes, ticks and titles are drawn once and kept as a picture, over which only the lines are
    drawn. Where a curve leaves its axes, they alone are drawn again, on their sixth.
    """

    @house_style()
    def __init__(self, config: PPOConfig, solved: float | None = None) -> None:
        """Draw the empty axes, and a line at the mean return that counts as solved, if any."""
        self.steps = 0
        self.figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
        self.figure.set_layout_engine("none")  # `setup()` has chosen one
        self.canvas = FigureCanvasAgg(self.figure)
        # By hand: measuring every label takes 200 ms, and axes that grow would move.
        places = {"left": 0.05, "right": 0.975, "bottom": 0.07, "top": 0.93,
                  "wspace": 0.26, "hspace": 0.38}  # fmt: skip
        axes = self.figure.subplots(*GRID, gridspec_kw=places).flat
        titles = ("mean return", "approximate KL, nats", "clip fraction")
        titles += ("largest ratio", "value loss", "entropy, nats")
        # With the default settings all curves stay inside.
        limits = (return_limits(solved), (0, 0.05), (0, 0.8), (1, 4.0), (0, 0.6), (0, 0.75))
        for ax, title, ends in zip(axes, titles, limits, strict=True):
            ax.set(title=title, xlim=(0, config.total_steps), ylim=ends)
            ax.xaxis.set_major_locator(MaxNLocator(4))
            ax.xaxis.set_major_formatter(lambda x, _: f"{x / 1000:g}k")
            ax.yaxis.set_major_formatter(lambda y, _: f"{y:.4g}")
        if solved is not None:
            axes[0].axhline(solved, color=COLORS["quiet"], linewidth=1)
        self.curves = {
            "return": _curve(axes[0], "new"),
            "approx_kl": _curve(axes[1], "new"),
            "clip_fraction": _curve(axes[2], "old", "logged"),
            "active_clip_fraction": _curve(axes[2], "new", "without gradient"),
            "largest_ratio": _curve(axes[3], "weight"),
            "value_loss": _curve(axes[4], "old"),
            "entropy": _curve(axes[5], "new"),
        }
        axes[2].legend(loc="upper right")
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)

    def add(self, metrics: IterationMetrics) -> None:
        """Lengthen the curves of one iteration."""
        self.steps = metrics.steps
        for name in self.curves.keys() - {"return"}:
            self.extend(name, metrics.steps, getattr(metrics, name))

    def extend(self, name: str, steps: int, value: float) -> None:
        """Lengthen one curve by a point."""
        curve = self.curves[name]
        curve.steps.append(steps)
        curve.values.append(value)
        curve.line.set_data(curve.steps, curve.values)

    def png(self) -> bytes:
        """Draw and return the picture."""
        self.canvas.restore_region(self.background)
        widened = {
            curve.ax
            for name, curve in self.curves.items()
            if _widen(curve, downwards=name == "return")
        }
        for ax in widened:
            self._draw_again(ax)
        if widened:
            self.background = self.canvas.copy_from_bbox(self.figure.bbox)
        for curve in self.curves.values():
            curve.ax.draw_artist(curve.line)
        file = io.BytesIO()
        picture = Image.fromarray(np.asarray(self.canvas.buffer_rgba()))
        picture.convert("RGB").save(file, "PNG", compress_level=1)
        return file.getvalue()

    @house_style()
    def _draw_again(self, ax: Axes) -> None:
        rows, columns = GRID
        row, column = divmod(self.figure.axes.index(ax), columns)
        place = (column / columns, (rows - 1 - row) / rows), 1 / columns, 1 / rows
        self.figure.draw_artist(Rectangle(*place, color="white", transform=self.figure.transFigure))
        self.figure.draw_artist(ax)


def _curve(ax: Axes, role: str, label: str = "") -> Curve:
    (line,) = ax.plot([], [], **line_style(role), label=label, animated=True)
    return Curve(ax, line, [], [])


def _widen(curve: Curve, *, downwards: bool) -> bool:
    """Double the axis until the curve's finite values are on it; tell whether it changed."""
    before = low, high = curve.ax.get_ylim()
    values = [value for value in curve.values if math.isfinite(value)]
    while max(values, default=low) > high:
        high += high - low
    while downwards and min(values, default=high) < low:
        low -= high - low
    curve.ax.set_ylim(low, high)
    return (low, high) != before
