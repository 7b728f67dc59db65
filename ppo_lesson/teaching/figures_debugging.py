"""Figures of notebook 09: the curves of a sick run beside healthy ones, and ablations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from ppo_lesson.teaching.figures_training import MOST_RETURN
from ppo_lesson.teaching.plotting import COLORS, Row, line_style
from ppo_lesson.teaching.statistics import Interval
from ppo_lesson.training.experiments import Curves

SYMPTOMS = {
    "return": "return of an episode",
    "approx_kl": "approximate KL, nats",
    "entropy": "entropy, nats",
    "explained_variance": "explained variance",
    "gradient_norm": "gradient norm",
    "first_ratio": "largest ratio, first minibatch",
}
"""Metric and title of each panel, in reading order."""

LIMITS = {
    "return": (0, MOST_RETURN),
    "entropy": (0, 0.72),
    "explained_variance": (-1.0, 1.05),
    "first_ratio": (0.9, 4.0),
}
"""Fixed ends of an axis, so that pictures can be compared; outliers leave the frame."""


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
    their median bold.

    Args:
        axes: one Axes per metric, in any arrangement, as plt.subplots gives them.
        steps: (U,) environment steps of the records.
        sick: metric -> (S, U), one row per seed.
        healthy: the same of the right code.
        label: name of the sick runs, written once, in the first panel.
        names: metrics to draw, of SYMPTOMS.
    """
    flat = list(np.asarray(axes).flat)
    for ax, name in zip(flat, names, strict=True):
        _plot_range(ax, steps, healthy[name])
        for run in sick[name]:
            ax.plot(steps, run, linewidth=1.0, alpha=0.6, **line_style("new"))
        ax.plot(steps, _median(sick[name]), linewidth=3.0, **line_style("new"))
        ax.set(title=SYMPTOMS[name], xlabel="environment steps", ylim=LIMITS.get(name))
        ax.xaxis.set_major_locator(MaxNLocator(3))
    # At the top left, where most curves have not yet arrived.
    for height, text, role in ((0.98, "healthy", "quiet"), (0.88, label, "new")):
        place = {"xycoords": "axes fraction", "va": "top", "color": COLORS[role]}
        behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
        flat[0].annotate(text, (0.03, height), bbox=behind, **place)
    return axes


def _plot_range(ax: Axes, steps: Row, curves: Tensor) -> None:
    low = curves.nan_to_num(math.inf).amin(dim=0)
    high = curves.nan_to_num(-math.inf).amax(dim=0)
    ax.fill_between(steps, low, high, color="#dddddd", linewidth=0)
    ax.plot(steps, _median(curves), linewidth=2.0, color=COLORS["quiet"], linestyle="--")


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
    ax.set(xlabel=xlabel, xlim=(0, MOST_RETURN))
    return ax
