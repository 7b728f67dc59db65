"""Figures of notebook 09: curves of a faulty run beside healthy ones, differences, the tree."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from ppo_lesson.experiments.running import Curves
from ppo_lesson.figures.ppo_cartpole import return_limits
from ppo_lesson.figures.style import COLORS, Row, house_style, line_style
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.experience import solved_return

if TYPE_CHECKING:
    from IPython.display import Image
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from ppo_lesson.training.statistics import Interval

SYMPTOMS = {
    "return": "return of an episode",
    "approx_kl": "approximate KL, nats",
    "clip_fraction": "clip fraction, logged",
    "entropy": "entropy, nats",
    "value_loss": "value loss",
    "explained_variance": "explained variance",
    "gradient_norm": "gradient norm",
    "first_ratio": "largest first ratio",
}
"""Metric and title of each panel, in reading order."""

RETURN_LIMITS = return_limits(solved_return(PPOConfig.env_id))
"""Ends of the return's axis: of the world that the records are of."""

LIMITS = {
    "return": RETURN_LIMITS,
    "clip_fraction": (0, 0.6),
    "entropy": (0, 0.72),
    "value_loss": (5e-6, 1e4),
    "explained_variance": (-1.0, 1.05),
    "first_ratio": (0.9, 4.0),
}
"""Fixed ends of an axis, so that pictures can be compared; outliers leave the frame."""

LOGARITHMIC = ("value_loss",)
"""Metrics that go over many powers of ten."""

BAND = "#dddddd"  # the range of healthy runs
PICTURE_COLOURS = 48  # two hues, their mixtures with white, and black


def plot_symptom(
    axes: np.ndarray,
    steps: Row,
    sick: Curves,
    healthy: Curves,
    label: str,
    names: Sequence[str] = tuple(SYMPTOMS),
) -> np.ndarray:
    """Draw the curves of runs with a fault over the range of healthy ones, a panel per metric.

    Healthy: a band from the lowest to the highest run, their median dashed. Sick: each run thin,
    their median bold. What is what stands above the panels, where no curve can be.

    Args:
        axes: one Axes per metric, in any arrangement, as plt.subplots gives them.
        steps: (U,) environment steps of the records.
        sick: metric -> (S, U), one row per seed.
        healthy: the same of the right code; the same object as `sick` where nothing is sick.
        label: name of the sick runs.
        names: metrics to draw, of SYMPTOMS.
    """
    flat = list(np.asarray(axes).flat)
    for ax, name in zip(flat, names, strict=True):
        _plot_runs(ax, steps, sick[name], healthy[name])
        ax.set(title=SYMPTOMS[name], yscale="log" if name in LOGARITHMIC else "linear")
        ax.set_ylim(LIMITS.get(name))
    for ax in np.atleast_2d(axes)[-1]:
        ax.set_xlabel("environment steps")
    bold = f"{label} (bold: median)" if len(sick[names[0]]) > 1 else label
    _write_key(flat[0].figure, bold, len(healthy[names[0]]), sick is healthy)
    return axes


@house_style()
def symptom_picture(steps: Row, sick: Curves, healthy: Curves, label: str) -> Image:
    """Draw all panels of `plot_symptom` as a picture of few colours and few bytes.

    A notebook that shows fifteen of them would be three times as large with pictures of all
    colours, and would spend most of its time on finding the best margins.

    Args:
        steps: (U,) environment steps of the records.
        sick: metric -> (S, U), one row per seed.
        healthy: the same of the right code.
        label: name of the sick runs.
    """
    from IPython.display import Image
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import PlaceHolderLayoutEngine
    from PIL import Image as Pictures

    by_hand = PlaceHolderLayoutEngine(adjust_compatible=True, colorbar_gridspec=True)
    figure = Figure(figsize=(13, 5.6), dpi=100, layout=by_hand)
    axes = figure.subplots(2, 4, sharex=True)
    figure.subplots_adjust(left=0.048, right=0.985, bottom=0.11, top=0.86, hspace=0.3, wspace=0.24)
    plot_symptom(axes, steps, sick, healthy, label)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Pictures.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    file = io.BytesIO()
    picture.quantize(PICTURE_COLOURS, dither=Pictures.Dither.NONE).save(file, format="png")
    return Image(data=file.getvalue(), format="png")


def _plot_runs(ax: Axes, steps: Row, sick: Tensor, healthy: Tensor) -> None:
    from matplotlib.ticker import MaxNLocator

    low = healthy.nan_to_num(math.inf).amin(dim=0)
    high = healthy.nan_to_num(-math.inf).amax(dim=0)
    ax.fill_between(steps, low, high, color=BAND, linewidth=0)
    ax.plot(steps, _median(healthy), linewidth=2.0, color=COLORS["quiet"], linestyle="--")
    for run in sick:
        ax.plot(steps, run, linewidth=1.0, alpha=0.6, **line_style("new"))
    ax.plot(steps, _median(sick), linewidth=3.0, **line_style("new"))
    ax.xaxis.set_major_locator(MaxNLocator(3))


def _write_key(figure: Figure | SubFigure, label: str, num_healthy: int, all_healthy: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = [
        Line2D([], [], linewidth=3.0, label=label, **line_style("new"))
    ]
    if not all_healthy:
        dashes = {"linewidth": 2.0, "color": COLORS["quiet"], "linestyle": "--"}
        words = "healthy, median" if num_healthy > 1 else "healthy"
        handles.append(Line2D([], [], label=words, **dashes))
    if num_healthy > 1:
        handles.append(Patch(color=BAND, label="range of healthy runs"))
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))


def _median(curves: Tensor) -> Tensor:
    """Take the median over the runs in which something was measured."""
    return curves.nanmedian(dim=0).values


def plot_differences(ax: Axes, intervals: Mapping[str, Interval], xlabel: str) -> Axes:
    """Draw how far each setting is from the default: a dot, an interval, the name beside it.

    Args:
        ax: to draw on.
        intervals: title -> interval of the difference; from top to bottom in this order.
        xlabel: what differs from what.
    """
    ax.axvline(0, color=COLORS["old"], linewidth=2)
    for row, (low, middle, high) in enumerate(intervals.values()):
        role = "quiet" if low <= 0 <= high else "new"
        ax.plot([low, high], [row, row], color=COLORS[role], linewidth=5, solid_capstyle="butt")
        ax.plot(middle, row, "o", color="white", markeredgecolor=COLORS[role], markersize=9)
    ax.set_yticks(range(len(intervals)), list(intervals))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=xlabel)
    return ax
