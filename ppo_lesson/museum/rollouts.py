"""The museum's second room: faults between the environment and the batch."""

from __future__ import annotations

import copy
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from torch import Tensor, nn

from ppo_lesson.maths import action_log_prob, entropy
from ppo_lesson.museum.fault import Fault, Part
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import make_policy
from ppo_lesson.training.rollouts import Rollout, collect, make_env

TEMPERATURE = 0.25
DROPOUT = 0.1  # share of the hidden units that a mask silences


def keeps_reset_rows(*arguments: Any, **keywords: Any) -> Rollout:
    """Collect a rollout, and take for experience what only resets an environment."""
    rollout = collect(*arguments, **keywords)
    return replace(rollout, valid=torch.ones_like(rollout.valid))


def bootstraps_from_the_reset(*arguments: Any, **keywords: Any) -> Rollout:
    """Collect a rollout; where an episode ends, value the first observation of the next one."""
    rollout = collect(*arguments, **keywords)
    ended = (rollout.terminated | rollout.truncated)[:-1]
    next_value = rollout.next_value.clone()
    # The row after an end only resets: what follows it is the next episode's first observation.
    next_value[:-1] = torch.where(ended, rollout.next_value[1:], next_value[:-1])
    return replace(rollout, next_value=next_value)


def stores_what_follows(
    env: VectorEnv, policy: ActorCritic, *arguments: Any, **keywords: Any
) -> Rollout:
    """Collect a rollout, but store beside each action the observation that came after it."""
    rollout = collect(env, policy, *arguments, **keywords)
    last = torch.from_numpy(rollout.last_obs).float()
    obs = torch.cat([rollout.obs[1:], last[None]])
    with torch.no_grad():
        return replace(
            rollout,
            obs=obs,
            log_prob=_log_prob(policy.actor, obs, rollout.action),
            value=policy.value(obs),
        )


def samples_with_a_temperature(
    env: VectorEnv, policy: ActorCritic, *arguments: Any, **keywords: Any
) -> Rollout:
    """Sample from softmax(logits / TEMPERATURE), but write down log-probabilities without it."""
    sampled = copy.deepcopy(policy)
    with torch.no_grad():
        for parameter in sampled.actor[-1].parameters():
            parameter /= TEMPERATURE
    rollout = collect(env, sampled, *arguments, **keywords)
    with torch.no_grad():
        return replace(rollout, log_prob=_log_prob(policy.actor, rollout.obs, rollout.action))


def scores_with_dropout(
    env: VectorEnv,
    policy: ActorCritic,
    num_steps: int,
    rng: np.random.Generator,
    **keywords: Any,
) -> Rollout:
    """Collect a rollout; its log-probabilities come from a network with a dropout mask."""
    rollout = collect(env, policy, num_steps, rng, **keywords)

    def with_mask(obs: Tensor) -> Tensor:
        for layer in policy.actor:
            obs = layer(obs)
            if isinstance(layer, nn.Tanh):
                kept = torch.from_numpy(rng.random(obs.shape) >= DROPOUT)
                obs = obs * kept / (1 - DROPOUT)
        return obs

    with torch.no_grad():
        return replace(rollout, log_prob=_log_prob(with_mask, rollout.obs, rollout.action))


def _log_prob(logits: Part, obs: Tensor, action: Tensor) -> Tensor:
    return action_log_prob(logits(obs).flatten(0, 1), action.flatten()).view(action.shape)


# ---- the tests that catch them ----------------------------------------------------------------


def play(collect: Part = collect, num_steps: int = 64) -> tuple[ActorCritic, Rollout]:
    """Play CartPole with a policy that has made up its mind, long enough for episodes to end."""
    with closing(make_env("CartPole-v1", 16)) as env:
        policy = make_policy(env, (16,), torch.Generator().manual_seed(0))
        with torch.no_grad():
            for parameter in policy.actor[-1].parameters():
                parameter *= 1000  # fresh ones are near 0, and all actions would look alike
        return policy, collect(env, policy, num_steps, np.random.default_rng(0), seed=0)


def every_step_earns_its_reward(collect: Part) -> bool:
    """CartPole pays 1 for every step, so a row that pays nothing is no step."""
    _, rollout = play(collect)
    return bool((rollout.reward[rollout.valid] == 1).all())


def the_next_value_is_the_next_rows(collect: Part) -> bool:
    """The environment shows the final observation before it resets: it is the next row's."""
    _, rollout = play(collect)
    return torch.allclose(rollout.next_value[:-1], rollout.value[1:])


def a_rollout_begins_where_the_environment_does(collect: Part) -> bool:
    """The first action was chosen for the observation that reset returned."""
    with closing(make_env("CartPole-v1", 16)) as env:
        first, _ = env.reset(seed=0)
    return torch.equal(play(collect)[1].obs[0], torch.from_numpy(first))


def actions_are_as_likely_as_written(collect: Part) -> bool:
    """The mean of -log pi(a|s) is the mean entropy, if a was sampled from pi: z-test, 5 sigma."""
    policy, rollout = play(collect, num_steps=256)
    surprise = -rollout.log_prob.flatten()
    expected = entropy(policy.logits(rollout.obs).detach().flatten(0, 1))
    difference = surprise - expected
    return bool(difference.mean().abs() < 5 * difference.std() / len(difference) ** 0.5)


def the_first_ratio_is_one(collect: Part) -> bool:
    """Before the first gradient step the policy has not moved, so no log-probability has."""
    policy, rollout = play(collect)
    log_prob = _log_prob(policy.logits, rollout.obs, rollout.action)
    return torch.allclose(log_prob, rollout.log_prob, atol=1e-5)


# ---- the exhibits -----------------------------------------------------------------------------

FAULTS = (
    Fault(
        id="reset-rows",
        title="rows that only reset an environment are trained on",
        symptom=(
            "None that the dashboard shows: every run ends at the top, a little later at most."
        ),
        change="The mask of valid rows says yes everywhere.",
        right_line="columns = {name: column[rollout.valid] for name, column in columns.items()}",
        wrong_line="columns = {name: column.flatten(0, 1) for name, column in columns.items()}",
        part="collect",
        wrong=keeps_reset_rows,
        test=every_step_earns_its_reward,
        is_silent=True,
    ),
    Fault(
        id="reset-observation",
        title="a truncated episode is bootstrapped from the first observation of the next",
        symptom=(
            "None before the pole stands 500 steps, as no episode is truncated before; and none "
            "after, as the start of an episode is worth about as much as its truncated end."
        ),
        change="Where an episode ends, next_value is that of the next episode's start.",
        right_line='next_obs[ended] = np.stack(info["final_obs"][ended])',
        wrong_line="next_obs[ended] = following[ended]",
        part="collect",
        wrong=bootstraps_from_the_reset,
        test=the_next_value_is_the_next_rows,
        is_silent=True,
    ),
    Fault(
        id="shifted-observation",
        title="beside each action stands the observation that came after it",
        symptom=(
            "The return falls below a coin's at once, while the critic explains nearly "
            "everything and the gradient norm is far above a healthy one."
        ),
        change="The step is stored after the observation was replaced by the one that follows.",
        right_line="rows.append((obs, action, reward, next_obs, terminated, truncated, ~resets))",
        wrong_line=(
            "rows.append((following, action, reward, next_obs, terminated, truncated, ~resets))"
        ),
        part="collect",
        wrong=stores_what_follows,
        test=a_rollout_begins_where_the_environment_does,
    ),
    Fault(
        id="temperature",
        title="actions are sampled with a temperature and scored without",
        symptom=(
            "The return wobbles and ends below the top in most runs; KL, explained variance "
            "and first ratios look ordinary."
        ),
        change=f"Actions are sampled from softmax(logits / {TEMPERATURE}).",
        right_line="return (logits + rng.gumbel(size=logits.shape)).argmax(-1)",
        wrong_line=("return (logits / temperature + rng.gumbel(size=logits.shape)).argmax(-1)"),
        part="collect",
        wrong=samples_with_a_temperature,
        test=actions_are_as_likely_as_written,
    ),
    Fault(
        id="dropout-mask",
        title="old log-probabilities were computed with another dropout mask",
        symptom=(
            "The ratios of the first minibatch are not 1, less and less so; the KL stays "
            "above 0 when the learning rate falls to 0. The return does not show it."
        ),
        change="The network that scores the actions of a rollout is in training mode.",
        right_line="logits = policy.logits(obs).flatten(0, 1)",
        wrong_line="logits = policy.train().logits(obs).flatten(0, 1)",
        part="collect",
        wrong=scores_with_dropout,
        test=the_first_ratio_is_one,
    ),
)
