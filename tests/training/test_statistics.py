from __future__ import annotations

import itertools
import math

import pytest
import torch
from scipy.stats import norm

from ppo_lesson.training.statistics import (
    bootstrap_interval,
    interquartile_mean,
    mean_interval,
    student_interval,
)


def test_the_interquartile_mean_of_eight_scores_by_hand() -> None:
    # Sorted: 0 1 | 3 4 6 7 | 9 500; the mean of the middle half is 20 / 4.
    scores = torch.tensor([500.0, 3, 0, 9, 4, 1, 7, 6])
    assert interquartile_mean(scores) == 5


def test_of_ten_scores_two_fall_off_at_either_end() -> None:
    assert interquartile_mean(torch.tensor([-1e9, -1e9, 1, 2, 3, 4, 5, 6, 1e9, 1e9])) == 3.5


def test_scores_of_all_tasks_are_pooled() -> None:
    tasks = torch.tensor([[0.0, 100], [1, 7], [3, 6], [4, 9]])
    assert interquartile_mean(tasks) == interquartile_mean(tasks.flatten())


def test_the_interval_of_three_runs_is_that_of_all_their_27_resamples() -> None:
    # A quarter of three is less than one, so the interquartile mean is the mean.
    runs = [0.0, 1.0, 5.0]
    means = torch.tensor([sum(x) / 3 for x in itertools.product(runs, repeat=3)])
    low, middle, high = bootstrap_interval(torch.tensor(runs))
    # 2000 resamples of the 27, each as likely: the extremes, of 1/27 each, are beyond 2.5 %.
    assert (low, middle, high) == pytest.approx((means.min().item(), 2, means.max().item()))


def test_the_interval_is_as_wide_as_that_of_a_normal_mean() -> None:
    # The trimmed mean's asymptotic variance, with the quartiles at -q and q, is
    # (integral of x^2 between them + 2 q^2 / 4) / (1/2)^2; of 400 scores it is a 400th of that.
    scores = torch.randn(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    q = norm.ppf(0.75)
    inner = 0.5 - 2 * q * norm.pdf(q)
    error = math.sqrt((inner + 0.5 * q**2) / 0.25 / 400)
    low, middle, high = bootstrap_interval(scores)
    # The width of a bootstrap interval of 400 scores is itself known to some 10 percent.
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.2)
    assert low < middle < high


def test_runs_are_drawn_within_each_task() -> None:
    # Two tasks whose runs agree: however they are drawn, nothing changes. Pooled it would.
    tasks = torch.tensor([[0.0, 500.0]]).repeat(6, 1)
    assert bootstrap_interval(tasks) == (250, 250, 250)


def test_the_same_seed_gives_the_same_interval() -> None:
    scores = torch.tensor([3.0, 1, 4, 1, 5, 9, 2, 6])
    assert bootstrap_interval(scores, seed=1) == bootstrap_interval(scores, seed=1)


@pytest.mark.parametrize("scores", [[], [1.0, math.nan], [math.inf, 1.0]])
def test_scores_that_are_not_finite_are_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="scores: expected finite numbers"):
        interquartile_mean(torch.tensor(scores))


def test_a_single_run_has_no_interval() -> None:
    with pytest.raises(ValueError, match="scores: expected 2 runs or more, got 1"):
        bootstrap_interval(torch.tensor([1.0]))


def test_the_plain_means_interval_is_as_wide_as_that_of_a_normal_mean() -> None:
    scores = torch.randn(400, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    low, middle, high = mean_interval(scores)
    assert middle == pytest.approx(scores.mean().item())
    assert high - low == pytest.approx(2 * 1.96 / math.sqrt(400), rel=0.2)
    assert low < middle < high
    assert mean_interval(scores) == (low, middle, high)
    assert mean_interval(scores, seed=1) != (low, middle, high)


def test_the_mean_of_one_run_has_no_interval() -> None:
    with pytest.raises(ValueError, match="expected 2 runs or more, got 1"):
        mean_interval(torch.ones(1))


def test_students_interval_is_the_textbooks() -> None:
    half = 4.302653 * 0.1 / 3**0.5  # the 97.5 % point of t with 2 degrees of freedom
    found = student_interval(torch.tensor([0.1, 0.0, 0.2], dtype=torch.float64))
    assert found == pytest.approx((0.1 - half, 0.1, 0.1 + half), abs=1e-6)
    with pytest.raises(ValueError, match="scores: expected 2 runs or more, got 1"):
        student_interval(torch.ones(1))
