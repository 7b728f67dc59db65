"""The tests that catch the museum's faults: each asks a part of training what it must answer.

A detector takes the function that stands in the place of the part, and returns True of a right one.
"""

from __future__ import annotations

from contextlib import closing

import torch
from torch import Tensor

from ppo_lesson.maths import action_log_prob, entropy, gae
from ppo_lesson.museum.fault import Part
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch
from ppo_lesson.training.experience import Rollout, make_env, rollouts
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.session import make_policy

SEED = 0  # of the rollout that is looked at


def play(rollouts: Part = rollouts, num_steps: int = 64) -> tuple[ActorCritic, Rollout]:
    """Play CartPole with a policy that has made up its mind, long enough for episodes to end."""
    with closing(make_env("CartPole-v1", 16)) as env:
        policy = make_policy(env, (16,), torch.Generator().manual_seed(0))
        with torch.no_grad():
            for parameter in policy.actor[-1].parameters():
                parameter *= 1000  # fresh ones are near 0, and all actions would look alike
        return policy, next(rollouts(env, policy, num_steps, SEED))


def log_prob_of(logits: Part, rollout: Rollout) -> Tensor:
    """Score a rollout's actions, (T, N), by a function of its observations."""
    log_prob = action_log_prob(logits(rollout.obs).flatten(0, 1), rollout.action.flatten())
    return log_prob.view(rollout.action.shape)


def one_step(gae: Part, *, terminated: bool, truncated: bool) -> float:
    """Compute the advantage of an episode of one step: R = 1, V = 3, next value 10, gamma 0.9."""
    numbers = (torch.tensor([number]) for number in (1.0, 3.0, 10.0))
    ends = torch.tensor([terminated]), torch.tensor([truncated])
    return gae(*numbers, *ends, 0.9, 0.8).item()


def the_last_step_has_an_advantage(gae: Part) -> bool:
    """The world ends: A = R - V = 1 - 3, and all that was known of the end stands in it."""
    return abs(one_step(gae, terminated=True, truncated=False) + 2) < 1e-5


def more_than_expected_is_good(gae: Part) -> bool:
    """The clock is stopped: A = R + gamma V(s') - V = 1 + 9 - 3 is above 0."""
    return one_step(gae, terminated=False, truncated=True) > 0


def the_future_is_worth_something_after_truncation(gae: Part) -> bool:
    """The clock is stopped: A = 1 + 9 - 3 = 7, and not 1 - 3."""
    return abs(one_step(gae, terminated=False, truncated=True) - 7) < 1e-5


def targets_do_not_depend_on_normalising(make_batch: Part) -> bool:
    """The critic predicts rewards to come, and how advantages are scaled is no reward."""
    _, rollout = play()
    raw, normalised = (
        make_batch(rollout, PPOConfig(normalise_advantage=switch), gae).value_target
        for switch in (False, True)
    )
    return torch.allclose(raw, normalised)


def what_is_trained_on_is_centred(make_batch: Part) -> bool:
    """The advantages of the batch, and of nothing else, have mean 0 and standard deviation 1."""
    _, rollout = play()
    advantage = make_batch(rollout, PPOConfig(), gae).advantage
    return bool(advantage.mean().abs() < 1e-5 and (advantage.std(correction=0) - 1).abs() < 1e-3)


def _loss(policy_loss: Part, ratio: list[float], advantage: list[float]) -> float:
    log_prob = torch.tensor(ratio).log()
    loss = policy_loss(log_prob, torch.zeros(len(ratio)), torch.tensor(advantage), 0.2)
    return loss.item()


def a_good_action_gains_up_to_the_clip(policy_loss: Part) -> bool:
    """R = 2, A = 1: the gain is capped at 1.2."""
    return abs(_loss(policy_loss, [2.0], [1.0]) + 1.2) < 1e-6


def a_bad_action_that_became_likelier_pays_in_full(policy_loss: Part) -> bool:
    """R = 2, A = -1: the loss is 2, without a cap."""
    return abs(_loss(policy_loss, [2.0], [-1.0]) - 2) < 1e-6


def every_sample_has_its_own_advantage(policy_loss: Part) -> bool:
    """R = 1.1 with A = 1 and r = 0.9 with A = -1: the gain is the mean of 1.1 and -0.9."""
    return abs(_loss(policy_loss, [1.1, 0.9], [1.0, -1.0]) + 0.1) < 1e-6


def a_divergence_is_never_negative(diagnose: Part) -> bool:
    """The old policy is a fair coin, the new one is not, and its actions are of both kinds."""
    policy = ActorCritic(1, 2, (4,), torch.Generator().manual_seed(0))
    with torch.no_grad():
        policy.get_parameter("actor.2.bias").copy_(torch.tensor([0.0, 2.0]))
    one, action = torch.ones(4, dtype=torch.float32), torch.tensor([0, 1, 0, 1])
    batch = Batch(one[:, None], action, (one / 2).log(), one, one, one)
    return diagnose(policy, batch, PPOConfig())["approx_kl"] >= 0


def every_step_earns_its_reward(rollouts: Part) -> bool:
    """CartPole pays 1 for every step, so a row that pays nothing is no step."""
    _, rollout = play(rollouts)
    return bool((rollout.reward[rollout.valid] == 1).all())


def the_next_value_is_the_next_rows(rollouts: Part) -> bool:
    """The environment shows the final observation before it resets: it is the next row's."""
    _, rollout = play(rollouts)
    return torch.allclose(rollout.next_value[:-1], rollout.value[1:])


def a_rollout_begins_where_the_environment_does(rollouts: Part) -> bool:
    """The first action was chosen for the observation that reset returned."""
    with closing(make_env("CartPole-v1", 16)) as env:
        first, _ = env.reset(seed=SEED)
    return torch.equal(play(rollouts)[1].obs[0], torch.from_numpy(first))


def actions_are_as_likely_as_written(rollouts: Part) -> bool:
    """The mean of -log pi(a|s) is the mean entropy, if a was sampled from pi: z-test, 5 sigma."""
    policy, rollout = play(rollouts, num_steps=256)
    surprise = -rollout.log_prob.flatten()
    expected = entropy(policy.logits(rollout.obs).detach().flatten(0, 1))
    difference = surprise - expected
    return bool(difference.mean().abs() < 5 * difference.std() / len(difference) ** 0.5)


def the_first_ratio_is_one(rollouts: Part) -> bool:
    """Before the first gradient step the policy has not moved, so no log-probability has."""
    policy, rollout = play(rollouts)
    log_prob = log_prob_of(policy.logits, rollout)
    return torch.allclose(log_prob, rollout.log_prob, atol=1e-5)
