"""What a handful of seeds can tell: the interquartile mean and how sure it is.

The method of rliable (Agarwal et al., 2021, arXiv:2108.13264), by the functions of scipy.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ppo_lesson.maths.shapes import check_seed

CONFIDENCE = 0.95
RESAMPLES = 2000


class Interval(NamedTuple):
    """A number from a few runs, and the ends of its confidence interval."""

    low: float
    middle: float
    high: float


def interquartile_mean(scores: Tensor) -> float:
    """Average the middle half of all scores: the lowest and the highest quarter are left out.

    Args:
        scores: (S,) one per run, or (S, M) of S runs in M tasks. A quarter of a number that 4 does
            not divide is rounded down.

    Returns:
        The mean of what is left, less noisy than the median and steadier than the mean.

    Raises:
        ValueError: there is no score, or one is not finite.

    Source: Agarwal et al. (2021), section 4.3.
    """
    from scipy import stats

    return float(stats.trim_mean(_checked(scores).ravel(), 0.25))


def bootstrap_interval(scores: Tensor, seed: int = 0) -> Interval:
    """Tell how far the interquartile mean would move with other seeds: percentile bootstrap.

    Runs are drawn again, with replacement, within each task by itself (stratified), RESAMPLES
    times; 95 % of the interquartile means lie within the interval.

    Args:
        scores: (S,) one per run, or (S, M) of S runs in M tasks; S at least 2.
        seed: of the resampling.

    Returns:
        Low end, interquartile mean and high end.

    Raises:
        ValueError: there are fewer than two runs, or a score is not finite.

    Source: Agarwal et al. (2021), section 4.1; Efron (1979) for the bootstrap.
    """
    from scipy import stats

    seed = check_seed(seed)
    tasks = _checked(scores).reshape(len(scores), -1).T
    if tasks.shape[1] < 2:
        raise ValueError(f"scores: expected 2 runs or more, got {tasks.shape[1]}")

    def statistic(*resampled: np.ndarray, axis: int) -> np.ndarray:
        return stats.trim_mean(np.concatenate(resampled, axis=axis), 0.25, axis=axis)

    found = stats.bootstrap(
        tuple(tasks),
        statistic,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        vectorized=True,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(float(found.low), interquartile_mean(scores), float(found.high))


def mean_interval(scores: Tensor, seed: int = 0) -> Interval:
    """Tell how far the plain mean of a few runs would move with other seeds: percentile bootstrap.

    Args:
        scores: (S,) one per run, or the differences of two settings seed by seed; S at least 2.
        seed: of the resampling.

    Returns:
        Low end, mean and high end of a 95 % interval.

    Raises:
        ValueError: there are fewer than two runs, or a score is not finite.

    Source: Efron (1979).
    """
    rng = np.random.default_rng(check_seed(seed))
    numbers = _checked(scores).ravel()
    if len(numbers) < 2:
        raise ValueError(f"scores: expected 2 runs or more, got {len(numbers)}")
    means = rng.choice(numbers, (RESAMPLES, len(numbers))).mean(1)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(numbers.mean()), float(high))


def student_interval(scores: Tensor) -> Interval:
    """Tell how far the mean of very few runs would move with other seeds, by Student's t.

    For numbers that are roughly normal, such as differences seed by seed. Of five of them a
    bootstrap's interval would be too narrow.

    Args:
        scores: (S,) one per run, or the differences of two settings seed by seed; S at least 2.

    Returns:
        Low end, mean and high end of a 95 % interval.

    Raises:
        ValueError: there are fewer than two runs, or a score is not finite.

    Source: Student (1908), The probable error of a mean.
    """
    from scipy import stats

    numbers = _checked(scores).ravel()
    if len(numbers) < 2:
        raise ValueError(f"scores: expected 2 runs or more, got {len(numbers)}")
    middle = float(numbers.mean())
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(numbers) - 1) * stats.sem(numbers))
    return Interval(middle - half, middle, middle + half)


def _checked(scores: Tensor) -> np.ndarray:
    numbers = scores.detach().double().numpy()
    if numbers.size == 0 or not np.isfinite(numbers).all():
        raise ValueError(f"scores: expected finite numbers, at least one, got {scores}")
    return numbers
