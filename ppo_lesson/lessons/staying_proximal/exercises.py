"""What notebook 06 asks: the clipped loss; what else keeps a policy close stands next door."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, drawn_samples, far_samples, samples
from ppo_lesson.lessons.log_space import (
    DIFFERENCE_THEN_EXP,
    divided_logs,
    through_probabilities,
    unlikely_case,
)
from ppo_lesson.maths import clipped_surrogate_loss, surrogate_loss


def _ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    return torch.exp(log_prob - old_log_prob)


def _clipped(ratio: Tensor, clip_epsilon: float) -> Tensor:
    return ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)


def _lower(ratio: Tensor, other: Tensor, advantage: Tensor) -> Tensor:
    """Take the loss of the smaller product: right if `other` is the clipped ratio."""
    return -torch.minimum(ratio * advantage, other * advantage).mean()


def _no_min(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    return -(_clipped(_ratio(log_prob, old_log_prob), clip_epsilon) * advantage).mean()


def _max_for_min(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    ratio = _ratio(log_prob, old_log_prob)
    return -torch.maximum(ratio * advantage, _clipped(ratio, clip_epsilon) * advantage).mean()


def _sign_lost(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    ratio = _ratio(log_prob, old_log_prob)
    return -(torch.minimum(ratio, _clipped(ratio, clip_epsilon)) * advantage).mean()


def _log_ratio_clipped(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    log_ratio = log_prob - old_log_prob
    return _lower(log_ratio.exp(), log_ratio.clamp(-clip_epsilon, clip_epsilon).exp(), advantage)


def _min_of_means(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    ratio = _ratio(log_prob, old_log_prob)
    plain, clipped = ratio * advantage, _clipped(ratio, clip_epsilon) * advantage
    return -torch.minimum(plain.mean(), clipped.mean())


def _around_zero(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    ratio = _ratio(log_prob, old_log_prob)
    return _lower(ratio, ratio.clamp(-clip_epsilon, clip_epsilon), advantage)


def _product_clipped(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    product = _ratio(log_prob, old_log_prob) * advantage
    return -torch.minimum(product, _clipped(product, clip_epsilon)).mean()


def _never_below_the_plain_loss(answer: Function) -> bool:
    batch = drawn_samples(12, 52)
    return float(answer(**batch, clip_epsilon=0.2)) >= float(surrogate_loss(**batch)) - 1e-5


def _wide_intervals_clip_nothing(answer: Function) -> bool:
    batch = samples([1.4, 0.6, 0.9], [1.0, 2.0, -3.0])
    wide, wider = (answer(**batch, clip_epsilon=epsilon) for epsilon in (0.5, 0.9))
    return agree(wide, surrogate_loss(**batch)) and agree(wide, wider)


def _beyond_the_edge_nothing_is_gained(answer: Function) -> bool:
    far, further = (samples(ratio, [2.0, -1.0]) for ratio in ([1.5, 0.6], [2.5, 0.3]))
    return agree(answer(**far, clip_epsilon=0.2), answer(**further, clip_epsilon=0.2))


def _clip_case(ratio: list[float], advantage: list[float], epsilon: float, label: str) -> Case:
    return Case({**samples(ratio, advantage), "clip_epsilon": epsilon}, label)


# Each case has a sample with a gradient: where all are silenced, a loop that picks the clipped
# number returns a constant without a graph, and is as right as a gradient of zeros.
CLIPPED_SURROGATE_LOSS = Exercise(
    id="clipped_surrogate_loss",
    minutes=8,
    prompt=(
        r"Write PPO's policy loss: minus the *mean* of $\min\big(r A,\ \mathrm{clip}(r, "
        r"1 - \epsilon, 1 + \epsilon)\, A\big)$, with the ratio $r$, current over old."
        "\n\n"
        "`log_prob`, `old_log_prob` and `advantage` have the shape (N,), `clip_epsilon` is between "
        "0 and 1. Return a tensor of shape (). The gradient flows through `log_prob`; the others "
        "come without a graph."
    ),
    reference=clipped_surrogate_loss,
    cases=(
        _clip_case([1.6, 1.1], [2.0, 1.0], 0.2, "A > 0, ratio above the interval, then inside"),
        _clip_case([0.5], [2.0], 0.2, "A > 0, ratio below the interval"),
        _clip_case([1.1], [3.0], 0.2, "A > 0, ratio inside"),
        _clip_case([1.6], [-2.0], 0.2, "A < 0, ratio above the interval"),
        _clip_case([0.5, 0.9], [-2.0, -1.0], 0.2, "A < 0, ratio below the interval, then inside"),
        _clip_case([0.95], [-3.0], 0.1, "A < 0, ratio inside"),
        _clip_case([1.5, 0.4, 0.6], [1.0, -2.5, 1.0], 0.3, "two samples silenced, one is not"),
        Case({**far_samples(), "clip_epsilon": 0.2}, "ratios far from one"),
        Case({**drawn_samples(9, 47), "clip_epsilon": 0.1}, "9 samples"),
        Case({**drawn_samples(40, 48), "clip_epsilon": 0.25}, "40 samples"),
        unlikely_case(clip_epsilon=0.3),
    ),
    hints=(
        "Two candidates per sample: with the ratio as it is, and with the ratio held inside the "
        "interval. Of the two *objectives* the pessimist takes the smaller one.",
        "Ratio; clipped ratio; both times the advantage; the smaller product of each sample; the "
        "mean; a minus. The order matters: A may be negative, so multiply before you compare.",
        "ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon) clips, torch.minimum(first, second) "
        "compares sample by sample. Average its result and negate.",
    ),
    mistakes=(
        Mistake(
            "You clipped the ratio but took no minimum. A sample that has moved to the wrong side "
            "(A > 0 and a small ratio, or A < 0 and a large one) then has no gradient to bring it "
            "back.",
            _no_min,
        ),
        Mistake(
            "You took the larger of the two objectives where PPO takes the smaller. The minimum "
            "makes it a pessimistic bound. (The max belongs to the two losses, after the minus.)",
            _max_for_min,
        ),
        Mistake(
            "You cut the ratio at its upper end for either sign of A, as happens where ratios are "
            "compared before the advantage is in. A negative A turns the order round: multiply "
            "first, then compare.",
            _sign_lost,
        ),
        Mistake(
            "You clipped the log-ratio. The interval 1 - epsilon to 1 + epsilon is one of ratios; "
            "e to the power of epsilon is a little more than 1 + epsilon.",
            _log_ratio_clipped,
        ),
        Mistake(
            "The sign is the objective's, not the loss's: an optimiser that minimises this makes "
            "good actions rarer. Put a minus in front.",
            lambda log_prob, old_log_prob, advantage, clip_epsilon: (
                -clipped_surrogate_loss(log_prob, old_log_prob, advantage, clip_epsilon)
            ),
        ),
        Mistake(
            "You compared two means. Each sample has its own minimum: compare sample by sample, "
            "average afterwards.",
            _min_of_means,
        ),
        Mistake(
            "The value is right, but no gradient comes back to log_prob: the ratio is cut out of "
            "the graph. This policy would never learn.",
            lambda log_prob, old_log_prob, advantage, clip_epsilon: clipped_surrogate_loss(
                log_prob.detach(), old_log_prob, advantage, clip_epsilon
            ),
        ),
        Mistake(
            "You clipped to -epsilon and epsilon. Ratios live around 1: the interval is 1 - "
            "epsilon to 1 + epsilon.",
            _around_zero,
        ),
        Mistake(
            "You clipped the product of ratio and advantage. The interval is one of ratios: clip "
            "the ratio, then multiply.",
            _product_clipped,
        ),
        Mistake(
            "Your ratio is upside down, old over current: the samples came from the old policy, so "
            "it stands below.",
            lambda log_prob, old_log_prob, advantage, clip_epsilon: clipped_surrogate_loss(
                2 * old_log_prob - log_prob, old_log_prob, advantage, clip_epsilon
            ),
        ),
        Mistake(
            "You took the sum. With the mean the size of a step does not depend on how many "
            "samples the batch has.",
            lambda log_prob, old_log_prob, advantage, clip_epsilon: (
                len(log_prob)
                * clipped_surrogate_loss(log_prob, old_log_prob, advantage, clip_epsilon)
            ),
        ),
        Mistake(
            "The clip is missing: this is the surrogate loss, which rewards any distance.",
            lambda log_prob, old_log_prob, advantage, clip_epsilon: surrogate_loss(
                log_prob, old_log_prob, advantage
            ),
        ),
        *divided_logs(clipped_surrogate_loss),
        *through_probabilities(clipped_surrogate_loss, DIFFERENCE_THEN_EXP),
    ),
    wrt=("log_prob",),
    properties=(
        Property(
            "The clipped loss is a pessimistic bound: it is never below the surrogate loss of the "
            "same samples.",
            _never_below_the_plain_loss,
        ),
        Property(
            "Where every ratio lies inside the interval, nothing is clipped and the surrogate loss "
            "is left.",
            _wide_intervals_clip_nothing,
        ),
        Property(
            "Beyond the edge nothing is gained: with A > 0 and ratios above, or A < 0 and ratios "
            "below, a larger distance leaves the loss as it is.",
            _beyond_the_edge_nothing_is_gained,
        ),
    ),
)
