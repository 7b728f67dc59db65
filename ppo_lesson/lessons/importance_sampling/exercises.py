"""Notebook 02: importance weights and the plain estimate."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.lessons.log_space import (
    DIFFERENCE_THEN_EXP,
    VERY_UNLIKELY,
    through_probabilities,
    unlikely_samples,
)
from ppo_lesson.maths import importance_estimate, importance_weights

# --- importance_weights ---


def _swapping_inverts(answer: Function) -> bool:
    one, other = normal(10, 4), normal(11, 4)
    weight = answer(log_target=one, log_proposal=other)
    inverse = answer(log_target=other, log_proposal=one)
    return torch.allclose(weight * inverse, torch.ones_like(weight))


def _equal_means_one(answer: Function) -> bool:
    log_prob = normal(12, 4)
    weight = answer(log_target=log_prob, log_proposal=log_prob)
    return torch.allclose(weight, torch.ones_like(weight))


def _each_for_itself(answer: Function) -> bool:
    one, other = normal(13, 4), normal(14, 4)
    weight = answer(log_target=one, log_proposal=other)
    return torch.allclose(weight[:2], answer(log_target=one[:2], log_proposal=other[:2]))


_LOGS = ("log_target", "log_proposal")
_UNLIKELY = unlikely_samples(with_advantage=False)
_DIVIDED = (
    "You divided one logarithm by the other. The log of a quotient is the difference of the logs."
)

IMPORTANCE_WEIGHTS = Exercise(
    id="importance_weights",
    minutes=4,
    prompt="""\
Write the importance weight of each sample: how much a sample of the proposal $q$ must
count for the list to answer for the target $p$.

- `log_target`, `log_proposal`: `(N,)` each, $\\log p$ and $\\log q$ of each sample.
- Return `(N,)`: the weights themselves, not their logarithms. Each weight depends on its own sample
  only, so do **not** normalise.""",
    reference=importance_weights,
    solution="return torch.exp(log_target - log_proposal)",
    cases=(
        Case({"log_target": floats(-0.6), "log_proposal": floats(-2.0)}, "p above q"),
        Case({"log_target": floats(-1.9), "log_proposal": floats(-0.5)}, "p below q"),
        Case(
            {"log_target": floats(-0.8, -2.5), "log_proposal": floats(-1.4, -0.7)},
            "one sample likelier under p, one under q",
        ),
        Case(
            {"log_target": floats(0.4, -1.1, -3.0), "log_proposal": floats(-0.9, 0.7, -2.2)},
            "densities, two of them above one",
        ),
        Case({"log_target": normal(1, 6) - 2, "log_proposal": normal(2, 6) - 2}, "six samples"),
        Case({"log_target": normal(3, 40) - 1, "log_proposal": normal(4, 40) - 1}, "forty samples"),
        Case(dict(zip(_LOGS, _UNLIKELY.values(), strict=True)), VERY_UNLIKELY, edge=True),
        Case(
            {"log_target": floats(15.0, -10.0), "log_proposal": floats(-10.0, 15.0)},
            "the densities p and q are a factor of e^25 apart",
            edge=True,
        ),
    ),
    hints=(
        "If q shows an outcome three times as often as p would, how much should each occurrence "
        "count? Which of the two probabilities goes on top?",
        "The weight is what you want over what you have. You have the logarithms of both, and the "
        "log of a quotient is a difference.",
        "Subtract the proposal's log from the target's, sample by sample, and undo the logarithm "
        "once, at the end.",
    ),
    mistakes=(
        Mistake(
            "Your weight is upside down. What you want goes on top: an outcome that the proposal "
            "shows too often must count less than once.",
            lambda log_target, log_proposal: (log_proposal - log_target).exp(),
        ),
        Mistake(
            "You took the difference of two probabilities. A weight says how many times a sample "
            "must count, and that is a quotient.",
            lambda log_target, log_proposal: log_target.exp() - log_proposal.exp(),
        ),
        Mistake(
            "These are the logarithms of the weights: the last step, back from logs, is missing.",
            lambda log_target, log_proposal: log_target - log_proposal,
        ),
        Mistake(
            "You normalised the weights so that they sum to one. Here each weight depends on its "
            "own sample only. Dividing by the sum gives another estimator (section 9).",
            lambda log_target, log_proposal: (log_target - log_proposal).softmax(dim=0),
        ),
        Mistake(
            "You scaled the weights so that their mean is one. Their expectation is one; the mean "
            "of a sample of them need not be, and forcing it makes the estimate biased.",
            lambda log_target, log_proposal: (
                len(log_target) * (log_target - log_proposal).softmax(dim=0)
            ),
        ),
        Mistake(
            _DIVIDED,
            lambda log_target, log_proposal: log_target / log_proposal,
        ),
        Mistake(
            _DIVIDED,
            lambda log_target, log_proposal: (log_target / log_proposal).exp(),
        ),
        Mistake(
            "That is the target's probability alone. Divide it by the probability that the "
            "proposal gives the sample.",
            lambda log_target, log_proposal: log_target.exp(),
        ),
        Mistake(
            "You clamp the difference of the logs. That is a safeguard of training code; a clamped "
            "weight is no longer p/q, and the estimate no longer unbiased.",
            lambda log_target, log_proposal: (log_target - log_proposal).clamp(-20, 20).exp(),
        ),
        *through_probabilities(importance_weights, DIFFERENCE_THEN_EXP, _LOGS),
    ),
    properties=(
        Property(
            "Where target and proposal agree, every sample counts once.",
            _equal_means_one,
        ),
        Property(
            "Swapping target and proposal turns each weight into its reciprocal.",
            _swapping_inverts,
        ),
        Property(
            "The weight of a sample does not depend on which other samples are on the list.",
            _each_for_itself,
        ),
    ),
)


# --- importance_estimate ---


def _without_weightless(value: Tensor, weight: Tensor) -> Tensor:
    return (weight * value)[weight > 0].mean()


def _twice_the_weight(answer: Function) -> bool:
    value, weight = normal(20, 4), normal(21, 4).exp()
    once = answer(value=value, weight=weight)
    return torch.allclose(2 * once, answer(value=value, weight=2 * weight))


def _equal_weights_change_nothing(answer: Function) -> bool:
    value = normal(22, 4)
    return torch.allclose(answer(value=value, weight=torch.ones_like(value)), value.mean())


def _zero_weight_is_silent(answer: Function) -> bool:
    weight = floats(1.4, 0.0, 0.8)
    one = answer(value=floats(2.0, 5.0, -1.0), weight=weight)
    return torch.allclose(one, answer(value=floats(2.0, -7.0, -1.0), weight=weight))


IMPORTANCE_ESTIMATE = Exercise(
    id="importance_estimate",
    minutes=3,
    prompt="""\
Estimate the expectation of $f$ under the target from samples of the proposal: the **plain**
estimate, which is the sample mean in place of $\\mathbb{E}_q[w f]$.

- `value`: `(N,)`, $f$ of each sample. `weight`: `(N,)`, the importance weight of each sample.
- Return `()`.""",
    reference=importance_estimate,
    solution="return (weight * value).mean()",
    cases=(
        Case({"value": floats(3.0), "weight": floats(0.4)}, "one sample"),
        Case({"value": floats(2.0, -1.5), "weight": floats(0.5, 2.5)}, "two samples"),
        Case(
            {"value": floats(4.0, 1.0, -2.0), "weight": floats(1.8, 0.0, 0.7)},
            "three samples, one of weight zero",
        ),
        Case({"value": normal(5, 7) + 2, "weight": normal(6, 7).exp()}, "seven samples"),
        Case({"value": normal(7, 40) - 1, "weight": normal(8, 40).exp()}, "forty samples"),
    ),
    hints=(
        "Line 3 of section 2 is an expectation under q. Replace it by an average over the samples.",
        "Each sample contributes weight times value. By what does an average divide?",
        "Multiply entry by entry, then take the mean over all N samples, those of weight zero "
        "included.",
    ),
    mistakes=(
        Mistake(
            "You divide by the sum of the weights: that is the self-normalised estimate. The "
            "plain one divides by the number of samples, and that makes it unbiased.",
            lambda value, weight: (weight * value).sum() / weight.sum(),
        ),
        Mistake(
            "The values play no part: you average the weights alone, whose expectation is one "
            "whatever the question is.",
            lambda value, weight: weight.mean(),
        ),
        Mistake(
            "You added the samples up. An estimate of an expectation is their mean.",
            lambda value, weight: (weight * value).sum(),
        ),
        Mistake(
            "The weights play no part: this average answers for the proposal, and the question "
            "is about the target.",
            lambda value, weight: value.mean(),
        ),
        Mistake(
            "You multiplied two means. Multiply each value by the weight of its own sample "
            "before you average.",
            lambda value, weight: weight.mean() * value.mean(),
        ),
        Mistake(
            "You divided by the weights. A sample of weight two counts twice, not half as much.",
            lambda value, weight: (value / weight).mean(),
        ),
        Mistake(
            "You left samples of weight zero out of the count. They were drawn, so they belong to "
            "the N that the sum is divided by.",
            _without_weightless,
        ),
    ),
    properties=(
        Property("Twice the weights make twice the estimate.", _twice_the_weight),
        Property(
            "With every weight equal to one, it is the ordinary mean of the values.",
            _equal_weights_change_nothing,
        ),
        Property(
            "The value of a sample of weight zero has no influence.",
            _zero_weight_is_silent,
        ),
    ),
)
