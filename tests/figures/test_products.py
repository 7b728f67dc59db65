from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy import stats

from ppo_lesson.figures.products import (
    EVERY,
    plot_log_weights,
    plot_variances,
    plot_warnings,
    plot_worth_of_worlds,
)
from ppo_lesson.maths import effective_sample_size


def normal(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def line(ax: Axes, label: str) -> Line2D:
    return next(line for line in ax.lines if line.get_label() == label)


def test_each_trajectory_is_a_running_sum_and_the_last_highest_is_marked(ax: Axes) -> None:
    log_ratio = 0.1 * normal(5, 20)
    plot_log_weights(ax, log_ratio, drift=0.1)
    so_far = np.cumsum(log_ratio.numpy(), axis=1)
    for row in range(5):
        x, y = ax.lines[row].get_data()
        np.testing.assert_allclose(y, so_far[row, ::EVERY])
        assert x[0] == 1
    np.testing.assert_allclose(ax.lines[5].get_ydata(), so_far[so_far[:, -1].argmax()])


def test_the_median_and_its_band_are_those_of_the_normal_sum(ax: Axes) -> None:
    plot_log_weights(ax, 0.3 * normal(2, 40), drift=0.3)
    # One step of a drift s under the old policy: the log of two normal densities, s apart.
    step = stats.norm(-(0.3**2) / 2, 0.3)
    x, middle = ax.lines[3].get_data()
    np.testing.assert_allclose(middle, x * step.mean())
    outline = ax.collections[0].get_paths()[0].vertices
    at_end = outline[outline[:, 0] == 40, 1]
    spread = (40 * step.var()) ** 0.5
    assert at_end.min() == pytest.approx(40 * step.mean() - 2 * spread)
    assert at_end.max() == pytest.approx(40 * step.mean() + 2 * spread)
    assert f"median\n{np.exp(40 * step.mean()):.2f}" in [text.get_text() for text in ax.texts]


def test_three_numbers_of_a_batch_beside_their_exact_values(ax: Axes) -> None:
    horizon, drift = torch.tensor([1, 100, 300]), 0.1
    square = horizon * drift**2
    log_weight = square.sqrt()[:, None] * normal(3, 51) - square[:, None] / 2
    plot_warnings(ax, horizon, log_weight, drift)
    weight = stats.lognorm(s=(300 * drift**2) ** 0.5, scale=np.exp(-300 * drift**2 / 2))
    assert line(ax, "mean weight").get_ydata()[-1] == pytest.approx(weight.mean())
    assert line(ax, "median weight").get_ydata()[-1] == pytest.approx(weight.median())
    worth = weight.mean() ** 2 / weight.moment(2)
    assert line(ax, "ESS / N").get_ydata()[-1] == pytest.approx(worth)
    mean, median, share = (marks.get_ydata() for marks in ax.lines[1::2])
    np.testing.assert_allclose(mean, log_weight.exp().mean(1))
    np.testing.assert_allclose(median, np.median(log_weight.exp().numpy(), axis=1))
    sizes = [float(effective_sample_size(row)) / 51 for row in log_weight]
    np.testing.assert_allclose(share, sizes)


def test_worlds_are_drawn_from_horizon_one_on_and_samples_where_they_were_taken(ax: Axes) -> None:
    worth = {"long": torch.tensor([0.9, 0.5, 0.2]), "short": torch.tensor([0.7, 0.6, 0.6])}
    plot_worth_of_worlds(ax, worth, [1, 3], torch.tensor([0.8, 0.3]))
    for name, share in worth.items():
        x, y = line(ax, name).get_data()
        assert x.tolist() == [1, 2, 3]
        np.testing.assert_allclose(y, share)
    x, y = ax.lines[-1].get_data()
    assert list(x) == [1, 3]
    np.testing.assert_allclose(y, [0.8, 0.3])
    assert line(ax, "long").get_linestyle() != line(ax, "short").get_linestyle()


def test_variances_are_drawn_as_they_are_with_a_label_at_the_end(ax: Axes) -> None:
    plot_variances(ax, [1, 2, 4], {"whole": [1.0, 4.0, 16.0], "shorter": [1.0, 2.0, 4.0]})
    assert line(ax, "whole").get_ydata().tolist() == [1.0, 4.0, 16.0]
    assert line(ax, "shorter").get_ydata().tolist() == [1.0, 2.0, 4.0]
    assert {"whole", "shorter"} <= {text.get_text() for text in ax.texts}
    assert ax.get_yscale() == "log"
