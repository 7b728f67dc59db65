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
from matplotlib.patches import Rectangle
from PIL import Image as Picture

from ppo_lesson.maths.shapes import check_count, check_seed
from ppo_lesson.teaching.figures_training import MOST_RETURN, SOLVED_RETURN
from ppo_lesson.teaching.plotting import COLORS, house_style, line_style
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import PPOConfig, UpdateMetrics, evaluate

OnUpdate = Callable[[ActorCritic, UpdateMetrics], bool]

SHARE = 0.04
"""Of the time that training takes by itself, how much drawing may take; the aim is below 5 %."""

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
    every, episodes = check_count("every", every), check_count("episodes", episodes)
    seed = check_seed(seed)
    curves = Curves(config)
    board = Board(config, curves)
    begin, updates, watching, drawing, last_cost = clock(), 0, 0.0, 0.0, 0.0

    def on_update(policy: ActorCritic, metrics: UpdateMetrics) -> bool:
        nonlocal updates, watching, drawing, last_cost
        start = clock()
        training = start - begin - watching
        updates += 1
        stopping = board.stopped  # a click that comes from now on ends the next update
        is_last = stopping or metrics.steps >= config.total_steps
        curves.add(metrics)
        if is_last or updates % every == 0:
            returns = evaluate(policy, episodes, seed, config.env_id)
            curves.extend("return", metrics.steps, returns.mean().item())
        # There must be time for this picture and for the last one.
        if is_last or drawing + 2 * last_cost < SHARE * training:
            before = clock()
            board.show(metrics.steps)
            last_cost = clock() - before
            drawing += last_cost
        if is_last:
            board.finish()
        watching += clock() - start
        return stopping

    return on_update


class Board:
    """A bar, a line of text, a Stop button and a picture, displayed beneath the cell."""

    def __init__(self, config: PPOConfig, curves: Curves) -> None:
        """Display the beginning: no steps, empty curves."""
        self.total, self.curves, self.stopped = config.total_steps, curves, False
        self.bar = IntProgress(max=config.total_steps, layout=Layout(width="320px"))
        self.steps = Label(layout=Layout(width="auto"))
        self.stop = Button(description="Stop", tooltip=STOP_HELP, layout=Layout(width="110px"))
        self.stop.on_click(self._press)
        self.picture = Image(format="png", layout=Layout(max_width="100%"))
        self.show(0)
        caption = Label(DESCRIPTION)  # the widget of a picture knows no alt text
        everything = VBox([HBox([self.bar, self.steps, self.stop]), self.picture, caption])
        self.views = everything._repr_mimebundle_() or {}
        handle = display(self._shown(), raw=True, display_id=True)
        assert handle is not None  # display_id asks for it
        self.handle = handle

    def show(self, steps: int) -> None:
        """Move the bar and draw the curves."""
        _hear_while_busy(self.stop)
        self.bar.value = steps
        self.steps.value = f"{steps:,} of {self.total:,} environment steps"
        self.picture.value = self.curves.png()

    def finish(self) -> None:
        """Disable the button, and leave the last picture to the stored notebook."""
        self.stop.disabled = True
        self.handle.update(self._shown(), raw=True)

    def _press(self, _: object) -> None:
        self.stopped = self.stop.disabled = True

    def _shown(self) -> dict[str, object]:
        # The widget hands out a memoryview, which a kernel would send as a list of numbers.
        picture = bytes(self.picture.value)
        return {**self.views, "image/png": picture, "text/plain": DESCRIPTION}


class Curve(NamedTuple):
    """A line and where it goes."""

    ax: Axes
    line: Line2D
    steps: list[int]
    values: list[float]


class Curves:
    """Four curves against environment steps, drawn anew in a few milliseconds.

    Axes, ticks and titles are drawn once and kept as a picture, over which only the lines are
    drawn. Where a curve leaves its axes, they alone are drawn again, on their quarter.
    """

    @house_style()
    def __init__(self, config: PPOConfig) -> None:
        """Draw the empty axes."""
        self.figure = Figure(figsize=(10, 5), dpi=80)
        self.figure.set_layout_engine("none")  # `setup()` has chosen one
        self.canvas = FigureCanvasAgg(self.figure)
        # By hand: measuring every label takes 200 ms, and axes that grow would move.
        places = {"left": 0.07, "right": 0.96, "bottom": 0.07, "top": 0.93,
                  "wspace": 0.2, "hspace": 0.38}  # fmt: skip
        axes = self.figure.subplots(2, 2, gridspec_kw=places).flat
        titles = ("mean return", "approximate KL, nats", "clip fraction", "largest ratio")
        tops = (MOST_RETURN, 0.05, 0.8, 4.0)  # the defaults stay below
        for ax, title, top in zip(axes, titles, tops, strict=True):
            ax.set(title=title, xlim=(0, config.total_steps), ylim=(0, top))
            ax.xaxis.set_major_formatter(lambda x, _: f"{x / 1000:g}k")
            ax.yaxis.set_major_formatter(lambda y, _: f"{y:.3g}")
        axes[0].axhline(SOLVED_RETURN, color=COLORS["quiet"], linewidth=1)
        axes[3].set(ylim=(1, tops[3]))
        self.curves = {
            "return": _curve(axes[0], "new"),
            "approx_kl": _curve(axes[1], "new"),
            "clip_fraction": _curve(axes[2], "old", "logged"),
            "active_clip_fraction": _curve(axes[2], "new", "without gradient"),
            "largest_ratio": _curve(axes[3], "weight"),
        }
        axes[2].legend(loc="upper right")
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)

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
        self.canvas.restore_region(self.background)
        widened = {curve.ax for curve in self.curves.values() if _widen(curve)}
        for ax in widened:
            self._draw_again(ax)
        if widened:
            self.background = self.canvas.copy_from_bbox(self.figure.bbox)
        for curve in self.curves.values():
            curve.ax.draw_artist(curve.line)
        file = io.BytesIO()
        image = Picture.fromarray(np.asarray(self.canvas.buffer_rgba()))
        image.convert("RGB").save(file, "PNG", compress_level=1)
        return file.getvalue()

    @house_style()
    def _draw_again(self, ax: Axes) -> None:
        row, column = divmod(self.figure.axes.index(ax), 2)
        corner = (column / 2, (1 - row) / 2)
        quarter = Rectangle(corner, 0.5, 0.5, color="white", transform=self.figure.transFigure)
        self.figure.draw_artist(quarter)
        self.figure.draw_artist(ax)


def _hear_while_busy(button: Button) -> None:
    """Let a click reach the kernel while a cell is running; call it again and again.

    JupyterLab sends clicks to a second thread of the kernel, a "subshell". But ipykernel 7.4 passes
    them on to the thread that last sent something about the button, which is the one that runs the
    cell and has no time. Without that memory it leaves them alone. The memory comes back whenever
    something is sent about the button, as an answer to a page that asks. tests/browser holds this.
    """
    vars(button.comm).pop("_reply_subshell_id", None)


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
