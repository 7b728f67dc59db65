"""The settings of PPO, each with its meaning; values that cannot work are refused by name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ppo_lesson.maths.shapes import check_between, check_count, check_positive


@dataclass(frozen=True)
class PPOConfig:
    """Settings of PPO; the defaults solve CartPole-v1 (tests/benchmarks/run.py tells how fast).

    Raises:
        ValueError: a setting is out of range; the message names it.
    """

    env_id: str = "CartPole-v1"  # gymnasium's name of the environment
    total_steps: int = 50_000  # train until at least so many environment steps, all together
    num_envs: int = 32  # environments that run side by side
    num_steps: int = 32  # steps in each of them per rollout
    num_epochs: int = 4  # passes over each rollout
    minibatch_size: int = 512  # samples per gradient step
    learning_rate: float = 1.5e-2  # Adam's step size at the start
    anneal_learning_rate: bool = True  # fall linearly to 0 at total_steps, or stay
    adam_epsilon: float = 1e-5  # added to the denominator of Adam's step
    gamma: float = 0.99  # discount of the reward one step later
    gae_lambda: float = 0.95  # mixing of n-step advantages, 0 (one step) to 1 (all)
    reward_scale: float = (
        0.1  # rewards are multiplied by this, so that the critic's targets are small
    )
    normalise_advantage: bool = True  # centre and scale the advantages of each rollout
    clip_epsilon: float = 0.2  # half-width of the interval in which a ratio is rewarded
    clip_value: bool = False  # clip the critic's move too, by the same clip_epsilon
    value_coefficient: float = 0.5  # weight of the critic's loss
    entropy_coefficient: float = 0.0  # weight of the entropy bonus
    max_gradient_norm: float = 0.5  # longer gradients are shortened to this
    target_kl: float | None = None  # no further epoch once the approximate KL is above it, in nats
    hidden_sizes: tuple[int, ...] = (32, 32)  # width of each hidden layer of actor and critic

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        counts = ("total_steps", "num_envs", "num_steps", "num_epochs", "minibatch_size")
        settle_counts(self, *counts)
        object.__setattr__(self, "hidden_sizes", check_sizes(self.hidden_sizes))
        if not isinstance(self.env_id, str) or not self.env_id:
            raise ValueError(f"env_id: expected gymnasium's name of a world, got {self.env_id!r}")
        for name in ("anneal_learning_rate", "normalise_advantage", "clip_value"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}: expected True or False, got {getattr(self, name)!r}")
        check_learning_rate(self.learning_rate)
        for name in ("adam_epsilon", "reward_scale", "max_gradient_norm"):
            check_positive(**{name: getattr(self, name)})
        for name in ("gamma", "gae_lambda"):
            check_between(0, 1, **{name: getattr(self, name)})
        for name in ("value_coefficient", "entropy_coefficient"):
            check_between(0, math.inf, open_high=True, **{name: getattr(self, name)})
        check_between(0, 1, open_low=True, open_high=True, clip_epsilon=self.clip_epsilon)
        if self.target_kl is not None:
            check_positive(target_kl=self.target_kl)


def settle_counts(config: object, *names: str) -> None:
    """Check counts of frozen settings, 1 or more, and keep them as Python's integers.

    Raises:
        ValueError: a count is none; the message names it.
    """
    for name in names:
        object.__setattr__(config, name, check_count(name, getattr(config, name)))


def check_sizes(hidden_sizes: Any) -> tuple[int, ...]:
    """Check the widths of hidden layers: a tuple or list of whole numbers, 1 or more.

    Raises:
        ValueError: they are none, as (64), which is 64 and no tuple.
    """
    if not isinstance(hidden_sizes, tuple | list):
        raise ValueError(
            f"hidden_sizes: expected a tuple of whole numbers, as (64,) or (64, 64), "
            f"got {hidden_sizes!r}"
        )
    return tuple(check_count("hidden_sizes", size) for size in hidden_sizes)


def check_learning_rate(learning_rate: float) -> None:
    """Check a step size of Adam: it moves every weight by about as much, which must stay a number.

    Raises:
        ValueError: it is not above 0, or above 100.
    """
    check_between(0, 100, open_low=True, learning_rate=learning_rate)
