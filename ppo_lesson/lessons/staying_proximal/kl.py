"""The exercise of notebook 06 that estimates a divergence from samples: k1, k2 and k3 at once."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import (
    agree,
    drawn_samples,
    far_samples,
    floats,
    samples,
)
from ppo_lesson.lessons.log_space import unlikely_case
from ppo_lesson.lessons.staying_proximal.kl_logs import LOG_SLIPS, instead_of
from ppo_lesson.maths import kl_estimates, kl_k1, kl_k2, kl_k3

DETACHED = (
    "The value is right, but no gradient comes back to log_prob, so it could not be used as a "
    "penalty."
)
SUM = "You took the sum. An estimate of an expectation is a mean over the samples."


def _log_ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    return log_prob - old_log_prob


def _slips_of(number: int, *mistakes: Mistake) -> tuple[Mistake, ...]:
    """Say of slips in k1, k2 or k3 alone which of the three they concern."""
    return tuple(
        Mistake(f"Look at k{number}. {mistake.sentence}", instead_of(number, mistake.answer))
        for mistake in mistakes
    )


WEIGHTED = (
    "You weighted each sample with its probability. Samples of the old policy come as often as "
    "they are likely already: take the plain mean."
)

K1_SLIPS = _slips_of(
    1,
    Mistake(
        "The sign, or the direction, is turned round: in KL(old || new) the old "
        "log-probability comes first and the new one is subtracted.",
        lambda log_prob, old_log_prob: _log_ratio(log_prob, old_log_prob).mean(),
    ),
    Mistake(
        "This is k2, half the mean square of the log-ratio. k1 is the mean of -log r itself, "
        "without a square.",
        kl_k2,
    ),
    Mistake(
        "This is k3, which adds r - 1 to make every sample positive. k1 is the plain mean of "
        "-log r.",
        kl_k3,
    ),
    Mistake(
        "You took absolute values. Samples of both signs have to cancel: that is what makes "
        "k1 unbiased, and noisy.",
        lambda log_prob, old_log_prob: _log_ratio(log_prob, old_log_prob).abs().mean(),
    ),
    Mistake(
        "You took the logarithm of the mean ratio. The mean of logarithms is meant; the "
        "ratio's expectation is 1 whatever the policies are.",
        lambda log_prob, old_log_prob: -_log_ratio(log_prob, old_log_prob).exp().mean().log(),
    ),
    Mistake(
        WEIGHTED,
        lambda log_prob, old_log_prob: (
            -(old_log_prob.exp() * _log_ratio(log_prob, old_log_prob)).sum()
        ),
    ),
    Mistake(SUM, lambda log_prob, old_log_prob: -_log_ratio(log_prob, old_log_prob).sum()),
    Mistake(DETACHED, lambda log_prob, old_log_prob: kl_k1(log_prob.detach(), old_log_prob)),
)
K2_SLIPS = _slips_of(
    2,
    Mistake(
        "The half is missing: k2 is the mean square of the log-ratio divided by 2.",
        lambda log_prob, old_log_prob: 2 * kl_k2(log_prob, old_log_prob),
    ),
    Mistake(
        "You averaged before you squared. Then samples of both signs cancel; square each "
        "log-ratio first.",
        lambda log_prob, old_log_prob: _log_ratio(log_prob, old_log_prob).mean().square() / 2,
    ),
    Mistake(
        "This is k1, the mean of -log r. k2 squares every log-ratio, so that none is negative.",
        kl_k1,
    ),
    Mistake(
        "This is k3, with r - 1 in it. k2 needs the log-ratio only.",
        kl_k3,
    ),
    Mistake(
        "You squared r - 1 where log r is meant. The two are close near r = 1 and differ "
        "further away.",
        lambda log_prob, old_log_prob: (
            (_log_ratio(log_prob, old_log_prob).exp() - 1).square().mean() / 2
        ),
    ),
    Mistake(
        "You forgot the square: this is half the mean absolute log-ratio.",
        lambda log_prob, old_log_prob: _log_ratio(log_prob, old_log_prob).abs().mean() / 2,
    ),
    Mistake(
        SUM,
        lambda log_prob, old_log_prob: _log_ratio(log_prob, old_log_prob).square().sum() / 2,
    ),
    Mistake(DETACHED, lambda log_prob, old_log_prob: kl_k2(log_prob.detach(), old_log_prob)),
)
K3_SLIPS = _slips_of(
    3,
    Mistake(
        "The direction is reversed: your ratio is old over current. For KL(old || new), from "
        "samples of the old policy, r is current over old.",
        lambda log_prob, old_log_prob: kl_k3(2 * old_log_prob - log_prob, old_log_prob),
    ),
    Mistake(
        "The sign of the logarithm is wrong: log r is subtracted. With a plus both terms grow "
        "with r and the estimate can be negative.",
        lambda log_prob, old_log_prob: (
            _log_ratio(log_prob, old_log_prob).expm1() + _log_ratio(log_prob, old_log_prob)
        ).mean(),
    ),
    Mistake(
        "The whole is negated: (r - 1) - log r is never below 0, your terms are never above.",
        lambda log_prob, old_log_prob: -kl_k3(log_prob, old_log_prob),
    ),
    Mistake(
        "This is k2, half the mean square of the log-ratio. It looks like k3 near r = 1, but "
        "it is biased.",
        kl_k2,
    ),
    Mistake(
        "This is k1. The term r - 1 is missing, which has mean 0 and, while the policies are "
        "close, takes most of the noise away.",
        kl_k1,
    ),
    Mistake(
        "The - 1 is missing: for equal policies your estimate is 1, not 0.",
        lambda log_prob, old_log_prob: kl_k3(log_prob, old_log_prob) + 1,
    ),
    Mistake(
        "The exponential is missing: (log r - 1) - log r is -1 for every sample. The first "
        "term is the ratio itself.",
        lambda log_prob, old_log_prob: (
            _log_ratio(log_prob, old_log_prob) - 1 - _log_ratio(log_prob, old_log_prob)
        ).mean(),
    ),
    Mistake(
        SUM,
        lambda log_prob, old_log_prob: len(log_prob) * kl_k3(log_prob, old_log_prob),
    ),
    Mistake(DETACHED, lambda log_prob, old_log_prob: kl_k3(log_prob.detach(), old_log_prob)),
)

# The same slip in all three.
COMMON_SLIPS = (
    Mistake(
        "The direction is reversed in all three: your ratio is old over current. For KL(old || "
        "new), from samples of the old policy, r is current over old. (k2 cannot tell.)",
        lambda log_prob, old_log_prob: kl_estimates(2 * old_log_prob - log_prob, old_log_prob),
    ),
    Mistake(
        "All three are sums. An estimate of an expectation is a mean over the samples.",
        lambda log_prob, old_log_prob: len(log_prob) * kl_estimates(log_prob, old_log_prob),
    ),
    Mistake(
        "The values are right, but no gradient comes back to log_prob, so none of the three could "
        "be used as a penalty. (torch.tensor([k1, k2, k3]) cuts the graph; torch.stack keeps it.)",
        lambda log_prob, old_log_prob: kl_estimates(log_prob.detach(), old_log_prob),
    ),
    Mistake(
        "The three numbers are right, but not in this order: k1, k2, k3.",
        lambda log_prob, old_log_prob: kl_estimates(log_prob, old_log_prob).flip(0),
    ),
)


def _no_distance_between_equals(answer: Function) -> bool:
    log_prob = floats(-0.3, -2.0, -1.2)
    return agree(answer(log_prob=log_prob, old_log_prob=log_prob.clone()), floats(0.0, 0.0, 0.0))


def _only_the_log_ratio_counts(answer: Function) -> bool:
    log_prob, old_log_prob = floats(-0.6, -2.0, -1.2), floats(-1.0, -1.4, -1.3)
    raised = answer(log_prob=log_prob + 0.3, old_log_prob=old_log_prob + 0.3)
    return agree(raised, answer(log_prob=log_prob, old_log_prob=old_log_prob))


def _swapping_flips_k1_and_leaves_k2(answer: Function) -> bool:
    one, other = floats(-0.6, -2.0, -1.2), floats(-1.0, -1.4, -1.3)
    there = answer(log_prob=one, old_log_prob=other)
    back = answer(log_prob=other, old_log_prob=one)
    return agree(there[:2], torch.stack([-back[0], back[1]]))


def _k2_and_k3_are_never_negative(answer: Function) -> bool:
    return all(
        float(answer(**samples([ratio]))[1:].min()) >= -1e-6
        for ratio in (0.3, 0.6, 0.9, 1.2, 2.0, 3.0)
    )


KL_ESTIMATES = Exercise(
    id="kl_estimates",
    minutes=4,
    prompt=(
        "Estimate KL(old || new) from samples in three ways: k1, the mean of $-\\log r$; k2, half "
        "the mean of $(\\log r)^2$; and k3, the mean of $(r - 1) - \\log r$."
        "\n\n"
        "`log_prob` and `old_log_prob`, (N,) each, are log-probabilities of the same actions under "
        "the current policy and under the old one, *which took them*; log r = `log_prob` - "
        "`old_log_prob`. Return a tensor of shape (3,), in nats: "
        "`torch.stack([k1, k2, k3])`. The gradient flows through `log_prob`; `old_log_prob` comes "
        "without a graph."
    ),
    reference=kl_estimates,
    cases=(
        Case(samples([1.6]), "one sample, its action is likelier than before"),
        Case(samples([0.7]), "one sample, its action is less likely than before"),
        Case(samples([2.0, 0.4]), "two samples"),
        Case(far_samples(with_advantage=False), "ratios far from one"),
        Case(drawn_samples(9, 61, with_advantage=False), "9 samples"),
        Case(drawn_samples(40, 62, with_advantage=False), "40 samples"),
        unlikely_case(with_advantage=False),
    ),
    hints=(
        "All three are means over the samples of a function of log r. In KL(old || new) the old "
        "log-probability comes first, so k1 has a minus sign.",
        "Compute the log-ratio once, log_prob - old_log_prob. k1 negates it, k2 squares it and "
        "halves the mean, k3 needs r = exp(log r) as well.",
        "With log_ratio at hand: k1 is the mean of -log_ratio; k2 is half of "
        "log_ratio.square().mean(); k3 is the mean of log_ratio.exp() - 1 - log_ratio. "
        "torch.stack puts them together.",
    ),
    mistakes=(*COMMON_SLIPS, *K1_SLIPS, *K2_SLIPS, *K3_SLIPS, *LOG_SLIPS),
    wrt=("log_prob",),
    properties=(
        Property(
            "Where the policies are equal, there is no distance: all three are 0.",
            _no_distance_between_equals,
        ),
        Property(
            "Swap the two policies: k1 flips its sign, and k2 stays as it is.",
            _swapping_flips_k1_and_leaves_k2,
        ),
        Property(
            "Only the log-ratios count: adding the same constant to both log-probabilities changes "
            "nothing.",
            _only_the_log_ratio_counts,
        ),
        Property(
            "No sample makes k2 or k3 negative, whatever its ratio.",
            _k2_and_k3_are_never_negative,
        ),
    ),
)
