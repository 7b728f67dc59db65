"""Figures of notebook 01: the noise of a sampled gradient, an on-policy run, a batch reused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from ppo_lesson.figures.style import COLORS, plot_line
from ppo_lesson.worlds.reuse import Climb

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METER_HEIGHT = 1.1
"""Where the row of batches stands on the axis of J: below the coin's 1.355."""


def plot_baseline(ax: Axes, baseline: Tensor, variance: Tensor, marks: Mapping[str, float]) -> Axes:
    """Draw the variance of the sampled gradient against a constant that is taken off the return.

    Args:
        ax: where to draw.
        baseline: (N,) constants, increasing.
        variance: (N,) variance of one walk's gradient with each.
        marks: names of special constants on the line.
    """
    x, y = baseline.tolist(), variance.tolist()
    plot_line(ax, x, y, "truth", "")
    for name, at in marks.items():
        height = float(np.interp(at, x, y))
        ax.plot([at], [height], "o", color=COLORS["new"], markersize=10, zorder=3)
        best = height < 1.1 * min(y)  # elsewhere the curve would run through words above it
        ax.annotate(
            f"{name}\n{height:.4g}", (at, height), xytext=(0, 12) if best else (12, 4),
            textcoords="offset points", color=COLORS["new"], ha="center" if best else "left",
        )  # fmt: skip
    ax.set(xlabel="baseline b", ylabel="variance of one walk's gradient", ylim=(0, 1.05 * max(y)))
    ax.set_title("The noise is a parabola in the baseline; the mean does not change")
    return ax


def plot_funnel(
    ax: Axes, num_samples: Sequence[int], estimate: Tensor, exact: float, standard_error: Tensor
) -> Axes:
    """Draw sampled gradients around the exact one: the band narrows like 1 / sqrt(N).

    Args:
        ax: where to draw.
        num_samples: K sample sizes, increasing.
        estimate: (R, K) one row per seed.
        exact: the number that they estimate.
        standard_error: (K,) exact standard error of an estimate of each size.
    """
    sizes = np.array(num_samples, dtype=float)
    # The band is a curve: between the sizes it is drawn from the same 1 / sqrt(N).
    fine = np.geomspace(sizes[0] / 1.6, sizes[-1] * 1.6, 200)
    width = 2 * float(standard_error[0]) * np.sqrt(sizes[0] / fine)
    ax.fill_between(fine, exact - width, exact + width, color=COLORS["quiet"], alpha=0.25)
    spread = np.geomspace(0.8, 1.25, len(estimate))
    for row, shift in zip(estimate, spread, strict=True):
        ax.plot(sizes * shift, row.tolist(), "o", color=COLORS["old"], markersize=5, alpha=0.7)
    ax.axhline(exact, color=COLORS["truth"])
    ax.set(xscale="log", xlabel="number of walks N", ylabel="estimate", xlim=(fine[0], fine[-1]))
    notes = {
        0.93: ("line: exact", COLORS["truth"]),
        0.84: ("dots: one batch each", COLORS["old"]),
        0.06: ("grey band: two standard errors", COLORS["quiet"]),
    }
    for height, (words, color) in notes.items():
        ax.text(0.97, height, words, color=color, ha="right", transform=ax.transAxes)
    ax.set_title("Larger batches close in on the exact slope")
    return ax


def plot_run(ax: Axes, generated: Sequence[int], value: Sequence[float], best: float) -> Axes:
    """Draw an on-policy run and its meter: samples generated, in use, thrown away.

    Args:
        ax: where to draw.
        generated: U numbers of samples generated before each policy, increasing; the
            last batch is in use, those before it are gone.
        value: U values of J, exact.
        best: J of the best policy.
    """
    done = generated[-1] if generated else 0
    in_use = done - generated[-2] if len(generated) > 1 else 0
    if generated:
        plot_line(ax, list(generated), list(value), "good", "")
        gone = list(generated[1:-1])
        ax.plot(gone, [METER_HEIGHT] * len(gone), "x", color=COLORS["quiet"], markersize=5)
        ax.plot([done], [METER_HEIGHT], "s", color=COLORS["old"], markersize=8)
        words = "each cross: a batch used once and thrown away"
        ax.text(0.97, 0.12, words, color=COLORS["quiet"], ha="right", transform=ax.transAxes)
    ax.axhline(best, color=COLORS["truth"], linestyle=":", linewidth=1.5)
    ax.text(0.99, best, "best ", va="bottom", ha="right", transform=ax.get_yaxis_transform())
    ax.set(xlabel="samples generated", ylabel="J, exact", ylim=(1.0, 1.1 * best))
    ax.set_title(f"generated {done:,} samples · in use {in_use:,} · thrown away {done - in_use:,}")
    return ax


def plot_reused_batch(ax: Axes, fresh: Climb, stale: Climb, best: float) -> Axes:
    """Draw J along a path with a fresh batch at each step, and along one that reuses the first.

    Args:
        ax: where to draw.
        fresh: K steps with fresh batches.
        stale: K steps on the first batch.
        best: J of the best policy.
    """
    steps = list(range(len(fresh.value)))
    plot_line(ax, steps, fresh.value, "good", "")
    ax.plot(steps, stale.value.tolist(), color=COLORS["old"], linestyle="--")
    _label_middle(ax, fresh.value, "good", "a fresh batch for each step", -26)
    _label_middle(ax, stale.value, "old", "the first batch for all steps", -26)
    ax.axhline(best, color=COLORS["truth"], linestyle=":", linewidth=1.5)
    ax.text(0.01, best, "best", va="bottom", transform=ax.get_yaxis_transform())
    ax.set(xlabel="gradient steps k", ylabel="J, exact", ylim=(1.3, 1.1 * best))
    ax.set_title("One batch used again and again: right at first, then astray")
    return ax


def plot_reuse_bias(ax: Axes, stale: Climb) -> Axes:
    """Draw the bias of a reused batch's gradient, and how long the true gradient is there.

    Args:
        ax: where to draw.
        stale: K steps on the first batch.
    """
    steps = list(range(len(stale.value)))
    bias = (stale.used - stale.exact).flatten(1).norm(dim=1)
    true = stale.exact.flatten(1).norm(dim=1)
    ax.plot(steps, bias.tolist(), color=COLORS["bad"], linestyle="-.")
    plot_line(ax, steps, true, "truth", "")
    _label_middle(ax, true, "truth", "true gradient", 14)
    _label_middle(ax, bias, "bad", "bias", -26)
    ax.set(xlabel="gradient steps k", ylabel="length", ylim=(0, None))
    ax.set_title("On the first batch: the bias outgrows the gradient")
    return ax


def _label_middle(ax: Axes, y: Tensor, role: str, words: str, offset: int) -> None:
    """Write a label so many points above the middle of a line over 0, 1, 2 ..."""
    middle = len(y) // 2
    ax.annotate(
        words, (middle, float(y[middle])), xytext=(0, offset), textcoords="offset points",
        color=COLORS[role],
    )  # fmt: skip
