from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.axes import Axes

from ppo_lesson.figures.policy_gradient import (
    plot_baseline,
    plot_funnel,
    plot_reuse_bias,
    plot_reused_batch,
    plot_run,
)
from ppo_lesson.worlds.reuse import ascend
from ppo_lesson.worlds.small_worlds import corridor_mdp

pytestmark = pytest.mark.usefixtures("float64")


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def y_data(ax: Axes, index: int) -> list[float]:
    return [float(y) for y in ax.lines[index].get_ydata()]


def test_the_parabola_is_the_given_one_and_the_marks_stand_on_it(ax: Axes) -> None:
    baseline = torch.linspace(-1, 3, 41)
    plot_baseline(ax, baseline, (baseline - 1) ** 2 + 2, {"none": 0.0, "best": 1.0})
    assert y_data(ax, 0) == pytest.approx(((baseline - 1) ** 2 + 2).tolist())
    assert [y_data(ax, k)[0] for k in (1, 2)] == pytest.approx([3, 2])
    assert {"none\n3", "best\n2"} <= set(words(ax))


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


@pytest.mark.parametrize(
    ("generated", "meter"),
    [
        ([0], "generated 0 samples · in use 0 · thrown away 0"),
        ([0, 30], "generated 30 samples · in use 30 · thrown away 0"),
        ([0, 30, 60, 85], "generated 85 samples · in use 25 · thrown away 60"),
    ],
)
def test_the_meter_counts_and_draws_the_batches_thrown_away(
    ax: Axes, generated: list[int], meter: str
) -> None:
    value = [1.0 + 0.1 * k for k in range(len(generated))]
    plot_run(ax, generated, value, best=2.5)
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
