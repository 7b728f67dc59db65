"""Figures of notebook 05: promise and truth far from theta_old, and many epochs on one batch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, label_end, line_style, plot_line
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.worlds.surrogates import OneParameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROMISE: dict[str, Any] = {"color": COLORS["new"], "linestyle": "--"}
"""J_old + L_IS, dashed, as in notebook 04."""

ROOM = 1.25
"""Width of a panel over that of its data: names of lines stand inside, beside their ends."""

NUMBER = "{x:g}"
"""Writes 100 where a logarithmic axis would write a power of ten."""


def plot_promise(ax: Axes, world: OneParameter, theta: Tensor, old_theta: Tensor) -> Axes:
    """Draw truth and promise, and mark the old parameter and where the promise is largest.

    Args:
        ax: where to draw.
        world: a world with one parameter.
        theta: (N,) increasing values of it.
        old_theta: () the parameter of the policy that acted.
    """
    truth, promise = _plot_both(ax, world, theta, old_theta)
    best = int(promise.argmax())
    if best < len(theta) - 1:
        top = float(theta[best]), float(promise[best])
        ax.plot([top[0]] * 2, [float(truth[best]), top[1]], color=COLORS["quiet"], linestyle=":")
        ax.plot(*top, "^", color=COLORS["new"], markersize=10)
        _write(ax, "most is promised here", top, 10, "new")
    ax.set(xlabel=r"$\theta$", ylabel="expected return")
    return ax


def plot_cloud(
    ax: Axes, world: OneParameter, theta: Tensor, old_theta: Tensor, sampled: Tensor
) -> Axes:
    """Draw many sampled promises behind the exact one and the truth.

    Args:
        ax: where to draw.
        world: a world with one parameter.
        theta: (N,) increasing values of it.
        old_theta: () the parameter of the policy that acted.
        sampled: (R, N) L_IS as R samples give it, one curve each.
    """
    thin = {"color": COLORS["light"], "linewidth": 0.8, "alpha": 0.35}
    ax.plot(theta, (world.truth(old_theta) + sampled).T, **thin)
    _plot_both(ax, world, theta, old_theta)
    ax.set(ylabel="expected return")
    return ax


def plot_worth(
    ax: Axes, world: OneParameter, theta: Tensor, old_theta: Tensor, num_episodes: int
) -> Axes:
    """Draw how many episodes the old ones are worth, on a logarithmic axis.

    Args:
        ax: where to draw.
        world: a world with one parameter.
        theta: (N,) increasing values of it.
        old_theta: () the parameter of the policy that acted.
        num_episodes: of the old policy.
    """
    num_episodes = check_count("num_episodes", num_episodes)
    worth = num_episodes * world.effective_share(theta, old_theta)
    ax.plot(theta, worth, **line_style("weight"))
    ax.axhline(1, color=COLORS["quiet"], linestyle=":", linewidth=1.5)
    ax.set(xlabel=r"$\theta$", ylabel="ESS", yscale="log", ylim=(0.15, 3 * num_episodes))
    ax.yaxis.set_major_formatter(NUMBER)
    return ax


def plot_hump(ax: Axes, old_probs: Sequence[float]) -> Axes:
    """Draw how hard a sample with A = 1 pulls at its logit, r (1 - pi), while its ratio grows.

    Args:
        ax: where to draw.
        old_probs: probabilities that actions had when they were taken, 0 to 1, one curve each.
    """
    for old_prob, role in zip(old_probs, ("new", "old", "good"), strict=True):
        prob = torch.linspace(0, 1, 401)
        ratio, pull = prob / old_prob, prob / old_prob * (1 - prob)
        ax.plot(ratio, pull, **line_style(role))
        place = float(ratio[340]), float(pull[340])  # on its way down
        _write(ax, rf"$\pi_{{old}} = {old_prob:g}$", place, 5, role, right=7, ha="left")
    ceiling = 1 / min(old_probs)
    guide = torch.tensor([0.0, ceiling])
    ax.plot(guide, guide, color=COLORS["quiet"], linestyle=":", linewidth=1.5)
    ax.axvline(1, color=COLORS["quiet"], linestyle=":", linewidth=1.5)
    highest = ceiling / 4
    _write(ax, "$r$ alone", (1.12 * highest, 1.12 * highest), 0, "quiet", right=-12, ha="right")
    ends: dict[str, Any] = {"xlim": (0, 1.2 * ceiling), "ylim": (0, 1.25 * highest)}
    ax.set(xlabel="ratio $r$", ylabel=r"pull $r\,(1 - \pi)$", **ends)
    return ax


ARMS = {"own": ("new", "-"), "noise": ("quiet", ":"), "clip": ("good", "--")}
"""Role and line style of each arm: the batch's own advantages, noise, own ones with the clip."""


def plot_epochs(ax: Axes, arms: Mapping[str, Tensor], measure: str, scale: str = "linear") -> Axes:
    """Draw what was measured after each epoch on one batch: each run thin, the median bold.

    Args:
        ax: where to draw.
        arms: name, one of ARMS -> (R, E + 1) its runs; one or two of them.
        measure: what was measured, for the axis.
        scale: of its axis, "linear" or "log".
    """
    medians = {name: runs.quantile(0.5, dim=0) for name, runs in arms.items()}
    epochs = torch.arange(len(next(iter(medians.values()))))
    for name, runs in arms.items():
        role, style = ARMS[name]
        look: dict[str, Any] = {"color": COLORS[role], "linestyle": style}
        ax.plot(epochs, runs.T, linewidth=1.2, alpha=0.6, **look)
        ax.plot(epochs, medians[name], linewidth=3.5, **look)
    last = len(epochs) - 1
    for k, name in enumerate(sorted(arms, key=lambda name: float(medians[name][-1]))):
        above = 18 * k - 9 * (len(arms) - 1)  # side by side, the higher one above
        place = (last, float(medians[name][-1]))
        _write(ax, name, place, above, ARMS[name][0], right=7, ha="left", va="center")
    ax.margins(y=0.09)  # for a name below the lowest line
    ax.set(ylabel=measure, xlabel="epochs on one batch", xlim=(0, ROOM * last))
    ax.set_xticks(range(0, last + 1, max(1, last // 4)))
    if scale == "log":
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(NUMBER)
    return ax


def _plot_both(
    ax: Axes, world: OneParameter, theta: Tensor, old_theta: Tensor
) -> tuple[Tensor, Tensor]:
    truth, promise = world.truth(theta), world.promise(theta, old_theta)
    same = torch.allclose(truth, promise)
    plot_line(ax, theta, truth, "truth", "" if same else "truth")
    ax.plot(theta, promise, **PROMISE)
    label_end(ax, theta, promise, "new", "truth and\npromise" if same else "promise")
    place = float(old_theta), float(world.truth(old_theta))
    ax.plot(*place, "o", color=COLORS["old"], markersize=11, zorder=3)
    _write(ax, r"$\theta_{old}$", place, -26, "old")
    start, end = float(theta[0]), float(theta[-1])
    ax.set_xlim(start, start + ROOM * (end - start))
    ax.set_xticks(range(math.ceil(start), math.floor(end) + 1))
    return truth, promise


def _write(
    ax: Axes,
    words: str,
    place: tuple[float, float],
    above: float,
    role: str,
    right: float = 0,
    **how: Any,
) -> None:
    """Write words so many points above and to the right of a place."""
    how = {"ha": "center", "color": COLORS[role], "annotation_clip": False, **how}
    ax.annotate(words, place, xytext=(right, above), textcoords="offset points", **how)
