"""Proximal policy optimisation, top to bottom: its iterations, an update, the loss, the batch.

Nothing of the mathematics stands here: losses, advantages and diagnostics are the functions of
`ppo_lesson.maths`. Nothing of time-keeping and stopping either: `session` attends to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths import clipped_surrogate_loss
from ppo_lesson.maths.arithmetic import equal_up_to_rounding
from ppo_lesson.maths.shapes import check_count, check_floats
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, approx_kl, first_ratio
from ppo_lesson.training.experience import Rollout
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.steps import check_finite, check_gradient, gradient_step


class Iteration(NamedTuple):
    """One rollout and its epochs."""

    rollout: Rollout
    batch: Batch  # what was learned from
    steps: int  # environment steps so far, rows that only reset an environment not counted
    learning_rate: float
    first_ratio: float
    gradient_norms: list[float]  # before they were shortened, one per gradient step


# The next two stand in notebook 08 and are read aloud: what their arguments are, their docstrings
# say.


def iterations(env, policy, config, seed, generator, parts) -> Iterator[Iteration]:
    """Play, compute advantages, take gradient steps; again and again.

    Args:
        env: the N environments of a VectorEnv.
        policy: an ActorCritic; it learns in place.
        config: the settings, a PPOConfig.
        seed: of environments and actions.
        generator: a torch.Generator, which deals the minibatches.
        parts: the functions, a `session.Parts`.

    Yields:
        Each iteration, when its gradient steps are taken.

    Raises:
        NotFiniteError: data or a gradient is not finite; the message names it.
    """
    optimizer = torch.optim.Adam(policy.parameters(), eps=config.adam_epsilon, fused=True)
    steps = 0
    for rollout in parts.rollouts(env, policy, config.num_steps, seed):
        if rollout.valid.any():  # else every environment did nothing but reset itself
            batch = parts.make_batch(rollout, config, parts.gae)
            optimizer.param_groups[0]["lr"] = rate = learning_rate_at(steps, config)
            first = first_ratio(policy, batch, config, generator)
            given = policy, optimizer, batch, config, generator, parts.policy_loss
            norms = parts.update(*given) or []
            steps += len(batch.action)
            yield Iteration(rollout, batch, steps, rate, first, norms)
        if steps >= config.total_steps:
            return


def ppo_update(policy, optimizer, batch, config, generator, policy_loss=clipped_surrogate_loss):
    """Take several epochs of gradient steps on one batch, which the old policy collected.

    Args:
        policy: an ActorCritic; it learns in place.
        optimizer: a torch.optim.Optimizer of its parameters.
        batch: B samples, a Batch.
        config: the settings, a PPOConfig.
        generator: a torch.Generator, which deals the minibatches.
        policy_loss: takes the arguments of `ppo_lesson.maths.clipped_surrogate_loss` in their
            order.

    Returns:
        The norm of every gradient, before it was shortened: one entry per gradient step.

    Raises:
        NotFiniteError: a gradient is not finite; the parameters are those of the step before.
        ValueError: policy_loss returned one without a gradient.
    """
    norms = []
    for _ in range(config.num_epochs):
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator):
            loss = ppo_loss(policy, batch.select(index), config, policy_loss)
            norms.append(gradient_step(optimizer, loss, config.max_gradient_norm))
        if config.target_kl is not None and approx_kl(policy, batch) > config.target_kl:
            break
    return norms


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


def plain_surrogate_loss(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    """Leave out the clip: `surrogate_loss` with the arguments of `clipped_surrogate_loss`.

    Args:
        log_prob: (N,) under the current policy.
        old_log_prob: (N,) under the policy that acted.
        advantage: (N,) of each action.
        clip_epsilon: not used.
    """
    return maths.surrogate_loss(log_prob, old_log_prob, advantage)


def make_batch(
    rollout: Rollout, config: PPOConfig, gae: Callable[..., Tensor] = maths.gae
) -> Batch:
    """Compute advantages while time still has an order, then drop what is no experience.

    Raises:
        NotFiniteError: an input or the advantage is not finite; the message names it.
        TypeError, ValueError: gae returned no tensor, or another shape than that of the rewards.
    """
    # Copies, which a gae of your own may work in.
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


def learning_rate_at(steps: int, config: PPOConfig) -> float:
    """Return Adam's step size after so many environment steps: falling to 0, or constant."""
    steps = check_count("steps", steps, 0)
    if not config.anneal_learning_rate:
        return config.learning_rate
    return config.learning_rate * (1 - steps / config.total_steps)
