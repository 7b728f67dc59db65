"""Cliff and explosion, against known numbers, exact sums and the stored experiment."""

from __future__ import annotations

import math
import re

import pytest
import torch

from ppo_lesson.experiments import explosion
from ppo_lesson.explorers.surrogate import (
    EPOCH,
    OLD_THETA,
    THETA,
    ratio_explosion,
    ratio_explosion_table,
    surrogate_cliff,
    surrogate_cliff_table,
)
from ppo_lesson.figures.style import COLORS
from ppo_lesson.notebook import renderer
from ppo_lesson.worlds.mdp import surrogate_objective
from ppo_lesson.worlds.small_worlds import cliff_logits, cliff_mdp

TABLE = surrogate_cliff_table()


def row(old_theta: float, bandit: bool) -> dict:
    return TABLE[2 * OLD_THETA.index(old_theta) + bandit]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_slopes_agree_at_theta_old_and_are_those_of_the_lesson():
    assert row(0, False)["slope"] == row(0, False)["surrogate_slope"] == "0.0890"
    for found in TABLE:
        assert found["slope"] == found["surrogate_slope"]


def test_at_four_the_surrogate_promises_a_gain_and_the_truth_is_a_fall():
    at = surrogate_cliff().at(theta=4, old_theta=0)
    assert (at["promise"], at["truth"]) == (0.588, -0.881)


def lengths(picture: str) -> dict[str, float]:
    """Measure, from left to right, the lines of each colour, in pixels."""
    found = re.findall(r'aria-roledescription="line mark" d="([^"]*)" stroke="(#\w+)"', picture)
    ends = {colour: re.findall(r"[ML]([\d.]+),", path) for path, colour in found}
    return {colour: float(xs[-1]) - float(xs[0]) for colour, xs in ends.items()}


@pytest.mark.parametrize(
    ("theta", "old_theta", "end"), [(0, 0, 0), (3, 0, 3), (-1, 2, 2), (6, 0, 6)]
)
def test_the_truth_is_drawn_no_further_than_theta_has_come(theta, old_theta, end):
    """How far the promise can be trusted is a question that the notebook asks."""
    found = lengths(renderer.svg(surrogate_cliff().specification(theta=theta, old_theta=old_theta)))
    whole = found[COLORS["new"]]
    assert found[COLORS["truth"]] / whole == pytest.approx((end + 2) / 8, abs=0.001)


@pytest.mark.parametrize("epoch", [1, 8, 20])
def test_returns_are_drawn_no_further_than_the_epochs_have_come(epoch):
    found = lengths(renderer.svg(ratio_explosion().specification(epoch=epoch)))
    assert set(found) == {COLORS["light"], COLORS["new"]}
    assert list(found.values()) == pytest.approx(2 * [282 * epoch / 20.4], abs=0.1)


def test_the_truth_is_the_cliffs_formula_whatever_the_old_policy():
    for old_theta in OLD_THETA.positions:
        for theta, truth in zip(THETA.positions, row(old_theta, False)["truth"], strict=True):
            exact = sigmoid(theta - 2) * (1 - 4 * sigmoid(theta - 4))
            assert truth == pytest.approx(exact, abs=0.00051)


def test_with_one_state_the_promise_is_the_truth_everywhere():
    for old_theta in OLD_THETA.positions:
        found = row(old_theta, True)
        assert found["promise"] == found["truth"]
        for theta, truth in zip(THETA.positions, found["truth"], strict=True):
            assert truth == pytest.approx(sigmoid(theta - 2), abs=0.00051)


def test_at_theta_old_no_sample_is_lost_and_the_promise_is_the_value():
    for old_theta in OLD_THETA.positions:
        for bandit in (False, True):
            found, k = row(old_theta, bandit), THETA.index(old_theta)
            assert found["worth"][k] == 100
            assert found["promise"][k] == found["truth"][k] == found["old_value"]


def test_the_worth_is_one_over_the_mean_squared_weight():
    # The bandit has two actions: E_old[w^2] = sum of p^2 / q.
    found = row(0, True)
    p, q = sigmoid(4 - 2), sigmoid(0 - 2)
    mean_square = p**2 / q + (1 - p) ** 2 / (1 - q)
    assert found["worth"][THETA.index(4)] == pytest.approx(100 / mean_square, rel=0.05)


def test_the_band_holds_the_promise_and_is_as_wide_as_the_weights_say():
    at = surrogate_cliff().at(theta=4, old_theta=0)
    assert at["low"] < at["promise"] < at["high"]
    # Exact standard deviation of one episode's sum of r A, over the four different episodes.
    mdp, new, old = cliff_mdp(), cliff_logits(torch.tensor(4.0).double()), cliff_logits(
        torch.tensor(0.0).double()
    )  # fmt: skip
    policy, old_policy = mdp.policy(new), mdp.policy(old)
    ratio = policy / old_policy
    there = float(old_policy[1] @ mdp.reward[1])
    value = float(old_policy[0, 1]) * there
    first = torch.tensor([0 - value, there - value]).double() * ratio[0]
    second = (mdp.reward[1] - there) * ratio[1]
    chance = torch.cat([old_policy[0, :1], old_policy[0, 1] * old_policy[1]])
    total = torch.cat([first[:1], first[1] + second])
    mean = float(chance @ total)
    assert mean == pytest.approx(float(surrogate_objective(mdp, new, old)))
    spread = math.sqrt(float(chance @ (total - mean).square()) / 100)
    # Nine tenths of a normal distribution lie within 1.645 standard deviations; the mean of 100
    # skewed episodes is only roughly normal, and 200 of them leave the ends uncertain.
    assert (at["high"] - at["low"]) / (2 * 1.645 * spread) == pytest.approx(1, abs=0.2)


def test_before_the_first_epoch_every_ratio_is_one():
    for found in ratio_explosion_table():
        assert found["largest"][0] == 1 and found["worth"][0] == found["num_samples"]
        assert max(found["samples"][0]) == 100 and found["log_largest"][0] == 0


def test_the_table_is_the_stored_experiment():
    plain = [x for x in explosion.read() if x.batch == "learning" and not x.clipped]
    plain.sort(key=lambda x: (x.step_size, x.noise))
    for found, entry in zip(ratio_explosion_table(), plain, strict=True):
        assert (found["step_size"], found["noise"]) == (entry.step_size, entry.noise)
        for epoch in EPOCH.positions:
            k = int(epoch)
            assert math.exp(found["log_largest"][k]) == pytest.approx(
                entry.largest_ratio[0][k], rel=0.01
            )
            for name, measured, near in (
                ("median", entry.returns, 0.51),
                ("promise", entry.promise, 0.00051),
                ("fresh", entry.fresh_promise, 0.00051),
            ):
                middle = sorted(run[k] for run in measured)[4:6]
                assert found[name][k] == pytest.approx(sum(middle) / 2, abs=near)


def test_fresh_samples_agree_with_the_batch_that_has_its_own_advantages_and_not_with_noise():
    explorer = ratio_explosion()
    for step_size in explosion.STEP_SIZES:
        own, noise = (explorer.at(epoch=20, step_size=step_size, noise=x) for x in (False, True))
        assert own["fresh"] > own["promise"] / 2 > 0.02
        assert abs(noise["fresh"]) < 0.02 < noise["promise"]
        assert noise["lost"] >= 6 and own["lost"] >= 3
