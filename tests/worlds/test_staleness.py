"""What old data teach: sums over every walk, and identities."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.worlds.enumeration import trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import TabularMDP, advantages, objective
from ppo_lesson.worlds.reuse import exact_gradient, stale_gradient
from ppo_lesson.worlds.small_worlds import random_mdp
from ppo_lesson.worlds.staleness import endless_batch, stale_policy_gradient, stale_update


@pytest.fixture
def world() -> tuple[TabularMDP, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    mdp = random_mdp(3, 2, 3, generator, gamma=0.9)
    logits, behaviour = torch.randn(2, 3, 2, generator=generator, dtype=torch.float64)
    return mdp, logits, behaviour


def test_with_everything_renewed_it_is_the_exact_gradient(world) -> None:
    mdp, logits, behaviour = world
    renewed = {"cap": math.inf, "old_advantages": False, "old_states": False}
    found = stale_policy_gradient(mdp, logits, behaviour, **renewed)
    torch.testing.assert_close(found, exact_gradient(mdp, logits))
    plain = stale_policy_gradient(mdp, logits, behaviour)
    torch.testing.assert_close(plain, stale_gradient(mdp, logits, behaviour))


@pytest.mark.parametrize("cap", [0.7, 1.0, math.inf])
def test_a_weighted_gradient_is_the_sum_over_every_walk_of_the_actor(world, cap) -> None:
    mdp, logits, behaviour = world
    walks = trajectories(mdp)
    prob = trajectory_log_prob(mdp, behaviour, walks.state, walks.action).exp()
    theta = logits.clone().requires_grad_()
    step = torch.arange(mdp.horizon)
    A = advantages(mdp, behaviour)[step, walks.state, walks.action]
    log_ratio = (mdp.log_policy(logits) - mdp.log_policy(behaviour))[walks.state, walks.action]
    pull = mdp.discount * log_ratio.exp().clamp(max=cap) * A
    total = (prob[:, None] * pull * mdp.log_policy(theta)[walks.state, walks.action]).sum()
    wanted = torch.autograd.grad(total, theta)[0]
    torch.testing.assert_close(stale_policy_gradient(mdp, logits, behaviour, cap=cap), wanted)


def test_an_endless_batch_counts_each_step_once(world) -> None:
    mdp, _, behaviour = world
    advantage, counts = endless_batch(mdp, behaviour)
    assert counts.sum().item() == pytest.approx(mdp.discount.sum().item())
    assert (counts * advantage).sum().item() == pytest.approx(0.0, abs=1e-12)


def around_the_learner(new: Tensor, old: Tensor, mu: Tensor, A: Tensor) -> Tensor:
    return maths.decoupled_clipped_loss(new, old, mu, A, 0.2, 1e9)


def around_the_actor(new: Tensor, old: Tensor, mu: Tensor, A: Tensor) -> Tensor:
    return maths.clipped_surrogate_loss(new, mu, A, 0.2)


def test_the_first_step_of_the_decoupled_loss_is_the_weighted_gradient(world) -> None:
    mdp, logits, behaviour = world
    found = stale_update(mdp, logits, behaviour, around_the_learner, num_steps=1)
    exact = exact_gradient(mdp, logits)
    weighted = stale_policy_gradient(mdp, logits, behaviour, cap=math.inf)
    assert found.bias == pytest.approx(((weighted - exact).norm() / exact.norm()).item())
    assert found.silent == 0.0
    gain = objective(mdp, logits + weighted) - objective(mdp, logits)
    assert found.gain == pytest.approx(gain.item())


def test_around_the_actor_it_is_silent_where_the_ratio_has_left_the_interval(world) -> None:
    mdp, logits, behaviour = world
    advantage, counts = endless_batch(mdp, behaviour)
    ratio = (mdp.policy(logits) / mdp.policy(behaviour)).expand(mdp.horizon, -1, -1).flatten()
    left = ((advantage > 0) & (ratio > 1.2)) | ((advantage < 0) & (ratio < 0.8))
    pull = counts * advantage.abs()
    found = stale_update(mdp, logits, behaviour, around_the_actor, num_steps=1)
    assert found.silent == pytest.approx((pull[left].sum() / pull.sum()).item())
    assert 0 < found.silent < 1
