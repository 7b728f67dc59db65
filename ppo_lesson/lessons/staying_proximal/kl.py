"""The exercises of notebook 06 that estimate a divergence from samples: k1, k2, k3."""

from __future__ import annotations

from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import (
    agree,
    drawn_samples,
    far_samples,
    floats,
    samples,
)
from ppo_lesson.lessons.log_space import (
    DIFFERENCE,
    DIFFERENCE_THEN_EXP,
    DIVIDED_LOGS,
    divided_logs,
    through_probabilities,
    unlikely_case,
    with_small_numbers,
)
from ppo_lesson.maths import kl_k1, kl_k2, kl_k3

_INPUTS = (
    "\n\n`log_prob` and `old_log_prob` have the shape (N,): log-probabilities of the same actions "
    "under the current policy and under the old one, *which took them*. Return a tensor of shape "
    "(), in nats: the mean over the samples. The gradient flows through `log_prob`; `old_log_prob` "
    "comes without a graph. The log-ratio is log r = `log_prob` - `old_log_prob`."
)
_DETACHED = (
    "The value is right, but no gradient comes back to log_prob, so it could not be used as a "
    "penalty."
)
_SUM = "You took the sum. An estimate of an expectation is a mean over the samples."
_WEIGHTED = (
    "You weighted each sample with its probability. Samples of the old policy come as often as "
    "they are likely already: take the plain mean."
)


def _log_ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    return log_prob - old_log_prob


def _cases(seed: int) -> tuple[Case, ...]:
    return (
        Case(samples([1.6]), "one sample, its action is likelier than before"),
        Case(samples([0.7]), "one sample, its action is less likely than before"),
        Case(samples([2.0, 0.4]), "two samples"),
        Case(far_samples(with_advantage=False), "ratios far from one"),
        Case(drawn_samples(9, seed, with_advantage=False), "9 samples"),
        Case(drawn_samples(40, seed + 1, with_advantage=False), "40 samples"),
        unlikely_case(with_advantage=False),
    )


def _zero_for_equal_policies(answer: Function) -> bool:
    log_prob = floats(-0.3, -2.0, -1.2)
    return agree(answer(log_prob=log_prob, old_log_prob=log_prob.clone()), floats(0.0)[0])


def _only_the_log_ratio_counts(answer: Function) -> bool:
    log_prob, old_log_prob = floats(-0.6, -2.0, -1.2), floats(-1.0, -1.4, -1.3)
    raised = answer(log_prob=log_prob + 0.3, old_log_prob=old_log_prob + 0.3)
    return agree(raised, answer(log_prob=log_prob, old_log_prob=old_log_prob))


def _swapping_flips_the_sign(answer: Function) -> bool:
    one, other = floats(-0.6, -2.0, -1.2), floats(-1.0, -1.4, -1.3)
    there = answer(log_prob=one, old_log_prob=other)
    return agree(there, -answer(log_prob=other, old_log_prob=one))


def _swapping_changes_nothing(answer: Function) -> bool:
    one, other = floats(-0.6, -2.0, -1.2), floats(-1.0, -1.4, -1.3)
    there = answer(log_prob=one, old_log_prob=other)
    return agree(there, answer(log_prob=other, old_log_prob=one))


def _never_negative(answer: Function) -> bool:
    return all(
        float(answer(**samples([ratio]))) >= -1e-6 for ratio in (0.3, 0.6, 0.9, 1.2, 2.0, 3.0)
    )


_EQUAL_POLICIES = Property(
    "Where the policies are equal, there is no distance: the estimate is 0.",
    _zero_for_equal_policies,
)
_LOG_RATIO_ONLY = Property(
    "Only the log-ratios count: adding the same constant to both log-probabilities changes "
    "nothing.",
    _only_the_log_ratio_counts,
)
_NEVER_NEGATIVE = Property(
    "No sample makes this estimate negative, whatever its ratio.", _never_negative
)

KL_K1 = Exercise(
    id="kl_k1",
    minutes=3,
    prompt="Estimate KL(old || new) by k1, the mean of -log r." + _INPUTS,
    reference=kl_k1,
    cases=_cases(61),
    hints=(
        "KL(old || new) is the expectation, under the old policy, of log old minus log new. And "
        "your samples come from the old policy.",
        "One subtraction per sample, in the direction that the divergence names, and a mean.",
        "Subtract log_prob from old_log_prob and call .mean() on the result.",
    ),
    mistakes=(
        Mistake(
            "The sign, or the direction, is turned round: in KL(old || new) the old "
            "log-probability comes first and the new one is subtracted.",
            lambda log_prob, old_log_prob: _log_ratio(log_prob, old_log_prob).mean(),
        ),
        Mistake(
            "This is k2, half the mean square of the log-ratio. k1 is the mean of -log r itself, "
            "without a square.",
            lambda log_prob, old_log_prob: kl_k2(log_prob, old_log_prob),
        ),
        Mistake(
            "This is k3, which adds r - 1 to make every sample positive. k1 is the plain mean of "
            "-log r.",
            lambda log_prob, old_log_prob: kl_k3(log_prob, old_log_prob),
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
            _WEIGHTED,
            lambda log_prob, old_log_prob: (
                -(old_log_prob.exp() * _log_ratio(log_prob, old_log_prob)).sum()
            ),
        ),
        Mistake(_SUM, lambda log_prob, old_log_prob: -_log_ratio(log_prob, old_log_prob).sum()),
        Mistake(_DETACHED, lambda log_prob, old_log_prob: kl_k1(log_prob.detach(), old_log_prob)),
        *divided_logs(kl_k1),
        *through_probabilities(kl_k1, DIFFERENCE),
    ),
    wrt=("log_prob",),
    properties=(
        _EQUAL_POLICIES,
        Property("Swap the two policies and k1 flips its sign.", _swapping_flips_the_sign),
        _LOG_RATIO_ONLY,
    ),
)

KL_K2 = Exercise(
    id="kl_k2",
    minutes=2,
    prompt="Estimate KL(old || new) by k2, half the mean of (log r)^2." + _INPUTS,
    reference=kl_k2,
    cases=_cases(63),
    hints=(
        "Near r = 1 the divergence looks like a parabola in log r. Which number stands before the "
        "square of a parabola that bends like it?",
        "The log-ratio of each sample, squared; the mean of the squares; half of it.",
        "Subtract the two log-probabilities, call .square().mean(), and multiply with 0.5.",
    ),
    mistakes=(
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
            lambda log_prob, old_log_prob: kl_k1(log_prob, old_log_prob),
        ),
        Mistake(
            "This is k3, with r - 1 in it. k2 needs the log-ratio only.",
            lambda log_prob, old_log_prob: kl_k3(log_prob, old_log_prob),
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
            _SUM,
            lambda log_prob, old_log_prob: _log_ratio(log_prob, old_log_prob).square().sum() / 2,
        ),
        Mistake(_DETACHED, lambda log_prob, old_log_prob: kl_k2(log_prob.detach(), old_log_prob)),
        *divided_logs(kl_k2),
        *through_probabilities(kl_k2, DIFFERENCE),
    ),
    wrt=("log_prob",),
    properties=(
        _EQUAL_POLICIES,
        Property("Swap the two policies and k2 stays as it is.", _swapping_changes_nothing),
        _NEVER_NEGATIVE,
    ),
)

KL_K3 = Exercise(
    id="kl_k3",
    minutes=3,
    prompt="Estimate KL(old || new) by k3, the mean of (r - 1) - log r." + _INPUTS,
    reference=kl_k3,
    cases=_cases(65),
    hints=(
        "k1 is unbiased and noisy. Add something whose mean is 0 for sure: the ratio has mean 1.",
        "Per sample r - 1 - log r, with r = exp(log r) and r current over old; then the mean.",
        "With log_ratio = log_prob - old_log_prob: exponentiate it, subtract 1, subtract "
        "log_ratio, take the mean. torch.expm1 does the first two in one.",
    ),
    mistakes=(
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
            lambda log_prob, old_log_prob: kl_k2(log_prob, old_log_prob),
        ),
        Mistake(
            "This is k1. The term r - 1 is missing, which has mean 0 and, while the policies are "
            "close, takes most of the noise away.",
            lambda log_prob, old_log_prob: kl_k1(log_prob, old_log_prob),
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
            _SUM,
            lambda log_prob, old_log_prob: len(log_prob) * kl_k3(log_prob, old_log_prob),
        ),
        Mistake(_DETACHED, lambda log_prob, old_log_prob: kl_k3(log_prob.detach(), old_log_prob)),
        *divided_logs(kl_k3),
        Mistake(
            DIVIDED_LOGS,
            lambda log_prob, old_log_prob: (
                log_prob / old_log_prob - 1 - _log_ratio(log_prob, old_log_prob)
            ).mean(),
        ),
        *through_probabilities(kl_k3, DIFFERENCE_THEN_EXP),
        *with_small_numbers(
            lambda ratio: (
                lambda log_prob, old_log_prob: (
                    ratio(log_prob, old_log_prob) - 1 - _log_ratio(log_prob, old_log_prob)
                ).mean()
            ),
            DIFFERENCE_THEN_EXP,
        ),
    ),
    wrt=("log_prob",),
    properties=(_EQUAL_POLICIES, _NEVER_NEGATIVE, _LOG_RATIO_ONLY),
)
