from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.maths import effective_sample_size, finite_difference_gradient, surrogate_loss
from ppo_lesson.worlds.enumeration import sample_trajectories, trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import advantages, surrogate_objective
from ppo_lesson.worlds.small_worlds import random_mdp
from ppo_lesson.worlds.surrogates import (
    bandit_world,
    cliff_world,
    effective_share,
    sampled_surrogates,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def number(x: float) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)


GRID = torch.linspace(-2, 6, 9, dtype=torch.float64)


def test_truth_and_promise_of_a_row_are_those_of_its_entries() -> None:
    for world in (cliff_world(), bandit_world()):
        for old in (number(0.0), number(2.0)):
            truth, promise = world.truth(GRID), world.promise(GRID, old)
            share = world.effective_share(GRID, old)
            for k, theta in enumerate(GRID):
                torch.testing.assert_close(truth[k], world.truth(theta))
                torch.testing.assert_close(promise[k], world.promise(theta, old))
                torch.testing.assert_close(share[k], world.effective_share(theta, old))


def test_the_cliffs_truth_is_its_formula_and_its_promise_touches_there_only() -> None:
    world = cliff_world()
    expected = torch.sigmoid(GRID - 2) * (1 - 4 * torch.sigmoid(GRID - 4))
    torch.testing.assert_close(world.truth(GRID), expected)
    assert float(world.promise(number(1.0), number(1.0))) == pytest.approx(float(expected[3]))
    assert float(world.promise(number(4.0), number(0.0))) == pytest.approx(0.588, abs=5e-4)
    slope = finite_difference_gradient(
        lambda theta: world.promise(theta, number(0.0)), number(0.0), 1e-5
    )
    assert float(slope) == pytest.approx(0.0890, abs=5e-5)


def test_the_bandit_promises_what_is_true() -> None:
    world = bandit_world()
    torch.testing.assert_close(world.truth(GRID), torch.sigmoid(GRID - 2))
    torch.testing.assert_close(world.promise(GRID, number(-1.0)), world.truth(GRID))


def test_no_gradient_flows_into_the_old_parameter_of_the_surrogate() -> None:
    world, old = cliff_world(), number(0.0).requires_grad_()
    assert not world.promise(number(3.0), old).requires_grad


def test_one_sample_is_minus_the_surrogate_loss_times_the_steps() -> None:
    mdp = random_mdp(3, 2, 4, generator(3))
    old, new = torch.randn(2, 3, 2, dtype=torch.float64, generator=generator(4))
    found = sampled_surrogates(mdp, old, 1, 50, generator(5))(new)
    batch = sample_trajectories(mdp, old, 50, generator(5))
    advantage = advantages(mdp, old)[torch.arange(4), batch.state, batch.action]
    log_prob, old_log_prob = (
        mdp.log_policy(table)[batch.state, batch.action].flatten() for table in (new, old)
    )
    loss = surrogate_loss(log_prob, old_log_prob, advantage.flatten())
    torch.testing.assert_close(found, -4 * loss[None])


def test_the_samples_average_to_the_exact_surrogate_also_with_a_discount() -> None:
    mdp = random_mdp(3, 2, 4, generator(6), gamma=0.8)
    old, new = torch.randn(2, 3, 2, dtype=torch.float64, generator=generator(7))
    found = sampled_surrogates(mdp, old, 400, 50, generator(8))(new)
    exact = float(surrogate_objective(mdp, new, old))
    # Bound: four standard errors of the mean of 400.
    assert abs(float(found.mean()) - exact) < 4 * float(found.std()) / math.sqrt(400)


def test_at_the_old_policy_every_episode_counts() -> None:
    mdp = random_mdp(3, 2, 4, generator(9))
    old = torch.randn(3, 2, dtype=torch.float64, generator=generator(10))
    assert float(effective_share(mdp, old, old)) == pytest.approx(1)


def test_the_share_is_what_a_large_sample_finds() -> None:
    mdp = random_mdp(3, 2, 3, generator(11))
    old, new = torch.randn(2, 3, 2, dtype=torch.float64, generator=generator(12))
    batch = sample_trajectories(mdp, old, 40_000, generator(13))
    log_new, log_old = (
        trajectory_log_prob(mdp, table, batch.state, batch.action) for table in (new, old)
    )
    found = effective_sample_size(log_new - log_old) / 40_000
    exact = effective_share(mdp, new, old)
    # The relative error of the mean of w^2 follows from its fourth moment, which is known here.
    every = trajectories(mdp)
    log_p, log_q = (trajectory_log_prob(mdp, t, every.state, every.action) for t in (new, old))
    fourth = (4 * log_p - 3 * log_q).exp().sum()
    relative = torch.sqrt((fourth * exact**2 - 1) / 40_000)
    # The square of the mean weight adds at most twice its own relative error.
    relative = relative + 2 * torch.sqrt((1 / exact - 1) / 40_000)
    assert abs(float(found / exact) - 1) < 4 * float(relative)


@pytest.mark.parametrize(("surrogates", "episodes"), [(0, 5), (5, 0)])
def test_nothing_is_no_sample(surrogates: int, episodes: int) -> None:
    world = cliff_world()
    with pytest.raises(ValueError, match="expected 1 or more, got 0"):
        sampled_surrogates(world.mdp, world.logits(number(0.0)), surrogates, episodes, generator())
