"""Proximal policy optimisation, top to bottom: a batch, its loss, an update, the training loop.

Nothing of the mathematics stands here: losses, advantages and diagnostics are the functions of
`ppo_lesson.maths`, and two of them can be replaced by your own.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.arithmetic import equal_up_to_rounding
from ppo_lesson.maths.shapes import check_count, check_floats, check_seed
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import (
    Batch,
    TrainingResult,
    UpdateMetrics,
    approx_kl,
    diagnose,
)
from ppo_lesson.training.interrupts import INTERRUPTED, finish_on_interrupt, reason, telling_the_end
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.rollouts import (
    Rollout,
    collect,
    evaluate,
    make_env,
    world_name,
    world_sizes,
)
from ppo_lesson.training.steps import check_finite, check_gradient, gradient_step

__all__ = [
    "PPOConfig",
    "TrainingResult",
    "UpdateMetrics",
    "evaluate",
    "make_batch",
    "ppo_loss",
    "ppo_update",
    "train",
]


def make_batch(
    rollout: Rollout, config: PPOConfig, gae: Callable[..., Tensor] = maths.gae
) -> Batch:
    """Compute advantages while time still has an order, then drop what is no experience.

    Raises:
        FloatingPointError: an input or the advantage is not finite; the message names it.
        TypeError, ValueError: gae returned no tensor, or another shape than that of the rewards.
    """
    # Copies: whoever marks the last row as an end in place would have the next rollout skip a step.
    advantage = gae(
        rollout.reward * config.reward_scale,
        rollout.value.clone(),
        rollout.next_value.clone(),
        rollout.terminated.clone(),
        rollout.truncated.clone(),
        config.gamma,
        config.gae_lambda,
    )
    check_floats("T N", reward=rollout.reward, gae=advantage)
    columns = {
        "obs": rollout.obs,
        "reward": rollout.reward,
        "value": rollout.value,
        "next_value": rollout.next_value.masked_fill(rollout.terminated, 0.0),
        "advantage": advantage,
    }
    columns = {name: column[rollout.valid] for name, column in columns.items()}
    check_finite(**columns)
    advantage = columns["advantage"]
    if config.normalise_advantage:
        advantage = maths.normalise_advantage(advantage)
        if equal_up_to_rounding(columns["advantage"], made_of(columns, config)):
            advantage = torch.zeros_like(advantage)
    return Batch(
        obs=columns["obs"],
        action=rollout.action[rollout.valid],
        old_log_prob=rollout.log_prob[rollout.valid],
        advantage=advantage,
        old_value=columns["value"],
        value_target=columns["value"] + columns["advantage"],
    )


def made_of(columns: dict[str, Tensor], config: PPOConfig) -> Tensor:
    """Return the largest number that each advantage is a difference of, (B,): it rounds as that."""
    reward = columns["reward"] * config.reward_scale
    return torch.stack([reward, columns["value"], columns["next_value"]]).abs().amax(0)


def ppo_update(
    policy: ActorCritic,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    config: PPOConfig,
    generator: torch.Generator,
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss,
) -> list[float]:
    """Take several epochs of gradient steps on one batch, which the old policy collected.

    Returns:
        The norm of every gradient, before it was shortened: one entry per gradient step.

    Raises:
        FloatingPointError: a gradient is not finite; the parameters are those of the step before.
        ValueError: policy_loss returned one without a gradient.
    """
    gradient_norms = []
    for _ in range(config.num_epochs):
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator):
            loss = ppo_loss(policy, batch.select(index), config, policy_loss)
            gradient_norms.append(gradient_step(optimizer, loss, config.max_gradient_norm))
        if config.target_kl is not None and approx_kl(policy, batch) > config.target_kl:
            break
    return gradient_norms


def ppo_loss(
    policy: ActorCritic, batch: Batch, config: PPOConfig, policy_loss: Callable[..., Tensor]
) -> Tensor:
    """Add up what PPO minimises: the policy's loss, the critic's, minus the entropy bonus.

    L = L_clip + c_V L_V - c_H H, which is minus the objective of Schulman et al. (2017),
    arXiv:1707.06347, eq. 9.

    Raises:
        TypeError, ValueError: policy_loss returned no tensor, no scalar, or one without a gradient.
    """
    logits = policy.logits(batch.obs)
    log_prob = maths.action_log_prob(logits, batch.action)
    loss = policy_loss(log_prob, batch.old_log_prob, batch.advantage, config.clip_epsilon)
    check_floats("", policy_loss=loss)
    check_gradient(policy_loss=loss)
    if config.value_coefficient:
        loss = loss + config.value_coefficient * critic_loss(policy, batch, config)
    if config.entropy_coefficient:
        loss = loss - config.entropy_coefficient * maths.entropy(logits).mean()
    return loss


def critic_loss(policy: ActorCritic, batch: Batch, config: PPOConfig) -> Tensor:
    """Measure the critic's error, clipped or not."""
    value = policy.value(batch.obs)
    if config.clip_value:
        return maths.clipped_value_loss(
            value, batch.value_target, batch.old_value, config.clip_epsilon
        )
    return maths.value_loss(value, batch.value_target)


def make_policy(
    env: VectorEnv, hidden_sizes: tuple[int, ...], generator: torch.Generator
) -> ActorCritic:
    """Build an actor-critic that fits the environment's observations and actions.

    Raises:
        ValueError: the actions are not discrete, or an observation is not one row of numbers.
    """
    policy = ActorCritic(*world_sizes(env), hidden_sizes, generator)
    policy.world = world_name(env)
    return policy


def train(
    config: PPOConfig = PPOConfig(),  # noqa: B008 (frozen, so that calls can share it)
    *,
    seed: int,
    gae: Callable[..., Tensor] = maths.gae,
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    make_policy: Callable[..., ActorCritic] = make_policy,
    collect: Callable[..., Rollout] = collect,
    make_batch: Callable[..., Batch] = make_batch,
    diagnose: Callable[..., dict[str, float]] = diagnose,
    on_update: Callable[[ActorCritic, UpdateMetrics], bool | str | None] | None = None,
) -> TrainingResult:
    """Train a policy: collect, compute advantages, update, repeat.

    The same seed on the same machine gives the same numbers to the last bit; torch's and numpy's
    global random states are neither read nor changed. Ctrl-C ends training after the running
    update.

    Args:
        config: the settings.
        seed: of the initial weights, the environments, the actions and the minibatches.
        gae: computes advantages; takes the arguments of `ppo_lesson.maths.gae` in their order.
        policy_loss: takes the arguments of `ppo_lesson.maths.clipped_surrogate_loss` in their
            order.
        make_env: makes the vector environment from `config.env_id` and `config.num_envs`.
        make_policy: builds the policy; it and the next three take the arguments of the functions
            of these names, and are where notebook 09 plants its faults.
        collect: plays a rollout.
        make_batch: computes advantages and drops what is no experience.
        diagnose: measures what an update has done.
        on_update: called after each update with policy and metrics; training ends where it returns
            True, or a few words that say why. Its time does not count as training time. If it has
            a method `finish`, that is called once with the reason why training ended, an
            exception included.

    Returns:
        The policy, the metrics of every update, and why training ended. Data or gradients that
        are not finite end it too, with one RuntimeWarning that names them and the step; policy and
        history are then those of the last step before.
    """
    rollout, steps, gradient_steps, seconds = None, 0, 0, 0.0
    with (
        telling_the_end(on_update) as finish,
        closing(make_env(config.env_id, config.num_envs)) as env,
        finish_on_interrupt() as asked,
    ):
        generator, rng = generators(seed)
        policy = make_policy(env, config.hidden_sizes, generator)
        optimizer = torch.optim.Adam(policy.parameters(), eps=config.adam_epsilon, fused=True)
        result = TrainingResult(policy)
        while steps < config.total_steps:
            start = time.perf_counter()
            learning_rate = optimizer.param_groups[0]["lr"] = learning_rate_at(steps, config)
            rollout = collect(env, policy, config.num_steps, rng, previous=rollout, seed=seed)
            if not rollout.valid.any():
                continue  # every environment did nothing but reset itself
            steps += int(rollout.valid.sum())
            try:
                batch = make_batch(rollout, config, gae)
                norms = ppo_update(policy, optimizer, batch, config, generator, policy_loss)
            except FloatingPointError as error:
                result.stopped = f"{error} in update {len(result.history) + 1}, step {steps}"
                warnings.warn(f"training stopped: {result.stopped}", RuntimeWarning, stacklevel=2)
                break
            diagnosis = diagnose(policy, batch, config)
            gradient_steps += len(norms)
            seconds += time.perf_counter() - start
            metrics = UpdateMetrics(
                steps=steps,
                gradient_steps=gradient_steps,
                episode_return=mean(rollout.episode_returns),
                gradient_norm=mean(norms),
                learning_rate=learning_rate,
                seconds=seconds,
                **diagnosis,
            )
            result.history.append(metrics)
            stop = on_update is not None and on_update(policy, metrics)
            if asked() or stop:
                result.stopped = INTERRUPTED if asked() else reason(stop, "on_update")
                break
        finish(result.stopped)
    return result


def generators(seed: int) -> tuple[torch.Generator, np.random.Generator]:
    """Return what weights and minibatches are drawn with, and what actions are drawn with."""
    seed = check_seed(seed)
    # Not default_rng(seed): environments draw from that, and actions would follow their luck.
    return torch.Generator().manual_seed(seed), np.random.default_rng([seed, 1])


def learning_rate_at(steps: int, config: PPOConfig) -> float:
    """Return Adam's step size after so many environment steps: falling to 0, or constant."""
    steps = check_count("steps", steps, 0)
    if not config.anneal_learning_rate:
        return config.learning_rate
    return config.learning_rate * (1 - steps / config.total_steps)


def mean(numbers: Sequence[float]) -> float:
    """Average, NaN where there is nothing to average."""
    return sum(numbers) / len(numbers) if numbers else math.nan
