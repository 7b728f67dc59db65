"""Notebook 07: advantages centred and scaled, and the ways to get it wrong."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.maths.advantages import STD_FLOOR


def _normalise(correction: int, floor: float = STD_FLOOR) -> Function:
    """Build the normalisation with one of the two conventions for the standard deviation."""

    def answer(advantage: Tensor) -> Tensor:
        spread = advantage.std(correction=correction) + floor
        return (advantage - advantage.mean()) / spread

    return answer


def _only_scaled(correction: int) -> Function:
    return lambda advantage: advantage / (advantage.std(correction=correction) + STD_FLOOR)


def _by_the_variance(correction: int) -> Function:
    def answer(advantage: Tensor) -> Tensor:
        spread = advantage.var(correction=correction) + STD_FLOOR
        return (advantage - advantage.mean()) / spread

    return answer


def _min_max(advantage: Tensor) -> Tensor:
    low, high = advantage.min(), advantage.max()
    return (advantage - low) / (high - low)


def _mean_zero_spread_one(answer: Function) -> bool:
    result = answer(advantage=floats(4.0, -2.0, 1.0, 7.0))
    spreads = [float(result.std(correction=correction)) for correction in (0, 1)]
    return abs(float(result.mean())) < 1e-3 and min(abs(s - 1) for s in spreads) < 1e-3


def _offset_and_scale_do_not_matter(answer: Function) -> bool:
    advantage = floats(4.0, -2.0, 1.0, 7.0)
    moved = answer(advantage=10 * advantage + 50)
    return torch.allclose(moved, answer(advantage=advantage), atol=1e-3)


# One slip with either standard deviation: the sentence is the same, the numbers are not.
_NO_FLOOR = (
    "You divided by the standard deviation without the tiny number: equal advantages give 0 / 0, "
    "which is NaN, and one NaN spoils all weights of the network."
)
_SCALED = "You divided but did not subtract the mean, so the advantages are not centred."
_VARIANCE = "You divided by the variance. Divide by its root, the standard deviation."

NORMALISE_ADVANTAGE = Exercise(
    id="normalise_advantage",
    minutes=4,
    prompt=(
        "Normalise advantages as PPO does before its updates: mean 0 and standard deviation 1.\n\n"
        "`advantage` has the shape (N,), and so has the result. Add a tiny number such as 1e-8 to "
        "the standard deviation, so that equal advantages give 0 and not 0 / 0. A standard "
        "deviation with N or with N - 1 is right."
    ),
    reference=maths.normalise_advantage,
    cases=(
        Case({"advantage": floats(5.0, -3.0)}, "two samples"),
        Case({"advantage": floats(4.0, 9.0, 2.0)}, "all are positive"),
        Case({"advantage": floats(-6.0, -2.0, -7.0, -1.0)}, "all are negative"),
        Case({"advantage": 3 * normal(5, 10) + 1}, "ten samples"),
        Case({"advantage": 20 * normal(6, 40) - 5}, "large and many"),
        Case({"advantage": floats(2.0, 2.0, 2.0)}, "all advantages are equal", edge=True),
    ),
    hints=(
        "You want two things: a mean of 0 and a spread of 1. One takes a subtraction, the other a "
        "division.",
        "(A - mean of A) / (standard deviation of A + 1e-8): subtract first, then divide.",
        "Tensors have .mean() and .std(). Put brackets around the numerator and around the "
        "denominator.",
    ),
    mistakes=(
        *(Mistake(_NO_FLOOR, _normalise(correction, floor=0.0)) for correction in (0, 1)),
        Mistake(
            "You centred the advantages but did not scale them: divide by the standard deviation.",
            lambda advantage: advantage - advantage.mean(),
        ),
        Mistake(
            "You stretched the advantages to the interval from 0 to 1. Then none is negative, and "
            "no action is made less likely. Subtract the mean and divide by the standard "
            "deviation.",
            _min_max,
        ),
        *(Mistake(_SCALED, _only_scaled(correction)) for correction in (0, 1)),
        *(Mistake(_VARIANCE, _by_the_variance(correction)) for correction in (0, 1)),
        Mistake(
            "You subtracted the advantages from their mean, so good actions now look bad.",
            lambda advantage: -maths.normalise_advantage(advantage),
        ),
        Mistake(
            "You divided by the largest absolute value. One outlier then makes all others tiny: "
            "subtract the mean and divide by the standard deviation.",
            lambda advantage: advantage / advantage.abs().max(),
        ),
        Mistake(
            "The brackets are missing: you divided the mean alone. Subtract first, then divide.",
            lambda advantage: advantage - advantage.mean() / (advantage.std() + STD_FLOOR),
        ),
    ),
    properties=(
        Property("The result has mean 0 and standard deviation 1.", _mean_zero_spread_one),
        Property(
            "Ten times the advantages, or a constant added to all of them, gives the same result.",
            _offset_and_scale_do_not_matter,
        ),
    ),
    alternatives=(_normalise(correction=1),),
    tolerance=1e-4,  # so that 1e-5 instead of 1e-8 is as right
)
