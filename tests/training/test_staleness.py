"""An actor that is behind plays with the weights of then, and is scored with those."""

from __future__ import annotations

import copy
from contextlib import closing

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.training import (
    ActorCritic,
    Batch,
    Parts,
    PPOConfig,
    decoupled_update,
    make_env,
    ppo_update,
    rescored_update,
    rollouts,
    rollouts_behind,
    train_with,
)
from ppo_lesson.training.staleness import CAP, score

CONFIG = PPOConfig(total_steps=128, num_envs=2, num_steps=16, minibatch_size=16)


def some_policy(seed: int = 0) -> ActorCritic:
    return ActorCritic(4, 2, (8,), torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_the_actor_has_the_weights_of_so_many_updates_ago(lag: int) -> None:
    """Each update sets the last bias to its number; who has played can be read off log_prob."""
    policy, versions = some_policy(), []
    with closing(make_env("CartPole-v1", 2)) as env:
        played = rollouts_behind(lag)(env, policy, 8, seed=1)
        for update in range(6):
            rollout = next(played)
            versions.append(copy.deepcopy(policy))
            actor = versions[max(0, update - lag)]
            logits = actor.logits(rollout.obs).flatten(0, 1)
            wanted = maths.action_log_prob(logits, rollout.action.flatten())
            torch.testing.assert_close(rollout.log_prob.flatten(), wanted.detach())
            torch.testing.assert_close(rollout.value, policy.value(rollout.obs).detach())
            with torch.no_grad():
                for parameter in policy.parameters():
                    parameter += 0.1 * torch.randn(parameter.shape, generator=GENERATOR)


GENERATOR = torch.Generator().manual_seed(7)


def test_without_a_lag_training_is_the_same_to_the_last_bit() -> None:
    plain = train_with(Parts(), CONFIG, seed=2)
    queued = train_with(Parts(rollouts=rollouts_behind(0)), CONFIG, seed=2)
    for one, other in zip(plain.policy.parameters(), queued.policy.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.fixture
def batch() -> Batch:
    with closing(make_env("CartPole-v1", 4)) as env:
        rollout = next(rollouts(env, some_policy(5), 16, seed=3))
    from ppo_lesson.training import make_batch

    return make_batch(rollout, CONFIG)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_updates_minimise_the_loss_with_three_policies(batch: Batch, weighted: bool) -> None:
    """The same steps with the loss written out, its behaviour policy smuggled in by a closure."""
    update = decoupled_update if weighted else rescored_update
    mine, other = some_policy(), some_policy()
    old = score(other, batch)

    def written_out(log_prob, old_log_prob, advantage, clip_epsilon):
        mu = advantage[:, 0] if weighted else old_log_prob
        return maths.decoupled_clipped_loss(
            log_prob, old_log_prob, mu, advantage[:, 1], clip_epsilon, CAP
        )

    both = torch.stack([batch.old_log_prob, batch.advantage], 1)
    for policy, function, given, loss in (
        (mine, update, batch, maths.clipped_surrogate_loss),
        (other, ppo_update, batch._replace(old_log_prob=old, advantage=both), written_out),
    ):
        adam = torch.optim.Adam(policy.parameters(), 0.01)
        function(policy, adam, given, CONFIG, torch.Generator().manual_seed(4), loss)
    for one, two in zip(mine.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)
