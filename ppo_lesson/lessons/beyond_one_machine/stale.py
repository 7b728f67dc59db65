"""Notebook 13: the clipped loss when the actor is behind the learner."""

from __future__ import annotations

import torch

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.beyond_one_machine.stale_slips import (
    around_the_actor,
    cap_on_the_product,
    current_over_actor,
    detached,
    lower,
    max_for_min,
    no_clip,
    no_min,
    no_weight,
    of,
    times,
    weight_inside_the_clip,
    weight_on_one_side,
    weight_spelt,
    with_weight,
)
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
            around_the_actor,
        ),
        Mistake(
            "The weight is missing: the samples count as if the learner's old policy had drawn "
            "them.",
            no_weight,
        ),
        Mistake(
            "You have the weight, and the ratio in the clip is still current over behaviour: what "
            "the weight mends is counted twice. The ratio is current over old.",
            of(current_over_actor),
        ),
        Mistake(
            "You clip the product of weight and ratio, which is current over behaviour. The weight "
            "multiplies what the clip leaves.",
            of(weight_inside_the_clip),
        ),
        Mistake(
            "Only one of the two candidates has the weight, so they are compared on different "
            "scales. It multiplies both, or the minimum.",
            of(weight_on_one_side),
        ),
        Mistake(
            "The weight is current over behaviour. That counts the move of this update twice, in "
            "the weight and in the ratio: the weight is old over behaviour.",
            with_weight(lambda r, w, cap: (r + w).exp().clamp(max=cap)),
        ),
        Mistake(
            "You cap the product of weight and ratio. The cap is for the weight alone.",
            of(cap_on_the_product),
        ),
        Mistake(_UPSIDE_DOWN, with_weight(lambda r, w, cap: (-w).exp().clamp(max=cap))),
        Mistake(
            "No weight is cut off: take the smaller of the weight and the cap.",
            with_weight(lambda r, w, cap: w.exp()),
        ),
        Mistake(
            "You set weights above the cap to 0, which is masking. Here such a sample keeps the "
            "weight C.",
            with_weight(lambda r, w, cap: torch.where(w.exp() > cap, 0.0, w.exp())),
        ),
        Mistake(
            "You clip the weight around 1 by epsilon. Its cap is C, and there is no lower end.",
            lambda log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap: of(
                lambda r, w, a, e, c: -(w.exp().clamp(1 - e, 1 + e) * lower(r.exp(), a, e)).mean()
            )(log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap),
        ),
        Mistake(
            "You scaled the weights to a mean of 1. That is the self-normalised estimate of "
            "notebook 03; here each weight stands alone.",
            with_weight(lambda r, w, cap: w.exp().clamp(max=cap) / w.exp().clamp(max=cap).mean()),
        ),
        Mistake(
            "You cut the weight off at 1 + epsilon. That is the clip's end for the ratio; the "
            "weight's cap is C.",
            of(lambda r, w, a, e, c: -(w.exp().clamp(max=1 + e) * lower(r.exp(), a, e)).mean()),
        ),
        Mistake(
            "You multiplied the mean loss by the mean weight. A weight belongs to its own sample: "
            "multiply first, then take the mean.",
            of(lambda r, w, a, e, c: -w.exp().clamp(max=c).mean() * lower(r.exp(), a, e).mean()),
        ),
        Mistake("The clip is missing: the weighted surrogate rewards any distance.", of(no_clip)),
        Mistake(
            "You clipped the ratio but took no minimum, so a sample that has moved to the wrong "
            "side has no gradient to bring it back.",
            of(no_min),
        ),
        Mistake(
            "You took the larger of the two objectives where PPO takes the smaller.",
            of(max_for_min),
        ),
        Mistake(
            "The sign is the objective's, not the loss's: an optimiser that minimises this makes "
            "good actions rarer. Put a minus in front.",
            times(lambda n: -1.0),
        ),
        Mistake(
            "You took the sum. With the mean the size of a step does not depend on how many "
            "samples the batch has.",
            times(lambda n: n),
        ),
        Mistake(
            "The value is right, but no gradient comes back to log_prob: this policy would never "
            "learn.",
            detached,
        ),
        *divided_logs(decoupled_clipped_loss),
        Mistake(DIVIDED_LOGS, weight_spelt(lambda old, mu: old / mu)),
        Mistake(DIVIDED_LOGS, weight_spelt(lambda old, mu: (old / mu).exp())),
        *through_probabilities(decoupled_clipped_loss, DIFFERENCE_THEN_EXP),
        *through_probabilities(
            decoupled_clipped_loss, DIFFERENCE_THEN_EXP, ("old_log_prob", "behaviour_log_prob")
        ),
        *with_small_numbers(weight_spelt, DIFFERENCE_THEN_EXP),
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
