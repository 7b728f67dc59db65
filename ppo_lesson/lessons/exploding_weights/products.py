"""Notebook 03: the weight of each reward along a trajectory."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.maths import per_decision_log_weight


def _case(label: str, *log_ratio: float) -> Case:
    return Case({"log_ratio": floats(*log_ratio)}, label)


def _random_case(label: str, seed: int, num_steps: int) -> Case:
    return Case({"log_ratio": 0.3 * normal(seed, num_steps)}, label)


_FOUR = _case("four steps", 0.5, -0.2, 0.7, -0.9)


def _step_numbers(log_ratio: Tensor) -> Tensor:
    return torch.arange(1, len(log_ratio) + 1, dtype=log_ratio.dtype)


def _from_here_on(log_ratio: Tensor) -> Tensor:
    return log_ratio.flip(0).cumsum(dim=0).flip(0)


def _future_does_not_matter(answer: Function) -> bool:
    log_ratio = _FOUR.inputs["log_ratio"]
    changed = torch.cat([log_ratio[:-1], log_ratio[-1:] + 2])
    return torch.allclose(answer(log_ratio=log_ratio)[:-1], answer(log_ratio=changed)[:-1])


def _doubles(answer: Function) -> bool:
    log_ratio = _FOUR.inputs["log_ratio"]
    return torch.allclose(2 * answer(log_ratio=log_ratio), answer(log_ratio=2 * log_ratio))


def _own_action_counts(answer: Function) -> bool:
    log_ratio = _FOUR.inputs["log_ratio"]
    changed = torch.cat([log_ratio[:-1], log_ratio[-1:] + 2])
    return torch.allclose(answer(log_ratio=log_ratio)[-1] + 2, answer(log_ratio=changed)[-1])


PER_DECISION_LOG_WEIGHT = Exercise(
    id="per_decision_log_weight",
    minutes=5,
    prompt="""\
Give the reward of each step its own weight: the product of the ratios up to and **including** that
step.

- `log_ratio`: `(T,)`, the log-ratio (current policy over old) of the action at each step.
- Return `(T,)`: for each step, the **logarithm** of the weight of its reward.""",
    reference=per_decision_log_weight,
    cases=(
        _case("one step", 0.4),
        _case("two steps", -0.6, 0.25),
        _case("three steps", 0.3, -0.8, 0.15),
        _FOUR,
        _random_case("ten steps", 1, 10),
        _random_case("forty steps", 2, 40),
        Case(
            {"log_ratio": torch.tensor([-300.5, -299.0, -200.0], dtype=torch.float64)},
            "the weight falls to e^-800",
            edge=True,
        ),
        Case(
            {"log_ratio": torch.tensor([299.5, 300.0, 201.0], dtype=torch.float64)},
            "the weight rises to e^800",
            edge=True,
        ),
    ),
    hints=(
        "A product of ratios becomes something simpler in log space. Which ratios belong to the "
        "first reward? Which to the second?",
        "Entry t is the sum of the log-ratios of steps 0 to t. Each entry adds one term to the "
        "entry before it.",
        "A running sum; torch has a function for it. Mind that a step's own log-ratio is included.",
    ),
    mistakes=(
        Mistake(
            "Every reward carries the weight of the whole trajectory. That is unbiased, but the "
            "ratios of later actions are not needed and usually add noise.",
            lambda log_ratio: log_ratio.sum().expand_as(log_ratio),
        ),
        Mistake(
            "You add up from each step to the end. A reward cannot depend on what comes after it, "
            "but on the actions up to it.",
            _from_here_on,
        ),
        Mistake(
            "You take a mean over the steps. The weight is a product of ratios, so their "
            "logarithms add up; averaging them hides how it grows with the horizon.",
            lambda log_ratio: log_ratio.cumsum(dim=0) / _step_numbers(log_ratio),
        ),
        Mistake(
            "A step's own log-ratio is missing: its reward comes after its action, so it may "
            "depend on that action.",
            lambda log_ratio: log_ratio.cumsum(dim=0) - log_ratio,
        ),
        Mistake(
            "You multiply logarithms. Ratios multiply; their logarithms add up.",
            lambda log_ratio: log_ratio.cumprod(dim=0),
        ),
        Mistake(
            "These are the weights themselves; their logarithms are asked for, because the "
            "weights of a long trajectory overflow.",
            lambda log_ratio: log_ratio.cumsum(dim=0).exp(),
        ),
        Mistake(
            "Each reward carries the ratio of its own step only. That corrects the action, but "
            "not how likely it was to reach the state in which it was taken.",
            lambda log_ratio: log_ratio.clone(),
        ),
        Mistake(
            "Right on ordinary numbers, but you multiply the ratios and take the logarithm at the "
            "end. In floating point a long product soon becomes 0 or infinite, and so its "
            "logarithm is infinite. Stay in logs and add up.",
            lambda log_ratio: log_ratio.exp().cumprod(dim=0).log(),
        ),
    ),
    properties=(
        Property(
            "The last action has no influence on the weights of earlier rewards.",
            _future_does_not_matter,
        ),
        Property(
            "Raising the last log-ratio by 2 raises the last entry by 2.",
            _own_action_counts,
        ),
        Property("Doubling the log-ratios doubles every entry.", _doubles),
    ),
)
