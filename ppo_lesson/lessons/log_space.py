"""Slips that every exercise on log-probabilities shares: leaving log space, dividing logarithms.

A long sentence has a probability near e^-800, which is 0 in floating point (below e^-745 in
float64, e^-104 in float32). Its logarithm is a number like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Function, Mistake
from ppo_lesson.lessons.inputs import floats

VERY_UNLIKELY = "actions are very unlikely, with probabilities near e^-800"
LARGE_LOGITS = "the logits are near 800"
SMALL = 1e-8  # what is often added below a fraction line

_THROUGH_PROBABILITIES = (
    "Right on ordinary numbers, or nearly, but you go through probabilities. That of a very "
    "unlikely action (or of a long sentence) rounds to 0, and dividing by it, or taking its "
    "logarithm, makes NaN or infinity. "
)
_WITH_A_SMALL_NUMBER = (
    "Nearly right on ordinary numbers, but you go through probabilities. That of a very unlikely "
    "action (or of a long sentence) rounds to 0. A small number that you add, or a NaN that you "
    "replace, hides 0 / 0, but what is left says nothing about the two policies. "
)
DIFFERENCE = "Stay in logs: the log of the ratio is a difference."
DIFFERENCE_THEN_EXP = "Stay in logs: subtract them first, then take exp once."
DIVIDED_LOGS = (
    "You divided one logarithm by the other. The log of a quotient of probabilities is the "
    "difference of their logs."
)
LOG_OF_SOFTMAX = (
    "Right on ordinary numbers, but you take the logarithm of a probability that has rounded to 0: "
    "minus infinity. log_softmax takes both steps in one and never leaves log space."
)
EXP_OF_LOGITS = (
    "Right on ordinary numbers, but you take exp of the logits as they come: e^800 is infinite, "
    "e^-800 is 0, and then a quotient or a logarithm is NaN or infinite. softmax and log_softmax "
    "subtract the largest logit first."
)
SMALL_NUMBER = (
    "Nearly right on ordinary numbers, but of a very unlikely action only the small number is left "
    "that you add to its probability, or clamp it to. log_softmax needs no such number."
)

SMALL_AGAINST_LOG_ZERO: tuple[Function, ...] = (
    lambda prob: -(prob + SMALL).log().mean(),
    lambda prob: -prob.clamp(min=SMALL).log().mean(),
)
"""Losses of probabilities, with two ways to keep the logarithm of 0 out."""


def unlikely_samples(*, with_advantage: bool = True) -> dict[str, Tensor]:
    """Make three samples whose probabilities are near e^-800 and whose ratios are near 1.

    The numbers are exact in float32, so that a careful answer in float32 is right, too.
    """
    batch = {
        "log_prob": floats(-800.25, -799.5, -801.0),
        "old_log_prob": floats(-800.0, -800.0, -800.5),
    }
    return {**batch, "advantage": floats(1.5, -0.5, 2.0)} if with_advantage else batch


def unlikely_case(*, with_advantage: bool = True, **others: Any) -> Case:
    """Make the edge of an exercise on `log_prob` and `old_log_prob`."""
    inputs = {**unlikely_samples(with_advantage=with_advantage), **others}
    return Case(inputs, VERY_UNLIKELY, edge=True)


def through_probabilities(
    right: Function, advice: str, *pairs: tuple[str, str]
) -> tuple[Mistake, ...]:
    """Spell a ratio out of probabilities: p / q, and twice with a small number against zeros.

    Args:
        right: the exercise's reference.
        advice: what to do instead; the last sentence.
        pairs: arguments that hold log p and log q; `log_prob` and `old_log_prob` if none is given.
    """

    def slip(cause: str, spell: Callable[[Tensor, Tensor], Tensor]) -> Mistake:
        def answer(**inputs: Any) -> Any:
            spelt = dict(inputs)
            for new, old in pairs or (("log_prob", "old_log_prob"),):
                log_q = inputs[old].detach()
                spelt[new] = log_q + spell(inputs[new].exp(), log_q.exp()).log()
            return right(**spelt)

        return Mistake(cause + advice, answer)

    # 0 / SMALL is a finite ratio, but its logarithm is not.
    needs_the_logarithm = advice == DIFFERENCE
    return (
        slip(_THROUGH_PROBABILITIES, lambda p, q: p / q),
        slip(
            _THROUGH_PROBABILITIES if needs_the_logarithm else _WITH_A_SMALL_NUMBER,
            lambda p, q: p / (q + SMALL),
        ),
        slip(_WITH_A_SMALL_NUMBER, lambda p, q: (p + SMALL) / (q + SMALL)),
    )


def with_small_numbers(answer: Callable[[Function], Function], advice: str) -> tuple[Mistake, ...]:
    """Spell a ratio out of probabilities with a small number against zeros, beside a right log r.

    Args:
        answer: builds an answer from a function of log p and log q to the ratio.
        advice: what to do instead; the last sentence.
    """
    return (
        Mistake(
            _WITH_A_SMALL_NUMBER + advice, answer(lambda p, q: p.exp() / (q.detach().exp() + SMALL))
        ),
        Mistake(
            _WITH_A_SMALL_NUMBER + advice,
            answer(lambda p, q: (p.exp() + SMALL) / (q.detach().exp() + SMALL)),
        ),
    )


def divided_logs(
    right: Function, names: tuple[str, str] = ("log_prob", "old_log_prob")
) -> tuple[Mistake, ...]:
    """Take the quotient of two logarithms for the ratio, and for the log-ratio.

    Args:
        right: the exercise's reference.
        names: arguments that hold log p and log q.
    """
    new, old = names

    def slip(log_ratio: Callable[[Tensor], Tensor]) -> Mistake:
        def answer(**inputs: Any) -> Any:
            log_q = inputs[old].detach()
            return right(**{**inputs, new: log_q + log_ratio(inputs[new] / log_q)})

        return Mistake(DIVIDED_LOGS, answer)

    return slip(torch.log), slip(lambda quotient: quotient)


def look_up(table: Tensor, index: Tensor) -> Tensor:
    """Take one entry of each row: (N, K), (N,) -> (N,)."""
    return table.gather(-1, index.unsqueeze(-1)).squeeze(-1)


def spelt_log_probs(
    answer: Callable[[Callable[[Tensor, Tensor], Tensor]], Function],
) -> tuple[Mistake, ...]:
    """Spell log softmax as learners do who leave log space.

    Args:
        answer: builds an answer to the exercise from a function that takes logits (N, K) and
            indices (N,) to log-probabilities (N,).
    """

    def of_softmax(logits: Tensor, index: Tensor) -> Tensor:
        return look_up(logits.softmax(-1), index).log()

    def of_quotient(logits: Tensor, index: Tensor) -> Tensor:
        weight = logits.exp()
        return look_up(weight / weight.sum(-1, keepdim=True), index).log()

    def with_log_sum_exp(logits: Tensor, index: Tensor) -> Tensor:
        return look_up(logits, index) - logits.exp().sum(-1).log()

    def with_small_number(logits: Tensor, index: Tensor) -> Tensor:
        return (look_up(logits.softmax(-1), index) + SMALL).log()

    def clamped(logits: Tensor, index: Tensor) -> Tensor:
        return look_up(logits.softmax(-1), index).clamp(min=SMALL).log()

    return (
        Mistake(LOG_OF_SOFTMAX, answer(of_softmax)),
        Mistake(EXP_OF_LOGITS, answer(of_quotient)),
        Mistake(EXP_OF_LOGITS, answer(with_log_sum_exp)),
        Mistake(SMALL_NUMBER, answer(with_small_number)),
        Mistake(SMALL_NUMBER, answer(clamped)),
    )
