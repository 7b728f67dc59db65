"""Notebook 11: the loss of DPO."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import (
    DIFFERENCE,
    DIVIDED_LOGS,
    SMALL_AGAINST_LOG_ZERO,
    VERY_UNLIKELY,
    through_probabilities,
)
from ppo_lesson.maths import bradley_terry_loss, dpo_loss

_NAMES = ("chosen_log_prob", "rejected_log_prob", "ref_chosen_log_prob", "ref_rejected_log_prob")


def _pairs(columns: list[list[float]]) -> dict[str, Tensor]:
    return {name: floats(*column) for name, column in zip(_NAMES, columns, strict=True)}


def _drawn_pairs(num_pairs: int, seed: int) -> dict[str, Tensor]:
    reference = -4 - normal(seed, 2, num_pairs).abs()
    policy = reference + 0.9 * normal(seed + 50, 2, num_pairs)
    return dict(zip(_NAMES, (*policy, *reference), strict=True))


def _of_margins(loss: Function, reference: float = 1.0) -> Function:
    """Build an answer from the log-ratio of each pair, (N,), and beta.

    Args:
        loss: of (log-ratio of chosen minus that of rejected, beta) -> ().
        reference: what the reference's part is multiplied with.
    """

    def answer(
        chosen_log_prob: Tensor,
        rejected_log_prob: Tensor,
        ref_chosen_log_prob: Tensor,
        ref_rejected_log_prob: Tensor,
        beta: float,
    ) -> Tensor:
        policy = chosen_log_prob - rejected_log_prob
        return loss(policy - reference * (ref_chosen_log_prob - ref_rejected_log_prob), beta)

    return answer


def _right(margin: Tensor, beta: float) -> Tensor:
    return bradley_terry_loss(beta * margin, torch.zeros_like(margin))


def _of_probability(loss: Function, margin: Tensor, beta: float) -> Tensor:
    return loss((beta * margin).sigmoid())


_RATIOS = tuple(zip(_NAMES[:2], _NAMES[2:], strict=True))


def _divided(
    chosen_log_prob: Tensor,
    rejected_log_prob: Tensor,
    ref_chosen_log_prob: Tensor,
    ref_rejected_log_prob: Tensor,
    beta: float,
) -> Tensor:
    chosen, rejected = (
        chosen_log_prob / ref_chosen_log_prob,
        rejected_log_prob / ref_rejected_log_prob,
    )
    return _right(chosen - rejected, beta)


def _chosen_alone(
    chosen_log_prob: Tensor,
    rejected_log_prob: Tensor,
    ref_chosen_log_prob: Tensor,
    ref_rejected_log_prob: Tensor,
    beta: float,
) -> Tensor:
    return _right(chosen_log_prob - ref_chosen_log_prob, beta)


def _added(
    chosen_log_prob: Tensor,
    rejected_log_prob: Tensor,
    ref_chosen_log_prob: Tensor,
    ref_rejected_log_prob: Tensor,
    beta: float,
) -> Tensor:
    chosen = chosen_log_prob - ref_chosen_log_prob
    return _right(chosen + (rejected_log_prob - ref_rejected_log_prob), beta)


def _rejected_detached(
    chosen_log_prob: Tensor,
    rejected_log_prob: Tensor,
    ref_chosen_log_prob: Tensor,
    ref_rejected_log_prob: Tensor,
    beta: float,
) -> Tensor:
    reference = (ref_chosen_log_prob, ref_rejected_log_prob)
    return dpo_loss(chosen_log_prob, rejected_log_prob.detach(), *reference, beta)


def _starts_at_log_two(answer: Function) -> bool:
    chosen, rejected = normal(71, 4), normal(72, 4)
    loss = answer(**dict(zip(_NAMES, (chosen, rejected, chosen, rejected), strict=True)), beta=0.3)
    return abs(float(loss) - math.log(2)) < 1e-5


def _level_does_not_matter(answer: Function) -> bool:
    pairs = _drawn_pairs(5, 73)
    raised = {name: pairs[name] + 2 for name in _NAMES[:2]}
    return agree(answer(**pairs, beta=0.5), answer(**{**pairs, **raised}, beta=0.5))


_BREAKS = (
    "Right on ordinary numbers, but where beta times the difference is several hundred below zero "
    "the probability underflows to 0, or the exponential overflows, and the loss is infinite. Use "
    "torch's log of the sigmoid in one step (logsigmoid, softplus)."
)

DPO_LOSS = Exercise(
    id="dpo_loss",
    minutes=8,
    prompt=(
        r"DPO is Bradley and Terry's loss of implicit rewards. Write it: the *mean* over the pairs "
        r"of $-\log \sigma\big(\beta\,[(\log \pi - \log \pi_\text{ref})(\text{chosen}) - "
        r"(\log \pi - \log \pi_\text{ref})(\text{rejected})]\big)$, $\sigma$ the sigmoid."
        "\n\n"
        "The four log-probabilities have the shape (N,), each summed over the tokens of its "
        "response. `beta` is a number above 0. Return a tensor of shape (), in nats. The gradient "
        "flows through `chosen_log_prob` and `rejected_log_prob`; those of the reference come "
        "without a graph. It must stay finite where beta times the difference is several hundred."
    ),
    reference=dpo_loss,
    cases=(
        Case({**_pairs([[-3.0], [-4.0], [-3.5], [-3.8]]), "beta": 0.5}, "one pair, well ordered"),
        Case({**_pairs([[-5.0], [-2.0], [-4.4], [-3.1]]), "beta": 2.0}, "one pair, ill ordered"),
        Case(
            {**_pairs([[-6.0, -2.2], [-7.5, -3.0], [-4.0, -2.9], [-4.4, -2.1]]), "beta": 0.1},
            "two pairs; of one both log-probabilities have fallen",
        ),
        Case({**_drawn_pairs(3, 74), "beta": 1.0}, "three pairs, beta is 1"),
        Case({**_drawn_pairs(8, 75), "beta": 0.3}, "8 pairs"),
        Case({**_drawn_pairs(30, 76), "beta": 1.5}, "30 pairs"),
        Case(
            {**_pairs([[-900.0, -2.0], [-3.0, -4.0], [-4.0, -2.5], [-5.0, -3.5]]), "beta": 1.0},
            "beta times the difference is several hundred below zero",
            edge=True,
        ),
        Case(
            {
                **_pairs([[-800.25, -801.0], [-799.5, -802.0], [-800.0, -800.5], [-800.0, -801.0]]),
                "beta": 0.5,
            },
            VERY_UNLIKELY,
            edge=True,
        ),
    ),
    hints=(
        "You have written both halves: what reward a policy implies, and what a choice between "
        "two rewards costs.",
        "Implicit reward of the chosen response, implicit reward of the rejected one, each with "
        "its own reference; then minus the mean log sigmoid of their difference.",
        "Four log-probabilities, two with a plus and two with a minus: (chosen - its reference) - "
        "(rejected - its reference). Times beta, into torch.nn.functional.logsigmoid, mean, minus.",
    ),
    mistakes=(
        Mistake(_BREAKS, _of_margins(lambda margin, beta: -(beta * margin).sigmoid().log().mean())),
        Mistake(
            _BREAKS,
            _of_margins(lambda margin, beta: torch.log(1 + torch.exp(-beta * margin)).mean()),
        ),
        *(
            Mistake(
                "Nearly right on ordinary numbers, but where the probability rounds to 0 only the "
                "small number is left that you add, or clamp to, and every sure and wrong pair "
                "costs the same. Use torch's log of the sigmoid in one step (logsigmoid, "
                "softplus).",
                _of_margins(partial(_of_probability, loss)),
            )
            for loss in SMALL_AGAINST_LOG_ZERO
        ),
        *through_probabilities(dpo_loss, DIFFERENCE, *_RATIOS),
        Mistake(DIVIDED_LOGS, _divided),
        Mistake(
            "Your beta stands outside the sigmoid, where it is a step size. Inside, it says "
            "how much reward a nat stands for.",
            _of_margins(lambda margin, beta: beta * _right(margin, 1.0)),
        ),
        Mistake(
            "You divided by beta. The implicit reward is beta times the log-ratio.",
            _of_margins(lambda margin, beta: _right(margin, 1 / beta)),
        ),
        Mistake(
            "Beta is left out: it says how much reward a nat stands for.",
            _of_margins(lambda margin, beta: _right(margin, 1.0)),
        ),
        Mistake(
            "The pair is swapped: this loss teaches the policy what was rejected.",
            _of_margins(lambda margin, beta: _right(-margin, beta)),
        ),
        Mistake(
            "The reference is missing. This is the loss for a reference that gives all responses "
            "the same probability, rubbish included.",
            _of_margins(_right, reference=0.0),
        ),
        Mistake(
            "The reference has the wrong sign, or the two references are exchanged: from each "
            "response's log-probability its own reference is subtracted.",
            _of_margins(_right, reference=-1.0),
        ),
        Mistake(
            "The sign is that of a log-likelihood, which is to be made large. A loss is to be made "
            "small: put a minus in front.",
            _of_margins(lambda margin, beta: -_right(margin, beta)),
        ),
        Mistake(
            "You took the sum. With the mean the size of a step does not depend on the number of "
            "pairs.",
            _of_margins(lambda margin, beta: len(margin) * _right(margin, beta)),
        ),
        Mistake(
            "You averaged the differences before the sigmoid. Each pair has its own probability: "
            "the mean comes last.",
            _of_margins(lambda margin, beta: _right(margin.mean().reshape(1), beta)),
        ),
        Mistake(
            "The logarithm is missing. With it a pair that is ordered the wrong way has a slope, "
            "however wrong it is.",
            _of_margins(lambda margin, beta: -(beta * margin).sigmoid().mean()),
        ),
        Mistake(
            "The log sigmoid is missing: your loss is the margin itself, and pulls as hard at a "
            "pair that is ranked rightly as at one that is ranked wrongly.",
            _of_margins(lambda margin, beta: -(beta * margin).mean()),
        ),
        Mistake(
            "You added the two implicit rewards. A choice compares them: subtract that of the "
            "rejected response.",
            _added,
        ),
        Mistake(
            "The rejected response is missing: without it the normaliser does not cancel, and the "
            "policy learns to repeat what was chosen.",
            _chosen_alone,
        ),
        Mistake(
            "The value is right, but no gradient reaches rejected_log_prob. A pair pulls both "
            "ways: chosen up, rejected down.",
            _rejected_detached,
        ),
        Mistake(
            "The value is right, but no gradient comes back to the policy: it would never learn.",
            _of_margins(lambda margin, beta: _right(margin.detach(), beta)),
        ),
    ),
    wrt=("chosen_log_prob", "rejected_log_prob"),
    properties=(
        Property("Where the policy is the reference, the loss is log 2.", _starts_at_log_two),
        Property(
            "The same number added to the policy's log-probabilities of both responses changes "
            "nothing: the normaliser cancels.",
            _level_does_not_matter,
        ),
    ),
)
