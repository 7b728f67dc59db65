"""Figures of notebook 02: weights, the spread of estimates, the choice of proposal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, line_style, plot_line
from ppo_lesson.maths import importance_weights
from ppo_lesson.worlds.toys import Die, Gaussian, die_estimate_variance, optimal_proposal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOT_AREA = 40.0
"""Area of a dot of weight 1, in square points; a dot's area is proportional to its weight."""

DOT_OUTLINE = "#8a4a72"
"""The colour of weights, darkened."""


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
    ax: Axes, target: Gaussian, proposal: Gaussian, x: Tensor, title: str
) -> Axes:
    """Draw the densities of target and proposal, and each sample as a dot the size of its weight.

    Args:
        ax: to draw on.
        target: p.
        proposal: q, from which x was drawn.
        x: (N,) samples of q.
        title: what is found.
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
    # Filled pale, so that many can lie on each other, with an outline that a projector shows.
    dots: dict[str, Any] = {"facecolor": COLORS["weight"] + "66", "edgecolor": DOT_OUTLINE}
    ax.scatter(x, row, s=DOT_AREA * weight, linewidths=0.8, **dots)
    ax.text(low, -0.36 * peak, "samples of q; area = weight", color=DOT_OUTLINE, va="top")
    ax.axhline(0, color=COLORS["quiet"], linewidth=1)
    ax.set(title=title, xlabel="x", ylabel="density", ylim=(-0.5 * peak, 1.12 * peak))
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= 1.1 * peak])
    return ax


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
    ax.set_title("Self-normalised: a narrower hill, slightly off centre")
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
    """Draw an estimate's bias and standard error against N, both axes logarithmic.

    Args:
        ax: to draw on.
        num_samples: (G,) positions N.
        bias: (G,) of the self-normalised estimate; its absolute value is drawn.
        standard_error: (G,) of the same estimate.
    """
    for height, role, label in [
        (standard_error, "old", "standard error"),
        (bias.abs(), "new", "bias"),
    ]:
        plot_line(ax, num_samples.tolist(), height.tolist(), role, label)
        ax.plot(num_samples, height, color=COLORS[role], marker="o", linestyle="none")
    ax.set(xscale="log", yscale="log", xlabel="number of samples N", ylabel="error, in pips")
    ax.set_title("The bias falls faster than the noise")
    return ax
