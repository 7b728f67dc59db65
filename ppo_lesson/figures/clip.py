"""Figures of the clip: what one sample contributes to the objective as its ratio moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ppo_lesson.figures.style import COLORS, line_style
from ppo_lesson.maths import clipped_surrogate_loss, surrogate_loss

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_clip(ax: Axes, advantage: float, clip_epsilon: float) -> Axes:
    """Draw the clipped and the unclipped objective of one sample against its ratio, 0 to 2.

    Args:
        ax: where to draw.
        advantage: of the sample; its sign decides on which side the objective is flat.
        clip_epsilon: half-width of the interval around 1.
    """
    ratio = torch.linspace(0.02, 2, 199, dtype=torch.float64)
    weight = torch.tensor([advantage], dtype=torch.float64)
    old = torch.zeros(1, dtype=torch.float64)
    clipped = [-clipped_surrogate_loss(r.log()[None], old, weight, clip_epsilon) for r in ratio]
    unclipped = [-surrogate_loss(r.log()[None], old, weight) for r in ratio]
    ax.axvspan(1 - clip_epsilon, 1 + clip_epsilon, color=COLORS["light"], alpha=0.2)
    ax.plot(ratio, unclipped, **line_style("old"), label="ratio x advantage")
    ax.plot(ratio, clipped, **line_style("new"), label="with the clip")
    ax.plot([1], [advantage], "o", color=COLORS["truth"])
    corner, end = (1 + clip_epsilon, 2.0) if advantage > 0 else (1 - clip_epsilon, 0.0)
    ax.annotate(
        "no gradient",
        ((corner + end) / 2, advantage * corner),
        xytext=(0, -24),
        textcoords="offset points",
        ha="center",
        color=COLORS["new"],
    )
    ax.set_xlabel("ratio r")
    ax.set_ylabel("objective of the sample")
    sign = "positive" if advantage > 0 else "negative"
    ax.set_title(f"Advantage {sign}")
    ax.legend(loc="upper left" if advantage > 0 else "upper right")
    return ax
