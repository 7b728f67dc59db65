"""Slips with logarithms in the penalised loss of notebook 06: in the ratio, in k3, or in both."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Function, Mistake
from ppo_lesson.lessons.log_space import (
    DIFFERENCE_THEN_EXP,
    DIVIDED_LOGS,
    divided_logs,
    through_probabilities,
    with_small_numbers,
)
from ppo_lesson.maths import kl_k3, kl_penalised_loss, surrogate_loss


def _divided_in_the_ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    """Take the quotient of the logarithms for r, and the right log r."""
    return (log_prob / old_log_prob - 1 - (log_prob - old_log_prob)).mean()


def _with_k3_of(wrong_k3: Function) -> Function:
    """Build the penalised loss from a right surrogate and another k3."""
    return lambda log_prob, old_log_prob, advantage, beta: (
        surrogate_loss(log_prob, old_log_prob, advantage)
        + beta * wrong_k3(log_prob=log_prob, old_log_prob=old_log_prob)
    )


def _priced(ratio: Function) -> Function:
    """Build the penalised loss from another ratio of the two, and a right log-ratio."""

    def answer(log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, beta: float) -> Tensor:
        r, log_ratio = ratio(log_prob, old_log_prob), log_prob - old_log_prob
        return -(r * advantage).mean() + beta * (r - 1 - log_ratio).mean()

    return answer


LOG_SLIPS = (
    *divided_logs(kl_penalised_loss),
    *(
        Mistake(DIVIDED_LOGS, _with_k3_of(divided.answer))
        for divided in (*divided_logs(kl_k3), Mistake("", _divided_in_the_ratio))
    ),
    Mistake(DIVIDED_LOGS, _priced(torch.div)),
    *through_probabilities(kl_penalised_loss, DIFFERENCE_THEN_EXP),
    *with_small_numbers(_priced, DIFFERENCE_THEN_EXP),
)
