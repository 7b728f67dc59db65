"""Notebook 03: weights that are cut off at a limit."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.maths import truncated_estimate


def _case(
    label: str, value: list[float], weight: list[float], limit: float, *, edge: bool = False
) -> Case:
    inputs = {"value": floats(*value), "log_weight": floats(*weight).log(), "limit": limit}
    return Case(inputs, label, edge)


def _random_case(label: str, seed: int, num_samples: int, limit: float) -> Case:
    value, log_weight = normal(seed, 2, num_samples)
    inputs = {"value": value + 0.5, "log_weight": 1.5 * log_weight - 0.5, "limit": limit}
    return Case(inputs, label)


_THREE = _case("three samples, one weight above the limit", [2, -1, 4.5], [0.4, 1.3, 6.5], 2.5)


def _plain(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    return (log_weight.exp() * value).mean()


def _both_ends(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    low, high = sorted((1 / limit, limit))
    return (log_weight.exp().clamp(low, high) * value).mean()


def _dropped(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    return torch.where(log_weight <= math.log(limit), log_weight.exp() * value, 0.0).mean()


def _kept_only(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    kept = log_weight <= math.log(limit)
    return (log_weight[kept].exp() * value[kept]).mean()


def _normalised(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    return (log_weight.clamp(max=math.log(limit)).softmax(dim=0) * value).sum()


def _by_mask(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    weight = log_weight.exp()
    above = (weight > limit).to(weight.dtype)
    return ((weight * (1 - above) + limit * above) * value).mean()


def _minus_the_excess(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    weight = log_weight.exp()
    return ((weight - (weight - limit).clamp(min=0)) * value).mean()


_DROPPED = (
    "You leave out the samples whose weight is above the limit. They are the ones that stand for "
    "what the proposal rarely shows: keep them, with the weight c."
)
_INFINITE = (
    "Right on ordinary numbers, but your formula still contains the large weight: e^800 is "
    "infinite, and infinity times 0, or minus infinity, is NaN. Take the smaller of log w and "
    "log c first, then exp once."
)


def _raising_a_cut_weight_changes_nothing(answer: Function) -> bool:
    inputs = _THREE.inputs
    raised = inputs["log_weight"] + floats(0, 0, 1.5)
    return torch.allclose(answer(**inputs), answer(**{**inputs, "log_weight": raised}))


def _a_high_limit_changes_nothing(answer: Function) -> bool:
    inputs = {**_THREE.inputs, "limit": 50.0}
    return torch.allclose(answer(**inputs), _plain(**inputs))


def _doubles_with_the_values(answer: Function) -> bool:
    inputs = _THREE.inputs
    return torch.allclose(2 * answer(**inputs), answer(**{**inputs, "value": 2 * inputs["value"]}))


TRUNCATED_ESTIMATE = Exercise(
    id="truncated_estimate",
    minutes=5,
    prompt="""\
Compute the truncated estimate: the mean over the samples of $\\min(w_i, c)\\, f(x_i)$.

- `value`: `(N,)`, $f$ of each sample. `log_weight`: `(N,)`, the **logarithm** of each weight.
- `limit`: a number, $c > 0$.
- Return `()`.

Log weights of several hundred must do no harm.""",
    reference=truncated_estimate,
    cases=(
        _case("one sample below the limit", [2.5], [0.6], 1.5),
        _case("one sample above the limit", [-1.5], [3.2], 1.2),
        _THREE,
        _case("no weight reaches the limit", [1.0, -2.0, 3.0], [0.3, 1.7, 0.9], 8.0),
        _case("all weights lie above the limit", [1.0, 3.0, -2.5], [1.6, 2.4, 9.0], 1.4),
        _case("a limit below one", [1.5, 4.0, -2.0], [0.2, 0.7, 2.2], 0.5),
        _random_case("eight samples", 1, 8, 2.0),
        _random_case("forty samples", 2, 40, 1.5),
        Case(
            {
                "value": floats(1.0, 3.0, -2.0),
                "log_weight": floats(800.5, -0.25, -800.0),
                "limit": 4.0,
            },
            "log weights are near 800 and -800",
            edge=True,
        ),
    ),
    hints=(
        "Two questions, in this order: which weight does each sample get, and what do you divide "
        "the sum of weight times value by?",
        "The smaller of two numbers stays the smaller when you take logarithms. So compare log w "
        "with log c, take exp of the smaller one, and average weight times value over all N.",
        "Clamp the log weights from above at `math.log(limit)`, take exp, multiply by the values, "
        "take the mean.",
    ),
    mistakes=(
        Mistake(
            "That is the plain estimate: no weight is cut off. Take the smaller of the weight and "
            "the limit.",
            _plain,
        ),
        Mistake(
            "You also lift the small weights, to one over the limit. A small weight wastes its "
            "sample and does no other harm: cut off at the top only.",
            _both_ends,
        ),
        Mistake(_DROPPED, _dropped),
        Mistake(_DROPPED, _kept_only),
        Mistake(
            "You cut off weight times value. The limit is for the weight; a value may have any "
            "size and either sign.",
            lambda value, log_weight, limit: (log_weight.exp() * value).clamp(max=limit).mean(),
        ),
        Mistake(
            "You cut off weight times value, at both ends. The limit is for the weight; a value "
            "may have any size.",
            lambda value, log_weight, limit: (log_weight.exp() * value).clamp(-limit, limit).mean(),
        ),
        Mistake(
            "You divide by the sum of the truncated weights. That is self-normalised as well; here "
            "the sum is divided by N.",
            _normalised,
        ),
        Mistake(
            "You compare the logarithm of the weight with the limit itself. The limit is for the "
            "weight, so in log space it is log c.",
            lambda value, log_weight, limit: (log_weight.clamp(max=limit).exp() * value).mean(),
        ),
        Mistake(
            "You take the larger of the weight and the limit. That lifts every small weight and "
            "leaves the large ones as they are.",
            lambda value, log_weight, limit: (
                log_weight.clamp(min=math.log(limit)).exp() * value
            ).mean(),
        ),
        Mistake(
            "You add up and do not divide by N: the estimate is a mean.",
            lambda value, log_weight, limit: (
                log_weight.clamp(max=math.log(limit)).exp() * value
            ).sum(),
        ),
        Mistake(
            "These are the logarithms of the weights: the last step, exp, is missing.",
            lambda value, log_weight, limit: (log_weight.clamp(max=math.log(limit)) * value).mean(),
        ),
        Mistake(_INFINITE, _by_mask),
        Mistake(_INFINITE, _minus_the_excess),
    ),
    properties=(
        Property(
            "Raising a weight that is already above the limit changes nothing.",
            _raising_a_cut_weight_changes_nothing,
        ),
        Property(
            "With a limit above all weights it is the plain estimate.",
            _a_high_limit_changes_nothing,
        ),
        Property("Doubling the values doubles the estimate.", _doubles_with_the_values),
    ),
)
