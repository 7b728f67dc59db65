"""Figures of training runs: learning curves, seeds, the dashboard, reuse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from ppo_lesson.figures.style import COLORS, Row, label_end, line_style, plot_runs
from ppo_lesson.maths.arithmetic import significant
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import solved_return
from ppo_lesson.training.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONFIDENCE = 0.95

DASHBOARD = {
    "approx_kl": "approximate KL, nats",
    "active_clip_fraction": "clip fraction",
    "entropy": "entropy, nats",
    "explained_variance": "explained variance",
    "gradient_norm": "gradient norm",
    "value_loss": "value loss",
}
"""Metric and title of each panel, in reading order."""


def median_interval(samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Find an interval that holds the true median with at least 95 % confidence.

    The k-th smallest and the k-th largest of S independent samples have the median of their
    distribution between them with probability 1 - 2 P(Binomial(S, 1/2) < k), whatever the
    distribution; k is the largest for which that is at least 0.95.

    Args:
        samples: (S, U) S samples of each of U quantities, S at least 6.

    Returns:
        Low end, median of the samples and high end, (U,) each.

    Raises:
        ValueError: samples are not (S, U), or S is below 6: even the extremes are then too narrow.

    Source: David and Nagaraja (2003), Order statistics, section 7.1.
    """
    if samples.ndim != 2 or len(samples) < 6:
        raise ValueError(f"samples: expected shape (S, U), S >= 6, got {tuple(samples.shape)}")
    size, rank = len(samples), 1
    while _outside(size, rank + 1) <= 1 - CONFIDENCE:
        rank += 1
    ordered = samples.sort(dim=0).values
    return ordered[rank - 1], ordered.quantile(0.5, dim=0), ordered[size - rank]


def return_limits(solved: float | None) -> tuple[float, float]:
    """Choose the ends of an axis for returns not known yet: 0 and a tenth beyond "solved".

    Args:
        solved: mean return that counts as solved; None where nothing says.
    """
    end = 1.0 if solved is None else significant(1.1 * solved, 2)
    return min(0.0, end), max(0.0, end)


def plot_learning_curve(
    ax: Axes,
    steps: Row,
    returns: Row,
    role: str = "new",
    label: str = "",
    env_id: str = PPOConfig.env_id,
) -> Axes:
    """Draw the mean return of evaluation episodes against environment steps.

    Args:
        ax: to draw on.
        steps: (U,) environment steps before each evaluation.
        returns: (U,) mean return of its episodes.
        role: colour and line style.
        label: name of the run, written at the curve's end.
        env_id: the world; where gymnasium says at which return it is solved, a line is drawn.
    """
    ax.plot(steps, returns, marker="o", markersize=5, **line_style(role))
    if label:
        label_end(ax, steps, returns, role, label)
    return _return_axes(ax, env_id)


def plot_seeds(
    ax: Axes, steps: Row, returns: Tensor, role: str = "new", env_id: str = PPOConfig.env_id
) -> Axes:
    """Draw several runs of one setting: each run thin, their median bold.

    Args:
        ax: to draw on.
        steps: (U,) environment steps of the evaluations, the same for all runs.
        returns: (S, U) mean return of each run's evaluations.
        role: colour and line style.
        env_id: as in `plot_learning_curve`.
    """
    return _return_axes(plot_runs(ax, steps, returns, role), env_id)


def plot_median(ax: Axes, steps: Row, returns: Tensor, env_id: str = PPOConfig.env_id) -> Axes:
    """Draw the median over runs of one setting, and its interval of at least 95 % confidence.

    Args:
        ax: to draw on.
        steps: (U,) environment steps of the evaluations, the same for all runs.
        returns: (S, U) mean return of each run's evaluations, S at least 6.
        env_id: as in `plot_learning_curve`.
    """
    low, median, high = median_interval(returns)
    ax.fill_between(steps, low, high, color=COLORS["new"], alpha=0.2, linewidth=0)
    return plot_learning_curve(ax, steps, median, env_id=env_id)


def plot_metric(ax: Axes, steps: Row, values: Row, title: str) -> Axes:
    """Draw one metric of training against environment steps."""
    from matplotlib.ticker import MaxNLocator

    ax.plot(steps, values, **line_style("new"))
    ax.set(title=title, xlabel="environment steps")
    ax.xaxis.set_major_locator(MaxNLocator(3))
    return ax


def plot_dashboard(axes: np.ndarray, result: TrainingResult, config: PPOConfig) -> np.ndarray:
    """Draw what training writes down, each metric in a panel of its own.

    Args:
        axes: (2, 3) Axes, as plt.subplots(2, 3) gives them.
        result: of the training.
        config: its settings; the limits that they set are drawn as dashed lines.
    """
    steps = result.curve("steps")
    for ax, (name, title) in zip(axes.flat, DASHBOARD.items(), strict=True):
        plot_metric(ax, steps, result.curve(name), title)
    axes.flat[1].lines[0].set_label("without gradient")
    axes.flat[1].plot(steps, result.curve("clip_fraction"), label="logged", **line_style("old"))
    axes.flat[1].set_ylim(top=1.6 * axes.flat[1].get_ylim()[1])  # room for the legend
    axes.flat[1].legend(loc="upper right")
    guide = {"color": COLORS["quiet"], "linestyle": "--", "linewidth": 1.5}
    if config.target_kl is not None:
        axes.flat[0].axhline(config.target_kl, **guide)
    axes.flat[4].axhline(config.max_gradient_norm, **guide)
    return axes


def plot_reuse(
    ax: Axes,
    num_gradient_steps: Sequence[int],
    groups: Mapping[str, Sequence[Interval]],
    roles: Sequence[str],
    title: str,
    env_id: str = PPOConfig.env_id,
) -> Axes:
    """Draw what ways to learn from a rollout return, against the gradient steps taken on each.

    Args:
        ax: to draw on.
        num_gradient_steps: (K,) on each rollout, rising.
        groups: name of a way -> (K,) its mean returns with their intervals.
        roles: colour and line style of each group.
        title: which question this panel answers.
        env_id: as in `plot_learning_curve`.
    """
    steps = [check_count("num_gradient_steps", number) for number in num_gradient_steps]
    for k, (label, found) in enumerate(groups.items()):
        x = [number * 1.06**k for number in steps]  # beside each other, where they overlap
        style = line_style(roles[k])
        low, middle, high = zip(*found, strict=True)
        ax.vlines(x, low, high, color=style["color"], linewidth=2)
        ax.plot(x, middle, marker="os^D"[k % 4], markersize=8, **style)
        label_end(ax, x, middle, roles[k], label)
    _return_axes(ax, env_id)
    ax.set_xscale("log")
    ax.set_xticks(steps, [str(number) for number in steps])
    ax.minorticks_off()
    ax.set(title=title, xlabel="gradient steps on each rollout", ylabel="mean return")
    ax.label_outer()
    return ax


def _outside(size: int, rank: int) -> float:
    """Compute the probability that the median is not between the rank-th smallest and largest."""
    return 2 * sum(math.comb(size, k) for k in range(rank)) / 2**size


def _return_axes(ax: Axes, env_id: str) -> Axes:
    """Fit the axis to what is drawn on it and on those that share it; mark "solved"."""
    solved = solved_return(env_id)
    low, high = return_limits(solved)
    drawn = [other.dataLim.intervaly for other in ax.get_shared_y_axes().get_siblings(ax)]
    bottom, top = min(ends[0] for ends in drawn), max(ends[1] for ends in drawn)
    air = 0.04 * (max(high, top) - min(low, bottom))
    low = bottom - air if bottom < low else low
    high = top + air if top > high else high
    ax.set(ylim=(low, high), xlabel="environment steps", ylabel="return of an episode")
    if solved is not None and all(line.get_gid() != "solved" for line in ax.lines):
        ax.axhline(solved, linewidth=1, gid="solved", **line_style("quiet"))
        # At the left end, where learning has not yet arrived.
        place = {"xytext": (6, -4), "textcoords": "offset points", "va": "top"}
        left = ("axes fraction", "data")
        ax.annotate("solved", (0, solved), xycoords=left, color=COLORS["quiet"], **place)
    return ax
