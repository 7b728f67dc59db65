"""Figures of notebook 11: DPO and PPO beside each other and beside the exact optimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, Row, line_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OFTEN = 30
"""Pairs in which a response stands whose reward counts as well known."""

MIDDLE = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
"""Quantiles that show where most responses in no pair lie."""


def plot_pair_paths(
    ax: Axes, steps: Row, paths: Mapping[str, Row], optimum: Mapping[str, float | Tensor]
) -> Axes:
    """Draw how far log-probabilities have moved from the reference, on average over pairs.

    Args:
        ax: to draw on.
        steps: (U,) gradient steps.
        paths: role -> (U,) mean log-ratio to the reference, in nats; "good" for the chosen
            responses, "bad" for the rejected ones.
        optimum: role -> where the optimum has them.
    """
    names = {"good": "chosen", "bad": "rejected"}
    for role, path in paths.items():
        ax.plot(steps, path, **line_style(role))
        end = {"xytext": (6, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(names[role], (float(steps[-1]), float(path[-1])), annotation_clip=False, **end)
        level = float(optimum[role])
        ax.axhline(level, color=COLORS[role], linewidth=1.5, linestyle="--")
        ax.text(float(steps[-1]), level, f"{names[role]}, at the optimum", va="bottom", ha="right")
    ax.axhline(0, color=COLORS["quiet"], linewidth=1)
    ax.set(xlabel="gradient steps", ylabel="log-ratio to the reference, nats")
    return ax


def plot_implicit_rewards(ax: Axes, reward: Tensor, implicit: Tensor, times: Tensor) -> Axes:
    """Draw the implicit reward of each response against the true one, by how often it was compared.

    Responses in no pair are many: of those with the same reward, a bar shows the middle 90 %.

    Args:
        ax: to draw on.
        reward: (S,) true reward.
        implicit: (S,) implicit reward, up to a constant.
        times: (S,) integers, in how many pairs the response stands.
    """
    often, never = times >= OFTEN, times == 0
    levels = reward[never].unique()
    bars = torch.stack([implicit[never & (reward == x)].quantile(MIDDLE) for x in levels])
    look = {"color": COLORS["quiet"], "alpha": 0.45, "linewidth": 9}
    ax.vlines(levels, bars[:, 0], bars[:, -1], label="in no pair: middle 90 %, median", **look)
    ax.plot(levels, bars[:, 1], "_", color=COLORS["truth"], markersize=11, markeredgewidth=2)
    kinds = {
        f"in fewer than {OFTEN} pairs": (
            ~never & ~often,
            {"s": 30, "color": COLORS["bad"], "marker": "^"},
        ),
        f"in {OFTEN} pairs or more": (often, {"s": 40, "color": COLORS["old"], "marker": "s"}),
    }
    for label, (which, look) in kinds.items():
        ax.scatter(reward[which], implicit[which], label=label, **look)
    level = (implicit[often] - reward[often]).mean()
    ends = torch.stack([reward.min(), reward.max()])
    ax.plot(ends, ends + level, label="true up to a constant", **line_style("truth"))
    ax.set(xlabel="true reward", ylabel="implicit reward")
    ax.legend(loc="lower right", fontsize=12)
    return ax


def plot_likeliest(ax: Axes, names: Sequence[str], probability: Mapping[str, Row]) -> Axes:
    """Draw the probabilities of some responses under several policies, a row per response.

    Args:
        ax: to draw on.
        names: (R,) what the responses say, from top to bottom.
        probability: "reference", "DPO" or "optimum" -> (R,) probabilities.
    """
    looks = {"reference": ("quiet", "o"), "DPO": ("old", "s"), "optimum": ("truth", "|")}
    rows = torch.arange(len(names))
    for label, row in probability.items():
        role, mark = looks[label]
        size = 18 if mark == "|" else 9
        ax.plot(
            row, rows, mark, color=COLORS[role], markersize=size, markeredgewidth=3, label=label
        )
    ax.set_yticks(rows, names)
    ax.invert_yaxis()
    ax.set(xlabel="probability", xlim=(0, None))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=3)
    return ax


def plot_closing(ax: Axes, x: Row, closed: Mapping[str, Row], xlabel: str) -> Axes:
    """Draw the share of the gap that several trainings have closed on their way.

    Args:
        ax: to draw on.
        x: (U,) where they were measured.
        closed: name of the training -> (U,) share of the gap; at most four.
        xlabel: what x counts.
    """
    looks = zip(("new", "weight", "old", "good"), "o^sD", strict=True)
    for (name, row), (role, mark) in zip(closed.items(), looks, strict=False):
        ax.plot(x, row, marker=mark, markersize=8, label=name, **line_style(role))
    _draw_optimum(ax, x)
    ax.set(xlabel=xlabel, ylabel="share of the gap closed", ylim=(0, 1.1))
    ax.legend(loc="lower right")
    return ax


def _draw_optimum(ax: Axes, x: Row) -> None:
    ax.axhline(1, **line_style("truth"))
    ax.text(float(x[0]), 1.01, "the exact optimum", va="bottom")
