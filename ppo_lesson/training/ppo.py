"""Proximal policy optimisation, top to bottom: settings, one update, the training loop.

Nothing of the mathematics stands here: losses, advantages and diagnostics are the functions of
`ppo_lesson.maths`, and two of them can be replaced by your own.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from torch import Tensor, nn

from ppo_lesson import maths
from ppo_lesson.maths.shapes import check_between, check_positive
from ppo_lesson.training.interrupts import finish_on_interrupt
from ppo_lesson.training.networks import ActorCritic
from ppo_lesson.training.rollouts import Rollout, collect, make_env


@dataclass(frozen=True)
class PPOConfig:
    """Settings of PPO; the defaults solve CartPole-v1 in about half a second on one core."""

    env_id: str = "CartPole-v1"  # gymnasium's name of the environment
    total_steps: int = 50_000  # environment steps to train for, over all environments
    num_envs: int = 32  # environments that run side by side
    num_steps: int = 32  # steps in each of them per rollout
    num_epochs: int = 4  # passes over each rollout
    minibatch_size: int = 256  # samples per gradient step
    learning_rate: float = 5e-3  # Adam's step size at the start
    anneal_learning_rate: bool = True  # fall linearly to 0 at total_steps, or stay
    adam_epsilon: float = 1e-5  # added to the denominator of Adam's step
    gamma: float = 0.99  # discount of the reward one step later
    gae_lambda: float = 0.95  # mixing of n-step advantages, 0 (one step) to 1 (all)
    reward_scale: float = 0.1  # the critic learns rewards times this, so that its targets are small
    normalise_advantage: bool = True  # centre and scale the advantages of each minibatch
    clip_epsilon: float = 0.2  # half-width of the interval in which a ratio is rewarded
    clip_value: bool = False  # clip the critic's move too, by the same clip_epsilon
    value_coefficient: float = 0.5  # weight of the critic's loss
    entropy_coefficient: float = 0.0  # weight of the entropy bonus
    max_gradient_norm: float = 0.5  # longer gradients are shortened to this
    target_kl: float | None = None  # stop the epochs of an update beyond this approximate KL
    hidden_sizes: tuple[int, ...] = (32, 32)  # width of each hidden layer of actor and critic

    def __post_init__(self) -> None:
        """Refuse settings that cannot work, by name."""
        counts = ("total_steps", "num_envs", "num_steps", "num_epochs", "minibatch_size")
        for name in counts:
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected 1 or more, got {getattr(self, name)!r}")
        for name in ("learning_rate", "adam_epsilon", "reward_scale", "max_gradient_norm"):
            check_positive(**{name: getattr(self, name)})
        for name in ("gamma", "gae_lambda"):
            check_between(0, 1, **{name: getattr(self, name)})
        check_between(0, 1, open_low=True, open_high=True, clip_epsilon=self.clip_epsilon)
        for name in ("value_coefficient", "entropy_coefficient"):
            check_between(0, math.inf, open_high=True, **{name: getattr(self, name)})
        if self.target_kl is not None:
            check_positive(target_kl=self.target_kl)


@dataclass(frozen=True)
class UpdateMetrics:
    """What one iteration looked like: a rollout, then its epochs of gradient steps."""

    steps: int  # environment steps so far, rows that only reset an environment not counted
    gradient_steps: int  # steps of the optimiser so far
    episode_return: float  # mean return of the episodes that ended in the rollout; NaN if none did
    approx_kl: float  # k3 estimate of KL(old || new) over the rollout after its last epoch, in nats
    clip_fraction: float  # share of ratios outside 1 +- epsilon, as most libraries log it
    active_clip_fraction: float  # share of samples that the clip leaves without a gradient
    entropy: float  # mean entropy of the new policy on the rollout, in nats
    explained_variance: float  # of the value targets by the critic, before the update
    gradient_norm: float  # mean norm of the gradients before they were shortened
    learning_rate: float  # Adam's step size in this update
    seconds: float  # training time so far, time in on_update not counted

    @property
    def steps_per_second(self) -> float:
        """Environment steps trained on per second of training, so far."""
        return self.steps / self.seconds


@dataclass
class TrainingResult:
    """The trained policy and the way there."""

    policy: ActorCritic
    history: list[UpdateMetrics] = field(default_factory=list)  # one entry per update
    stopped: str = "all steps done"  # why training ended

    def curve(self, name: str) -> Tensor:
        """Return one metric over all updates, (U,) float64; `name` is a field of UpdateMetrics."""
        return torch.tensor([getattr(metrics, name) for metrics in self.history], dtype=torch.float64)


class Batch(NamedTuple):
    """The valid steps of a rollout in one row of B samples; all that an update needs to know."""

    obs: Tensor  # (B, D)
    action: Tensor  # (B,)
    old_log_prob: Tensor  # (B,) under the policy that acted
    advantage: Tensor  # (B,)
    old_value: Tensor  # (B,) before the update
    value_target: Tensor  # (B,) what the critic is fitted to

    def select(self, index: Tensor) -> Batch:
        """Return the samples of one minibatch."""
        return Batch(*(column[index] for column in self))


def make_batch(rollout: Rollout, config: PPOConfig, gae: Callable[..., Tensor] = maths.gae) -> Batch:
    """Compute advantages while time still has an order, then drop what is no experience.

    Raises:
        FloatingPointError: an input or the advantage is not finite; the message names it.
    """
    advantage = gae(
        rollout.reward * config.reward_scale,
        rollout.value,
        rollout.next_value,
        rollout.terminated,
        rollout.truncated,
        config.gamma,
        config.gae_lambda,
    )
    columns = {"obs": rollout.obs, "reward": rollout.reward, "value": rollout.value}
    for name, column in {**columns, "advantage": advantage}.items():
        if not torch.isfinite(column[rollout.valid]).all():
            raise FloatingPointError(f"{name} is not finite")
    columns = (rollout.obs, rollout.action, rollout.log_prob, advantage, rollout.value)
    flat = [column[rollout.valid] for column in columns]
    return Batch(*flat, value_target=(rollout.value + advantage)[rollout.valid])


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
    """
    gradient_norms = []
    for _ in range(config.num_epochs):
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator):
            loss = ppo_loss(policy, batch.select(index), config, policy_loss)
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm).item()
            if not math.isfinite(norm):
                raise FloatingPointError(f"the gradient's norm is {norm}")
            optimizer.step()
            gradient_norms.append(norm)
        if config.target_kl is not None and approx_kl(policy, batch) > config.target_kl:
            break
    return gradient_norms


def ppo_loss(
    policy: ActorCritic, batch: Batch, config: PPOConfig, policy_loss: Callable[..., Tensor]
) -> Tensor:
    """Add up what PPO minimises: the policy's loss, the critic's, minus the entropy bonus.

    L = L_clip + c_v L_value - c_e H   (Schulman et al., 2017, arXiv:1707.06347, eq. 9)
    """
    logits = policy.logits(batch.obs)
    log_prob = maths.action_log_prob(logits, batch.action)
    advantage = batch.advantage
    if config.normalise_advantage:
        advantage = maths.normalise_advantage(advantage)
    loss = policy_loss(log_prob, batch.old_log_prob, advantage, config.clip_epsilon)
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


@torch.no_grad()
def approx_kl(policy: ActorCritic, batch: Batch) -> float:
    """Estimate how far the policy has moved from the one that collected the batch, in nats."""
    log_prob = maths.action_log_prob(policy.logits(batch.obs), batch.action)
    return maths.kl_k3(log_prob, batch.old_log_prob).item()


@torch.no_grad()
def diagnose(policy: ActorCritic, batch: Batch, config: PPOConfig) -> dict[str, float]:
    """Measure, after an update, what the dashboard shows; names as in UpdateMetrics."""
    logits = policy.logits(batch.obs)
    log_prob = maths.action_log_prob(logits, batch.action)
    ratio = maths.policy_ratio(log_prob, batch.old_log_prob)
    measured = {
        "approx_kl": maths.kl_k3(log_prob, batch.old_log_prob),
        "clip_fraction": maths.clip_fraction(ratio, config.clip_epsilon),
        "active_clip_fraction": maths.active_clip_fraction(
            ratio, batch.advantage, config.clip_epsilon
        ),
        "entropy": maths.entropy(logits).mean(),
        "explained_variance": maths.explained_variance(batch.old_value, batch.value_target),
    }
    return {name: number.item() for name, number in measured.items()}


def train(
    config: PPOConfig = PPOConfig(),
    *,
    seed: int,
    gae: Callable[..., Tensor] = maths.gae,
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    on_update: Callable[[ActorCritic, UpdateMetrics], bool | None] | None = None,
) -> TrainingResult:
    """Train a policy: collect, compute advantages, update, repeat.

    The same seed on the same machine gives the same numbers to the last bit; torch's and numpy's
    global random states are neither read nor changed. Ctrl-C ends training after the running update.

    Args:
        config: the settings.
        seed: of the initial weights, the environments, the actions and the minibatches.
        gae: computes advantages; takes the arguments of `ppo_lesson.maths.gae` in their order.
        policy_loss: takes the arguments of `ppo_lesson.maths.clipped_surrogate_loss` in their order.
        make_env: makes the vector environment from `config.env_id` and `config.num_envs`.
        on_update: called after each update with policy and metrics; training ends where it returns
            True. Its time does not count as training time.

    Returns:
        The policy, the metrics of every update, and why training ended. Data or gradients that
        are not finite end it too, with one RuntimeWarning that names them and the step; policy and
        history are then those of the last step before.
    """
    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    rollout, steps, gradient_steps, seconds = None, 0, 0, 0.0
    with closing(make_env(config.env_id, config.num_envs)) as env, finish_on_interrupt() as asked:
        policy = make_policy(env, config.hidden_sizes, generator)
        optimizer = torch.optim.Adam(policy.parameters(), eps=config.adam_epsilon, fused=True)
        result = TrainingResult(policy)
        while steps < config.total_steps:
            start = time.perf_counter()
            learning_rate = optimizer.param_groups[0]["lr"] = learning_rate_at(steps, config)
            rollout = collect(env, policy, config.num_steps, rng, previous=rollout, seed=seed)
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
            if asked():
                result.stopped = "interrupted"
                break
            if on_update is not None and on_update(policy, metrics):
                result.stopped = "on_update returned True"
                break
    return result


def make_policy(
    env: VectorEnv, hidden_sizes: tuple[int, ...], generator: torch.Generator
) -> ActorCritic:
    """Build an actor-critic that fits the environment's observations and actions.

    Raises:
        ValueError: the actions are not discrete, or an observation is not one row of numbers.
    """
    actions, obs = env.single_action_space, env.single_observation_space
    if not isinstance(actions, spaces.Discrete) or not isinstance(obs, spaces.Box):
        raise ValueError(f"env: expected Box observations and Discrete actions, got {obs}, {actions}")
    if len(obs.shape) != 1:
        raise ValueError(f"env: expected observations of shape (D,), got {obs.shape}")
    return ActorCritic(obs.shape[0], int(actions.n), hidden_sizes, generator)


def learning_rate_at(steps: int, config: PPOConfig) -> float:
    """Return Adam's step size after so many environment steps: falling to 0, or constant."""
    if not config.anneal_learning_rate:
        return config.learning_rate
    return config.learning_rate * (1 - steps / config.total_steps)


def mean(numbers: Sequence[float]) -> float:
    """Average, NaN where there is nothing to average."""
    return sum(numbers) / len(numbers) if numbers else math.nan
