"""Figures of notebook 03, second half: products of ratios along a trajectory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ppo_lesson.figures.style import COLORS, label_end, line_style, plot_line
from ppo_lesson.maths import per_decision_log_weight

EVERY = 4
"""Of a trajectory's log-weights every fourth is drawn: a finer line is a larger picture only."""


def plot_log_weights(ax: Axes, log_ratio: Tensor, drift: float) -> Axes:
    """Draw the log-weights of trajectories, step by step, in front of the band where they belong.

    Args:
        ax: to draw on.
        log_ratio: (M, T) log-ratio of each step of each trajectory.
        drift: s, the standard deviation of one log-ratio. Log-weights are normal then, with mean
            -t s^2 / 2 and standard deviation s sqrt(t); the band is two of these wide.
    """
    step = torch.arange(1, log_ratio.shape[1] + 1)
    middle, spread = -step * drift**2 / 2, drift * step.sqrt()
    band = {"color": COLORS["quiet"], "alpha": 0.2, "linewidth": 0}
    ax.fill_between(step, middle - 2 * spread, middle + 2 * spread, **band)
    for row in log_ratio:
        product = per_decision_log_weight(row)
        ax.plot(step[::EVERY], product[::EVERY], color=COLORS["light"], linewidth=1)
    highest = per_decision_log_weight(log_ratio[log_ratio.sum(1).argmax()])
    ax.plot(step, highest, **line_style("weight"))
    label_end(ax, step, highest, "weight", f"w = {float(highest[-1].exp()):.0f}")
    ax.plot(step, middle, **line_style("truth"))
    label_end(ax, step, middle, "truth", f"median\n{float(middle[-1].exp()):.2f}")
    ax.axhline(0, color=COLORS["quiet"], linewidth=1.5)
    ax.text(0.02, 0.05, "grey level line: weight 1", transform=ax.transAxes, color=COLORS["quiet"])
    ax.set(xlabel="step t", ylabel="log of the product so far", xlim=(0, log_ratio.shape[1]))
    ax.set_title("The products sink, and spread as they sink")
    return ax


def plot_warnings(ax: Axes, horizon: Tensor, log_weight: Tensor, drift: float) -> Axes:
    """Draw three numbers of a batch against the horizon: mean weight, median weight, ESS / N.

    Args:
        ax: to draw on.
        horizon: (H,) steps of a trajectory, ascending.
        log_weight: (H, N) log-weights of a batch for each horizon.
        drift: s, the standard deviation of one log-ratio, for the exact lines.
    """
    weight = log_weight.exp()
    share = weight / weight.sum(1, keepdim=True)
    square = horizon * drift**2
    kinds = [
        ("old", "mean weight", torch.ones_like(square), weight.mean(1)),
        ("new", "median weight", (-square / 2).exp(), log_weight.median(1).values.exp()),
        ("weight", "ESS / N", (-square).exp(), 1 / share.square().sum(1) / share.shape[1]),
    ]
    for (role, label, exact, sampled), marker in zip(kinds, "sov", strict=True):
        plot_line(ax, horizon, exact, role, label)
        ax.plot(horizon, sampled, marker, color=COLORS[role], markersize=8)
    place: dict[str, Any] = {"transform": ax.transAxes, "color": COLORS["quiet"]}
    ax.text(0.02, 0.04, "lines: exact; marks: one batch", **place)
    ax.set(
        yscale="log", xlabel="horizon T (steps of a trajectory)", ylabel="on a logarithmic scale"
    )
    ax.set_title("The mean stays quiet; the median and the ESS speak")
    return ax


def plot_worth_of_worlds(
    ax: Axes, worth: Mapping[str, Tensor], horizon: Sequence[int], sampled: Tensor
) -> Axes:
    """Draw ESS / N against the horizon for two worlds, and sampled numbers for the first.

    Args:
        ax: to draw on.
        worth: name of a world -> (T,) exact ESS / N for the horizons 1, 2, ..., T.
        horizon: (H,) horizons of which trajectories of the first world were sampled.
        sampled: (H,) ESS / N of the sample.
    """
    for (name, share), role in zip(worth.items(), ("new", "old"), strict=True):
        plot_line(ax, torch.arange(1, len(share) + 1), share, role, name)
    ax.plot(horizon, sampled, "o", color=COLORS["new"], markersize=9)
    place: dict[str, Any] = {"transform": ax.transAxes, "color": COLORS["quiet"]}
    ax.text(0.02, 0.04, "lines: exact; dots: sampled", **place)
    ax.set(yscale="log", xlabel="horizon T (steps of a trajectory)", ylabel="ESS / N")
    ax.set_title("Where every step adds a ratio, the worth falls exponentially")
    return ax


def plot_variances(
    ax: Axes, horizon: Sequence[int], variance: Mapping[str, Sequence[float]]
) -> Axes:
    """Draw the variances of two estimates against the horizon.

    Args:
        ax: to draw on.
        horizon: (H,) steps of a trajectory.
        variance: name of the estimate -> (H,) its variance, for one trajectory.
    """
    for (name, height), role in zip(variance.items(), ("old", "new"), strict=True):
        plot_line(ax, horizon, height, role, name)
        ax.plot(horizon, height, "o", color=COLORS[role])
    ax.set(yscale="log", xlabel="horizon T", ylabel="variance of one trajectory")
    ax.set_title("Shorter products: less variance, but it grows all the same")
    return ax
