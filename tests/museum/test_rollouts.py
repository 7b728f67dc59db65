"""Each fault of the rollout changes what it says, and nothing else."""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields
from itertools import islice

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.museum import rollouts as room
from ppo_lesson.museum.detectors import play
from ppo_lesson.training.experience import Rollout, make_env, rollouts
from ppo_lesson.training.session import make_policy


@pytest.mark.parametrize(
    ("wrong", "changed"),
    [
        (room.keeps_reset_rows, {"valid"}),
        (room.bootstraps_from_the_reset, {"next_value"}),
        (room.stores_what_follows, {"obs", "log_prob", "value"}),
        (room.scores_with_dropout, {"log_prob"}),
    ],
)
def test_only_these_columns_of_a_rollout_are_wrong(wrong, changed: set[str]) -> None:
    (_, right), (_, found) = play(), play(wrong)
    columns = [f.name for f in fields(Rollout) if isinstance(getattr(right, f.name), torch.Tensor)]
    differ = {
        name for name in columns if not torch.equal(getattr(right, name), getattr(found, name))
    }
    assert differ == changed


def test_the_bootstrap_is_wrong_where_an_episode_ends_and_nowhere_else() -> None:
    (_, right), (_, found) = play(), play(room.bootstraps_from_the_reset)
    ended = (right.terminated | right.truncated)[:-1]
    assert 0 < ended.sum() < ended.numel()
    assert torch.equal((right.next_value != found.next_value)[:-1], ended)
    assert torch.equal(found.next_value[:-1][ended], right.next_value[1:][ended])


def test_beside_each_action_stands_the_observation_after_it() -> None:
    (policy, right), (_, found) = play(), play(room.stores_what_follows)
    assert torch.equal(found.obs[:-1], right.obs[1:])
    torch.testing.assert_close(found.value, right.next_value)
    logits = policy.logits(found.obs[3])
    torch.testing.assert_close(found.log_prob[3], maths.action_log_prob(logits, found.action[3]))


def test_a_temperature_below_one_makes_likely_actions_more_likely() -> None:
    policy, rollout = play(room.samples_with_a_temperature, num_steps=256)
    logits = policy.logits(rollout.obs).detach()
    # The share of likelier actions against what softmax(logits / T) promises: z-test, 5 sigma.
    likelier = (rollout.action == logits.argmax(-1)).double().flatten()
    prob = (logits / room.TEMPERATURE).softmax(-1).amax(-1).double().flatten()
    error = (prob * (1 - prob)).sum().sqrt() / len(prob)
    assert (likelier.mean() - prob.mean()).abs() < 5 * error
    assert likelier.mean() - logits.softmax(-1).amax(-1).mean() > 20 * error
    expected = maths.action_log_prob(logits.flatten(0, 1), rollout.action.flatten())
    torch.testing.assert_close(rollout.log_prob.flatten(), expected)


def test_each_rollout_has_a_mask_of_its_own() -> None:
    first, second = (play(room.scores_with_dropout, num_steps=n)[1] for n in (8, 9))
    assert not torch.equal(first.log_prob, second.log_prob[:8])
    assert torch.equal(first.action, second.action[:8])


@pytest.mark.parametrize("wrong", [fault.wrong for fault in room.FAULTS])
def test_a_faulty_rollout_goes_on_where_the_last_one_was_cut(wrong) -> None:
    with closing(make_env("CartPole-v1", 4)) as env:
        policy = make_policy(env, (8,), torch.Generator().manual_seed(0))
        right = list(islice(rollouts(env, policy, 20, 1), 2))
        found = list(islice(wrong(env, policy, 20, 1), 2))
    if wrong is room.stores_what_follows:
        assert torch.equal(found[0].obs[-1], right[1].obs[0])
    elif wrong not in (room.samples_with_a_temperature, room.scores_with_dropout):  # other luck
        assert torch.equal(found[1].obs, right[1].obs)
    assert not any(rollout.log_prob.requires_grad for rollout in found)
    assert torch.is_grad_enabled()
