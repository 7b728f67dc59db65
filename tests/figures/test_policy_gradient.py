from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.axes import Axes

from ppo_lesson.figures.policy_gradient import (
    plot_baseline,
    plot_funnel,
    plot_rate,
    plot_return_odds,
    plot_reuse_bias,
    plot_reused_batch,
    plot_run,
    plot_token_rows,
)
from ppo_lesson.worlds.reuse import ascend
from ppo_lesson.worlds.small_worlds import corridor_mdp

pytestmark = pytest.mark.usefixtures("float64")


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def y_data(ax: Axes, index: int) -> list[float]:
    return [float(y) for y in ax.lines[index].get_ydata()]


def test_the_bars_add_up_the_walks_of_each_return(ax: Axes) -> None:
    returns = torch.tensor([4.0, 1.0, 4.0])
    prob = {"coin": torch.tensor([0.2, 0.5, 0.3]), "bold": torch.tensor([0.1, 0.1, 0.8])}
    plot_return_odds(ax, returns, prob)
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert heights == [pytest.approx([0.5, 0.5]), pytest.approx([0.1, 0.9])]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "4"]
    assert {"coin: mean 2.50", "bold: mean 3.70"} <= set(words(ax))


def test_each_arrow_leads_from_a_row_to_the_token_after_it(ax: Axes) -> None:
    plot_token_rows(ax, ["a", "b", "c", "d", "e"], prompt_length=3)
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert [(arrow.xyann[0], arrow.xy[0]) for arrow in arrows] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    solid = [arrow.arrow_patch.get_linestyle() == "-" for arrow in arrows]
    assert solid == [False, False, True, True]
    assert "c\ntoken 2" in words(ax)


def test_the_parabola_is_the_given_one_and_the_marks_stand_on_it(ax: Axes) -> None:
    baseline = torch.linspace(-1, 3, 41)
    plot_baseline(ax, baseline, (baseline - 1) ** 2 + 2, {"none": 0.0, "best": 1.0})
    assert y_data(ax, 0) == pytest.approx(((baseline - 1) ** 2 + 2).tolist())
    assert [y_data(ax, k)[0] for k in (1, 2)] == pytest.approx([3, 2])
    assert {"none\n3.00", "best\n2.00"} <= set(words(ax))


def test_the_funnel_is_two_exact_standard_errors_wide(ax: Axes) -> None:
    sizes, error = [10, 1000], torch.tensor([0.3, 0.03])
    estimate = torch.tensor([[0.5, 0.7], [0.9, 0.6]])
    plot_funnel(ax, sizes, estimate, 0.6, error)
    drawn = [y_data(ax, row) for row in range(2)]
    assert drawn == estimate.tolist()
    assert y_data(ax, 2) == [0.6, 0.6]
    outline = torch.as_tensor(ax.collections[0].get_paths()[0].vertices)
    for size, width in zip(sizes, error, strict=True):
        near = outline[(outline[:, 0] / size).log().abs() < 0.03]
        assert float((near[:, 1] - 0.6).abs().mean() / (2 * width)) == pytest.approx(1, abs=0.02)


def test_the_rate_shows_the_exact_line_and_the_measured_points(ax: Axes) -> None:
    plot_rate(ax, [10, 1000], torch.tensor([0.2, 0.05]), torch.tensor([0.3, 0.03]))
    assert (y_data(ax, 0), y_data(ax, 1)) == ([0.3, 0.03], [0.2, 0.05])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


@pytest.mark.parametrize(
    ("generated", "meter"),
    [
        ([0], "generated 0 samples · in use 0 · thrown away 0"),
        ([0, 30], "generated 30 samples · in use 30 · thrown away 0"),
        ([0, 30, 60, 90], "generated 90 samples · in use 30 · thrown away 60"),
    ],
)
def test_the_meter_counts_and_draws_the_batches_thrown_away(
    ax: Axes, generated: list[int], meter: str
) -> None:
    value = [1.0 + 0.1 * k for k in range(len(generated))]
    plot_run(ax, generated, value, best=2.5, per_batch=30)
    assert ax.get_title(loc="left") + ax.get_title() == meter
    assert y_data(ax, 0) == value
    assert len(y_data(ax, 1)) == max(len(generated) - 2, 0)


def test_paths_and_bias_are_those_of_the_world(ax: Axes) -> None:
    start = torch.zeros(4, 2)
    fresh, stale = (ascend(corridor_mdp(), start, 1.0, 4, reuse=reuse) for reuse in (False, True))
    plot_reused_batch(ax, fresh, stale, 2.56)
    assert y_data(ax, 0) == fresh.value.tolist()
    assert y_data(ax, 1) == stale.value.tolist()
    other = plot_reuse_bias(plt.subplots()[1], stale)
    difference = (stale.used - stale.exact).square().sum((1, 2)).sqrt()
    assert y_data(other, 0) == pytest.approx(difference.tolist(), abs=1e-12)
    assert y_data(other, 1) == pytest.approx(stale.exact.flatten(1).norm(dim=1).tolist())
