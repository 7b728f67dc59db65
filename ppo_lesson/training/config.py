"""The settings of PPO, each with its meaning; values that cannot work are refused by name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral

from ppo_lesson.maths.shapes import check_between, check_positive


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
        for name in counts:
            _check_count(name, getattr(self, name))
        for size in self.hidden_sizes:
            _check_count("hidden_sizes", size)
        for name in ("learning_rate", "adam_epsilon", "reward_scale", "max_gradient_norm"):
            check_positive(**{name: getattr(self, name)})
        for name in ("gamma", "gae_lambda"):
            check_between(0, 1, **{name: getattr(self, name)})
        for name in ("value_coefficient", "entropy_coefficient"):
            check_between(0, math.inf, open_high=True, **{name: getattr(self, name)})
        check_between(0, 1, open_low=True, open_high=True, clip_epsilon=self.clip_epsilon)
        if self.target_kl is not None:
            check_positive(target_kl=self.target_kl)


def _check_count(name: str, count: int) -> None:
    if not isinstance(count, Integral) or count < 1:
        raise ValueError(f"{name}: expected a whole number, 1 or more, got {count!r}")
