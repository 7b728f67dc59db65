"""Figures of notebook 07: noise of returns, weights of GAE, runs along lambda, resets.

Orange is too light to be read on white: words about what is drawn in it are black.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS
from ppo_lesson.maths.shapes import check_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ppo_lesson.training.statistics import Interval

CURVE_STYLES = (("old", "--"), ("new", "-"), ("good", "-."))
"""Colour and line style of the values of lambda in one figure, in their order."""

ANGLE_LIMIT = 12
"""CartPole's episode ends when the pole leans further than so many degrees to either side."""


def plot_outcomes(ax: Axes, outcome: Tensor, prob: Tensor, truth: float) -> Axes:
    """Draw how likely each value of G - V is, and the advantage that all of them estimate.

    Args:
        ax: where to draw.
        outcome: (M,) G - V of each walk.
        prob: (M,) probability of each walk, summing to 1.
        truth: the true advantage.
    """
    value, group = torch.unique(outcome.round(decimals=6), return_inverse=True)
    chance = torch.zeros_like(value).index_add_(0, group, prob)
    misleading = value * truth < 0
    looks = {"wrong sign": (misleading, "bad", "//"), "right sign": (~misleading, "good", "")}
    for words, (here, role, hatch) in looks.items():
        ax.bar(
            value[here].tolist(), chance[here].tolist(), 0.05,
            color="white", edgecolor=COLORS[role], hatch=hatch, linewidth=2,
        )  # fmt: skip
        middle = float((value * chance)[here].sum() / chance[here].sum())
        share = f"{words}: {float(chance[here].sum()):.0%}"
        ax.text(middle, 1.12 * float(chance.max()), share, ha="center")
    # Dotted and behind the bars, so that a bar at the true value is seen.
    ax.axvline(truth, color=COLORS["truth"], linestyle=":", zorder=0)
    ax.text(truth + 0.05, 0.85 * float(chance.max()), "true\nadvantage", va="top")
    ax.set(xlabel="$G - V$ of one walk", ylabel="probability")
    ax.set(ylim=(0, 1.3 * float(chance.max())))
    ax.set_title("Single walks scatter widely around the true advantage")
    return ax


def plot_mixing_weights(ax: Axes, gae_lambdas: Sequence[float], num_steps: int) -> Axes:
    """Draw what each n-step advantage counts in GAE: (1 - lambda) lambda^(n-1), the last one more.

    Args:
        ax: where to draw.
        gae_lambdas: up to three mixing weights.
        num_steps: steps that are left, the largest n.
    """
    num_steps = check_count("num_steps", num_steps)
    number = torch.arange(1, num_steps + 1)
    curves = [mixing_weights(gae_lambda, num_steps) for gae_lambda in gae_lambdas]
    _plot_curves(ax, number, curves)
    for curve, gae_lambda, (role, _) in zip(curves, gae_lambdas, CURVE_STYLES, strict=False):
        _label(
            ax, (1.0, float(curve[0])), (-10, 0), f"$\\lambda$ = {gae_lambda:g}", role, ha="right"
        )
    ax.set(xlabel="$n$, the number of rewards", ylabel="weight", ylim=(0, 1))
    ax.set(xlim=(-1.5, num_steps + 0.3), xticks=number.tolist())
    ax.set_title("Weight of the $n$-step advantage")
    return ax


def plot_td_weights(ax: Axes, gae_lambdas: Sequence[float], gamma: float, num_steps: int) -> Axes:
    """Draw what the TD error of each later step counts in GAE: (gamma lambda)^k.

    Args:
        ax: where to draw.
        gae_lambdas: up to three mixing weights.
        gamma: discount.
        num_steps: steps that are left.
    """
    ahead = torch.arange(check_count("num_steps", num_steps, 2))
    curves = [(gamma * gae_lambda) ** ahead for gae_lambda in gae_lambdas]
    _plot_curves(ax, ahead, curves)
    for curve, gae_lambda, (role, _) in zip(curves, gae_lambdas, CURVE_STYLES, strict=False):
        _label(ax, (1.0, float(curve[1])), (8, 10), f"{gae_lambda:g}", role)
    ax.set(xlabel="$k$, steps ahead", ylim=(0, 1.05), xticks=ahead.tolist())
    ax.set_title("Weight of the TD error")
    return ax


def mixing_weights(gae_lambda: float, num_steps: int) -> Tensor:
    """Compute the weights of the n-step advantages, n = 1 to `num_steps`; they sum to 1.

    Beyond the last step nothing is new, so the last one gets the weights of all longer ones too.

    Returns:
        (num_steps,) weights.
    """
    num_steps = check_count("num_steps", num_steps)
    weight = (1 - gae_lambda) * gae_lambda ** torch.arange(num_steps, dtype=torch.float64)
    weight[-1] = gae_lambda ** (num_steps - 1)
    return weight


def plot_lambda_runs(
    ax: Axes, gae_lambdas: Sequence[float], scores: Sequence[Tensor], middles: Sequence[Interval]
) -> Axes:
    """Draw one score per training run along lambda, and the interval of their middle.

    Args:
        ax: where to draw.
        gae_lambdas: L of them, drawn at equal distances.
        scores: L times (S,) one per run.
        middles: L intervals.
    """
    for x, (runs, middle) in enumerate(zip(scores, middles, strict=True)):
        look = {"color": COLORS["light"], "markersize": 6, "markeredgecolor": "none"}
        aside = torch.linspace(-0.16, 0.16, len(runs)).tolist()
        ax.plot([x + shift for shift in aside], runs.sort().values.tolist(), "o", **look)
        below, above = middle.middle - middle.low, middle.high - middle.middle
        look = {"color": COLORS["truth"], "markersize": 9, "capsize": 7, "linewidth": 2}
        ax.errorbar([x + 0.28], [middle.middle], [[below], [above]], fmt="s", **look)
    ax.set_xticks(range(len(gae_lambdas)), [f"{at:g}" for at in gae_lambdas])
    ax.set(xlabel=r"$\lambda$", ylabel="mean return while training", ylim=(0, 500))
    ax.text(0.02, 0.93, "dots: single runs, sorted", transform=ax.transAxes)
    ax.text(0.02, 0.85, "squares: their middle half, 95 % interval", transform=ax.transAxes)
    ax.set_title(r"CartPole along $\lambda$")
    return ax


def plot_resets(ax: Axes, angle: Tensor, valid: Tensor) -> Axes:
    """Draw the pole's angle row by row, and mark the rows in which nobody acted.

    Args:
        ax: where to draw.
        angle: (T,) of the pole before each step, in degrees.
        valid: (T,) bool, False where the step only reset the environment.
    """
    row = torch.arange(len(angle))
    begins = torch.cat([torch.zeros(1, dtype=torch.int64), (~valid).cumsum(0)[:-1]])
    for episode in range(int(begins.max()) + 1):
        here = begins == episode
        ax.plot(row[here].tolist(), angle[here].tolist(), color=COLORS["old"], linewidth=2)
    ax.plot(row[valid].tolist(), angle[valid].tolist(), "o", color=COLORS["old"], markersize=7)
    look = {"color": COLORS["bad"], "markersize": 13, "markeredgewidth": 2.5, "fillstyle": "none"}
    ax.plot(row[~valid].tolist(), angle[~valid].tolist(), "s", **look)
    for limit in (-ANGLE_LIMIT, ANGLE_LIMIT):
        ax.axhline(limit, color=COLORS["quiet"], linestyle="--", linewidth=1.5)
    _label(ax, (len(row), ANGLE_LIMIT), (8, 0), "limit", "quiet")
    for words, place in (("dots: the policy acted", 0.02), ("squares: reset only", 0.42)):
        ax.text(place, 0.94, words, transform=ax.transAxes)
    ax.set(xlabel="row of the rollout", ylabel="angle of the pole, degrees")
    ax.set(xlim=(-0.5, len(row)), ylim=(-18, 22))
    ax.set_title("After each fall comes a row in which nobody acted")
    return ax


def _plot_curves(ax: Axes, x: Tensor, curves: Sequence[Tensor]) -> None:
    for curve, (role, style) in zip(curves, CURVE_STYLES, strict=False):
        look = {"color": COLORS[role], "linestyle": style, "marker": "o", "markersize": 7}
        ax.plot(x.tolist(), curve.tolist(), **look)


def _label(
    ax: Axes,
    at: tuple[float, float],
    shift: tuple[float, float],
    words: str,
    role: str,
    ha: str = "left",
) -> None:
    """Write beside a point, so many typographical points away."""
    ax.annotate(
        words, at, xytext=shift, textcoords="offset points", color=COLORS[role], ha=ha,
        va="center", annotation_clip=False,
    )  # fmt: skip
