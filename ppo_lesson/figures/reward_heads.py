"""Figures of the records `heads` and `rivals`: two heads, DPO on and on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ppo_lesson.figures.style import COLORS, Row, label_end, line_style
from ppo_lesson.maths.shapes import check_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Scores = Sequence[Mapping[str, float]]
"""What a policy was worth, time after time: dicts of `judge.Worth`."""

LOOKS = {"sum": ("new", "o"), "last token": ("good", "^"), "DPO": ("old", "s")}
"""Role and mark of each reward model's head, and of DPO, which has none."""


def plot_two_rewards(ax: Axes, runs: Sequence[Scores], iterations_between: int) -> Axes:
    """Draw score and true reward against the iterations of PPO, two thin lines for each seed.

    Args:
        ax: to draw on.
        runs: per seed, what the policy was worth on its way, the reference's first.
        iterations_between: two records.
    """
    between = check_count("iterations_between", iterations_between)
    iterations = [k * between for k in range(len(runs[0]))]
    ends: dict[str, list[float]] = {"proxy": [], "true": []}
    for run in runs:
        for role, name in (("new", "proxy"), ("truth", "true")):
            reward = [seen[name] for seen in run]
            style = "--" if name == "proxy" else "-"
            ax.plot(iterations, reward, style, color=COLORS[role], linewidth=1.6)
            ends[name].append(reward[-1])
    for role, name, label in (("new", "proxy", "score"), ("truth", "true", "true")):
        label_end(ax, iterations, [sum(ends[name]) / len(runs)], role, label)
    start = sum(run[0]["true"] for run in runs) / len(runs)
    ax.axhline(start, color=COLORS["quiet"], linewidth=1.5, linestyle=":")
    ax.text(iterations[-1], start, "reference", color=COLORS["quiet"], ha="right", va="bottom")
    ax.set(xlabel="iteration", ylabel="expected reward", xlim=(0, 1.15 * iterations[-1]))
    return ax


def plot_head_frontiers(
    ax: Axes, limit: Scores, optima: Mapping[str, Scores], found: Mapping[str, Scores]
) -> Axes:
    """Draw true reward against divergence: the limit, each head's exact optimum, who was trained.

    Args:
        ax: to draw on.
        limit: what the optimum of the true reward is worth at each price.
        optima: head -> what the optimum of its score is worth at each price, drawn as a line.
        found: head, or "DPO" and what more is said of it -> what a trained policy is worth at each
            price, drawn as marks.
    """
    ax.plot(*_reward_and_kl(limit), **line_style("truth"), label="no policy is higher")
    for name, scores in optima.items():
        role, _ = LOOKS[name]
        ax.plot(*_reward_and_kl(scores), color=COLORS[role], linestyle="--", linewidth=2)
    for name, scores in found.items():
        role, mark = LOOKS[name.split(",")[0]]
        label = name if name.startswith("DPO") else f"PPO, head: {name}"
        ax.plot(*_reward_and_kl(scores), mark, color=COLORS[role], markersize=9, label=label)
    farthest = max(seen["kl_to_ref"] for scores in found.values() for seen in scores)
    ax.set(xlabel="KL to the reference, nats", ylabel="true reward", xlim=(0, 1.1 * farthest))
    ax.legend(loc="lower right", title="dashed: the score's optimum")
    return ax


def _reward_and_kl(scores: Scores) -> tuple[list[float], list[float]]:
    return [seen["kl_to_ref"] for seen in scores], [seen["true"] for seen in scores]


def plot_on_and_on(ax: Axes, epochs: Row, runs: Mapping[str, Sequence[Scores]], name: str) -> Axes:
    """Draw what DPO is worth against its epochs on the same pairs: a thin line for each seed.

    Args:
        ax: to draw on.
        epochs: (E,) after which it was measured.
        runs: label -> per seed, what the policy was worth after each; at most three.
        name: of the measure, as "true" or "kl_to_ref".
    """
    for (label, seeds), role in zip(runs.items(), ("old", "weight", "new"), strict=False):
        for k, seed in enumerate(seeds):
            measured = [seen[name] for seen in seed]
            ax.plot(epochs, measured, label="" if k else label, **line_style(role), linewidth=1.8)
    ticks = [int(count) for count in epochs]
    ax.set(xscale="log", xlabel="epochs on the same pairs")
    ax.set_xticks(ticks, [str(count) for count in ticks])
    ax.minorticks_off()
    ax.legend(loc="best", title=r"$\beta$")
    return ax
