from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy import integrate, stats

from ppo_lesson.figures.exploding_weights import (
    EVERY,
    FIRST_MEAN,
    plot_claimed_errors,
    plot_log_weights,
    plot_running_estimates,
    plot_truncation,
    plot_worth_of_width,
)
from ppo_lesson.worlds.toys import Gaussian


def products(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).exp()


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_every_repeat_has_its_own_line_and_ends_on_its_mean(ax: Axes) -> None:
    narrow, wide = products(3, 100), products(2, 100) + 1
    plot_running_estimates(ax, narrow, wide, exact=1.0)
    for label, rows in [("narrow", narrow), ("wide", wide)]:
        lines = [line for line in ax.lines if str(line.get_label()).startswith(label)]
        ends = [line.get_ydata()[-1] for line in lines]
        assert ends == pytest.approx(rows.mean(1).tolist())
        for product, drawn in zip(rows, lines, strict=True):
            n, mean = drawn.get_data()
            assert (n[0], n[-1]) == (FIRST_MEAN, 100)
            wanted = [float(product[: int(count)].mean()) for count in n]
            assert list(mean) == pytest.approx(wanted)
    assert len({line.get_linestyle() for line in ax.lines[1:]}) == 2


def test_batches_are_marked_by_whether_their_interval_contains_the_truth(ax: Axes) -> None:
    estimate = torch.tensor([0.5, 0.8, 1.2, 4.0], dtype=torch.float64)
    claimed = torch.tensor([0.1, 0.2, 0.05, 2.0], dtype=torch.float64)
    plot_claimed_errors(ax, estimate, claimed, exact=1.0)
    inside, outside = (marks.get_offsets().tolist() for marks in ax.collections)
    assert inside == [[0.8, 0.2], [4.0, 2.0]]
    assert outside == [[0.5, 0.1], [1.2, 0.05]]
    assert [text.split(", ")[-1] for text in texts(ax)[:2]] == ["50%", "50%"]
    # The border: an interval that ends exactly on the truth.
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(np.abs(x - 1.0), 2 * y)


def test_the_worth_of_a_width_is_one_over_the_integral_of_p_squared_over_q(ax: Axes) -> None:
    width = torch.tensor([0.5, 0.7, 0.8, 1.0, 2.0], dtype=torch.float64)
    sampled = torch.tensor([0.1, 0.5], dtype=torch.float64)
    plot_worth_of_width(ax, Gaussian(0.0, 1.0), width, sampled + 1, sampled)
    drawn = dict(zip(*ax.lines[0].get_data(), strict=True))
    assert drawn[0.5] == drawn[0.7] == 0
    for std in (0.8, 1.0, 2.0):
        mean_square, _ = integrate.quad(
            lambda x, std=std: math.exp(2 * stats.norm.logpdf(x) - stats.norm.logpdf(x, scale=std)),
            -20,
            20,
        )
        assert drawn[std] == pytest.approx(1 / mean_square)
    dots = ax.lines[1]
    np.testing.assert_allclose(dots.get_ydata(), sampled)
    np.testing.assert_allclose(dots.get_xdata(), sampled + 1)


@pytest.mark.parametrize("std", [1.0, 2.0])
def test_the_shaded_region_ends_where_half_the_variance_does(ax: Axes, std: float) -> None:
    width = torch.linspace(0.3, 3.0, 5, dtype=torch.float64)
    plot_worth_of_width(ax, Gaussian(0.0, std), width, width, torch.ones(5))
    shaded = ax.patches[0].get_window_extent().transformed(ax.transData.inverted())
    assert shaded.x1**2 == pytest.approx(std**2 / 2)


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
    # One step of a drift under the old policy: the log of two normal densities, so far apart.
    step = stats.norm(-(0.3**2) / 2, 0.3)
    x, middle = ax.lines[3].get_data()
    np.testing.assert_allclose(middle, x * step.mean())
    outline = ax.collections[0].get_paths()[0].vertices
    at_end = outline[outline[:, 0] == 40, 1]
    spread = (40 * step.var()) ** 0.5
    assert at_end.min() == pytest.approx(40 * step.mean() - 2 * spread)
    assert at_end.max() == pytest.approx(40 * step.mean() + 2 * spread)
    assert f"median\n{np.exp(40 * step.mean()):.2f}" in [text.get_text() for text in ax.texts]


def test_bias_and_standard_error_against_the_limit_and_the_best_of_them_is_marked(ax: Axes) -> None:
    limit = torch.tensor([1.0, 10.0, 100.0])
    bias, error = torch.tensor([-8.0, -3.0, -1.0]), torch.tensor([1.0, 4.0, 20.0])
    plot_truncation(ax, limit, bias, error, unlimited=25.0)
    np.testing.assert_allclose(line(ax, "size of the bias").get_ydata(), [8, 3, 1])
    np.testing.assert_allclose(line(ax, "standard error").get_ydata(), [1, 4, 20])
    both = np.array([65, 25, 401]) ** 0.5
    np.testing.assert_allclose(line(ax, "root mean square error").get_ydata(), both)
    assert {"no limit: 25", "5 at c = 10"} <= set(texts(ax))
    x, y = ax.lines[-1].get_data()
    np.testing.assert_allclose([*x, *y], [10, 5])


@pytest.mark.parametrize(
    ("plot", "data", "words"),
    [
        (plot_claimed_errors, (torch.tensor([0.5, 4]), torch.tensor([0.1, 2]), 1.0), "grey curves"),
        (plot_log_weights, (0.1 * normal(2, 20), 0.1), "band: median"),
    ],
)
def test_curves_and_bands_are_named_in_the_figure(ax: Axes, plot, data, words) -> None:
    plot(ax, *data)
    assert any(words in text for text in texts(ax))


def test_the_run_with_the_largest_leap_is_drawn_thick(ax: Axes) -> None:
    narrow, wide = torch.ones(3, 100, dtype=torch.float64), products(2, 100)
    narrow[1, 60] = 50.0
    plot_running_estimates(ax, narrow, wide, exact=1.0)
    lines = [line for line in ax.lines if str(line.get_label()).startswith("narrow")]
    assert [line.get_linewidth() > 2 for line in lines] == [False, True, False]
