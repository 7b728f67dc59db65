"""Notebook 08: the critic's loss."""

from __future__ import annotations

from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal


def _fit(label: str, value: Tensor, value_target: Tensor) -> Case:
    return Case({"value": value, "value_target": value_target}, label)


def _twice_the_error_costs_four_times(answer: Function) -> bool:
    value, target = floats(1.0, -2.0, 0.5), floats(3.0, 1.0, 0.0)
    far = answer(value=target + 2 * (value - target), value_target=target)
    return abs(float(far) - 4 * float(answer(value=value, value_target=target))) < 1e-4


def _listing_samples_twice_changes_nothing(answer: Function) -> bool:
    value, target = floats(1.0, -2.0, 0.5), floats(3.0, 1.0, 0.0)
    twice = answer(value=value.repeat(2), value_target=target.repeat(2))
    return abs(float(twice) - float(answer(value=value, value_target=target))) < 1e-4


VALUE_LOSS = Exercise(
    id="value_loss",
    minutes=3,
    prompt=(
        "Write the critic's loss: **half the mean** squared error.\n\n"
        "`value` (predictions) and `value_target` (what they are fitted to) have the shape (N,). "
        "Return a tensor of shape (). The gradient flows into `value`; the targets "
        "come without one."
    ),
    reference=maths.value_loss,
    cases=(
        _fit("one sample, below its target", floats(1.0), floats(4.0)),
        _fit("one sample, above its target", floats(5.0), floats(3.0)),
        _fit("two samples, one on either side", floats(2.0, -1.0), floats(0.0, 2.0)),
        _fit("five samples", normal(1, 5), 2 * normal(2, 5)),
        _fit("forty samples", 3 * normal(3, 40) + 1, 2 * normal(4, 40)),
    ),
    hints=(
        "How far is each prediction from its target? Far ones should cost more, in whichever "
        "direction they are off.",
        "Square the differences, take the mean over samples, and halve it: the half makes the "
        "derivative plain.",
        "The difference of the two tensors, .square(), .mean(), and a factor of 0.5 in front. "
        "Use no .detach() on `value`: it is what learns.",
    ),
    mistakes=(
        Mistake(
            "The half is missing: the loss is half the mean squared error.",
            lambda value, value_target: (value - value_target).square().mean(),
        ),
        Mistake(
            "You took the sum. Take the mean over samples, or the size of a step depends on the "
            "size of the minibatch.",
            lambda value, value_target: 0.5 * (value - value_target).square().sum(),
        ),
        Mistake(
            "You took the sum, and left out the half: the loss is half the mean squared error.",
            lambda value, value_target: (value - value_target).square().sum(),
        ),
        Mistake(
            "You took the absolute error. Take the squared one, whose gradient fades near the "
            "target.",
            lambda value, value_target: 0.5 * (value - value_target).abs().mean(),
        ),
        Mistake(
            "You took the absolute error, and left out the half. The loss is half the mean of the "
            "squared one.",
            lambda value, value_target: (value - value_target).abs().mean(),
        ),
        Mistake(
            "You averaged before you squared, so errors of opposite signs cancel. Square each "
            "one first.",
            lambda value, value_target: 0.5 * (value - value_target).mean().square(),
        ),
        Mistake(
            "The sign is wrong: a loss is minimised, and yours falls as the error grows.",
            lambda value, value_target: -maths.value_loss(value, value_target),
        ),
        Mistake(
            "The number is right, but you cut the gradient of `value`: the critic would never "
            "learn.",
            lambda value, value_target: maths.value_loss(value.detach(), value_target),
        ),
        Mistake(
            "You took the root of the mean squared error. Leave the square: near the target the "
            "root pulls as hard as far away from it.",
            lambda value, value_target: (value - value_target).square().mean().sqrt(),
        ),
    ),
    wrt=("value",),
    properties=(
        Property(
            "Twice as far from every target costs four times as much.",
            _twice_the_error_costs_four_times,
        ),
        Property(
            "A mean does not change when every sample is listed twice.",
            _listing_samples_twice_changes_nothing,
        ),
    ),
)
