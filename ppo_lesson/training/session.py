"""One training from its settings to its result: what it is made of, what is written down of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import cast

import torch
from gymnasium.vector import VectorEnv
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.maths.shapes import check_seed
from ppo_lesson.training import ppo
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, IterationMetrics, TrainingResult, diagnose
from ppo_lesson.training.experience import Rollout, make_env, rollouts, world_name, world_sizes
from ppo_lesson.training.interrupts import Watch, attend
from ppo_lesson.training.networks import ActorCritic


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


@dataclass(frozen=True)
class Parts:
    """The functions that training is made of, each of which another one may stand in for."""

    make_env: Callable[[str, int], VectorEnv] = make_env
    make_policy: Callable[..., ActorCritic] = make_policy
    rollouts: Callable[..., Iterator[Rollout]] = rollouts
    make_batch: Callable[..., Batch] = ppo.make_batch
    gae: Callable[..., Tensor] = maths.gae
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss
    update: Callable[..., list[float] | None] = ppo.ppo_update
    diagnose: Callable[..., dict[str, float]] = diagnose


RIGHT = Parts()
"""The package's own functions."""

ALL_DONE = "all steps done"
"""Why training ended, where nothing came in between."""


def train(
    config: PPOConfig = PPOConfig(),  # noqa: B008 (frozen, so that calls can share it)
    *,
    seed: int,
    gae: Callable[..., Tensor] = maths.gae,
    policy_loss: Callable[..., Tensor] = maths.clipped_surrogate_loss,
    update: Callable[..., list[float] | None] = ppo.ppo_update,
    make_env: Callable[[str, int], VectorEnv] = make_env,
    watch: Watch[TrainingResult] | None = None,
) -> TrainingResult:
    """Train a policy: collect, compute advantages, update, repeat.

    The same seed on the same machine gives the same numbers to the last bit; torch's and numpy's
    global random states are neither read nor changed. Ctrl-C ends training after the running
    iteration.

    Args:
        config: the settings.
        seed: of the initial weights, the environments, the actions and the minibatches.
        gae: computes advantages; takes the arguments of `ppo_lesson.maths.gae` in their order.
        policy_loss: takes the arguments of `ppo_lesson.maths.clipped_surrogate_loss` in their
            order.
        update: takes an iteration's gradient steps, in place; it is given policy, optimizer, batch,
            config, generator and policy_loss, as `ppo_update`, and returns the norms of its
            gradients or nothing.
        make_env: makes the vector environment from `config.env_id` and `config.num_envs`.
        watch: called with the result after each iteration; training ends where it returns True, or
            a few words that say why. It is called once more when training has ended, whatever
            ended it: then `result.stopped` says why. Its time does not count as training time.

    Returns:
        The policy, the metrics of every iteration, and why training ended. Data or gradients that
        are not finite end it too, with one RuntimeWarning that names them and the iteration; policy
        and history are then those of the last step before.

    Raises:
        ValueError: seed is no seed.
    """
    parts = Parts(make_env=make_env, gae=gae, policy_loss=policy_loss, update=update)
    return train_with(parts, config, seed=seed, watch=watch)


def train_with(
    parts: Parts, config: PPOConfig, *, seed: int, watch: Watch[TrainingResult] | None = None
) -> TrainingResult:
    """Train as `train` does, with any part replaced: for the museum and for experiments.

    Args:
        parts: the functions.
        config: as in `train`; the rest too.
        seed: of all that is drawn.
        watch: looks on.
    """
    result = TrainingResult(cast("ActorCritic", None))  # until it is made
    return attend(result, _records(result, parts, config, seed), watch, done=ALL_DONE)


def _records(
    result: TrainingResult, parts: Parts, config: PPOConfig, seed: int
) -> Generator[IterationMetrics, None, None]:
    """Make world and policy, and write down what each iteration did."""
    gradient_steps, seconds = 0, 0.0
    with closing(parts.make_env(config.env_id, config.num_envs)) as env:
        generator = torch.Generator().manual_seed(check_seed(seed))
        policy = result.policy = parts.make_policy(env, config.hidden_sizes, generator)
        begin = time.perf_counter()
        for iteration in ppo.iterations(env, policy, config, seed, generator, parts):
            norms = _check_norms(iteration.gradient_norms)
            diagnosis = parts.diagnose(policy, iteration.batch, config)
            gradient_steps += len(norms)
            seconds += time.perf_counter() - begin
            yield IterationMetrics(
                steps=iteration.steps,
                gradient_steps=gradient_steps,
                episode_return=mean(iteration.rollout.episode_returns),
                first_ratio=iteration.first_ratio,
                gradient_norm=mean(norms),
                learning_rate=iteration.learning_rate,
                seconds=seconds,
                **diagnosis,
            )
            begin = time.perf_counter()  # what went on in between was no training


def _check_norms(norms: object) -> list[float]:
    if not isinstance(norms, list):
        kind = type(norms).__name__
        raise TypeError(f"update: expected a list of gradient norms, or None, got {kind}")
    return norms


def mean(numbers: Sequence[float]) -> float:
    """Average, NaN where there is nothing to average."""
    return sum(numbers) / len(numbers) if numbers else math.nan
