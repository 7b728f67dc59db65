"""Notebook 08: the critic's loss with a clip."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal


def _move(
    label: str,
    value: Tensor,
    value_target: Tensor,
    old_value: Tensor,
    clip_epsilon: float,
) -> Case:
    names = ("value", "value_target", "old_value", "clip_epsilon")
    return Case(
        dict(zip(names, (value, value_target, old_value, clip_epsilon), strict=True)), label
    )


def _move_clip(value: Tensor, target: Tensor, old_value: Tensor, epsilon: float) -> Tensor:
    return old_value + (value - old_value).clamp(-epsilon, epsilon)


def _around_zero(value: Tensor, target: Tensor, old_value: Tensor, epsilon: float) -> Tensor:
    return value.clamp(-epsilon, epsilon)


def _by_a_ratio(value: Tensor, target: Tensor, old_value: Tensor, epsilon: float) -> Tensor:
    return old_value * (value / old_value).clamp(1 - epsilon, 1 + epsilon)


def _around_one(value: Tensor, target: Tensor, old_value: Tensor, epsilon: float) -> Tensor:
    return value.clamp(1 - epsilon, 1 + epsilon)


def _move_around_one(value: Tensor, target: Tensor, old_value: Tensor, epsilon: float) -> Tensor:
    return old_value + (value - old_value).clamp(1 - epsilon, 1 + epsilon)


def _old_value_scaled(value: Tensor, target: Tensor, old_value: Tensor, epsilon: float) -> Tensor:
    return value.clamp(old_value * (1 - epsilon), old_value * (1 + epsilon))


def _move_alone(value: Tensor, target: Tensor, old_value: Tensor, epsilon: float) -> Tensor:
    return (value - old_value).clamp(-epsilon, epsilon)


def _clipped_with(
    clip: Callable[[Tensor, Tensor, Tensor, float], Tensor] = _move_clip,
    choose: Callable[[Tensor, Tensor], Tensor] = torch.maximum,
    reduce: Callable[[Tensor], Tensor] = torch.mean,
    factor: float = 0.5,
) -> Function:
    """Build the clipped value loss with some of its parts replaced."""

    def answer(
        value: Tensor, value_target: Tensor, old_value: Tensor, clip_epsilon: float
    ) -> Tensor:
        clipped = clip(value, value_target, old_value, clip_epsilon)
        plain_error = (value - value_target).square()
        return factor * reduce(choose(plain_error, (clipped - value_target).square()))

    return answer


def _larger_mean(
    value: Tensor, value_target: Tensor, old_value: Tensor, clip_epsilon: float
) -> Tensor:
    clipped = _move_clip(value, value_target, old_value, clip_epsilon)
    losses = [maths.value_loss(prediction, value_target) for prediction in (value, clipped)]
    return torch.maximum(*losses)


def _wide_clip_gives_the_plain_loss(answer: Function) -> bool:
    value, target, old = floats(1.0, -2.0, 0.5), floats(3.0, 1.0, 0.0), floats(0.0, -1.0, 2.0)
    wide = answer(value=value, value_target=target, old_value=old, clip_epsilon=100.0)
    return abs(float(wide) - float(maths.value_loss(value, target))) < 1e-4


def _a_clip_never_lowers_the_loss(answer: Function) -> bool:
    value, target, old = floats(1.0, -2.0, 0.5), floats(3.0, 1.0, 0.0), floats(0.0, -1.0, 2.0)
    wide, narrow = (
        float(answer(value=value, value_target=target, old_value=old, clip_epsilon=epsilon))
        for epsilon in (100.0, 0.3)
    )
    return narrow >= wide - 1e-4


CLIPPED_VALUE_LOSS = Exercise(
    id="clipped_value_loss",
    minutes=8,
    prompt=(
        "Write the critic's loss with a clip. Per sample there are two squared errors, of "
        "the prediction $V$ and of the clipped one, "
        "$V_{old} + \\mathrm{clip}(V - V_{old}, -\\epsilon, \\epsilon)$, each against its target. "
        "The **larger** one counts. Return **half the mean** over samples.\n\n"
        "`value`, `value_target` and `old_value` have the shape (N,), `clip_epsilon` is a number "
        "above 0 in units of value. Return a tensor of shape (). The gradient flows into `value`; "
        "the other two come without one."
    ),
    reference=maths.clipped_value_loss,
    cases=(
        _move("moved a little", floats(2.1), floats(3.0), floats(2.0), 0.5),
        _move("moved far, towards the target", floats(4.0), floats(5.0), floats(2.0), 0.5),
        _move("moved far, away from the target", floats(4.0), floats(1.0), floats(2.0), 0.5),
        _move("moved far down, towards the target", floats(-3.0), floats(-4.0), floats(1.0), 0.4),
        _move("moved far, past the target", floats(6.0), floats(3.5), floats(2.0), 0.3),
        _move(
            "one of each",
            floats(1.2, 3.0, -2.0, 0.4),
            floats(2.0, 4.5, 1.0, -2.0),
            floats(1.0, 1.5, -1.0, 2.0),
            0.3,
        ),
        _move("thirty samples", normal(5, 30), 2 * normal(6, 30), normal(7, 30), 0.2),
        _move("a wide clip", normal(8, 6), 2 * normal(9, 6), normal(10, 6), 1.5),
    ),
    hints=(
        "Which move is clipped? That of the prediction since the data was collected. Being "
        "pessimistic means taking the worse of two losses.",
        "Clip the move V - V_old to the interval from -epsilon to epsilon, put it back on V_old, "
        "square both errors against the target, take the larger one per sample; then half the "
        "mean.",
        "Two tensors of squared errors, (value - value_target).square() and the same with the "
        "clipped prediction, go into torch.maximum; .mean() and 0.5 come after it.",
    ),
    mistakes=(
        Mistake(
            "You took the smaller error. A loss is pessimistic when the larger one counts: maximum "
            "here, as minimum in the policy's objective, which is maximised.",
            _clipped_with(choose=torch.minimum),
        ),
        Mistake(
            "You used the clipped prediction alone. Without the maximum, a prediction that moved "
            "far in the wrong direction has no gradient to come back.",
            _clipped_with(choose=lambda plain, clipped: clipped),
        ),
        Mistake(
            "This is the loss without a clip. Clip the move since the data was collected, around "
            "old_value: a clip around the target never makes the larger error larger.",
            _clipped_with(choose=lambda plain, clipped: plain),
        ),
        Mistake(
            "You clipped the prediction itself. What is clipped is its move, value - old_value.",
            _clipped_with(_around_zero),
        ),
        *(
            Mistake(
                "You clipped to 1 - epsilon and 1 + epsilon. That is the policy's interval, around "
                "a ratio of 1. Here the move V - V_old is clipped to the interval from -epsilon to "
                "epsilon, then added to V_old.",
                _clipped_with(clip, choose),
            )
            for clip in (_around_one, _move_around_one, _old_value_scaled)
            for choose in (torch.maximum, torch.minimum, lambda plain, clipped: clipped)
        ),
        Mistake(
            "The sign is wrong: a loss is minimised, and yours falls as the error grows.",
            lambda **inputs: -maths.clipped_value_loss(**inputs),
        ),
        Mistake(
            "You clipped a ratio of values. A ratio is for probabilities; values can be negative "
            "or 0, so their difference is clipped.",
            _clipped_with(_by_a_ratio),
        ),
        Mistake(
            "You clipped the move but did not add it to old_value, so a move is compared with a "
            "target.",
            _clipped_with(_move_alone),
        ),
        Mistake(
            "You took the mean of each loss first and then the larger mean. The larger error is "
            "chosen per sample; the mean comes last.",
            _larger_mean,
        ),
        Mistake("The half is missing.", _clipped_with(factor=1.0)),
        Mistake("You took the sum. Take the mean over samples.", _clipped_with(reduce=torch.sum)),
        Mistake(
            "The number is right, but you cut the gradient of `value`: the critic would never "
            "learn.",
            lambda value, **others: maths.clipped_value_loss(value.detach(), **others),
        ),
    ),
    wrt=("value",),
    properties=(
        Property(
            "With a very wide clip it is the loss without a clip.", _wide_clip_gives_the_plain_loss
        ),
        Property("A narrower clip never makes the loss smaller.", _a_clip_never_lowers_the_loss),
    ),
)
