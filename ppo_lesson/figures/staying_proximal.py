"""Figures of notebook 06: estimates of a divergence, a trust region, and ways past a cliff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS
from ppo_lesson.maths import kl_k1, kl_k2, kl_k3
from ppo_lesson.worlds.careful_cliff import (
    careful_cliff_data,
    careful_cliff_log_prob,
    careful_cliff_logits,
)
from ppo_lesson.worlds.mdp import objective
from ppo_lesson.worlds.small_worlds import cliff_mdp

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ESTIMATES = {"k1": ("old", "--", "s"), "k2": ("bad", ":", "^"), "k3": ("new", "-", "o")}
WAYS: dict[str, tuple[str, Any, str]] = {
    "surrogate": ("bad", ":", "X"),
    "price or fence": ("old", "--", "D"),
    "clip": ("new", "-", "o"),
}
"""Colour by role, line and marker of each way to hold a policy."""

INK = COLORS | {"bad": "#9B5F00", "weight": "#A8487A"}  # for text: 3 : 1 on white, at least
STEPS = {"plain": ("bad", ":", "X", (-8, -20)), "natural": ("old", "--", "D", (-12, 4))}
END_LABELS = {"surrogate": (-14, 7), "price or fence": (-6, 44), "clip": (-12, -18)}


def plot_kl_terms(ax: Axes) -> Axes:
    """Draw what one sample of ratio r adds to k1, k2 and k3.

    Args:
        ax: where to draw.
    """
    ratio = torch.linspace(0.2, 3, 141, dtype=torch.float64)
    old = torch.zeros(1, dtype=torch.float64)
    ax.axhline(0, color=COLORS["quiet"], linewidth=1)
    for name, estimate in {"k1": kl_k1, "k2": kl_k2, "k3": kl_k3}.items():
        role, style, _ = ESTIMATES[name]
        term = [float(estimate(r.log()[None], old)) for r in ratio]
        ax.plot(ratio.tolist(), term, color=COLORS[role], linestyle=style)
        ax.annotate(
            name, (ratio[-1].item(), term[-1]), (6, 0), textcoords="offset points",
            color=INK[role], va="center",
        )  # fmt: skip
    ax.set(xlabel="ratio $r$ of the sample", ylabel="what it adds", xlim=(0.1, 3.4))
    ax.set_title("Only k1 counts below zero")
    return ax


def plot_kl_errors(ax: Axes, kl: Tensor, exact: Tensor, sampled: Tensor) -> Axes:
    """Draw the relative error of three estimates against the exact divergence, both logarithmic.

    Args:
        ax: where to draw.
        kl: (D,) exact divergences, increasing.
        exact: (3, D) root mean square error of a batch's k1, k2, k3, in nats.
        sampled: (3, D) the same, measured on sampled batches.
    """
    for row, found, name in zip(exact, sampled, ESTIMATES, strict=True):
        role, style, marker = ESTIMATES[name]
        ax.plot(kl.tolist(), (row / kl).tolist(), color=COLORS[role], linestyle=style)
        ax.plot(kl.tolist(), (found / kl).tolist(), marker, color=COLORS[role], markersize=7)
        at_start = (float(kl[0]), float(row[0] / kl[0]))
        away = {"k1": (12, -2), "k2": (0, -20), "k3": (0, 9)}[name]
        ax.annotate(name, at_start, away, textcoords="offset points", color=INK[role])
    ax.set(xscale="log", yscale="log", xlabel="exact KL, nats", ylabel="error / exact KL")
    ax.set_title("Lines exact, points sampled")
    return ax


def plot_trust_region(ax: Axes, max_kl: float, fisher: Tensor, steps: Mapping[str, Tensor]) -> Axes:
    """Draw the exact limit of the divergence around theta = 0, its ellipse, and steps.

    Args:
        ax: where to draw, courage to the right, care upwards.
        max_kl: the limit, in nats per episode.
        fisher: (2, 2) Fisher matrix at theta = 0.
        steps: "plain" or "natural" -> its step (2,).
    """
    reach = (2 * max_kl / fisher.diagonal()).sqrt().tolist()
    courage, care = (torch.linspace(-1.5 * r, 1.7 * r, 81, dtype=torch.float64) for r in reach)
    data = careful_cliff_data(torch.zeros(2, dtype=torch.float64))
    points = torch.cartesian_prod(care, courage).flip(-1)
    log_prob = torch.vmap(careful_cliff_log_prob)(points)
    kl = ((data.old_log_prob - log_prob) @ data.weight).view(81, 81)
    ratio = (log_prob - data.old_log_prob).exp()
    gain = (ratio @ (data.weight * data.advantage)).view(81, 81)
    grid = courage.numpy(), care.numpy()
    levels = np.linspace(-1, 1, 9) * float(gain[:, -1].max())
    note = {"textcoords": "offset points", "fontsize": 12}
    ax.contour(*grid, gain.numpy(), levels=levels, colors=COLORS["light"], linewidths=1)
    ax.annotate(
        "levels of $L_{IS}$", (courage[2].item(), care[2].item()), (0, 4), **note, color=INK["old"]
    )
    ax.contour(*grid, kl.numpy(), levels=[max_kl], colors=COLORS["truth"], linewidths=2.5)
    exact = kl[:, 40].sub(max_kl).abs()[:35].argmin()
    ax.annotate("exact limit", (courage[40].item(), care[exact].item()), (-34, -18), **note)
    angle = torch.linspace(0, 2 * torch.pi, 200, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()])
    # With F = C C^T, the points x = C^-T u of the unit circle fulfil x^T F x = 1.
    root = torch.linalg.cholesky(fisher).T
    ellipse = (2 * max_kl) ** 0.5 * torch.linalg.solve(root, circle)
    ax.plot(*ellipse.tolist(), color=COLORS["weight"], linestyle="--")
    left = (ellipse[0, 75].item(), ellipse[1, 75].item())
    ax.annotate("parabola", left, (4, -18), **note, color=INK["weight"])
    for name, step in steps.items():
        role, style, marker, away = STEPS[name]
        x, y = step.tolist()
        ax.plot([0, x], [0, y], color=COLORS[role], linestyle=style)
        ax.plot([x], [y], marker, color=COLORS[role], markersize=10)
        ax.annotate(name, (x, y), away, textcoords="offset points", ha="right", color=INK[role])
    ax.plot([0], [0], "o", color=COLORS["truth"], markersize=9)
    ax.locator_params("x", nbins=5)
    ax.set(xlabel=r"courage $\theta_0$", ylabel=r"care $\theta_1$", title=f"KL at most {max_kl:g}")
    ax.grid(visible=False)
    return ax


def plot_ways_map(ax: Axes, paths: Mapping[str, Tensor]) -> Axes:
    """Draw paths over the true return: how often the policy goes, how often it then does bad.

    Args:
        ax: where to draw.
        paths: key of `WAYS` -> (K, 2) points theta from the old policy to where the path ends.
    """
    go, bad = np.linspace(0.01, 1, 200), np.logspace(-3.2, 0, 200)
    truth = go[None, :] * (1 - 4 * bad[:, None])
    rising, falling = (0.1, 0.2, 0.4, 0.6, 0.8), (-2, -1, 0)
    levels = [*falling, *rising]
    ax.contour(go, bad, truth, levels=levels, colors=COLORS["quiet"], linewidths=0.8)
    ax.contourf(go, bad, truth, levels=[-4, 0], colors=[COLORS["bad"]], alpha=0.15)
    note = {"color": COLORS["quiet"], "fontsize": 12, "va": "center"}
    for level in rising:
        ax.text(level, 1e-3, f" {level:g}", **note)
    for level in falling:
        ax.text(1.01, (1 - level) / 4, f"{level:g}", **note)
    ax.text(0.03, 0.6, "J below 0", **note)
    for name, path in paths.items():
        role, style, _ = WAYS[name]
        chance = torch.stack([careful_cliff_log_prob(point).exp() for point in path])
        x, y = chance[:, 1].tolist(), chance[:, 3].tolist()
        ax.plot(x, y, color=COLORS[role], linestyle=style)
        _mark_end(ax, x, y, name)
        ax.annotate(
            name, (x[-1], y[-1]), END_LABELS[name], textcoords="offset points", color=INK[role],
            ha="right" if END_LABELS[name][0] < 0 else "left",
        )  # fmt: skip
    ax.plot(x[:1], y[:1], "o", color=COLORS["truth"], markersize=10, zorder=4)
    ax.annotate(r"$\pi_{old}$", (x[0], y[0]), (-10, 8), textcoords="offset points", ha="right")
    ax.set(yscale="log", xlim=(-0.06, 1), ylim=(10**-3.2, 1))
    ax.set(xlabel="how often it goes", ylabel="how often it then does bad")
    ax.grid(visible=False)
    return ax


def plot_ways_returns(ax: Axes, paths: Mapping[str, Tensor]) -> Axes:
    """Draw the true return along each path against the divergence from the old policy.

    Args:
        ax: where to draw.
        paths: see `plot_ways_map`; the first point of each is the old policy.
    """
    mdp = cliff_mdp()
    for name, path in paths.items():
        role, style, _ = WAYS[name]
        data = careful_cliff_data(path[0])
        kl, truth = [], []
        for point in path[1:]:
            log_prob = careful_cliff_log_prob(point)
            kl.append(float((data.weight * (data.old_log_prob - log_prob)).sum()))
            truth.append(float(objective(mdp, careful_cliff_logits(point))))
        ax.plot(kl, truth, color=COLORS[role], linestyle=style)
        _mark_end(ax, kl, truth, name)
    ax.axhline(0, color=COLORS["quiet"], linewidth=1)
    ax.set(
        xscale="log",
        xlabel=r"KL($\pi_{old}$ || $\pi_\theta$), nats per episode",
        ylabel="true return J",
    )
    ax.legend(loc="lower left")
    return ax


def plot_past_the_edge(ax: Axes, ratio: Tensor, silent: Tensor, clip_epsilon: float) -> Axes:
    """Draw the ratios of samples with A > 0, step by step, hollow where the clip silences them.

    Args:
        ax: where to draw.
        ratio: (K, N) ratio of N samples before each step.
        silent: (K, N) bool, where the clipped loss has no gradient for the sample.
        clip_epsilon: half-width of the interval.
    """
    step = np.arange(len(ratio))
    ax.axhline(1 + clip_epsilon, color=COLORS["quiet"], linestyle="--", linewidth=1.5)
    for column, (role, marker) in enumerate(zip(("new", "old"), "os", strict=True)):
        if column == ratio.shape[1]:
            break
        row, hollow = ratio[:, column].numpy(), silent[:, column].numpy()
        ax.plot(step, row, color=COLORS[role], linewidth=1)
        ax.plot(step[~hollow], row[~hollow], marker, color=COLORS[role], markersize=6)
        ax.plot(
            step[hollow], row[hollow], marker, color=COLORS[role], markersize=6,
            markerfacecolor="white",
        )  # fmt: skip
    ax.locator_params("x", nbins=4, integer=True)
    ax.set(xlabel="step", ylim=(0.95, 1.85))
    return ax


def _mark_end(ax: Axes, x: list[float], y: list[float], name: str) -> None:
    """Mark where a path ends."""
    role, _, marker = WAYS[name]
    ax.plot(
        x[-1:], y[-1:], marker, color=COLORS[role], label=name, linestyle="", markersize=10,
    )  # fmt: skip
