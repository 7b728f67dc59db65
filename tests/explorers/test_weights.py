"""The weight rain's table, against ESS/N = exp(-T Δ²) and against sums over the samples."""

from __future__ import annotations

import math

import pytest

from ppo_lesson.explorers.weights import DRIFTS, HORIZONS, weight_rain, weight_rain_table

TABLE = weight_rain_table()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"drift={row['drift']}")
def test_the_exact_share_is_exp_of_minus_t_drift_squared(row):
    for horizon, exact in zip(HORIZONS.positions, row["exact"], strict=True):
        # Two significant digits are stored.
        assert exact == pytest.approx(math.exp(-horizon * row["drift"] ** 2), rel=0.05)


def test_the_numbers_of_the_lesson_are_there():
    row = TABLE[DRIFTS.index(0.1)]
    assert row["exact"][HORIZONS.index(60)] == 0.55
    assert row["exact"][HORIZONS.index(500)] == 0.0067


def test_samples_agree_with_the_exact_share_while_the_weights_are_tame():
    for row in TABLE:
        for exact, worth in zip(row["exact"], row["worth"], strict=True):
            if exact >= 0.5:
                # The mean of w^2 decides. For lognormal weights E[w^4] / E[w^2]^2 = exact^-4, so
                # its relative standard error is the root below; four of them.
                error = math.sqrt((exact**-4 - 1) / 1000)
                assert worth == pytest.approx(exact, rel=4 * error + 0.01)


def test_no_sample_shows_less_than_one():
    assert min(count for row in TABLE for count in row["count"]) >= 1


def test_both_histograms_hold_everything():
    for row in TABLE:
        for name in ("samples", "held"):
            for shares in row[name]:
                assert sum(shares) == pytest.approx(100, abs=1)  # tenths, 33 of them


def test_the_mean_does_not_warn_and_the_median_does():
    row = TABLE[DRIFTS.index(0.1)]
    assert 0.9 <= row["mean"][HORIZONS.index(60)] <= 1.1
    # The log-weight is normal with mean -T Δ² / 2, where the median stands, and deviation 2.24:
    # the log of a median of 1000 has a standard error of 1.25 x 2.24 / sqrt(1000) = 0.09.
    assert row["median"][HORIZONS.index(500)] == pytest.approx(math.exp(-2.5), rel=0.3)


def test_the_text_tells_of_the_start():
    assert "T = 60, Δ = 0.1: 1000 trajectories are worth 5" in repr(weight_rain())
