"""Figures of notebook 02: weights, running estimates and their spread, the choice of proposal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, line_style, plot_line
from ppo_lesson.maths import importance_weights
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.worlds.toys import Die, Gaussian, die_estimate_variance, optimal_proposal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOT_AREA = 40.0
"""Area of a dot of weight 1, in square points; a dot's area is proportional to its weight."""

FIRST_MEAN = 10
"""A running mean is drawn from this many samples on: before, its standard error means little."""

NUM_MEANS = 400
"""At most so many points of a running mean are drawn."""


def plot_reweighted_faces(ax: Axes, target: Die, outcome: Tensor, weight: Tensor) -> Axes:
    """Draw the share of each face as thrown and as weighted, beside the target's probability.

    Args:
        ax: to draw on.
        target: p over K faces.
        outcome: (N,) throws of the proposal, 0 to K - 1.
        weight: (N,) importance weight of each throw.
    """
    num_faces = len(target.probability)
    face = torch.arange(1, num_faces + 1).numpy()
    thrown = torch.bincount(outcome, minlength=num_faces).numpy() / len(outcome)
    weighted = torch.bincount(outcome, weight, num_faces).numpy() / len(outcome)
    old = {"color": "white", "edgecolor": COLORS["old"], "hatch": "//", "linewidth": 1.5}
    ax.bar(face - 0.2, thrown, width=0.38, label="share of the throws", **old)
    ax.bar(face + 0.2, weighted, width=0.38, color=COLORS["new"], label="share of the weight")
    exact = target.probability.numpy()
    ax.hlines(exact, face - 0.45, face + 0.45, color=COLORS["truth"], label="fair die, exact")
    ax.set(title="Weighted, the loaded throws show a fair die", xlabel="face", ylabel="share")
    ax.grid(False, axis="x")
    ax.legend(loc="upper left")
    return ax


def plot_weighted_samples(
    ax: Axes, target: Gaussian, proposal: Gaussian, x: Tensor, title: str, xlabel: str = "x"
) -> Axes:
    """Draw the densities of target and proposal, and each sample as a dot the size of its weight.

    Args:
        ax: to draw on.
        target: p.
        proposal: q, from which x was drawn.
        x: (N,) samples of q.
        title: what is found.
        xlabel: what x is, with its unit.
    """
    both = (target, proposal)
    low, high = min(d.mean - 4 * d.std for d in both), max(d.mean + 4 * d.std for d in both)
    grid = torch.linspace(low, high, 400, dtype=x.dtype)
    for density, role, label in [(target, "truth", "target p"), (proposal, "old", "proposal q")]:
        height = density.log_prob(grid).exp()
        ax.plot(grid, height, **line_style(role), label=label)
        # Beside the peak, on the side away from the other curve.
        outwards = 1 if density.mean > sum(d.mean for d in both) / 2 else -1
        beside = density.mean + 0.75 * outwards * density.std
        top = float(density.log_prob(torch.tensor(beside)).exp())
        align = "left" if outwards > 0 else "right"
        style: dict[str, Any] = {"textcoords": "offset points", "ha": align}
        ax.annotate(label, (beside, top), (10 * outwards, 4), color=COLORS[role], **style)
    peak = max(float(d.log_prob(torch.tensor(d.mean)).exp()) for d in both)
    weight = importance_weights(target.log_prob(x), proposal.log_prob(x))
    # Seven rows under the axis, so that neighbours do not hide each other.
    row = -peak * (0.06 + 0.04 * (torch.arange(len(x)) % 7))
    ax.scatter(x, row, s=DOT_AREA * weight, color=COLORS["weight"], alpha=0.55, linewidths=0)
    ax.text(low, -0.36 * peak, "samples of q; area = weight", color=COLORS["weight"], va="top")
    ax.axhline(0, color=COLORS["quiet"], linewidth=1)
    ax.set(title=title, xlabel=xlabel, ylabel="density", ylim=(-0.5 * peak, 1.12 * peak))
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= 1.1 * peak])
    return ax


def plot_running_estimate(ax: Axes, value: Tensor, weight: Tensor, exact: float) -> Axes:
    """Draw the mean over the first n samples against n, weighted (with 2 standard errors) and not.

    Args:
        ax: to draw on.
        value: (N,) f of each sample, N above 10.
        weight: (N,) importance weight of each sample.
        exact: E_p[f].
    """
    n, mean, variance = running_mean(weight * value, FIRST_MEAN, NUM_MEANS)
    _, unweighted, _ = running_mean(value, FIRST_MEAN, NUM_MEANS)
    band = 2 * (variance / n).sqrt()
    ax.axhline(exact, **line_style("truth"), linewidth=1.5)
    ax.fill_between(n, mean - band, mean + band, color=COLORS["new"], alpha=0.2, linewidth=0)
    plot_line(ax, n.tolist(), mean.tolist(), "new", "weighted,\n±2 standard\nerrors")
    plot_line(ax, n.tolist(), unweighted.tolist(), "old", "unweighted")
    at_left: dict[str, Any] = {"xytext": (4, -6), "textcoords": "offset points", "va": "top"}
    ax.annotate(f"exact: {exact:.3g}", (FIRST_MEAN, exact), **at_left)
    ax.set(xscale="log", xlabel="number of throws n", ylabel="mean of the first n")
    ax.set_xlim(FIRST_MEAN, len(value))
    ax.set_title("The weighted mean closes in on the fair die")
    return ax


def running_mean(product: Tensor, first: int, num_points: int) -> tuple[Tensor, Tensor, Tensor]:
    """Compute mean and variance of the first n samples, for n evenly spaced in log n.

    Args:
        product: (N,) weight times value of each sample.
        first: the smallest n, above 1; the largest is N.
        num_points: how many n at the most; more than some hundreds no eye can tell apart.

    Returns:
        n, mean and variance, as many of each.

    Raises:
        ValueError: first is below 2, or num_points below 1.
    """
    first, num_points = check_count("first", first, 2), check_count("num_points", num_points)
    count = torch.arange(1, len(product) + 1)
    mean = product.cumsum(0) / count
    variance = (product.square().cumsum(0) / count - mean.square()) * count / (count - 1)
    spaced = torch.logspace(math.log10(first), math.log10(len(product)), num_points)
    shown = spaced.round().long().unique() - 1
    return count[shown], mean[shown], variance[shown]


def plot_estimates(
    ax: Axes, plain: Tensor, self_normalised: Tensor, exact: float, bin_width: float
) -> Axes:
    """Draw histograms of two kinds of estimates, each repeated many times, and the exact value.

    Args:
        ax: to draw on.
        plain: (R,) estimates, one per repeat.
        self_normalised: (R,) the same.
        exact: what they estimate.
        bin_width: of the histogram. The estimates on dice lie on a grid: a width that holds a whole
            number of its steps shows hills, any other a comb.
    """
    bin_number = ((torch.cat([plain, self_normalised]) - exact) / bin_width).round()
    first, last = int(bin_number.min()), int(bin_number.max())  # the middle of bin 0 is exact
    edges = [exact + bin_width * (k - 0.5) for k in range(first, last + 2)]
    # Each label stands where its histogram is the outer one: low on the flank, or near the top.
    kinds = [(plain, "new", "plain", 0.4), (self_normalised, "weight", "self-normalised", 0.95)]
    for values, role, label, label_height in kinds:
        style = {"histtype": "step", "linewidth": 2.5, **line_style(role)}
        bars = ax.hist(values.numpy(), bins=edges, **style)
        count = [float(number) for number in bars[0]]
        outer = max(k for k in range(len(count)) if count[k] >= label_height * max(count))
        place = (edges[outer + 1], count[outer])
        text = {"xytext": (10, -2), "textcoords": "offset points", "color": COLORS[role]}
        ax.annotate(label, place, **text)
    ax.axvline(exact, color=COLORS["truth"], linewidth=1.5)
    ax.annotate(f"exact: {exact:.3g}", (exact, 1), (-6, -4), ("data", "axes fraction"),
                "offset points", ha="right", va="top")  # fmt: skip
    ax.set(xlabel="estimate", ylabel="number of repeats")
    ax.set_ylim(top=1.15 * ax.get_ylim()[1])
    ax.set_title("Self-normalised: a narrower hill, a hair beside the truth")
    return ax


def plot_tilted_dice(ax: Axes, target: Die, value: Tensor, tilt: Tensor) -> Axes:
    """Draw the variance for f and for f^2 against a proposal in proportion to p f^t, least marked.

    The variance per sample is divided by E_p[f]^2, so that both curves fit on one axis.

    Args:
        ax: to draw on.
        target: p over K outcomes.
        value: (K,) f of each outcome, above 0.
        tilt: (G,) exponents t, ascending.
    """
    proposals = [optimal_proposal(target, value**t) for t in tilt]
    for f, role, label in [(value, "new", "f = pips"), (value.square(), "old", "f = pips²")]:
        variance = torch.stack([die_estimate_variance(target, q, f) for q in proposals])
        relative = variance / target.expectation(f).square()
        plot_line(ax, tilt.tolist(), relative.tolist(), role, label)
        best = int(relative.argmin())
        place = (float(tilt[best]), float(relative[best]))
        ax.plot(*place, marker="o", markersize=11, color=COLORS[role], linestyle="none")
        below = {"xytext": (0, -26), "textcoords": "offset points", "ha": "center"}
        ax.annotate(f"least at t = {place[0]:.3g}", place, color=COLORS[role], **below)
    ax.axvline(0, color=COLORS["quiet"], linewidth=1.5)
    place = {"xy": (0, 1), "xycoords": ("data", "axes fraction"), "color": COLORS["quiet"]}
    ax.annotate("fair die", **place, xytext=(6, -4), textcoords="offset points", va="top")
    ax.set(xlabel="tilt t of the proposal", ylabel="variance / mean²")
    ax.set_yticks([tick for tick in ax.get_yticks() if tick >= 0])
    ax.set_ylim(bottom=-0.5, top=2.9)
    ax.set_title("Each question has its own best die")
    return ax


def plot_bias(ax: Axes, num_samples: Tensor, bias: Tensor, standard_error: Tensor) -> Axes:
    """Draw bias and standard error against the number of samples, both axes logarithmic.

    Args:
        ax: to draw on.
        num_samples: (G,) positions.
        bias: (G,) its absolute value is drawn.
        standard_error: (G,) at each.
    """
    for height, role, label in [
        (standard_error, "old", "standard error"),
        (bias.abs(), "new", "bias"),
    ]:
        plot_line(ax, num_samples.tolist(), height.tolist(), role, label)
        ax.plot(num_samples, height, color=COLORS[role], marker="o", linestyle="none")
    ax.set(xscale="log", yscale="log", xlabel="number of samples N", ylabel="error, in pips")
    ax.set_title("The bias leaves faster than the noise")
    return ax
