"""Figures of notebook 10: rows of logits, a score beside the truth, the optimum, the climb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ppo_lesson.figures.style import COLORS, plot_line
from ppo_lesson.maths.shapes import check_count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEEN = 1e-3
"""Probability from which a response counts as written by the reference."""


def plot_token_rows(ax: Axes, words: Sequence[str], prompt_length: int) -> Axes:
    """Draw which row of logits predicts which token: the one before it.

    Args:
        ax: where to draw.
        words: T words, prompt and answer.
        prompt_length: how many of them are the prompt.
    """
    prompt_length = check_count("prompt_length", prompt_length, 1, len(words))
    for t, word in enumerate(words):
        given = t < prompt_length
        color = COLORS["quiet"] if given else COLORS["new"]
        _box(ax, t, 1.2, f"{word}\ntoken {t}", color, dashed=given)
        asked = prompt_length - 1 <= t < len(words) - 1
        _box(ax, t, 0, f"row {t}", COLORS["old"] if asked else COLORS["quiet"], dashed=not asked)
        if t + 1 < len(words):
            look = {
                "arrowstyle": "-|>",
                "linewidth": 2.5 if asked else 1.5,
                "color": COLORS["old"] if asked else COLORS["quiet"],
                "linestyle": "-" if asked else ":",
            }
            ax.annotate("", (t + 1, 1.2), xytext=(t, 0.6), arrowprops=look)
    prompt = (prompt_length - 1) / 2
    answer = (prompt_length + len(words) - 1) / 2
    ax.text(prompt, 1.95, "prompt: given", ha="center", color=COLORS["quiet"])
    ax.text(answer, 1.95, "answer: chosen", ha="center", color=COLORS["new"], weight="bold")
    ax.set(xlim=(-0.5, len(words) - 0.5), ylim=(-0.1, 2.2))
    ax.set_title("A row predicts the token after it")
    ax.set_axis_off()
    return ax


def plot_optimum(ax: Axes, label: Sequence[str], ref_prob: Tensor, best_prob: Tensor) -> Axes:
    """Draw how probable the optimum makes responses, a bar for each beside the reference's.

    Args:
        ax: to draw on.
        label: of each response, S of them, from top to bottom.
        ref_prob: (S,) probability under the reference.
        best_prob: (S,) under the optimum.
    """
    place, height = torch.arange(len(label)), 0.4
    hatched: dict[str, Any] = {"facecolor": "white", "edgecolor": COLORS["old"], "hatch": "///"}
    upper, lower = (place - height / 2).tolist(), (place + height / 2).tolist()
    ax.barh(upper, ref_prob.tolist(), height, label="reference", linewidth=1.5, **hatched)
    ax.barh(lower, best_prob.tolist(), height, label="optimum", color=COLORS["truth"])
    ax.set_yticks(place.tolist(), label)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("probability")
    ax.legend(loc="lower right")
    return ax


def plot_proxy(ax: Axes, true: Tensor, proxy: Tensor, ref_prob: Tensor) -> Axes:
    """Draw the reward model's score of every response against its true reward.

    Args:
        ax: to draw on.
        true: (S,) true rewards.
        proxy: (S,) scores of the reward model.
        ref_prob: (S,) probability of each response under the reference: what it writes is drawn in
            front, what it hardly ever writes behind.
    """
    seen = ref_prob >= SEEN
    # True rewards are multiples of one half: spread them, or the points hide each other.
    spread = 0.36 * torch.rand(len(true), generator=torch.Generator().manual_seed(0)) - 0.18
    rare: dict[str, Any] = {"color": COLORS["bad"], "markersize": 2.5, "alpha": 0.3}
    ax.plot((true + spread)[~seen], proxy[~seen], ".", **rare)
    ax.plot((true + spread)[seen], proxy[seen], "s", color=COLORS["old"], markersize=4)
    ends = torch.stack([true.min(), true.max()])
    ax.plot(ends, ends, color=COLORS["truth"], linewidth=1.5)
    # The key is drawn apart: its dot is larger and not pale.
    ax.plot([], [], "s", color=COLORS["old"], label="the reference writes it, 1 in 1,000 or more")
    ax.plot([], [], ".", color=COLORS["bad"], markersize=9, label="it hardly ever does")
    ax.plot([], [], color=COLORS["truth"], linewidth=1.5, label="score = true reward")
    ax.legend(loc="lower right", fontsize=12)
    ax.set(xlabel="true reward", ylabel="score of the reward model")
    return ax


def plot_climb(
    ax: Axes,
    score: Sequence[float],
    kl: Sequence[float],
    optimum: tuple[float, float],
    num_iterations: int,
) -> Axes:
    """Draw score and KL of each iteration, as its responses show them, and the optimum's of both.

    Args:
        ax: to draw on.
        score: mean score of the reward model, per iteration so far.
        kl: mean log-ratio of policy and reference per response.
        optimum: expected score and KL of pi*, exactly.
        num_iterations: how many there will be.
    """
    num_iterations = check_count("num_iterations", num_iterations)
    lines = (("new", "score", score, optimum[0]), ("old", "KL", kl, optimum[1]))
    for role, name, numbers, best in lines:
        ax.plot([0, num_iterations], [best] * 2, color=COLORS["truth"], linestyle=":", linewidth=2)
        ax.text(num_iterations, best + 0.05, f"{name} of $\\pi^*$", ha="right", va="bottom")
        if len(numbers) > 0:
            plot_line(ax, range(1, len(numbers) + 1), list(numbers), role, name)
    ax.set(xlabel="iteration", ylabel="score; KL in nats", xlim=(0, 1.12 * num_iterations))
    ax.set_ylim(-0.15, optimum[0] + 0.6)
    ax.set_title("Score and KL of each iteration, from its own 512 responses")
    return ax


def _box(ax: Axes, middle: float, bottom: float, words: str, color: str, *, dashed: bool) -> None:
    from matplotlib.patches import Rectangle

    style = ":" if dashed else "-"
    ax.add_patch(
        Rectangle(
            (middle - 0.33, bottom), 0.66, 0.6, fill=False, edgecolor=color, linewidth=2,
            linestyle=style,
        )
    )  # fmt: skip
    ax.text(middle, bottom + 0.3, words, ha="center", va="center", color=color)
