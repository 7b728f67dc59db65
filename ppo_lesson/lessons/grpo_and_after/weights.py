"""Notebook 12: weights for samples that another policy drew, cut off at a cap."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import (
    DIFFERENCE_THEN_EXP,
    VERY_UNLIKELY,
    divided_logs,
    through_probabilities,
    unlikely_samples,
)
from ppo_lesson.maths import truncated_weight

NAMES = ("log_prob", "behaviour_log_prob")


def _case(label: str, weight: list[float], cap: float) -> Case:
    """Make samples with the given weights; the sampler gave each of them 0.1."""
    behaviour = torch.full((len(weight),), 0.1, dtype=torch.float64).log()
    inputs = {"log_prob": behaviour + floats(*weight).log(), "behaviour_log_prob": behaviour}
    return Case({**inputs, "cap": cap}, label)


def _drawn_case(label: str, seed: int, num_samples: int, cap: float) -> Case:
    behaviour = -0.5 - 2 * normal(seed, num_samples).abs()
    log_prob = (behaviour + normal(seed + 1, num_samples)).clamp(max=-0.02)
    return Case({"log_prob": log_prob, "behaviour_log_prob": behaviour, "cap": cap}, label)


_THREE = _case("three samples, one weight above the cap", [0.4, 1.3, 6.5], 2.5)
_TOKENS = unlikely_samples(with_advantage=False)


def _weight(log_prob: Tensor, behaviour_log_prob: Tensor) -> Tensor:
    return (log_prob - behaviour_log_prob).detach().exp()


def _by_mask(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    weight = _weight(log_prob, behaviour_log_prob)
    above = (weight > cap).to(weight.dtype)
    return weight * (1 - above) + cap * above


def _minus_the_excess(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    weight = _weight(log_prob, behaviour_log_prob)
    return weight - (weight - cap).clamp(min=0)


def _masked(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    weight = _weight(log_prob, behaviour_log_prob)
    return torch.where(weight > cap, 0.0, weight)


def _dropped(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    weight = _weight(log_prob, behaviour_log_prob)
    return weight[weight <= cap]


def _both_ends(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    low, high = sorted((1 / cap, cap))
    return _weight(log_prob, behaviour_log_prob).clamp(low, high)


def _both_ends_cap_last(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    """As clamp(1 / cap, cap) does it: with a cap below 1 all weights become the cap."""
    return _weight(log_prob, behaviour_log_prob).clamp(min=1 / cap).clamp(max=cap)


def _both_ends_cap_first(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    return _weight(log_prob, behaviour_log_prob).clamp(max=cap).clamp(min=1 / cap)


def _around_one(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    return _weight(log_prob, behaviour_log_prob).clamp(1 - cap, 1 + cap)


def _normalised(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    weight = truncated_weight(log_prob, behaviour_log_prob, cap)
    return weight / weight.mean()


def _logs(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    return (log_prob - behaviour_log_prob).detach().clamp(max=math.log(cap))


def _whole_batch(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    total = (log_prob - behaviour_log_prob).detach().sum().clamp(max=math.log(cap))
    return total.exp().expand_as(log_prob)


def _with_gradient(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    return (log_prob - behaviour_log_prob).clamp(max=math.log(cap)).exp()


_ZERO = (
    "You set the weights above the cap to 0. That is masking, which some libraries do; asked for "
    "is truncation: such a sample keeps the weight C."
)
_GRADIENT = (
    "The value is right, but a gradient flows through the weight. It says how much a sample counts "
    "and is a constant: detach it, or the loss would also learn to change the weights."
)
_INFINITE = (
    "Right on ordinary numbers, but your formula still contains the large weight: e^800 is "
    "infinite, and infinity times 0, or minus infinity, is NaN. Take the smaller of the log-ratio "
    "and log C first, then exp once."
)
_AROUND_ONE = (
    "You clip to an interval around 1, as PPO does with its epsilon. The cap is the largest weight "
    "itself, and there is no lower limit."
)


def _raising_a_cut_weight_changes_nothing(answer: Function) -> bool:
    inputs = dict(_THREE.inputs)
    raised = {**inputs, "behaviour_log_prob": inputs["behaviour_log_prob"] - floats(0, 0, 1.5)}
    return agree(answer(**inputs), answer(**raised))


def _a_high_cap_changes_nothing(answer: Function) -> bool:
    inputs = {**_THREE.inputs, "cap": 50.0}
    return agree(answer(**inputs), _weight(inputs["log_prob"], inputs["behaviour_log_prob"]))


def _equal_policies_give_one(answer: Function) -> bool:
    inputs = {**_THREE.inputs, "behaviour_log_prob": _THREE.inputs["log_prob"]}
    return agree(answer(**inputs), torch.ones(3))


TRUNCATED_WEIGHT = Exercise(
    id="truncated_weight",
    minutes=4,
    prompt=r"""
The engine that draws tokens and the trainer that scores them disagree. Write the weight that
corrects for it, $w_i = \min(\pi(a_i \mid s_i) / \mu(a_i \mid s_i),\, C)$, where $\mu$ is the
policy that drew the token.

- `log_prob`: `(N,)`, log-probability of each token by the trainer's own computation, $\log \pi$.
- `behaviour_log_prob`: `(N,)`, the same by the engine that drew it, $\log \mu$.
- `cap`: a number, $C > 0$.
- Return `(N,)`: constants, through which no gradient flows.

Log-ratios of several hundred must do no harm.""".strip(),
    reference=truncated_weight,
    solution="log_weight = (log_prob - behaviour_log_prob).detach()\n"
    "    return torch.exp(log_weight).clamp(max=cap)",
    cases=(
        _case("one sample below the cap", [0.6], 1.5),
        _case("one sample above the cap", [3.2], 1.2),
        _THREE,
        _case("no weight reaches the cap", [0.3, 1.7, 0.9], 8.0),
        _case("all weights lie above the cap", [1.6, 2.4, 9.0, 3.0], 1.4),
        _case("a cap below one", [0.2, 0.7, 2.2], 0.5),
        _drawn_case("eight samples", 41, 8, 2.0),
        _drawn_case("forty samples", 43, 40, 1.5),
        Case(
            {
                "log_prob": _TOKENS["log_prob"],
                "behaviour_log_prob": _TOKENS["old_log_prob"],
                "cap": 1.25,
            },
            VERY_UNLIKELY,
            edge=True,
        ),
        Case(
            {
                "log_prob": floats(-0.25, -1.0, -801.0),
                "behaviour_log_prob": floats(-800.75, -1.5, -0.5),
                "cap": 3.0,
            },
            "log-ratios are near 800 and -800",
            edge=True,
        ),
    ),
    hints=(
        "It is an importance weight as in notebook 02, and a cut as in notebook 03. Which policy "
        "is the target here, and which one drew the sample?",
        "The smaller of two numbers stays the smaller when you take logarithms. Compare the "
        "log-ratio with log C, then take exp of the smaller one.",
        "Subtract behaviour_log_prob from log_prob, detach, clamp from above at the logarithm of "
        "the cap, take exp.",
    ),
    mistakes=(
        Mistake(
            "Your weight is upside down. A sample that the trainer finds likelier than the sampler "
            "did was drawn too rarely: it needs a weight above 1.",
            lambda log_prob, behaviour_log_prob, cap: _weight(behaviour_log_prob, log_prob).clamp(
                max=cap
            ),
        ),
        Mistake(
            "No weight is cut off: take the smaller of the ratio and the cap.",
            lambda log_prob, behaviour_log_prob, cap: _weight(log_prob, behaviour_log_prob),
        ),
        *(
            Mistake(
                "You also lift the small weights, to one over the cap. A small weight wastes its "
                "sample and does no other harm: cut off at the top only.",
                answer,
            )
            for answer in (_both_ends, _both_ends_cap_last, _both_ends_cap_first)
        ),
        Mistake(_AROUND_ONE, _around_one),
        Mistake(_ZERO, _masked),
        Mistake(
            "You leave out the samples whose weight is above the cap, so the result is shorter "
            "than the batch. Keep them, with the weight C.",
            _dropped,
        ),
        Mistake(
            "You compare the log-ratio with the cap itself. The cap is for the weight, so in log "
            "space it is log C.",
            lambda log_prob, behaviour_log_prob, cap: (
                (log_prob - behaviour_log_prob).detach().clamp(max=cap).exp()
            ),
        ),
        Mistake(
            "You take the larger of the ratio and the cap. That lifts every small weight and "
            "leaves the large ones as they are.",
            lambda log_prob, behaviour_log_prob, cap: _weight(log_prob, behaviour_log_prob).clamp(
                min=cap
            ),
        ),
        Mistake(
            "You scaled the weights to a mean of 1. Each weight belongs to its own sample and is "
            "not compared with the others.",
            _normalised,
        ),
        Mistake("These are the logarithms of the weights: the last step, exp, is missing.", _logs),
        Mistake(
            "You multiplied the ratios of all samples. Each sample has a weight of its own.",
            _whole_batch,
        ),
        Mistake(_GRADIENT, _with_gradient),
        Mistake(
            _GRADIENT,
            lambda log_prob, behaviour_log_prob, cap: _with_gradient(
                log_prob, behaviour_log_prob.detach(), cap
            ),
        ),
        Mistake(
            _GRADIENT,
            lambda log_prob, behaviour_log_prob, cap: _with_gradient(
                log_prob.detach(), behaviour_log_prob, cap
            ),
        ),
        *divided_logs(truncated_weight, NAMES),
        Mistake(_INFINITE, _by_mask),
        Mistake(_INFINITE, _minus_the_excess),
        *through_probabilities(truncated_weight, DIFFERENCE_THEN_EXP, NAMES),
    ),
    constants=NAMES,
    properties=(
        Property(
            "Raising a weight that is already above the cap changes nothing.",
            _raising_a_cut_weight_changes_nothing,
        ),
        Property("With a cap above all weights they are the ratios.", _a_high_cap_changes_nothing),
        Property("Where the two policies agree, every weight is 1.", _equal_policies_give_one),
    ),
)
