"""The exercise of notebook 06 that counts the samples which the clip has silenced."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, drawn_samples, floats
from ppo_lesson.maths import active_clip_fraction, clip_fraction


def _case(ratio: list[float], advantage: list[float], epsilon: float, label: str) -> Case:
    inputs = {"ratio": floats(*ratio), "advantage": floats(*advantage), "clip_epsilon": epsilon}
    return Case(inputs, label)


def _drawn_case(num_samples: int, seed: int, epsilon: float) -> Case:
    batch = drawn_samples(num_samples, seed)
    ratio = torch.exp(batch["log_prob"] - batch["old_log_prob"])
    inputs = {"ratio": ratio, "advantage": batch["advantage"], "clip_epsilon": epsilon}
    return Case(inputs, f"{num_samples} samples")


def _marks(ratio: Tensor, advantage: Tensor, clip_epsilon: float) -> tuple[Tensor, Tensor]:
    above = (advantage > 0) & (ratio > 1 + clip_epsilon)
    below = (advantage < 0) & (ratio < 1 - clip_epsilon)
    return above.double(), below.double()


def _wrong_side(ratio: Tensor, advantage: Tensor, clip_epsilon: float) -> Tensor:
    return active_clip_fraction(ratio, -advantage, clip_epsilon)


def _among_the_outside(ratio: Tensor, advantage: Tensor, clip_epsilon: float) -> Tensor:
    active = active_clip_fraction(ratio, advantage, clip_epsilon)
    return active / clip_fraction(ratio, clip_epsilon).clamp(min=1e-9)


def _of_the_product(ratio: Tensor, advantage: Tensor, clip_epsilon: float) -> Tensor:
    return ((ratio * advantage - 1).abs() > clip_epsilon).double().mean()


def _both_signs_make_the_logged_fraction(answer: Function) -> bool:
    ratio = floats(1.5, 0.6, 1.05, 0.3, 1.3)
    advantage = torch.ones_like(ratio)
    parts = [answer(ratio=ratio, advantage=a, clip_epsilon=0.2) for a in (advantage, -advantage)]
    return agree(parts[0] + parts[1], clip_fraction(ratio, 0.2))


def _size_of_the_advantage_does_not_matter(answer: Function) -> bool:
    ratio, advantage = floats(1.5, 0.6, 1.05, 0.3), floats(0.2, -3.0, 1.0, 0.5)
    one, other = (
        answer(ratio=ratio, advantage=factor * advantage, clip_epsilon=0.2) for factor in (1, 10)
    )
    return agree(one, other)


def _inside_is_never_silenced(answer: Function) -> bool:
    ratio, advantage = floats(1.1, 0.9, 1.05), floats(2.0, -3.0, -1.0)
    return agree(answer(ratio=ratio, advantage=advantage, clip_epsilon=0.2), floats(0.0)[0])


ACTIVE_CLIP_FRACTION = Exercise(
    id="active_clip_fraction",
    minutes=5,
    prompt=(
        "What share of the samples has *no gradient* because of the clip? In two of the six cases "
        "the clipped loss is flat."
        "\n\n"
        "`ratio` and `advantage` have the shape (N,), `clip_epsilon` is between 0 and 1. Return a "
        "tensor of shape (), a share from 0 to 1, not a count. No advantage is 0, and no ratio "
        "lies on an edge."
    ),
    reference=active_clip_fraction,
    cases=(
        _case([1.5, 0.6], [1.0, 2.0], 0.2, "A > 0: one ratio above, one below"),
        _case([1.5, 0.6], [-1.0, -2.0], 0.2, "A < 0: one ratio above, one below"),
        _case([1.1, 0.9, 1.4], [1.0, -1.0, 3.0], 0.3, "two ratios inside, one above"),
        _case([0.5, 0.7, 1.8, 2.0], [-0.5, -2.0, 1.5, -1.0], 0.2, "all outside, one has gradient"),
        _case([0.95, 1.05], [1.0, -1.0], 0.1, "both inside"),
        _case([0.81, 1.1], [-1.0, 2.0], 0.2, "A < 0, a ratio a little above the lower end"),
        _case([1.21, 0.9], [1.0, -2.0], 0.2, "A > 0, a ratio a little above the upper end"),
        _drawn_case(11, 49, 0.1),
        _drawn_case(40, 50, 0.3),
    ),
    hints=(
        "The clip takes away a reward for going on, never the way back. A sample with A > 0 wants "
        "its ratio up. Where has it had enough?",
        "Silenced are: A > 0 with the ratio above the interval, and A < 0 with the ratio below. "
        "Mark them, and take the share of marked samples among all N.",
        "Combine comparisons with & and |, each in brackets. Turn the booleans into .double() and "
        "take the mean.",
    ),
    mistakes=(
        Mistake(
            "This is what CleanRL and Stable-Baselines3 log: every ratio outside the interval. "
            "Those on the wrong side keep their gradient. The sign of the advantage decides.",
            lambda ratio, advantage, clip_epsilon: clip_fraction(ratio, clip_epsilon),
        ),
        Mistake(
            "You counted the samples outside that still have a gradient. With A > 0 and a ratio "
            "below the interval the minimum takes the plain product, which pulls the ratio back.",
            _wrong_side,
        ),
        Mistake(
            "You looked at one side. A sample with A < 0 is silenced too: where its ratio has "
            "fallen below the interval.",
            lambda ratio, advantage, clip_epsilon: _marks(ratio, advantage, clip_epsilon)[0].mean(),
        ),
        Mistake(
            "You left out the samples with A > 0: those are silenced where their ratio has risen "
            "above the interval.",
            lambda ratio, advantage, clip_epsilon: _marks(ratio, advantage, clip_epsilon)[1].mean(),
        ),
        Mistake(
            "This is a count. A share is the count divided by the number of samples.",
            lambda ratio, advantage, clip_epsilon: (
                len(ratio) * active_clip_fraction(ratio, advantage, clip_epsilon)
            ),
        ),
        Mistake(
            "This is the share of samples that still have a gradient, one minus what was asked "
            "for.",
            lambda ratio, advantage, clip_epsilon: (
                1 - active_clip_fraction(ratio, advantage, clip_epsilon)
            ),
        ),
        Mistake(
            "You divided by the number of ratios outside. The share is one of all N samples.",
            _among_the_outside,
        ),
        Mistake(
            "You compared the product of ratio and advantage with the interval. The interval is "
            "one of ratios; of the advantage only the sign counts.",
            _of_the_product,
        ),
    ),
    properties=(
        Property(
            "A ratio outside the interval is silenced under one sign of the advantage and free "
            "under the other: both shares add up to the share outside.",
            _both_signs_make_the_logged_fraction,
        ),
        Property(
            "Of the advantage only the sign counts: ten times larger ones leave the share as it "
            "is.",
            _size_of_the_advantage_does_not_matter,
        ),
        Property(
            "Where every ratio lies inside the interval, the share is 0.",
            _inside_is_never_silenced,
        ),
    ),
)
