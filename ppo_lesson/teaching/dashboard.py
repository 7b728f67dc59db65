"""Training on one screen while it happens: a bar, four curves, and a button that stops it."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from IPython.display import display
from ipywidgets import Button, HBox, Image, IntProgress, Label, Layout, VBox
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image as Picture

from ppo_lesson.teaching.figures_training import MOST_RETURN, SOLVED_RETURN
from ppo_lesson.teaching.plotting import COLORS, line_style
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import PPOConfig, UpdateMetrics, evaluate

OnUpdate = Callable[[ActorCritic, UpdateMetrics], bool]

SHARE = 0.04
"""Of the time since the start, how much drawing may take; the aim is below 5 %."""

DESCRIPTION = "Training dashboard: return, KL, clip fraction and largest ratio against steps."
STOP_HELP = "ends the training after the running update; nothing is lost"


def dashboard(
    config: PPOConfig,
    seed: int,
    *,
    every: int = 5,
    episodes: int = 20,
    clock: Callable[[], float] = time.perf_counter,
) -> OnUpdate:
    """Display a dashboard, and return the `on_update` that keeps it alive.

    A page that is stored keeps the last picture and one line of text. The Stop button ends training
    after the running update, as Ctrl-C does. Evaluating and drawing do not count as training time.

    Args:
        config: the settings that training runs with.
        seed: of the evaluation episodes.
        every: evaluate after so many updates, 1 or more; the last update is always evaluated.
        episodes: fresh episodes per evaluation.
        clock: tells the time in seconds.

    Raises:
        ValueError: every is below 1.
    """
    if every < 1:
        raise ValueError(f"every: expected 1 or more, got {every}")
    curves = Curves(config)
    bar = IntProgress(max=config.total_steps, layout=Layout(width="320px"))
    steps = Label(_steps(0, config), layout=Layout(width="260px"))
    stop = Button(description="Stop", tooltip=STOP_HELP, layout=Layout(width="110px"))
    picture = Image(value=curves.png(), format="png", layout=Layout(max_width="100%"))
    picture.alt = DESCRIPTION  # type: ignore[attr-defined]
    stopped = False

    def press(_: object) -> None:
        nonlocal stopped
        stopped = stop.disabled = True

    stop.on_click(press)
    board = VBox([HBox([bar, steps, stop]), picture])
    views = board._repr_mimebundle_() or {}
    handle = display(
        {**views, "image/png": picture.value, "text/plain": DESCRIPTION},
        raw=True,
        display_id=True,
    )
    assert handle is not None  # display_id asks for it
    begin, drawing, updates = clock(), 0.0, 0

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> bool:
        nonlocal drawing, updates
        updates += 1
        is_last = stopped or metrics.steps >= config.total_steps
        curves.add(metrics)
        if is_last or updates % every == 0:
            returns = evaluate(policy, episodes, seed, config.env_id)
            curves.extend("return", metrics.steps, returns.mean().item())
        start = clock()
        if is_last or drawing < SHARE * (start - begin):
            bar.value, steps.value = metrics.steps, _steps(metrics.steps, config)
            picture.value = curves.png()
            drawing += clock() - start
        if is_last:
            stop.disabled = True
            handle.update({"image/png": picture.value, "text/plain": DESCRIPTION}, raw=True)
        return stopped

    return on_update


class Curve(NamedTuple):
    """A line and where it goes."""

    ax: Axes
    line: Line2D
    steps: list[int]
    values: list[float]


class Curves:
    """Four curves against environment steps, drawn anew in a few milliseconds.

    Axes, ticks and titles are drawn once and kept as a picture, over which only the lines are
    drawn, until a curve leaves its axes.
    """

    def __init__(self, config: PPOConfig) -> None:
        """Draw the empty axes."""
        self.figure = Figure(figsize=(10, 5), dpi=80, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        axes = self.figure.subplots(2, 2).flat
        titles = ("mean return", "approximate KL, nats", "clip fraction", "largest ratio")
        tops = (MOST_RETURN, 0.02, 0.4, 2.0)
        for ax, title, top in zip(axes, titles, tops, strict=True):
            ax.set(title=title, xlim=(0, config.total_steps), ylim=(0, top))
            ax.xaxis.set_major_formatter(lambda x, _: f"{x / 1000:g}k")
        axes[0].axhline(SOLVED_RETURN, color=COLORS["quiet"], linewidth=1)
        axes[3].set(ylim=(1, 2))
        self.curves = {
            "return": _curve(axes[0], "new"),
            "approx_kl": _curve(axes[1], "new"),
            "clip_fraction": _curve(axes[2], "old", "logged"),
            "active_clip_fraction": _curve(axes[2], "new", "without gradient"),
            "largest_ratio": _curve(axes[3], "weight"),
        }
        axes[2].legend(loc="upper right")
        self._keep_background()

    def add(self, metrics: UpdateMetrics) -> None:
        """Lengthen the curves of one update."""
        for name in ("approx_kl", "clip_fraction", "active_clip_fraction", "largest_ratio"):
            self.extend(name, metrics.steps, getattr(metrics, name))

    def extend(self, name: str, steps: int, value: float) -> None:
        """Lengthen one curve by a point."""
        curve = self.curves[name]
        curve.steps.append(steps)
        curve.values.append(value)
        curve.line.set_data(curve.steps, curve.values)

    def png(self) -> bytes:
        """Draw and return the picture."""
        widened = [_widen(curve) for curve in self.curves.values()]
        if any(widened):
            self._keep_background()
        self.canvas.restore_region(self.background)
        for curve in self.curves.values():
            curve.ax.draw_artist(curve.line)
        file = io.BytesIO()
        image = Picture.fromarray(np.asarray(self.canvas.buffer_rgba()))
        image.convert("RGB").save(file, "PNG", compress_level=1)
        return file.getvalue()

    def _keep_background(self) -> None:
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)


def _curve(ax: Axes, role: str, label: str = "") -> Curve:
    (line,) = ax.plot([], [], **line_style(role), label=label, animated=True)
    return Curve(ax, line, [], [])


def _widen(curve: Curve) -> bool:
    """Double the axis until the curve's finite values are on it; tell whether it changed."""
    low, high = curve.ax.get_ylim()
    top = high
    while max(filter(math.isfinite, curve.values), default=low) > top:
        top = low + 2 * (top - low)
    curve.ax.set_ylim(low, top)
    return top != high


def _steps(done: int, config: PPOConfig) -> str:
    return f"{done:,} of {config.total_steps:,} environment steps"
