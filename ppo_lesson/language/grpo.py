"""GRPO on the language of sums: draw groups, mark them right or wrong, take clipped steps.

The policy is a table (`language.tables`), plain gradient steps move it, and after any iteration it
can be measured exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language.tables import response_log_prob, token_log_prob
from ppo_lesson.maths.shapes import (
    check_between,
    check_count,
    check_floats,
    check_positive,
    check_seed,
)
from ppo_lesson.training.config import settle_counts
from ppo_lesson.worlds import countdown


@dataclass(frozen=True)
class GroupConfig:
    """Settings of a run of GRPO on the table.

    Args:
        num_iterations: rounds of drawing and learning.
        num_groups: to each prompt, in an iteration.
        group_size: K responses to a group, 2 or more: one alone has advantage 0.
        num_epochs: gradient steps on each draw, all of it at once.
        step_size: of plain gradient ascent.
        clip_low: a token's ratio below 1 - clip_low has no gradient where A < 0.
        clip_high: above 1 + clip_high, where A > 0.
        beta: price of one nat from the reference, in the reward.
        entropy_coefficient: of a bonus for the entropy of the rows that were read.

    Raises:
        ValueError: a setting is out of range; the message names it.
    """

    num_iterations: int = 100
    num_groups: int = 4
    group_size: int = 8
    num_epochs: int = 4
    step_size: float = 20.0
    clip_low: float = 0.2
    clip_high: float = 0.2
    beta: float = 0.0
    entropy_coefficient: float = 0.0

    def __post_init__(self) -> None:
        """Refuse counts and numbers out of range."""
        settle_counts(self, "num_iterations", "num_groups", "num_epochs")
        object.__setattr__(self, "group_size", check_count("group_size", self.group_size, 2))
        check_positive(step_size=self.step_size, clip_high=self.clip_high)
        check_between(0, 1, open_low=True, open_high=True, clip_low=self.clip_low)
        for name in ("beta", "entropy_coefficient"):
            check_between(0, math.inf, open_high=True, **{name: getattr(self, name)})


def draw(prob: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Draw responses to each prompt: (P, S) probabilities -> (P, count) indices.

    Raises:
        ValueError: a shape or dtype is wrong, or these are no probabilities.
    """
    check_floats("P S", prob=prob)
    if not (prob.isfinite().all() and (prob >= 0).all() and (prob.sum(-1) > 0).all()):
        raise ValueError("prob: expected probabilities, got NaN, infinity, a negative or all 0")
    count = check_count("count", count)
    return torch.multinomial(prob, count, replacement=True, generator=generator)


@torch.enable_grad()
def train_groups(
    reference: Tensor,
    reward: Tensor,
    config: GroupConfig,
    *,
    seed: int,
    watch: Callable[[int, Tensor], object] = lambda iteration, logits: None,
) -> Tensor:
    """Raise a reward by GRPO: clipped token ratios, group advantages, the mean over all tokens.

    Args:
        reference: (P, N, V) logits where the policy starts, and what beta counts from.
        reward: (P, S) of every response.
        config: the settings.
        seed: of the draws.
        watch: hears of each iteration's number and policy, the first time before any step.

    Returns:
        (P, N, V) the logits at the end.

    Raises:
        ValueError: a shape or dtype is wrong, a reward is not finite, or the logits are not any
            more, as after steps that were too long.
    """
    check_floats("P S", countdown.check_tables(reference=reference), reward=reward)
    if not reward.isfinite().all():
        raise ValueError("reward: expected finite numbers, got NaN or infinity")
    generator = torch.Generator().manual_seed(check_seed(seed))
    logits = reference.clone().requires_grad_()
    ref_log_prob = response_log_prob(reference)
    watch(0, logits.detach())
    for iteration in range(config.num_iterations):
        with torch.no_grad():
            log_prob = response_log_prob(logits)
            said = draw(log_prob.exp(), config.num_groups * config.group_size, generator)
            earned = reward.gather(-1, said)
            if config.beta:
                earned = earned - config.beta * (log_prob - ref_log_prob).gather(-1, said)
            advantage = maths.group_relative_advantage(earned.view(-1, config.group_size))
            old_log_prob = token_log_prob(logits, said)
        for _ in range(config.num_epochs):
            loss = group_loss(logits, said, old_log_prob, advantage.view_as(said), config)
            (gradient,) = torch.autograd.grad(loss, logits)
            with torch.no_grad():
                logits -= config.step_size * gradient
        watch(iteration + 1, logits.detach())
    return logits.detach()


def group_loss(
    logits: Tensor, said: Tensor, old_log_prob: Tensor, advantage: Tensor, config: GroupConfig
) -> Tensor:
    """Clip each token's ratio, and average over all tokens of the batch.

    Args:
        logits: (P, N, V) of the policy.
        said: (P, B) indices of the responses.
        old_log_prob: (P, B, T) of their tokens.
        advantage: (P, B) of the responses.
        config: clip and entropy bonus.
    """
    sizes = countdown.check_said(said, countdown.check_tables(logits=logits))
    check_floats("P B", sizes, advantage=advantage)
    sizes["T"] = countdown.MAX_LENGTH
    check_floats("P B T", sizes, old_log_prob=old_log_prob)
    mask = countdown.sentences().mask[said].flatten(0, 1)
    ratio = (token_log_prob(logits, said) - old_log_prob).exp().flatten(0, 1)
    each = advantage.reshape(-1, 1)
    clipped = ratio.clamp(1 - config.clip_low, 1 + config.clip_high)
    loss = maths.token_mean_loss(-torch.minimum(ratio * each, clipped * each), mask)
    if config.entropy_coefficient:
        loss = loss - config.entropy_coefficient * row_entropy(logits, said)
    return loss


def row_entropy(logits: Tensor, said: Tensor) -> Tensor:
    """Average the entropy of the next token over all tokens that were said, in nats."""
    countdown.check_said(said, countdown.check_tables(logits=logits))
    rows = countdown.read_before()[said].flatten(1).unsqueeze(-1).expand(-1, -1, logits.shape[-1])
    entropy = maths.entropy(logits.gather(1, rows).flatten(0, 1))
    return entropy[countdown.sentences().mask[said].flatten()].mean()
