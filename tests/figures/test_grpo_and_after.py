from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes

from ppo_lesson.figures.grpo_and_after import (
    plot_caps,
    plot_lengths,
    plot_prompt_weight,
    plot_right_answers,
)


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_the_limit_of_large_groups_is_a_curve_of_its_own(ax: Axes) -> None:
    rates = torch.linspace(0.1, 0.9, 9)
    curves = {"plain": torch.ones(9), "divided": 2 * torch.ones(9), "limit": rates.rsqrt()}
    plot_prompt_weight(ax, rates, curves)
    assert len(ax.lines) == 3 and texts(ax) == ["plain", "divided", "limit"]
    assert ax.lines[-1].get_linestyle() == ":"
    assert np.allclose(ax.lines[-1].get_ydata(), rates.rsqrt())


def test_each_way_to_aggregate_has_its_line_and_label(ax: Axes) -> None:
    lines = {"response mean": [4.0, 4.9], "token mean": [4.0, 4.71], "constant": [4.0, 4.68]}
    plot_lengths(ax, [0.2, 0.9], lines)
    assert texts(ax) == list(lines)
    assert [line.get_ydata()[-1] for line in ax.lines] == [4.9, 4.71, 4.68]
    # The two lowest labels do not cover each other.
    assert ax.texts[1].xyann[1] > ax.texts[2].xyann[1]


def test_an_arm_is_its_median_with_the_range_of_its_seeds(ax: Axes) -> None:
    runs = torch.tensor([[9.0, 1.0], [9.0, 2.0], [9.0, 6.0]])
    plot_right_answers(ax, (0, 100), {"beta = 0": runs}, 9.0)
    assert list(ax.lines[0].get_ydata()) == [9, 2]
    ((_, low), (_, high)) = ax.collections[0].get_segments()[1]
    assert (low, high) == (1, 6)
    legend = ax.get_legend()
    assert legend is not None and legend.get_texts()[0].get_text() == "beta = 0"


@pytest.mark.parametrize("uncorrected", [1.3, 6.2])
def test_the_dashed_line_is_no_weight(ax: Axes, uncorrected: float) -> None:
    plot_caps(ax, (1.0, 3.0, 10.0), [0.5, 0.3, 0.1], uncorrected)
    assert list(ax.lines[0].get_ydata()) == [0.5, 0.3, 0.1]
    assert ax.lines[1].get_ydata()[0] == uncorrected and texts(ax) == ["no weight"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "3", "10"]
