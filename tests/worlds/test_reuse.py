from __future__ import annotations

import pytest
import torch

from ppo_lesson.maths import finite_difference_gradient
from ppo_lesson.worlds.enumeration import trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import TabularMDP, advantages, objective
from ppo_lesson.worlds.reuse import ascend, exact_gradient, stale_gradient
from ppo_lesson.worlds.small_worlds import corridor_mdp, random_mdp


def logits(seed: int, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def world(gamma: float = 0.9) -> TabularMDP:
    return random_mdp(3, 2, 3, torch.Generator().manual_seed(0), gamma=gamma)


def test_the_exact_gradient_is_that_of_central_differences() -> None:
    mdp, theta = world(), logits(1, 3, 2)
    slope = finite_difference_gradient(lambda x: objective(mdp, x), theta, 1e-5)
    assert torch.allclose(exact_gradient(mdp, theta), slope, rtol=0, atol=1e-9)


def test_at_the_old_policy_the_stale_gradient_is_the_exact_one() -> None:
    mdp, theta = world(), logits(2, 3, 2)
    assert torch.allclose(stale_gradient(mdp, theta, theta), exact_gradient(mdp, theta))


def test_the_stale_gradient_is_the_sum_over_all_old_walks() -> None:
    mdp, old, theta = world(), logits(3, 3, 2), logits(4, 3, 2).requires_grad_()
    walks = trajectories(mdp)
    prob = trajectory_log_prob(mdp, old, walks.state, walks.action).exp()
    steps = torch.arange(mdp.horizon)
    weight = advantages(mdp, old)[steps, walks.state, walks.action] * mdp.discount
    log_prob = mdp.log_policy(theta)[walks.state, walks.action]
    (expected,) = torch.autograd.grad((prob * (weight * log_prob).sum(1)).sum(), theta)
    assert torch.allclose(stale_gradient(mdp, theta, old), expected, rtol=0, atol=1e-12)


def test_a_path_starts_the_same_and_only_fresh_batches_stay_exact() -> None:
    mdp, start = corridor_mdp(), torch.zeros(4, 2, dtype=torch.float64)
    fresh, stale = (ascend(mdp, start, 1.0, 3, reuse=reuse) for reuse in (False, True))
    assert len(fresh.value) == 4
    assert torch.equal(fresh.used, fresh.exact)
    assert torch.allclose(fresh.value[:2], stale.value[:2], rtol=0, atol=1e-12)
    bias = (stale.used - stale.exact).flatten(1).norm(dim=1)
    assert float(bias[0]) < 1e-12
    assert (bias[1:] > bias[:-1] + 0.01).all()
    assert float(fresh.value[3]) > float(stale.value[3])


def test_a_step_is_the_step_size_times_the_gradient_used() -> None:
    mdp, start = world(), logits(5, 3, 2)
    path = ascend(mdp, start, 0.3, 1, reuse=True)
    moved = start + 0.3 * exact_gradient(mdp, start)
    assert float(path.value[1]) == pytest.approx(float(objective(mdp, moved)), abs=1e-12)
