from __future__ import annotations

import pytest

from ppo_lesson.figures.style import house_style
from ppo_lesson.notebook.curves import DashboardCurves
from ppo_lesson.training.config import PPOConfig

CONFIG = PPOConfig(total_steps=1_024)


def test_an_axis_grows_with_its_curve():
    curves = DashboardCurves(CONFIG)
    ax = curves.curves["largest_ratio"].ax
    curves.extend("largest_ratio", 100, 1.5)
    curves.png()
    assert ax.get_ylim() == (1, 4)
    curves.extend("largest_ratio", 200, 100.0)
    curves.extend("largest_ratio", 300, float("nan"))
    curves.png()
    low, high = ax.get_ylim()
    assert low == 1 and 100 <= high < 200


def test_an_axis_that_grew_looks_as_if_it_had_been_so_wide_from_the_start():
    grown, fresh = DashboardCurves(CONFIG), DashboardCurves(CONFIG)
    for curves in (grown, fresh):
        curves.extend("largest_ratio", 100, 30.0)
    picture = grown.png()
    fresh.figure.axes[3].set_ylim(grown.figure.axes[3].get_ylim())
    with house_style():  # in which the dashboard draws its axes
        fresh.canvas.draw()
    fresh.background = fresh.canvas.copy_from_bbox(fresh.figure.bbox)
    assert fresh.png() == picture


def test_a_curve_is_seen_in_the_picture():
    curves = DashboardCurves(CONFIG)
    empty = curves.png()
    curves.extend("approx_kl", 100, 0.01)
    curves.extend("approx_kl", 900, 0.015)
    assert curves.png() != empty
    assert curves.png() == curves.png()


@pytest.mark.parametrize(
    ("solved", "opening"),
    [(475.0, (0, 520)), (-100.0, (-110, 0)), (200.0, (0, 220)), (None, (0, 1))],
)
def test_the_axis_of_returns_opens_with_zero_and_what_counts_as_solved(
    solved: float | None, opening: tuple[float, float]
) -> None:
    curves = DashboardCurves(CONFIG, solved)
    ax = curves.curves["return"].ax
    assert ax.get_ylim() == opening
    guides = [line.get_ydata()[0] for line in ax.lines if len(line.get_ydata())]
    assert guides == ([] if solved is None else [solved])


@pytest.mark.parametrize("value", [-500.0, -0.5, 0.0, 21.0, 520.0, 1e6])
@pytest.mark.parametrize(
    "solved",
    [475.0, *(pytest.param(other, marks=pytest.mark.exhaustive) for other in (-110.0, None))],
)
def test_the_axis_of_returns_grows_both_ways_until_the_curve_is_on_it(
    solved: float | None, value: float
) -> None:
    curves = DashboardCurves(CONFIG, solved)
    before = curves.curves["return"].ax.get_ylim()
    curves.extend("return", 100, value)
    curves.extend("return", 200, float("nan"))
    curves.png()
    low, high = curves.curves["return"].ax.get_ylim()
    assert low <= value <= high
    assert low <= before[0] and high >= before[1]
    fits = high - low <= 4 * max(abs(value), before[1] - before[0])
    assert fits  # the curve is not lost on an axis of any size


def test_no_other_axis_grows_downwards() -> None:
    curves = DashboardCurves(CONFIG)
    curves.extend("largest_ratio", 100, 0.9999)
    curves.png()
    assert curves.curves["largest_ratio"].ax.get_ylim() == (1, 4)
