"""The museum's second room: faults between the environment and the batch."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv, VectorWrapper
from torch import Tensor, nn

from ppo_lesson.museum.detectors import (
    a_rollout_begins_where_the_environment_does,
    actions_are_as_likely_as_written,
    every_step_earns_its_reward,
    log_prob_of,
    the_first_ratio_is_one,
    the_next_value_is_the_next_rows,
)
from ppo_lesson.museum.fault import Fault
from ppo_lesson.training.experience import Player, Rollout, rollouts
from ppo_lesson.training.networks import ActorCritic, Sampler

TEMPERATURE = 0.25
DROPOUT = 0.1  # share of the hidden units that a mask silences


def keeps_reset_rows(
    env: VectorEnv, policy: ActorCritic, num_steps: int, seed: int
) -> Iterator[Rollout]:
    """Play, and take for experience what only resets an environment."""
    for rollout in rollouts(env, policy, num_steps, seed):
        yield replace(rollout, valid=torch.ones_like(rollout.valid))


def bootstraps_from_the_reset(
    env: VectorEnv, policy: ActorCritic, num_steps: int, seed: int
) -> Iterator[Rollout]:
    """Play; where an episode ends, value the first observation of the next one."""
    for rollout in rollouts(env, policy, num_steps, seed):
        ended = (rollout.terminated | rollout.truncated)[:-1]
        next_value = rollout.next_value.clone()
        # The row after an end only resets: what follows it is the next episode's first observation.
        next_value[:-1] = torch.where(ended, rollout.next_value[1:], next_value[:-1])
        yield replace(rollout, next_value=next_value)


def stores_what_follows(
    env: VectorEnv, policy: ActorCritic, num_steps: int, seed: int
) -> Iterator[Rollout]:
    """Play, but store beside each action the observation that came after it."""
    env = _RemembersObs(env)
    for rollout in rollouts(env, policy, num_steps, seed):
        obs = torch.cat([rollout.obs[1:], torch.from_numpy(env.obs).float()[None]])
        with torch.no_grad():
            shifted = replace(rollout, obs=obs, value=policy.value(obs))
            log_prob = log_prob_of(policy.logits, shifted)
        yield replace(shifted, log_prob=log_prob)


class _RemembersObs(VectorWrapper):
    """Keeps what it has shown last, (N, D)."""

    def step(self, actions: Any) -> Any:
        answer = super().step(actions)
        self.obs = np.array(answer[0])
        return answer


def samples_with_a_temperature(
    env: VectorEnv, policy: ActorCritic, num_steps: int, seed: int
) -> Iterator[Rollout]:
    """Sample from softmax(logits / TEMPERATURE), but write down log-probabilities without it."""

    def sampler(rng: np.random.Generator) -> Sampler:
        sampled = copy.deepcopy(policy)
        with torch.no_grad():
            for parameter in sampled.actor[-1].parameters():
                parameter /= TEMPERATURE
        return sampled.sampler(rng)

    return rollouts(env, Player(sampler, policy.logits, policy.value), num_steps, seed)


def scores_with_dropout(
    env: VectorEnv, policy: ActorCritic, num_steps: int, seed: int
) -> Iterator[Rollout]:
    """Play; the log-probabilities of the actions come from a network with a dropout mask."""
    luck: list[np.random.Generator] = []

    def sampler(rng: np.random.Generator) -> Sampler:
        luck[:] = [rng]
        return policy.sampler(rng)

    def logits(obs: Tensor) -> Tensor:
        for layer in policy.actor:
            obs = layer(obs)
            if isinstance(layer, nn.Tanh):
                kept = torch.from_numpy(luck[0].random(obs.shape) >= DROPOUT)
                obs = obs * kept / (1 - DROPOUT)
        return obs

    return rollouts(env, Player(sampler, logits, policy.value), num_steps, seed)


FAULTS = (
    Fault(
        id="reset-rows",
        title="rows that only reset an environment are trained on",
        change="The mask of valid rows says yes everywhere.",
        part="rollouts",
        wrong=keeps_reset_rows,
        test=every_step_earns_its_reward,
    ),
    Fault(
        id="reset-observation",
        title="after a time limit the next episode's start is valued",
        change="Where an episode ends, next_value is that of the next episode's start.",
        part="rollouts",
        wrong=bootstraps_from_the_reset,
        test=the_next_value_is_the_next_rows,
    ),
    Fault(
        id="shifted-observation",
        title="each action is stored with the observation that followed",
        change="The step is stored after the observation was replaced by the one that follows.",
        part="rollouts",
        wrong=stores_what_follows,
        test=a_rollout_begins_where_the_environment_does,
    ),
    Fault(
        id="temperature",
        title="actions are sampled with a temperature and scored without",
        change=f"Actions are sampled from softmax(logits / {TEMPERATURE}).",
        part="rollouts",
        wrong=samples_with_a_temperature,
        test=actions_are_as_likely_as_written,
    ),
    Fault(
        id="dropout-mask",
        title="old log-probabilities were computed with another dropout mask",
        change="The network that scores the actions of a rollout is in training mode.",
        part="rollouts",
        wrong=scores_with_dropout,
        test=the_first_ratio_is_one,
    ),
)
