from __future__ import annotations

from matplotlib.axes import Axes

from ppo_lesson.figures.beyond_one_machine import plot_lags
from ppo_lesson.training.statistics import Interval


def test_each_way_has_its_means_and_intervals_side_by_side(ax: Axes) -> None:
    one = [Interval(1, 2, 3), Interval(2, 4, 5)]
    other = [Interval(0, 1, 2), Interval(1, 2, 4)]
    plot_lags(ax, (0, 4), {"actor": one, "learner": other}, "ESS/N", legend=True)
    assert [list(line.get_ydata()) for line in ax.lines] == [[2, 4], [1, 2]]
    assert ax.lines[0].get_xdata()[1] < ax.lines[1].get_xdata()[1]
    ((_, low), (_, high)) = ax.collections[1].get_segments()[1]
    assert (low, high) == (1, 4)
    assert ax.get_ylabel() == "ESS/N" and ax.get_ylim()[0] == 0
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["actor", "learner"]


def test_returns_may_stand_against_the_updates_so_far(ax: Axes) -> None:
    one = [Interval(1, 2, 3), Interval(2, 4, 5)]
    plot_lags(ax, (24, 40), {"actor": one}, "return", xlabel="updates so far")
    assert ax.get_xlabel() == "updates so far"
    assert ax.get_xticks().tolist() == [24, 40]
