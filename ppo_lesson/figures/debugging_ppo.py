"""Figures of notebook 09: the curves of a sick run beside healthy ones, and ablations."""

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
    "entropy": "entropy, nats",
    "explained_variance": "explained variance",
    "gradient_norm": "gradient norm",
    "first_ratio": "largest ratio, first minibatch",
}
"""Metric and title of each panel, in reading order."""

RETURN_LIMITS = return_limits(solved_return(PPOConfig.env_id))
"""Ends of the return's axis: of the world that the records are of."""

LIMITS = {
    "return": RETURN_LIMITS,
    "entropy": (0, 0.72),
    "explained_variance": (-1.0, 1.05),
    "first_ratio": (0.9, 4.0),
}
"""Fixed ends of an axis, so that pictures can be compared; outliers leave the frame."""

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
        ax.set(title=SYMPTOMS[name], ylim=LIMITS.get(name))
    for ax in np.atleast_2d(axes)[-1]:
        ax.set_xlabel("environment steps")
    _write_key(flat[0].figure, label, len(healthy[names[0]]), sick is healthy)
    return axes


def plot_returns(
    axes: Sequence[Axes], steps: Row, exhibits: Mapping[str, Tensor], healthy: Tensor
) -> Sequence[Axes]:
    """Draw the returns of several exhibits over those of healthy runs, a panel per exhibit.

    Args:
        axes: one Axes per exhibit.
        steps: (U,) environment steps of the records.
        exhibits: title of the panel -> (S, U) return of each run.
        healthy: (S, U) the same of the right code.
    """
    for ax, (title, returns) in zip(axes, exhibits.items(), strict=True):
        _plot_runs(ax, steps, returns, healthy)
        ax.set(title=title, xlabel="environment steps", ylim=LIMITS["return"])
    axes[0].set_ylabel(SYMPTOMS["return"])
    _write_key(axes[0].figure, "an exhibit", len(healthy), False)
    return axes


@house_style()
def symptom_picture(steps: Row, sick: Curves, healthy: Curves, label: str) -> Image:
    """Draw all panels of `plot_symptom` as a picture of few colours and few bytes.

    A notebook that shows eleven of them would be three times as large with pictures of all colours,
    and would spend most of its time on finding the best margins.

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
    figure = Figure(figsize=(11, 5.6), dpi=100, layout=by_hand)
    axes = figure.subplots(2, 3, sharex=True)
    figure.subplots_adjust(left=0.05, right=0.985, bottom=0.11, top=0.86, hspace=0.3, wspace=0.2)
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
        handles.append(Line2D([], [], label="healthy", **dashes))
    if num_healthy > 1:
        handles.append(Patch(color=BAND, label="range of healthy runs"))
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles))


def _median(curves: Tensor) -> Tensor:
    """Take the median over the runs in which something was measured."""
    return curves.nanmedian(dim=0).values


def plot_ablations(
    ax: Axes, intervals: Mapping[str, Interval], reference: str, xlabel: str
) -> Axes:
    """Draw a dot and an interval for each ablation, the name beside it.

    Args:
        ax: to draw on.
        intervals: title -> interval of its score; from top to bottom in this order.
        reference: the title whose interval is drawn through the whole picture.
        xlabel: what the score is.

    Raises:
        ValueError: there is no interval of the reference.
    """
    if reference not in intervals:
        raise ValueError(f"reference: expected one of {list(intervals)}, got {reference!r}")
    low, _, high = intervals[reference]
    ax.axvspan(low, high, color=COLORS["old"], alpha=0.15, linewidth=0)
    for row, (title, (low, middle, high)) in enumerate(intervals.items()):
        role = "old" if title == reference else "new"
        ax.plot([low, high], [row, row], color=COLORS[role], linewidth=5, solid_capstyle="butt")
        ax.plot(middle, row, "o", color="white", markeredgecolor=COLORS[role], markersize=9)
    ax.set_yticks(range(len(intervals)), list(intervals))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=xlabel, xlim=RETURN_LIMITS)
    return ax
