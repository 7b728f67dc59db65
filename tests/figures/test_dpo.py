from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from torch import Tensor

from ppo_lesson.figures.dpo import (
    OFTEN,
    plot_closing,
    plot_implicit_rewards,
    plot_likeliest,
    plot_pair_paths,
)


def drawn(ax: Axes, k: int) -> Tensor:
    """Read the k-th line back: (2, M)."""
    return torch.tensor(np.array(ax.lines[k].get_data(), dtype=float))


def scattered(ax: Axes, k: int) -> list[list[float]]:
    """Read the k-th cloud back, sorted."""
    cloud = ax.collections[k]
    assert isinstance(cloud, PathCollection)
    return sorted(np.asarray(cloud.get_offsets()).tolist())


def names(ax: Axes) -> list[str]:
    """Read the legend."""
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_paths_of_chosen_and_rejected_stand_beside_the_levels_of_the_optimum(ax: Axes) -> None:
    paths = {"good": [0.0, -0.5], "bad": [0.0, -2.0]}
    plot_pair_paths(ax, [0, 10], paths, {"good": -1.0, "bad": torch.tensor(-4.0)})
    assert drawn(ax, 0).tolist() == [[0, 10], [0.0, -0.5]]
    assert drawn(ax, 2).tolist() == [[0, 10], [0.0, -2.0]]
    assert [drawn(ax, k)[1].unique().tolist() for k in (1, 3)] == [[-1.0], [-4.0]]
    assert [text.get_text() for text in ax.texts] == [
        "chosen",
        "chosen, at the optimum",
        "rejected",
        "rejected, at the optimum",
    ]
    assert [text.get_position()[1] for text in ax.texts[1::2]] == [-1.0, -4.0]


def test_responses_are_told_apart_by_the_number_of_their_pairs(ax: Axes) -> None:
    reward = torch.tensor([0.0, 1.0, 2.0, 3.0, -1.0, *[0.0] * 20], dtype=torch.float64)
    unseen = torch.arange(6.0, 26.0)
    implicit = torch.tensor([5.0, 6.0, 1.0, 2.5, 4.0, *unseen], dtype=torch.float64)
    times = torch.tensor([0, 1, OFTEN, 2 * OFTEN, OFTEN - 1, *[0] * 20])
    plot_implicit_rewards(ax, reward, implicit, times)
    (bar,) = ax.collections[0].get_segments()
    assert np.asarray(bar).tolist() == [[0, 6], [0, 24]]  # 90 % of 5, 6, ..., 25
    assert drawn(ax, 0).tolist() == [[0], [15]]
    assert scattered(ax, 1) == [[-1, 4], [1, 6]]
    assert scattered(ax, 2) == [[2, 1], [3, 2.5]]
    ends = drawn(ax, 1)
    assert ends[0].tolist() == [-1, 3]
    assert (ends[1] - ends[0]).tolist() == [-0.75, -0.75]  # what is often compared is off by that


def test_each_policy_has_its_marks_in_the_rows_of_the_responses(ax: Axes) -> None:
    rows = {"reference": [0.1, 0.2], "DPO": [0.3, 0.25], "optimum": torch.tensor([0.4, 0.5])}
    plot_likeliest(ax, ["the cat sings.", "warm cat sings."], rows)
    for k, row in enumerate(rows.values()):
        assert drawn(ax, k)[0].tolist() == pytest.approx(list(map(float, row)))
        assert drawn(ax, k)[1].tolist() == [0, 1]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "the cat sings.",
        "warm cat sings.",
    ]
    assert ax.yaxis_inverted() and names(ax) == list(rows)


def test_trainings_are_told_apart_by_mark_and_name(ax: Axes) -> None:
    closed = {"one": [0.1, 0.9], "another": [0.2, 0.8]}
    plot_closing(ax, [1, 2], closed, "steps")
    assert [drawn(ax, k)[1].tolist() for k in range(2)] == list(closed.values())
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert names(ax) == list(closed) and ax.get_xlabel() == "steps"
    assert drawn(ax, 2)[1].tolist() == [1, 1]  # the exact optimum
