from __future__ import annotations

import itertools
import math
from dataclasses import replace

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.figure import Figure
from scipy.stats import binom

from ppo_lesson.figures.ppo_cartpole import (
    DASHBOARD,
    median_interval,
    plot_dashboard,
    plot_learning_curve,
    plot_median,
    plot_metric,
    plot_reuse,
    plot_seeds,
)
from ppo_lesson.training import PPOConfig, train
from ppo_lesson.training.statistics import Interval


def curves(ax) -> list[list[float]]:
    """Heights of all drawn lines but the guide."""
    return [list(line.get_ydata()) for line in ax.lines if line.get_gid() != "solved"]


@pytest.mark.parametrize(("size", "rank"), [(6, 1), (8, 1), (9, 2), (10, 2), (20, 6)])
def test_the_ranks_of_the_interval_are_the_quantiles_of_a_fair_coin(size: int, rank: int) -> None:
    assert binom.ppf(0.025, size, 0.5) == rank
    samples = torch.arange(1.0, size + 1)[:, None]
    low, _, high = median_interval(samples)
    assert (low.item(), high.item()) == (rank, size + 1 - rank)


def test_the_interval_is_the_narrowest_that_holds_the_median_in_95_percent_of_all_cases() -> None:
    # Each of 10 samples is below (-1) or above (+1) a median of 0: 1024 equally likely cases.
    sequences = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=10))).T
    low, _, high = median_interval(sequences)
    held = ((low <= 0) & (high >= 0)).double().mean()
    assert held.item() == pytest.approx(1 - 22 / 1024)
    ordered = sequences.sort(dim=0).values
    narrower = ((ordered[2] <= 0) & (ordered[-3] >= 0)).double().mean()
    assert narrower < 0.95 <= held


def test_the_interval_takes_each_column_by_itself() -> None:
    samples = torch.rand(10, 3, generator=torch.Generator().manual_seed(0))
    for k in range(3):
        alone = median_interval(samples[:, k : k + 1])
        assert [end.item() for end in alone] == [end[k].item() for end in median_interval(samples)]


@pytest.mark.parametrize("shape", [(5, 2), (10,)])
def test_too_few_samples_for_an_interval_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"samples: expected shape \(S, U\), S >= 6, got"):
        median_interval(torch.zeros(shape))


def test_a_learning_curve_shows_its_numbers_and_the_line_of_solved_once() -> None:
    ax = Figure().subplots()
    for returns in ([20.0, 300.0], [30.0, 500.0]):
        plot_learning_curve(ax, [0, 100], returns)
    assert curves(ax) == [[20.0, 300.0], [30.0, 500.0]]
    guides = [line for line in ax.lines if line.get_gid() == "solved"]
    assert [guide.get_ydata()[0] for guide in guides] == [475]
    assert [text.get_text() for text in ax.texts] == ["solved"]


def test_seeds_are_drawn_one_by_one_with_their_median_on_top() -> None:
    returns = torch.tensor([[1.0, 2.0], [3.0, 9.0], [2.0, 4.0]])
    ax = plot_seeds(Figure().subplots(), [10, 20], returns, "good")
    assert curves(ax) == [*returns.tolist(), [2.0, 4.0]]


def test_the_band_around_the_median_is_the_interval() -> None:
    returns = torch.arange(20.0).reshape(10, 2)
    ax = plot_median(Figure().subplots(), [0.0, 1.0], returns)
    low, median, high = median_interval(returns)
    assert curves(ax) == [median.tolist()]
    (band,) = ax.collections
    corners = {tuple(point) for point in band.get_paths()[0].vertices.tolist()}
    expected = {(x, y.item()) for row in (low, high) for x, y in enumerate(row)}
    assert expected <= corners


@pytest.mark.parametrize(
    ("env_id", "returns", "solved", "opening"),
    [
        ("CartPole-v1", (9.0, 500.0), [475], (0, 520)),
        ("Acrobot-v1", (-500.0, -80.0), [-100], None),
        ("MountainCar-v0", (-200.0, -100.0), [-110], None),
        ("one's own", (-21.0, 3000.0), [], None),
    ],
)
def test_the_axis_fits_the_returns_of_any_world_and_what_counts_as_solved_there(
    env_id: str, returns: tuple[float, float], solved: list[float], opening: tuple | None
) -> None:
    runs = torch.tensor([returns] * 6)
    draw = (
        lambda ax: plot_learning_curve(ax, [0, 1], returns, env_id=env_id),
        lambda ax: plot_seeds(ax, [0, 1], runs, env_id=env_id),
        lambda ax: plot_median(ax, [0, 1], runs, env_id=env_id),
        lambda ax: plot_reuse(
            ax,
            [1, 2],
            {"one": [Interval(x, x, x) for x in returns]},
            ["new"],
            "",
            env_id=env_id,
        ),
    )
    for plot in draw:
        ax = plot(Figure().subplots())
        low, high = ax.get_ylim()
        assert low <= min(*returns, 0) and high >= max(*returns, 0)
        assert high - low <= 1.1 * (max(*returns, *solved, 0) - min(*returns, *solved, 0))
        assert opening in (None, (low, high))
        guides = [line.get_ydata()[0] for line in ax.lines if line.get_gid() == "solved"]
        assert guides == solved


def test_an_axis_that_is_shared_fits_the_returns_of_all() -> None:
    left, right = Figure().subplots(1, 2, sharey=True)
    plot_learning_curve(left, [0, 1], [-500.0, -400.0], env_id="Acrobot-v1")
    plot_learning_curve(right, [0, 1], [-90.0, -80.0], env_id="Acrobot-v1")
    assert left.get_ylim()[0] <= -500


def test_a_metric_is_drawn_as_it_is_under_its_title() -> None:
    ax = plot_metric(Figure().subplots(), [1, 2], [0.5, math.nan], "entropy, nats")
    assert ax.get_title(loc="left") + ax.get_title() == "entropy, nats"
    assert ax.lines[0].get_ydata()[0] == 0.5


def test_the_dashboard_draws_the_history_and_its_limits() -> None:
    config = PPOConfig(total_steps=300, num_envs=4, num_steps=32, num_epochs=1)
    result = train(config, seed=0)
    _, axes = plt.subplots(2, 3)
    plot_dashboard(axes, result, replace(config, target_kl=0.07, max_gradient_norm=0.4))
    for ax, name in zip(axes.flat, DASHBOARD, strict=True):
        drawn = torch.tensor(ax.lines[0].get_ydata(), dtype=torch.float64)
        assert torch.equal(drawn, result.curve(name))
    logged = torch.tensor(axes.flat[1].lines[1].get_ydata(), dtype=torch.float64)
    assert torch.equal(logged, result.curve("clip_fraction"))
    assert axes.flat[0].lines[1].get_ydata()[0] == 0.07
    assert axes.flat[4].lines[1].get_ydata()[0] == 0.4


def test_the_dashboard_draws_no_limit_that_was_not_set() -> None:
    config = PPOConfig(total_steps=100, num_envs=4, num_steps=32, target_kl=None)
    _, axes = plt.subplots(2, 3)
    plot_dashboard(axes, train(config, seed=0), config)
    assert len(axes.flat[0].lines) == 1


def test_reuse_shows_each_group_with_its_intervals_and_a_label_of_its_own() -> None:
    groups = {
        "reused": [Interval(10, 20, 30), Interval(90, 100, 130)],
        "each sample once": [Interval(10, 20, 30), Interval(40, 60, 65)],
    }
    ax = plot_reuse(Figure().subplots(), [1, 30], groups, ("new", "old"), "Does reuse pay?")
    assert curves(ax) == [[20, 100], [20, 60]]
    drawn = [
        [segment[:, 1].tolist() for segment in bars.get_segments()]  # type: ignore[attr-defined]
        for bars in ax.collections
    ]
    assert drawn == [[[10, 30], [90, 130]], [[10, 30], [40, 65]]]
    assert [text.get_text() for text in ax.texts if text.get_text() != "solved"] == [*groups]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "30"]
