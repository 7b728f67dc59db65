"""Figures of notebook 04: the corridor, what L_IS drops, tangents, and sampled gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, label_end, plot_line
from ppo_lesson.worlds.mdp import TabularMDP, objective, surrogate_objective
from ppo_lesson.worlds.small_worlds import (
    CORRIDOR_ACTIONS,
    CORRIDOR_STATES,
    bandit_mdp,
    cliff_logits,
    cliff_mdp,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOM_WIDTH, ROOM_HEIGHT, ROOM_SPACING = 1.7, 1.0, 3.2


def plot_corridor(ax: Axes, mdp: TabularMDP) -> Axes:
    """Draw the three rooms in a row, with the prizes and the odds of the doors.

    Args:
        ax: where to draw.
        mdp: a world with the states and actions of `corridor_mdp`; all numbers are read from it.
    """
    from matplotlib.patches import Rectangle

    take, go = (CORRIDOR_ACTIONS.index(name) for name in ("take", "go"))
    rooms = range(len(CORRIDOR_STATES) - 1)
    for room in rooms:
        left = room * ROOM_SPACING
        ax.add_patch(Rectangle((left, 0), ROOM_WIDTH, ROOM_HEIGHT, fill=False, linewidth=2.5))
        words = f"{CORRIDOR_STATES[room]}\nprize {float(mdp.reward[room, take]):g}"
        ax.text(left + ROOM_WIDTH / 2, ROOM_HEIGHT / 2, words, ha="center", va="center")
        middle = left + ROOM_WIDTH / 2
        _arrow(ax, (middle, 0), (middle, -0.62))
        ax.text(middle + 0.1, -0.3, "take", va="center", color=COLORS["quiet"])
        if room + 1 in rooms:
            _arrow(ax, (left + ROOM_WIDTH, ROOM_HEIGHT / 2), (left + ROOM_SPACING, ROOM_HEIGHT / 2))
            centre = left + (ROOM_WIDTH + ROOM_SPACING) / 2
            opens, jams = (float(mdp.transition[room, go, room + k]) for k in (1, 0))
            ax.text(centre, 0.58, f"go: {opens:g}", ha="center", va="bottom")
            ax.text(centre, 0.42, f"jams: {jams:g}", ha="center", va="top", color=COLORS["quiet"])
    width = rooms[-1] * ROOM_SPACING + ROOM_WIDTH
    ax.add_patch(Rectangle((0, -1.12), width, 0.5, color="#eeeeee"))
    ax.text(width / 2, -0.87, f"{CORRIDOR_STATES[-1]}: nothing more", ha="center", va="center")
    ax.set(xlim=(-0.1, width + 0.1), ylim=(-1.2, 1.1))
    ax.set_title(f"Take a small prize now, or go on for a larger one? {mdp.horizon} steps.")
    ax.set_axis_off()
    return ax


def plot_occupancy_shift(ax: Axes, old: Tensor, new: Tensor, names: Sequence[str]) -> Axes:
    """Draw where two policies are at one step, side by side.

    Args:
        ax: where to draw.
        old: (S,) probability of each state under the old policy.
        new: (S,) the same under the new one.
        names: S names of the states.
    """
    place = np.arange(len(names))
    bars = {"old": (old, place - 0.2, ""), "new": (new, place + 0.2, "//")}
    for role, (chance, middle, hatch) in bars.items():
        drawn = ax.bar(
            middle, chance.tolist(), 0.4, color="white", edgecolor=COLORS[role], hatch=hatch
        )
        ax.bar_label(drawn, fmt="{:.2f}", color=COLORS[role], padding=2)
    # Each bar of the likeliest old state carries the name of its policy.
    at = int(old.argmax())
    for role, (chance, middle, _) in bars.items():
        ax.annotate(
            role,
            (float(middle[at]), float(chance[at])),
            xytext=(0, 20),
            textcoords="offset points",
            ha="center",
            color=COLORS[role],
            weight="bold",
        )
    distance = 0.5 * float((new - old).abs().sum())
    ax.set_title(f"The occupancies differ: total variation {distance:.2f}")
    ax.set_xticks(place, names)
    ax.set(ylabel="probability", ylim=(0, 1.25 * float(torch.maximum(old, new).max())))
    ax.grid(visible=False, axis="x")
    return ax


def plot_cliff_tangent(ax: Axes, theta: Tensor, old_theta: Tensor) -> Axes:
    """Draw the cliff's J and J_old + L_IS, which touch at the old parameter.

    Args:
        ax: where to draw.
        theta: (N,) increasing values of the one parameter.
        old_theta: () the parameter of the policy that acted.
    """
    mdp, old_logits = cliff_mdp(), cliff_logits(old_theta)
    old_objective = objective(mdp, old_logits)
    truth = [float(objective(mdp, cliff_logits(point))) for point in theta]
    promise = [
        float(old_objective + surrogate_objective(mdp, cliff_logits(point), old_logits))
        for point in theta
    ]
    plot_line(ax, theta.tolist(), truth, "truth", r"truth $J(\theta)$")
    ax.plot(theta.tolist(), promise, color=COLORS["new"], linestyle="--")
    label_end(ax, theta.tolist(), promise, "new", r"$J(\theta_{old}) + L_{IS}(\theta)$")
    _mark_old(ax, float(old_theta), float(old_objective))
    ax.set(xlabel=r"$\theta$", ylabel="expected return")
    ax.set_title("Same value and same slope, at one point")
    return ax


def plot_ratio_and_log(ax: Axes, reward: Tensor, direction: Tensor, theta: Tensor) -> Axes:
    """Draw a bandit's J, and what the ratio form and the log form promise from old data.

    The policy is softmax(theta direction); the old one has theta = 0.

    Args:
        ax: where to draw.
        reward: (A,) expected reward of each action.
        direction: (A,) how the one parameter moves the logits.
        theta: (N,) increasing values of the one parameter.
    """
    mdp, old_logits = bandit_mdp(reward), torch.zeros_like(direction)[None]
    old_objective = objective(mdp, old_logits)
    curves: dict[str, list[float]] = {"truth": [], "ratio": [], "log": []}
    for point in theta:
        logits = point * direction[None]
        curves["truth"].append(float(objective(mdp, logits)))
        gain = surrogate_objective(mdp, logits, old_logits)
        curves["ratio"].append(float(old_objective + gain))
        curves["log"].append(float(old_objective + log_objective(mdp, logits, old_logits)))
    x = theta.tolist()
    ax.plot(x, curves["truth"], color=COLORS["light"], linewidth=8, alpha=0.6)
    ax.plot(x, curves["ratio"], color=COLORS["truth"])
    label_end(ax, x, curves["truth"], "truth", "$J$ (broad) and\nratio form (thin)")
    ax.plot(x, curves["log"], color=COLORS["new"], linestyle="--")
    label_end(ax, x, curves["log"], "new", "log form")
    best = float(reward.max())
    ax.plot([x[0], x[-1]], [best, best], color=COLORS["quiet"], linestyle=":", linewidth=1.5)
    ax.annotate(
        "largest reward", (x[0], best), xytext=(0, 5), textcoords="offset points",
        color=COLORS["quiet"],
    )  # fmt: skip
    _mark_old(ax, 0.0, float(old_objective))
    ax.set(xlabel=r"$\theta$", ylabel="expected return")
    ax.set_title("In this bandit the ratio form is $J$; the log form is its tangent")
    return ax


def log_objective(mdp: TabularMDP, logits: Tensor, old_logits: Tensor) -> Tensor:
    """Compute what REINFORCE would maximise on a bandit's old data: E_old[log r A].

    sum_a pi_old(a) (log pi_theta(a) - log pi_old(a)) A_old(a)

    In general only its slope at theta_old is that of J.

    Args:
        mdp: a world of one state and one step, see `bandit_mdp`.
        logits: (1, A) of the current policy.
        old_logits: (1, A) of the policy that acted; no gradient flows into it.

    Returns:
        () 0 at theta = theta_old, differentiable in logits.

    Raises:
        ValueError: the world has more than one state or step, or logits another shape than reward.
    """
    if (mdp.num_states, mdp.horizon) != (1, 1):
        got = f"{mdp.num_states} states and {mdp.horizon} steps"
        raise ValueError(f"mdp: expected a bandit of one state and one step, got {got}")
    with torch.no_grad():
        old_log_policy = mdp.log_policy(old_logits)
        advantage = mdp.reward - (old_log_policy.exp() * mdp.reward).sum()
    log_ratio = mdp.log_policy(logits) - old_log_policy
    return (old_log_policy.exp() * log_ratio * advantage).sum()


def _mark_old(ax: Axes, theta: float, value: float) -> None:
    """Put a dot with its name where the old policy is."""
    ax.plot([theta], [value], "o", color=COLORS["old"], markersize=11, zorder=3)
    ax.annotate(
        r"$\theta_{old}$", (theta, value), xytext=(8, -18), textcoords="offset points",
        color=COLORS["old"],
    )  # fmt: skip


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "linewidth": 2, "color": "black"}
    ax.annotate("", end, xytext=start, arrowprops=look)
