"""Notebook 01: the loss whose gradient is the sampled policy gradient."""

from __future__ import annotations

import torch

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats, normal
from ppo_lesson.lessons.log_space import SMALL, VERY_UNLIKELY, unlikely_samples
from ppo_lesson.maths import reinforce_loss


def _twice_the_batch(answer: Function) -> bool:
    log_prob, advantage = -normal(20, 5).abs(), normal(21, 5)
    once = answer(log_prob=log_prob, advantage=advantage)
    twice = answer(log_prob=log_prob.repeat(2), advantage=advantage.repeat(2))
    return torch.allclose(once, twice)


def _twice_the_advantage(answer: Function) -> bool:
    log_prob, advantage = -normal(22, 5).abs(), normal(23, 5)
    once = answer(log_prob=log_prob, advantage=advantage)
    return torch.allclose(2 * once, answer(log_prob=log_prob, advantage=2 * advantage))


def _zero_advantage_is_silent(answer: Function) -> bool:
    advantage = floats(1.5, 0.0)
    one = answer(log_prob=floats(-0.7, -0.2), advantage=advantage)
    return torch.allclose(one, answer(log_prob=floats(-0.7, -3.0), advantage=advantage))


NO_GRADIENT = (
    "The value is right, but no gradient reaches log_prob: something cut it out of the graph, and "
    "nothing can be learnt from this loss."
)

_UNLIKELY = {name: unlikely_samples()[name] for name in ("log_prob", "advantage")}
_THERE_AND_BACK = (
    "Right on ordinary numbers, but you go from log-probabilities to probabilities and back. The "
    "probability of a very unlikely action rounds to 0, and its logarithm is minus infinity, or "
    "that of the small number you add. Use log_prob as it comes."
)

REINFORCE_LOSS = Exercise(
    id="reinforce_loss",
    minutes=5,
    prompt="""\
Write the loss whose gradient is **minus** the sampled policy gradient, so that an optimiser which
minimises it makes good actions likelier.

- `log_prob`: `(N,)`, log pi(a|s) of each action under the policy that took it, with its gradient.
- `advantage`: `(N,)`, an estimate of each action's advantage. It is a constant: no gradient may
  flow into it, even if the tensor requires one.
- Return `()`: minus the **mean** over the N samples.""",
    reference=reinforce_loss,
    cases=(
        Case({"log_prob": floats(-0.7), "advantage": floats(1.5)}, "one sample, A > 0"),
        Case({"log_prob": floats(-1.3), "advantage": floats(-0.6)}, "one sample, A < 0"),
        Case(
            {"log_prob": floats(-0.4, -2.1), "advantage": floats(0.9, -1.7)},
            "two samples, one with A > 0, one with A < 0",
        ),
        Case(
            {"log_prob": floats(-0.2, -1.6, -0.9), "advantage": floats(2.2, 0.3, -0.8)},
            "three samples of both signs",
        ),
        Case({"log_prob": -normal(3, 8).abs(), "advantage": normal(4, 8)}, "eight samples"),
        Case({"log_prob": -normal(5, 30).abs(), "advantage": 3 * normal(6, 30)}, "30 samples"),
        Case(_UNLIKELY, VERY_UNLIKELY, edge=True),
    ),
    hints=(
        "Gradient ascent on the objective is gradient descent on its negative. Which quantity has "
        "the gradient 'score times advantage'?",
        "Minus the average, over the samples, of log-probability times advantage. The advantage "
        "weights a sample; it is a number and not a function of the parameters.",
        "Cut the advantage out of the graph (a tensor method does that), multiply entry by entry, "
        "take the mean, change the sign.",
    ),
    mistakes=(
        Mistake(
            "The value is right, but a gradient flows into the advantage. It is a number that "
            "weights the sample: cut it out of the graph, or this loss also trains whatever "
            "estimated it.",
            lambda log_prob, advantage: -(log_prob * advantage).mean(),
        ),
        Mistake(
            "The minus is missing: an optimiser minimises, so your loss makes good actions less "
            "likely and bad ones likelier.",
            lambda log_prob, advantage: (log_prob * advantage).mean(),
        ),
        Mistake(
            "You added the samples up, so the step grows with the batch. Take the mean.",
            lambda log_prob, advantage: -(log_prob * advantage).sum(),
        ),
        Mistake(
            "You used the probability in place of its logarithm. The samples come from the policy "
            "itself, so likely actions are already counted more often; the theorem has the "
            "gradient of the logarithm.",
            lambda log_prob, advantage: -(log_prob.exp() * advantage).mean(),
        ),
        Mistake(NO_GRADIENT, lambda log_prob, advantage: -(log_prob.detach() * advantage).mean()),
        Mistake(
            NO_GRADIENT, lambda log_prob, advantage: reinforce_loss(log_prob, advantage).detach()
        ),
        Mistake(
            "The advantage plays no part in your loss: every action taken becomes likelier, "
            "whether it was good or bad.",
            lambda log_prob, advantage: -log_prob.mean(),
        ),
        Mistake(
            "You multiplied two means, and that pairs every log-probability with every advantage. "
            "Multiply sample by sample first, then average.",
            lambda log_prob, advantage: -log_prob.mean() * advantage.mean(),
        ),
        Mistake(
            "You take the batch's mean off the advantages. What is passed in is already an "
            "advantage, its baseline included; of a batch of one sample nothing would be left.",
            lambda log_prob, advantage: reinforce_loss(log_prob, advantage - advantage.mean()),
        ),
        Mistake(
            _THERE_AND_BACK,
            lambda log_prob, advantage: reinforce_loss(log_prob.exp().log(), advantage),
        ),
        Mistake(
            _THERE_AND_BACK,
            lambda log_prob, advantage: reinforce_loss((log_prob.exp() + SMALL).log(), advantage),
        ),
    ),
    wrt=("log_prob",),
    constants=("advantage",),
    properties=(
        Property("The same batch twice over has the same loss: it is a mean.", _twice_the_batch),
        Property("Doubling the advantages doubles the loss.", _twice_the_advantage),
        Property(
            "A sample with advantage zero has no influence, whatever its log-probability.",
            _zero_advantage_is_silent,
        ),
    ),
)
