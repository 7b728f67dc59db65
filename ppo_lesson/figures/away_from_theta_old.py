"""Figures of notebook 05: promise and truth far from theta_old, and ratios that explode."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, label_end, line_style, plot_line, plot_runs
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
    ax.set(xlabel="theta", ylabel="expected return")
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
    ax.set(xlabel="theta", ylabel="ESS", yscale="log", ylim=(0.15, 3 * num_episodes))
    ax.yaxis.set_major_formatter(NUMBER)
    return ax


def plot_epochs(
    ax: Axes, free: Tensor, clipped: Tensor, measure: str, scale: str = "linear"
) -> Axes:
    """Draw what was measured after each epoch on one batch: each run thin, the median bold.

    Args:
        ax: where to draw.
        free: (R, E + 1) runs without the clip.
        clipped: (R, E + 1) the same with it.
        measure: what was measured, for the axis.
        scale: of its axis, "linear" or "log".
    """
    epochs = torch.arange(free.shape[1])
    for role, runs, name in (("bad", free, "without"), ("good", clipped, "clip")):
        plot_runs(ax, epochs, runs, role, name)
    last = len(epochs) - 1
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
    _write(ax, "theta_old", place, -26, "old")
    start, end = float(theta[0]), float(theta[-1])
    ax.set_xlim(start, start + ROOM * (end - start))
    ax.set_xticks(range(math.ceil(start), math.floor(end) + 1))
    return truth, promise


def _write(ax: Axes, words: str, place: tuple[float, float], above: float, role: str) -> None:
    """Write words so many points above a place."""
    ax.annotate(
        words, place, xytext=(0, above), textcoords="offset points", ha="center", color=COLORS[role]
    )
