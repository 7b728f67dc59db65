"""Figures of notebook 03: what a batch of weights is worth, and products of ratios."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, label_end, line_style
from ppo_lesson.maths import per_decision_log_weight
from ppo_lesson.worlds.toys import ONE, Gaussian, gaussian_estimate_variance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

FIRST_MEAN = 20
"""A running mean is drawn from this many samples on: before, it hides what comes after."""

NUM_MEANS = 600
"""At most so many points of a running mean are drawn."""


def plot_running_estimates(ax: Axes, narrow: Tensor, wide: Tensor, exact: float) -> Axes:
    """Draw running means of several samples from a narrow proposal, and of some from a wide one.

    Args:
        ax: to draw on.
        narrow: (R, N) weight times value, one row per repeat.
        wide: (Q, N) the same for the wide proposal.
        exact: E_p[f].
    """
    ax.axhline(exact, **line_style("truth"), linewidth=1.5)
    place: dict[str, Any] = {"transform": ax.transAxes}
    leaps = narrow.max(1).values / narrow.sum(1)
    for rows, role, line, label, height in [
        (narrow, "new", "-", "narrow proposal (solid; thick: the largest leap)", 0.9),
        (wide, "old", "--", "wide proposal (dashed)", 0.81),
    ]:
        for k, product in enumerate(rows):
            n, mean = _running(product)
            thick = role == "old" or k == int(leaps.argmax())
            look: dict[str, Any] = (
                {"linewidth": 2.5, "alpha": 1} if thick else {"linewidth": 1.2, "alpha": 0.55}
            )
            ax.plot(n, mean, line, color=COLORS[role], label=label, **look)
        ax.text(0.98, height, label, color=COLORS[role], ha="right", **place)
    ax.text(0.98, 0.72, f"exact: {exact:.3g} (level line)", ha="right", **place)
    ax.set(xscale="log", xlabel="number of samples n", ylabel="mean of the first n")
    ax.set_xlim(FIRST_MEAN, narrow.shape[1])
    ax.set_yscale("log")
    _plain_ticks(ax.yaxis)
    ax.set_title("Too low for a long time, then a jump")
    return ax


def plot_claimed_errors(ax: Axes, estimate: Tensor, standard_error: Tensor, exact: float) -> Axes:
    """Draw each batch's claimed standard error against its estimate, both axes logarithmic.

    A batch between the two grey curves contains the truth in its interval of two standard errors.

    Args:
        ax: to draw on.
        estimate: (R,) one per batch, above 0.
        standard_error: (R,) as each batch computes it from its own samples.
        exact: what is estimated.
    """
    contains = (estimate - exact).abs() < 2 * standard_error
    for mask, role, marker in [(contains, "old", "o"), (~contains, "bad", "x")]:
        style = {"color": COLORS[role], "marker": marker, "linewidths": 1.2}
        ax.scatter(estimate[mask], standard_error[mask], s=16, alpha=0.6, **style)
    low, high = float(estimate.min()), float(estimate.max())
    grid = torch.logspace(math.log10(low), math.log10(high), 400, dtype=estimate.dtype)
    ax.plot(grid, (grid - exact).abs() / 2, color=COLORS["quiet"], linewidth=1.5)
    ax.axvline(exact, color=COLORS["truth"], linewidth=1.5)
    share = float(contains.double().mean())
    least, most = float(standard_error.min()), float(standard_error.max())
    ax.set(xscale="log", yscale="log", xlabel="estimate of the batch", ylabel="claimed error")
    ax.set_ylim(least / 1.5, most * 1.5)
    _plain_ticks(ax.xaxis)
    _plain_ticks(ax.yaxis)
    place: dict[str, Any] = {"transform": ax.transAxes}
    ax.text(0.98, 0.16, f"o: truth inside ±2 claimed errors, {share:.0%}", ha="right",
            color=COLORS["old"], **place)  # fmt: skip
    ax.text(0.98, 0.07, f"x: truth outside, {1 - share:.0%}", ha="right",
            color=COLORS["bad"], **place)  # fmt: skip
    ax.annotate(f"exact: {exact:.3g}", (exact, 1), (6, -4), ("data", "axes fraction"),
                "offset points", va="top")  # fmt: skip
    ax.text(0.98, 0.3, "grey curves: the interval\nends at the truth", ha="right",
            color=COLORS["quiet"], **place)  # fmt: skip
    ax.set_title("Too low and too sure: the lowest estimates claim the smallest errors")
    return ax


def plot_worth_of_width(
    ax: Axes, target: Gaussian, std: Tensor, sampled_std: Tensor, sampled_share: Tensor
) -> Axes:
    """Draw ESS / N against the width of a proposal with the target's mean: exact, and sampled.

    Args:
        ax: to draw on.
        target: p.
        std: (G,) standard deviations of the proposal for the exact curve, ascending.
        sampled_std: (M,) those that were sampled.
        sampled_share: (M,) ESS / N of one batch from each.
    """
    moments = [1 + gaussian_estimate_variance(target, Gaussian(target.mean, width), ONE)
               for width in std.tolist()]  # fmt: skip
    edge = target.std / math.sqrt(2)
    ax.axvspan(float(std[0]), edge, color=COLORS["bad"], alpha=0.15, linewidth=0)
    ax.plot(std, [1 / moment for moment in moments], **line_style("truth"))
    ax.plot(sampled_std, sampled_share, "o", color=COLORS["new"], markersize=9)
    ax.text(float(std[-1]), 0.93, "line: exact, for large N", ha="right")
    ax.text(float(std[-1]), 0.83, "dots: one batch each", ha="right", color=COLORS["new"])
    middle = (float(std[0]) + edge) / 2
    ax.text(middle, 0.93, "variance\ninfinite", ha="center", va="top", color=COLORS["quiet"])
    ax.set(xlabel="standard deviation of the proposal (target: 1)", ylabel="ESS / N")
    ax.set(xlim=(float(std[0]), float(std[-1])), ylim=(-0.02, 1.05))
    ax.set_title("Too wide costs samples; too narrow costs more than the batch admits")
    return ax


def _plain_ticks(axis: Axis) -> None:
    """Label a logarithmic axis with 0.1, 0.2, 0.5, 1, ... instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
    axis.set_minor_locator(NullLocator())


def _running(product: Tensor) -> tuple[Tensor, Tensor]:
    """Compute count and mean of the first n products, for n evenly spaced in log n."""
    count = torch.arange(1, len(product) + 1)
    mean = product.cumsum(0) / count
    spaced = torch.logspace(math.log10(FIRST_MEAN), math.log10(len(product)), NUM_MEANS)
    shown = spaced.round().long().unique() - 1
    return count[shown], mean[shown]


EVERY = 4
"""Of a trajectory's log-weights every fourth is drawn: a finer line is a larger picture only."""


def plot_log_weights(ax: Axes, log_ratio: Tensor, drift: float) -> Axes:
    """Draw the log-weights of trajectories, step by step, in front of the band where they belong.

    Args:
        ax: to draw on.
        log_ratio: (M, T) log-ratio of each step of each trajectory.
        drift: D, the standard deviation of one log-ratio. Log-weights are normal then, with mean
            -t D^2 / 2 and standard deviation D sqrt(t); the band is two of these wide.
    """
    step = torch.arange(1, log_ratio.shape[1] + 1)
    middle, spread = -step * drift**2 / 2, drift * step.sqrt()
    band = {"color": COLORS["quiet"], "alpha": 0.2, "linewidth": 0}
    ax.fill_between(step, middle - 2 * spread, middle + 2 * spread, **band)
    for row in log_ratio:
        product = per_decision_log_weight(row)
        ax.plot(step[::EVERY], product[::EVERY], color=COLORS["light"], linewidth=1.5)
    highest = per_decision_log_weight(log_ratio[log_ratio.sum(1).argmax()])
    ax.plot(step, highest, **line_style("weight"))
    label_end(ax, step, highest, "weight", f"w = {float(highest[-1].exp()):.0f}")
    ax.plot(step, middle, **line_style("truth"))
    label_end(ax, step, middle, "truth", f"median\n{float(middle[-1].exp()):.2f}")
    ax.axhline(0, color=COLORS["quiet"], linewidth=1.5)
    place: dict[str, Any] = {"transform": ax.transAxes, "color": COLORS["quiet"]}
    ax.text(0.02, 0.13, "band: median ±2 standard deviations", **place)
    ax.text(0.02, 0.05, "level line: weight 1", **place)
    ax.set(xlabel="step t", ylabel="log of the product so far", xlim=(0, log_ratio.shape[1]))
    ax.set_title("Most products sink, and they spread")
    return ax


def plot_truncation(ax: Axes, limit: Tensor, bias: Tensor, error: Tensor, unlimited: float) -> Axes:
    """Draw bias, standard error and the two together against the limit of truncated weights.

    Args:
        ax: to draw on.
        limit: (G,) c, ascending.
        bias: (G,) of the estimate, of either sign.
        error: (G,) standard error of the estimate.
        unlimited: root mean square error without a limit.
    """
    both = (bias.square() + error.square()).sqrt()
    best = int(both.argmin())
    last = len(limit) - 1
    for height, role, label, at, shift, side in [
        (bias.abs(), "old", "size of the bias", 6 * last // 7, (-10, -16), "right"),
        (error, "new", "standard error", 2 * last // 7, (8, -16), "left"),
        (both, "truth", "root mean square error", 0, (8, -40), "left"),
    ]:
        ax.plot(limit, height, **line_style(role), label=label)
        ax.annotate(
            label, (float(limit[at]), float(height[at])), xytext=shift, color=COLORS[role],
            textcoords="offset points", ha=side,
        )  # fmt: skip
    ax.axhline(unlimited, color=COLORS["quiet"], linestyle=":", linewidth=1.5)
    ax.annotate(
        f"no limit: {unlimited:.3g}", (float(limit[-1]), unlimited), xytext=(-4, 6), ha="right",
        textcoords="offset points", color=COLORS["quiet"],
    )  # fmt: skip
    ax.plot(limit[best], both[best], "o", color=COLORS["truth"], markersize=9)
    ax.annotate(
        f"{float(both[best]):.3g} at c = {float(limit[best]):.3g}",
        (float(limit[best]), float(both[best])), xytext=(0, 10), ha="center",
        textcoords="offset points",
    )  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="limit c of a weight", ylabel="error of the estimate")
    ax.set_xlim(float(limit[0]), float(limit[-1]))
    _plain_ticks(ax.yaxis)
    ax.set_title("A lower limit trades variance for bias")
    return ax
