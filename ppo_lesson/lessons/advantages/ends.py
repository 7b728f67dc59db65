"""Notebook 07: what an end does, as rules to break, and the properties that a breach shows.

A wrong answer is built from rules: where `next_value` is left out, where the later sum is.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Function, Property, fresh_inputs
from ppo_lesson.lessons.advantages.rollouts import ROLLOUTS
from ppo_lesson.maths.advantages import backward_sum

Rule = Callable[[Tensor, Tensor], Tensor]  # (terminated, truncated) -> where


def nowhere(terminated: Tensor, truncated: Tensor) -> Tensor:
    """Mark no step."""
    return torch.zeros_like(terminated)


def at_termination(terminated: Tensor, truncated: Tensor) -> Tensor:
    """Mark the steps after which the world ended."""
    return terminated


def at_an_end(terminated: Tensor, truncated: Tensor) -> Tensor:
    """Mark the steps after which an episode ended in either way."""
    return terminated | truncated


def recursion(increment: Tensor, factor: float, cut: Tensor, forward: bool) -> Tensor:
    """Sum up with a factor per step and a cut where marked; forward is the wrong way round."""
    carry = factor * (~cut).to(increment.dtype)
    if forward:
        return backward_sum(increment.flip(0), carry.flip(0)).flip(0)
    return backward_sum(increment, carry)


_AN_END = {
    flag: ROLLOUTS[f"{flag} after the first of two steps"] for flag in ("terminated", "truncated")
}


def _termination_ignores_next_value(answer: Function) -> bool:
    return abs(_moved_by_next_value(answer, "terminated")) < 1e-5


def _truncation_adds_gamma_next_value(answer: Function) -> bool:
    gamma = _AN_END["truncated"].inputs["gamma"]
    return abs(_moved_by_next_value(answer, "truncated") - gamma) < 1e-3


def _moved_by_next_value(answer: Function, flag: str) -> float:
    """Tell by how much the step with an end moves when its next_value is raised by one."""
    inputs = fresh_inputs(_AN_END[flag].inputs)
    before = answer(**inputs)[0, 0]
    next_value = inputs["next_value"].clone()
    next_value[0] += 1
    return float(answer(**{**inputs, "next_value": next_value})[0, 0] - before)


def _later_episode_changes_nothing(answer: Function) -> bool:
    for flag in ("terminated", "truncated"):
        inputs = fresh_inputs(_AN_END[flag].inputs)
        before = answer(**inputs)[0]
        reward = inputs["reward"].clone()
        reward[1] += 5
        if not torch.allclose(answer(**{**inputs, "reward": reward})[0], before, atol=1e-5):
            return False
    return True


END_PROPERTIES = (
    Property(
        "What happens in a later episode must not change anything in an earlier one.",
        _later_episode_changes_nothing,
    ),
    Property(
        "Where a step terminated, next_value must not matter.",
        _termination_ignores_next_value,
    ),
    Property(
        "Where a step was truncated, next_value counts, multiplied by gamma.",
        _truncation_adds_gamma_next_value,
    ),
)
"""What an answer must keep to at an end."""
