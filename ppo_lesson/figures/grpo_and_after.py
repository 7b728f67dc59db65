"""Figures of notebook 12: what groups, lengths, prices and samplers do, by exact sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from ppo_lesson.figures.style import COLORS, Row, line_style, plot_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROLES = ("new", "old", "good", "weight")
"""Colour and line style of the curves of a figure, in order."""

MARKERS = "os^D"


def plot_prompt_weight(ax: Axes, success: Row, weights: Mapping[str, Row]) -> Axes:
    """Draw by what a group multiplies the gradient of a prompt's success rate.

    Args:
        ax: to draw on.
        success: (U,) success rates, rising, between 0 and 1.
        weights: label -> (U,) multiples; the last one is drawn as what many responses tend to.
    """
    *groups, limit = weights
    for role, label in zip(ROLES, groups, strict=False):
        plot_line(ax, success, weights[label], role, label)
    ax.plot(success, weights[limit], color=COLORS["quiet"], linestyle=":", zorder=1)
    ax.annotate(
        limit,
        (float(success[-1]), 3.85),
        xytext=(6, 0),
        textcoords="offset points",
        color=COLORS["quiet"],
        va="center",
        annotation_clip=False,
    )
    ax.set(xlabel="success rate $p$ of the prompt", ylabel=r"multiple of $\nabla p$")
    ax.set(xlim=(0, 1), ylim=(0, 4.2))
    return ax


def plot_lengths(ax: Axes, success: Row, lengths: Mapping[str, Row]) -> Axes:
    """Draw the mean length of wrong answers against the success rate reached.

    Args:
        ax: to draw on.
        success: (U,) success rates, rising.
        lengths: way to aggregate -> (U,) mean tokens of wrong answers.
    """
    lowest = min(lengths, key=lambda label: float(lengths[label][-1]))
    for role, (label, size) in zip(ROLES, lengths.items(), strict=False):
        ax.plot(success, size, **line_style(role))
        ax.annotate(
            label,
            (float(success[-1]), float(size[-1])),
            xytext=(6, -8 if label == lowest else 6),  # two of them all but coincide
            textcoords="offset points",
            color=COLORS[role],
            va="center",
            annotation_clip=False,
        )
    ax.set(xlabel="success rate reached", ylabel="tokens of a wrong answer")
    return ax


def plot_right_answers(
    ax: Axes, iterations: Sequence[int], answers: Mapping[str, Tensor], start: float
) -> Axes:
    """Draw how many different right answers a policy gives, the median of seeds and their range.

    Args:
        ax: to draw on.
        iterations: (U,) after which policies were measured.
        answers: arm -> (S, U) numbers of S seeds.
        start: the number of the reference.
    """
    for k, (label, runs) in enumerate(answers.items()):
        x = [step + 0.6 * k for step in iterations]
        style = line_style(ROLES[k])
        low, high = runs.amin(0), runs.amax(0)
        ax.vlines(x, low, high, color=style["color"], linewidth=1.5, alpha=0.8)
        middle = runs.quantile(0.5, dim=0)
        ax.plot(x, middle, marker=MARKERS[k], markersize=6, label=label, **style)
    ax.axhline(start, color=COLORS["quiet"], linestyle="--", linewidth=1.5)
    ax.annotate(
        "the reference",
        (float(iterations[-1]), start),
        xytext=(0, 12),
        textcoords="offset points",
        color=COLORS["quiet"],
        ha="right",
        va="center",
    )
    ax.set(xlabel="iterations", ylabel="different right answers", ylim=(0, 1.15 * start))
    ax.legend(loc="center right", bbox_to_anchor=(1, 0.62))
    return ax


def plot_caps(ax: Axes, caps: Sequence[float], found: Row, uncorrected: float) -> Axes:
    """Draw what a cap does: bias or spread of the corrected gradient against C.

    Args:
        ax: to draw on.
        caps: (U,) rising.
        found: (U,) bias or spread, in lengths of the exact gradient.
        uncorrected: the same without a weight, a dashed line.
    """
    ax.plot(caps, found, marker="o", **line_style("new"))
    ax.axhline(uncorrected, color=COLORS["quiet"], linestyle="--", linewidth=1.5)
    ax.annotate(
        "no weight",
        (caps[0], uncorrected),
        xytext=(0, 10),
        textcoords="offset points",
        color=COLORS["quiet"],
        va="center",
    )
    ax.set_xscale("log")
    ax.set_xticks(caps, [f"{cap:g}" for cap in caps])
    ax.minorticks_off()
    ax.set(xlabel="cap $C$", ylabel=r"lengths of $\nabla J$", ylim=(0, 1.15 * uncorrected))
    return ax
