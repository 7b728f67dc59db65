"""Notebook 13: the clipped loss when the actor is behind the learner."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import (
    DIFFERENCE_THEN_EXP,
    DIVIDED_LOGS,
    VERY_UNLIKELY,
    divided_logs,
    through_probabilities,
    with_small_numbers,
)
from ppo_lesson.maths import clipped_surrogate_loss, decoupled_clipped_loss, truncated_weight

Parts = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]
"""From log(pi / pi_old), log(pi_old / mu), advantage, epsilon and cap to the loss."""


def _case(
    label: str, ratio: list[float], weight: list[float], advantage: list[float], **numbers: float
) -> Case:
    """Make samples with the given ratios and weights; the actor gave each of them 0.2."""
    behaviour = torch.full((len(ratio),), 0.2, dtype=torch.float64).log()
    old = behaviour + floats(*weight).log()
    inputs = {
        "log_prob": old + floats(*ratio).log(),
        "old_log_prob": old,
        "behaviour_log_prob": behaviour,
        "advantage": floats(*advantage),
    }
    return Case({**inputs, "clip_epsilon": 0.2, "cap": 2.0, **numbers}, label)


def _drawn_case(label: str, seed: int, num_samples: int, **numbers: float) -> Case:
    behaviour = -0.5 - 2 * normal(seed, num_samples).abs()
    old = (behaviour + 0.6 * normal(seed + 1, num_samples)).clamp(max=-0.05)
    new = (old + 0.3 * normal(seed + 2, num_samples)).clamp(max=-0.02)
    inputs = {"log_prob": new, "old_log_prob": old, "behaviour_log_prob": behaviour}
    inputs["advantage"] = normal(seed + 3, num_samples)
    return Case({**inputs, "clip_epsilon": 0.2, "cap": 1.5, **numbers}, label)


_TWO = _case("two samples, one weight above the cap", [1.1, 0.95], [2.6, 0.5], [1.0, -2.0])
_CLIPPED = _case(
    "ratios outside the interval, on either side",
    [1.5, 0.6, 1.4, 0.5],
    [0.7, 1.3, 1.2, 0.9],
    [1.0, -1.0, -2.0, 3.0],
)
_UNLIKELY = Case(
    {
        "log_prob": floats(-800.25, -799.5, -801.0),
        "old_log_prob": floats(-800.0, -800.0, -800.5),
        "behaviour_log_prob": floats(-800.5, -799.5, -801.5),
        "advantage": floats(1.5, -0.5, 2.0),
        "clip_epsilon": 0.3,
        "cap": 2.0,
    },
    VERY_UNLIKELY,
    edge=True,
)


def _of(parts: Parts) -> Function:
    """Make an answer of a function of the two log-ratios."""

    def answer(
        log_prob: Tensor,
        old_log_prob: Tensor,
        behaviour_log_prob: Tensor,
        advantage: Tensor,
        clip_epsilon: float,
        cap: float,
    ) -> Tensor:
        log_weight = (old_log_prob - behaviour_log_prob).detach()
        return parts(log_prob - old_log_prob, log_weight, advantage, clip_epsilon, cap)

    return answer


def _lower(ratio: Tensor, advantage: Tensor, epsilon: float) -> Tensor:
    return torch.minimum(ratio * advantage, ratio.clamp(1 - epsilon, 1 + epsilon) * advantage)


def _with_weight(weight: Callable[[Tensor, Tensor, float], Tensor]) -> Function:
    """Make an answer whose clip is right; its weight is a function of both log-ratios and cap."""

    def parts(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
        return -(weight(r.detach(), w, cap) * _lower(r.exp(), advantage, epsilon)).mean()

    return _of(parts)


def _weight_spelt(spell: Callable[[Tensor, Tensor], Tensor]) -> Function:
    """Make an answer whose ratio is right; its weight is spelt out of log pi_old and log mu."""

    def answer(
        log_prob: Tensor,
        old_log_prob: Tensor,
        behaviour_log_prob: Tensor,
        advantage: Tensor,
        clip_epsilon: float,
        cap: float,
    ) -> Tensor:
        weight = spell(old_log_prob, behaviour_log_prob).clamp(max=cap).detach()
        return -(weight * _lower((log_prob - old_log_prob).exp(), advantage, clip_epsilon)).mean()

    return answer


def _around_the_actor(
    log_prob: Tensor,
    old_log_prob: Tensor,
    behaviour_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    cap: float,
) -> Tensor:
    return clipped_surrogate_loss(log_prob, behaviour_log_prob, advantage, clip_epsilon)


def _no_weight(
    log_prob: Tensor,
    old_log_prob: Tensor,
    behaviour_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    cap: float,
) -> Tensor:
    return clipped_surrogate_loss(log_prob, old_log_prob, advantage, clip_epsilon)


def _current_over_actor(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    weight = w.exp().clamp(max=cap)
    return -(weight * _lower((r + w).exp(), advantage, epsilon)).mean()


def _weight_inside_the_clip(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    return -_lower(w.exp().clamp(max=cap) * r.exp(), advantage, epsilon).mean()


def _weight_on_one_side(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    ratio, weight = r.exp(), w.exp().clamp(max=cap)
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * advantage
    return -torch.minimum(weight * ratio * advantage, clipped).mean()


def _no_clip(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
    return -(w.exp().clamp(max=cap) * r.exp() * advantage).mean()


def _no_min(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
    ratio = r.exp().clamp(1 - epsilon, 1 + epsilon)
    return -(w.exp().clamp(max=cap) * ratio * advantage).mean()


def _max_for_min(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
    ratio = r.exp()
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
    larger = torch.maximum(ratio * advantage, clipped * advantage)
    return -(w.exp().clamp(max=cap) * larger).mean()


def _cap_on_the_product(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    capped = (r + w).exp().clamp(max=cap)
    weight = capped.detach() / r.exp().detach()
    return -(weight * _lower(r.exp(), advantage, epsilon)).mean()


def _times(factor: Callable[..., float | Tensor], **changed: Callable[..., Tensor]) -> Function:
    """Make an answer that is the reference's, times a factor."""

    def answer(
        log_prob: Tensor,
        old_log_prob: Tensor,
        behaviour_log_prob: Tensor,
        advantage: Tensor,
        clip_epsilon: float,
        cap: float,
    ) -> Tensor:
        policies = log_prob, old_log_prob, behaviour_log_prob
        return factor(len(advantage)) * decoupled_clipped_loss(
            *policies, advantage, clip_epsilon, cap
        )

    return answer


def _detached(
    log_prob: Tensor,
    old_log_prob: Tensor,
    behaviour_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    cap: float,
) -> Tensor:
    policies = log_prob.detach(), old_log_prob, behaviour_log_prob
    return decoupled_clipped_loss(*policies, advantage, clip_epsilon, cap)


def _an_actor_in_step_is_ppo(answer: Function) -> bool:
    inputs = {**_CLIPPED.inputs, "behaviour_log_prob": _CLIPPED.inputs["old_log_prob"]}
    names = ("log_prob", "old_log_prob", "advantage", "clip_epsilon")
    return agree(answer(**inputs), clipped_surrogate_loss(*(inputs[name] for name in names)))


def _before_the_first_step_nothing_is_clipped(answer: Function) -> bool:
    inputs = {**_CLIPPED.inputs, "log_prob": _CLIPPED.inputs["old_log_prob"], "cap": 9.0}
    weight = truncated_weight(inputs["old_log_prob"], inputs["behaviour_log_prob"], 9.0)
    return agree(answer(**inputs), -(weight * inputs["advantage"]).mean())


_UPSIDE_DOWN = (
    "Your weight is upside down. The actor drew the samples, so its probability stands below: "
    "old over behaviour."
)

DECOUPLED_CLIPPED_LOSS = Exercise(
    id="decoupled_clipped_loss",
    minutes=8,
    prompt=r"""
The actor is some updates behind. Write the loss with three policies: minus the mean of

$$w\, \min\big(r A,\ \mathrm{clip}(r, 1 - \epsilon, 1 + \epsilon)\, A\big), \qquad
r = \frac{\pi_\theta}{\pi_{old}}, \quad w = \min\Big(\frac{\pi_{old}}{\mu},\, C\Big) .$$

- `log_prob`, `old_log_prob`, `behaviour_log_prob`: `(N,)`, $\log \pi_\theta$ of the policy that is
  learned, $\log \pi_{old}$ of the learner when the update began, $\log \mu$ of the actor.
- `advantage`: `(N,)`; `clip_epsilon`, `cap`: numbers, $\epsilon$ and $C$.
- Return `()`. The gradient flows through `log_prob` alone; the others come without a graph.

`maths.clipped_surrogate_loss` and `maths.truncated_weight` may be used.""",
    reference=decoupled_clipped_loss,
    cases=(
        _TWO,
        _CLIPPED,
        _case("the learner has not moved yet", [1.0, 1.0, 1.0], [0.5, 1.4, 3.0], [1.0, -1.5, 2.0]),
        _case("the actor is in step", [1.3, 0.9, 0.7], [1.0, 1.0, 1.0], [1.0, -1.5, 2.0]),
        _drawn_case("12 samples", 141, 12),
        _drawn_case("40 samples, a low cap", 145, 40, cap=0.8, clip_epsilon=0.1),
        _UNLIKELY,
    ),
    hints=(
        "Two quotients of policies do two jobs. Which of them says how far this update has gone, "
        "and which of them mends that somebody else drew the samples?",
        "The ratio and its clip are PPO's, with the learner's own old policy below. The weight is "
        "a constant for each sample; it multiplies the minimum.",
        "A weight is never negative, so min(w r A, w clip(r) A) = w min(r A, clip(r) A): hand "
        "weight times advantage to the clipped loss as its advantage.",
    ),
    mistakes=(
        Mistake(
            "Your clip is centred on the actor: the ratio has the behaviour policy below. If the "
            "learner has moved since, samples are clipped before this update's first step. Clip "
            "around the old policy.",
            _around_the_actor,
        ),
        Mistake(
            "The weight is missing: the samples count as if the learner's old policy had drawn "
            "them.",
            _no_weight,
        ),
        Mistake(
            "You have the weight, and the ratio in the clip is still current over behaviour: what "
            "the weight mends is counted twice. The ratio is current over old.",
            _of(_current_over_actor),
        ),
        Mistake(
            "You clip the product of weight and ratio, which is current over behaviour. The weight "
            "multiplies what the clip leaves.",
            _of(_weight_inside_the_clip),
        ),
        Mistake(
            "Only one of the two candidates has the weight, so they are compared on different "
            "scales. It multiplies both, or the minimum.",
            _of(_weight_on_one_side),
        ),
        Mistake(
            "The weight is current over behaviour. That counts the move of this update twice, in "
            "the weight and in the ratio: the weight is old over behaviour.",
            _with_weight(lambda r, w, cap: (r + w).exp().clamp(max=cap)),
        ),
        Mistake(
            "You cap the product of weight and ratio. The cap is for the weight alone.",
            _of(_cap_on_the_product),
        ),
        Mistake(_UPSIDE_DOWN, _with_weight(lambda r, w, cap: (-w).exp().clamp(max=cap))),
        Mistake(
            "No weight is cut off: take the smaller of the weight and the cap.",
            _with_weight(lambda r, w, cap: w.exp()),
        ),
        Mistake(
            "You set weights above the cap to 0, which is masking (AReaL does it). Here such a "
            "sample keeps the weight C.",
            _with_weight(lambda r, w, cap: torch.where(w.exp() > cap, 0.0, w.exp())),
        ),
        Mistake(
            "You clip the weight around 1 by epsilon. Its cap is C, and there is no lower end.",
            lambda log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap: _of(
                lambda r, w, a, e, c: -(w.exp().clamp(1 - e, 1 + e) * _lower(r.exp(), a, e)).mean()
            )(log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap),
        ),
        Mistake(
            "You scaled the weights to a mean of 1. That is the self-normalised estimate of "
            "notebook 03; here each weight stands alone.",
            _with_weight(lambda r, w, cap: w.exp().clamp(max=cap) / w.exp().clamp(max=cap).mean()),
        ),
        Mistake("The clip is missing: the weighted surrogate rewards any distance.", _of(_no_clip)),
        Mistake(
            "You clipped the ratio but took no minimum, so a sample that has moved to the wrong "
            "side has no gradient to bring it back.",
            _of(_no_min),
        ),
        Mistake(
            "You took the larger of the two objectives where PPO takes the smaller.",
            _of(_max_for_min),
        ),
        Mistake(
            "The sign is the objective's, not the loss's: an optimiser that minimises this makes "
            "good actions rarer. Put a minus in front.",
            _times(lambda n: -1.0),
        ),
        Mistake(
            "You took the sum. With the mean the size of a step does not depend on how many "
            "samples the batch has.",
            _times(lambda n: n),
        ),
        Mistake(
            "The value is right, but no gradient comes back to log_prob: this policy would never "
            "learn.",
            _detached,
        ),
        *divided_logs(decoupled_clipped_loss),
        Mistake(DIVIDED_LOGS, _weight_spelt(lambda old, mu: old / mu)),
        Mistake(DIVIDED_LOGS, _weight_spelt(lambda old, mu: (old / mu).exp())),
        *through_probabilities(decoupled_clipped_loss, DIFFERENCE_THEN_EXP),
        *through_probabilities(
            decoupled_clipped_loss, DIFFERENCE_THEN_EXP, ("old_log_prob", "behaviour_log_prob")
        ),
        *with_small_numbers(_weight_spelt, DIFFERENCE_THEN_EXP),
    ),
    wrt=("log_prob",),
    properties=(
        Property(
            "With an actor in step all weights are 1 and PPO's clipped loss is left.",
            _an_actor_in_step_is_ppo,
        ),
        Property(
            "Before the first step every ratio is 1, so nothing is clipped and the loss is minus "
            "the mean of weight times advantage.",
            _before_the_first_step_nothing_is_clipped,
        ),
    ),
)
