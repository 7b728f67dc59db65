"""Notebook 09's exercise: how good is the critic?"""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.lessons.log_space import SMALL


def _critic(label: str, value: Tensor, value_target: Tensor, edge: bool = False) -> Case:
    return Case({"value": value, "value_target": value_target}, label, edge)


def _random_critic(label: str, seed: int, size: int, error: float, offset: float) -> Case:
    target, noise = normal(seed, 2, size)
    return _critic(label, 2 * target + offset + error * noise, 2 * target)


def _share_left(value: Tensor, value_target: Tensor) -> Tensor:
    return (value_target - value).var() / value_target.var()


def _determination(value: Tensor, value_target: Tensor) -> Tensor:
    return 1 - (value_target - value).square().mean() / value_target.var(correction=0)


def _undivided(correction: int) -> Function:
    return lambda value, value_target: 1 - (value_target - value).var(correction=correction)


def _squared_correlation(value: Tensor, value_target: Tensor) -> Tensor:
    return torch.corrcoef(torch.stack([value, value_target]))[0, 1].square()


def _zero_where_constant(value: Tensor, value_target: Tensor) -> Tensor:
    share = 1 - _share_left(value, value_target)
    return share.nan_to_num(0, 0, 0)


def _with_a_small_number(correction: int) -> Function:
    def answer(value: Tensor, value_target: Tensor) -> Tensor:
        left = (value_target - value).var(correction=correction)
        return 1 - left / (value_target.var(correction=correction) + SMALL)

    return answer


_NO_SHARE = (
    "You did not divide by the variance of the targets: the number has a unit and is not a share."
)
_VALUE, _TARGET = (1.0, 3.0, 2.5, -1.0), (2.0, 3.5, 1.0, -2.0)


def _offset_changes_nothing(answer: Function) -> bool:
    value, target = floats(*_VALUE), floats(*_TARGET)
    moved = answer(value=value + 10, value_target=target)
    return abs(float(moved) - float(answer(value=value, value_target=target))) < 1e-4


def _unit_changes_nothing(answer: Function) -> bool:
    value, target = floats(*_VALUE), floats(*_TARGET)
    scaled = answer(value=10 * value, value_target=10 * target)
    return abs(float(scaled) - float(answer(value=value, value_target=target))) < 1e-4


def _perfect_is_one(answer: Function) -> bool:
    target = floats(*_TARGET)
    return abs(float(answer(value=target.clone(), value_target=target)) - 1) < 1e-4


EXPLAINED_VARIANCE = Exercise(
    id="explained_variance",
    minutes=10,
    prompt=(
        "Write the share of the value targets' variation that the critic explains: "
        "$1 - \\mathrm{Var}(target - value) / \\mathrm{Var}(target)$.\n\n"
        "`value` and `value_target` have the shape (N,). Return a tensor of shape (). 1 is perfect "
        "up to a constant offset, 0 is no better than a constant, below 0 is worse. Where all "
        "targets are equal the share is undefined: return NaN, as a tensor of shape () too."
    ),
    reference=maths.explained_variance,
    cases=(
        _critic("two samples", floats(1.0, 2.0), floats(0.0, 4.0)),
        _critic("three samples, a good critic", floats(1.0, 2.0, 4.0), floats(1.5, 2.0, 5.0)),
        _critic("worse than a constant", floats(3.0, -1.0, 2.0), floats(-2.0, 2.0, 1.0)),
        _critic("a constant critic", floats(1.0, 1.0, 1.0), floats(0.0, 3.0, 4.0)),
        _random_critic("off by a constant, and noisy", 1, 8, 0.5, 5.0),
        _random_critic("forty samples", 2, 40, 1.5, -1.0),
        _critic(
            "all targets are equal",
            floats(1.0, 3.0, 2.0, 2.5),
            floats(2.0, 2.0, 2.0, 2.0),
            edge=True,
        ),
    ),
    hints=(
        "Compare two variations: what is left when the critic's prediction is taken away, and what "
        "was there before.",
        "The share that is left is Var(target - value) / Var(target); what is explained is 1 minus "
        "that share. Think of targets that do not vary before you divide.",
        "Tensors have .var(). Where value_target.var() is 0, return a tensor with "
        "float('nan'); else 1 minus the quotient of the two variances.",
    ),
    mistakes=(
        Mistake(
            "You divided by a variance of 0: where all targets are equal, there is nothing to "
            "explain, and minus infinity would say that the critic is endlessly bad. Return NaN.",
            lambda value, value_target: 1 - _share_left(value, value_target),
        ),
        Mistake(
            "You returned a number where all targets are equal. Nothing can be explained there, "
            "well or badly; NaN says so, and a 0 would look like a bad critic.",
            _zero_where_constant,
        ),
        *(
            Mistake(
                "A small number below the line avoids the division by 0, but where all targets are "
                "equal the result is of its making, and huge. Nothing can be explained there, well "
                "or badly; return NaN.",
                _with_a_small_number(correction),
            )
            for correction in (0, 1)
        ),
        Mistake(
            "You used the mean squared error, which counts a constant offset as an error. Use the "
            "variance of the difference.",
            _determination,
        ),
        Mistake(
            "You returned the share that is left. What is explained is 1 minus that.", _share_left
        ),
        *(Mistake(_NO_SHARE, _undivided(correction)) for correction in (0, 1)),
        Mistake(
            "You compared the variation of the predictions with that of the targets. Predictions "
            "can vary as much and be wrong: it is the difference that matters.",
            lambda value, value_target: value.var() / value_target.var(),
        ),
        Mistake(
            "You divided by the variance of the predictions. What is to be explained is the "
            "variation of the targets.",
            lambda value, value_target: 1 - (value_target - value).var() / value.var(),
        ),
        Mistake(
            "You divided standard deviations. The formula compares variances, their squares.",
            lambda value, value_target: 1 - _share_left(value, value_target).sqrt(),
        ),
        Mistake(
            "You computed the squared correlation. It forgives a wrong scale, and it is never "
            "negative: a critic that predicts the opposite would look good.",
            _squared_correlation,
        ),
    ),
    properties=(
        Property("A perfect critic has an explained variance of 1.", _perfect_is_one),
        Property("A constant added to all predictions changes nothing.", _offset_changes_nothing),
        Property(
            "Ten times the predictions and ten times the targets change nothing: it is a share.",
            _unit_changes_nothing,
        ),
    ),
)
