"""Notebook 02: the estimate whose weights are made to sum to one."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.lessons.log_space import SMALL
from ppo_lesson.maths import self_normalised_estimate


def _case(
    label: str, value: list[float], log_weight: list[float], *, level: float = 0, edge: bool = False
) -> Case:
    inputs = {"value": floats(*value), "log_weight": floats(*log_weight) + level}
    return Case(inputs, label, edge)


def _random_case(label: str, seed: int, num_samples: int) -> Case:
    value, log_weight = normal(seed, 2, num_samples)
    return Case({"value": value + 1, "log_weight": log_weight}, label)


_THREE = _case("three samples", [2.0, -1.0, 4.5], [0.3, -1.2, 0.9])


def _without_care(value: Tensor, log_weight: Tensor) -> Tensor:
    weight = log_weight.exp()
    return (weight * value).sum() / weight.sum()


def _with_a_small_number(value: Tensor, log_weight: Tensor) -> Tensor:
    weight = log_weight.exp()
    return (weight * value).sum() / (weight.sum() + SMALL)


def _clamped(value: Tensor, log_weight: Tensor) -> Tensor:
    return _without_care(value, log_weight.clamp(-20, 20))


def _shifted(log_weight: Tensor) -> Tensor:
    return (log_weight - log_weight.max()).exp()


def _mean_of_shares(value: Tensor, log_weight: Tensor) -> Tensor:
    return (log_weight.softmax(dim=0) * value).mean()


def _level_does_not_matter(answer: Function) -> bool:
    value, log_weight = _THREE.inputs["value"], _THREE.inputs["log_weight"]
    raised = answer(value=value, log_weight=log_weight + 3)
    return torch.allclose(answer(value=value, log_weight=log_weight), raised)


def _equal_values_are_the_answer(answer: Function) -> bool:
    log_weight = _THREE.inputs["log_weight"]
    value = torch.full_like(log_weight, 7.0)
    return torch.allclose(answer(value=value, log_weight=log_weight), value[0])


def _shifts_with_the_values(answer: Function) -> bool:
    value, log_weight = _THREE.inputs["value"], _THREE.inputs["log_weight"]
    shifted = answer(value=value + 10, log_weight=log_weight)
    return torch.allclose(answer(value=value, log_weight=log_weight) + 10, shifted)


_NOT_NORMALISED = "The weights in your sum are not normalised: divide by what they add up to."

SELF_NORMALISED_ESTIMATE = Exercise(
    id="self_normalised_estimate",
    minutes=8,
    prompt="""\
Estimate the expectation of $f$ under the target when the weights are known only up to a common
factor: a weighted average of the values, whose weights are made to sum to one.

- `value`: `(N,)`, $f$ of each sample. `log_weight`: `(N,)`, the **logarithm** of each weight.
- Return `()`.

Adding a constant to every log weight must change nothing, and log weights of several hundred must
not overflow.""",
    reference=self_normalised_estimate,
    solution="return (torch.softmax(log_weight, dim=0) * value).sum()",
    cases=(
        _case("one sample", [2.5], [-0.7]),
        _case("two samples, the second weighs more", [1.0, 4.0], [-0.4, 0.8]),
        _THREE,
        _case(
            "weights that are all too large by one factor", [1.5, -2.0, 3.0], [0.1, 1, -2], level=4
        ),
        _random_case("eight samples", 1, 8),
        _random_case("forty samples", 2, 40),
        _case("log weights are near 800", [1.0, 3.0], [0.6, -0.5], level=800, edge=True),
        _case("log weights are 2000 apart", [5.0, 2.0], [0.0, 2000.5], edge=True),
        _case("log weights are near -800", [1.0, 3.0, 6.0], [-1, 0.4, 0], level=-800, edge=True),
    ),
    hints=(
        "By what must you divide the weights so that they sum to one? And what happens to a common "
        "factor of all weights that is in both numerator and denominator?",
        "Divide the sum of weight times value by the sum of the weights. Before the exponential, "
        "subtract from all log weights a number that keeps the largest weight small.",
        "Subtract the largest log weight, take exp, divide each by their sum, and add up share "
        "times value. A well-known function of torch does all but the last step at once.",
    ),
    mistakes=(
        Mistake(
            "You take exp of log weights that are still too large or too small: beyond 709 it is "
            "infinity, far below zero it is 0, and the quotient is NaN. First subtract a constant "
            "that makes the largest one 0.",
            _without_care,
        ),
        Mistake(
            "You take exp of log weights that are still too large or too small. Far below zero it "
            "is 0, and the small number in your denominator turns the answer into 0; beyond "
            "709 it is infinite. First subtract a constant that makes the largest one 0.",
            _with_a_small_number,
        ),
        Mistake(
            "Clamping the log weights keeps exp finite, but makes different weights equal. "
            "Subtract a constant from all of them: that leaves their ratios alone.",
            _clamped,
        ),
        Mistake(
            "That is the plain estimate: it divides by N. An unknown factor of the weights stays "
            "in the answer; dividing by the sum of the weights cancels it.",
            lambda value, log_weight: (log_weight.exp() * value).mean(),
        ),
        Mistake(_NOT_NORMALISED, lambda value, log_weight: (log_weight.exp() * value).sum()),
        Mistake(_NOT_NORMALISED, lambda value, log_weight: (_shifted(log_weight) * value).sum()),
        Mistake(
            "You divide by N. Subtracting the largest log weight has changed all weights by one "
            "factor, which cancels only if you divide by their sum.",
            lambda value, log_weight: (_shifted(log_weight) * value).mean(),
        ),
        Mistake(
            "log_softmax gives the logarithms of the shares. The average needs the shares "
            "themselves: softmax.",
            lambda value, log_weight: (log_weight.log_softmax(dim=0) * value).sum(),
        ),
        Mistake(
            "You divided twice: weights that sum to one already make an average. Taking a mean "
            "as well leaves it too small by the factor N.",
            _mean_of_shares,
        ),
        Mistake(
            "You used the logarithms as if they were the weights. Some of them are negative; no "
            "sample counts a negative number of times.",
            lambda value, log_weight: (log_weight * value).sum() / log_weight.sum(),
        ),
        Mistake(
            "The weights play no part: this is the mean of the values under the proposal.",
            lambda value, log_weight: value.mean(),
        ),
    ),
    properties=(
        Property(
            "Adding the same number to every log weight changes nothing.",
            _level_does_not_matter,
        ),
        Property(
            "Where all values are equal, the estimate is that value, whatever the weights.",
            _equal_values_are_the_answer,
        ),
        Property("Values that are all larger by 10 raise it by 10.", _shifts_with_the_values),
    ),
)
