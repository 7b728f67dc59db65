"""Figures of notebook 13: what an actor that is behind costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ppo_lesson.figures.style import line_style
from ppo_lesson.training.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROLES = ("old", "weight", "new")
"""Colour and line style of the curves, in order."""

MARKERS = "os^"


def plot_lags(
    ax: Axes,
    lags: Sequence[int],
    curves: Mapping[str, Sequence[Interval]],
    ylabel: str,
    legend: bool = False,
    xlabel: str = "updates behind, $k$",
) -> Axes:
    """Draw what was measured against updates: those that the actor is behind, or those so far.

    Args:
        ax: to draw on.
        lags: (U,) updates, rising.
        curves: where the clip's centre is -> (U,) means with the ends of their intervals.
        ylabel: what was measured.
        legend: whether the curves are named here.
        xlabel: which updates are meant, where it is not the lag.
    """
    apart = 0.015 * (lags[-1] - lags[0])
    for k, (role, label) in enumerate(zip(ROLES, curves, strict=False)):
        low, middle, high = zip(*curves[label], strict=True)
        x = [lag + apart * (k - 1) for lag in lags]  # intervals side by side
        style = line_style(role)
        ax.vlines(x, low, high, color=style["color"], linewidth=2, alpha=0.7)
        ax.plot(x, middle, marker=MARKERS[k], markersize=7, label=label, **style)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(list(lags))
    ax.set_ylim(bottom=0)
    if legend:
        ax.legend(title="clip's centre")
    return ax
