"""The settings of PPO and GRPO on sentences, checked when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ppo_lesson.maths.shapes import check_between, check_count, check_positive
from ppo_lesson.training.config import check_learning_rate, settle_counts


@dataclass(frozen=True)
class RLHFConfig:
    """Settings of `align`.

    Args:
        num_iterations: rollouts, each with its epochs.
        num_responses: responses per rollout.
        num_epochs: passes over a rollout.
        minibatch_size: responses per gradient step.
        learning_rate: Adam's first step size; it falls to 0 over the training.
        clip_epsilon: half-width of the clip's interval.
        beta: price of one nat of divergence from the reference.
        gae_lambda: mixing of advantages; gamma is 1, as every response ends.
        value_coefficient: weight of the critic's loss.
        max_gradient_norm: longest gradient.
        group_size: responses to the same prompt that are compared with each other; 0 for
            advantages from a critic. With groups there is no critic (GRPO).

    Raises:
        ValueError: a setting is out of range; the message names it.
    """

    num_iterations: int = 50
    num_responses: int = 512
    num_epochs: int = 4
    minibatch_size: int = 512
    learning_rate: float = 3e-3
    clip_epsilon: float = 0.2
    beta: float = 0.5
    gae_lambda: float = 0.95
    value_coefficient: float = 0.5
    max_gradient_norm: float = 0.5
    group_size: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        settle_counts(self, "num_iterations", "num_responses", "num_epochs", "minibatch_size")
        object.__setattr__(self, "group_size", check_count("group_size", self.group_size, 0))
        check_learning_rate(self.learning_rate)
        check_positive(max_gradient_norm=self.max_gradient_norm)
        check_between(0, 1, gae_lambda=self.gae_lambda)
        check_between(0, 1, open_low=True, open_high=True, clip_epsilon=self.clip_epsilon)
        for name in ("beta", "value_coefficient"):
            check_between(0, math.inf, open_high=True, **{name: getattr(self, name)})
        if self.group_size and (self.group_size < 2 or self.num_responses % self.group_size):
            raise ValueError(
                f"group_size: expected 0 or a divisor of num_responses above 1, "
                f"got {self.group_size} for {self.num_responses} responses"
            )
