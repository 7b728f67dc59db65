"""Trainings of a moment, and what two of them are compared by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import gymnasium
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from torch import Tensor, nn

from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, IterationMetrics, TrainingResult
from ppo_lesson.training.experience import Rollout, make_env, rollouts
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.ppo import make_batch
from ppo_lesson.training.session import make_policy

MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)
SEED = 4001
# Small enough for a moment: 7 iterations of some 6 gradient steps.
TINY = PPOConfig(
    total_steps=200,
    num_envs=4,
    num_steps=8,
    num_epochs=2,
    minibatch_size=12,
    hidden_sizes=(8,),
    target_kl=None,
    anneal_learning_rate=False,
)
# Enough for a probe: 50 gradient steps; the worst of 24 runs missed a value by 0.05.
PROBING = PPOConfig(
    env_id="probe",
    total_steps=800,
    num_envs=8,
    num_steps=10,
    num_epochs=5,
    minibatch_size=80,
    learning_rate=5e-2,
    gamma=0.8,
    hidden_sizes=(16,),
    reward_scale=0.5,
    target_kl=None,
)


def envs_of(
    make: Callable[[], gymnasium.Env[Any, Any]], mode: AutoresetMode = AutoresetMode.NEXT_STEP
) -> Callable[[str, int], VectorEnv]:
    return lambda env_id, num_envs: SyncVectorEnv([make] * num_envs, autoreset_mode=mode)


def parameters(policy: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(policy.parameters()).detach().clone()


def assert_equal_results(one: TrainingResult, other: TrainingResult) -> None:
    """Compare to the last bit, clocks left out."""
    assert torch.equal(parameters(one.policy), parameters(other.policy))
    for field in fields(IterationMetrics):
        if field.name != "seconds":
            pair = one.curve(field.name), other.curve(field.name)
            torch.testing.assert_close(*pair, rtol=0, atol=0, equal_nan=True)


def a_rollout(num_steps: int = 40, config: PPOConfig = TINY) -> tuple[ActorCritic, Rollout]:
    """Play CartPole with a fresh policy, long enough for episodes to end."""
    env = make_env("CartPole-v1", config.num_envs)
    policy = make_policy(env, config.hidden_sizes, torch.Generator().manual_seed(0))
    return policy, next(rollouts(env, policy, num_steps, SEED))


def a_batch(config: PPOConfig = TINY) -> tuple[ActorCritic, Batch]:
    policy, rollout = a_rollout(config=config)
    return policy, make_batch(rollout, config)


def moved(policy: ActorCritic, size: float = 0.3) -> ActorCritic:
    """Move every weight a little, as if some updates had gone by."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.add_(size * torch.randn(parameter.shape, generator=generator))
    return policy
