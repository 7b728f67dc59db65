"""Slips with logarithms in the three estimates of notebook 06: in one of them, or in all."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Function, Mistake
from ppo_lesson.lessons.log_space import (
    DIFFERENCE,
    DIFFERENCE_THEN_EXP,
    DIVIDED_LOGS,
    divided_logs,
    through_probabilities,
    with_small_numbers,
)
from ppo_lesson.maths import kl_estimates, kl_k1, kl_k2, kl_k3

ESTIMATORS = (kl_k1, kl_k2, kl_k3)


def instead_of(number: int, estimate: Function) -> Function:
    """Build an answer with one estimate of the learner's; the other two are right."""
    parts = [estimate if k == number else right for k, right in enumerate(ESTIMATORS, start=1)]

    def answer(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
        inputs = {"log_prob": log_prob, "old_log_prob": old_log_prob}
        return torch.stack([part(**inputs) for part in parts])

    return answer


def _log_slips_of(number: int, mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Keep the sentence of slips with logarithms, which is the same for all three."""
    return tuple(
        Mistake(mistake.sentence, instead_of(number, mistake.answer)) for mistake in mistakes
    )


LOG_SLIPS = (
    *_log_slips_of(1, (*divided_logs(kl_k1), *through_probabilities(kl_k1, DIFFERENCE))),
    *_log_slips_of(2, (*divided_logs(kl_k2), *through_probabilities(kl_k2, DIFFERENCE))),
    *_log_slips_of(
        3,
        (
            *divided_logs(kl_k3),
            Mistake(
                DIVIDED_LOGS,
                lambda log_prob, old_log_prob: (
                    log_prob / old_log_prob - 1 - (log_prob - old_log_prob)
                ).mean(),
            ),
            *through_probabilities(kl_k3, DIFFERENCE_THEN_EXP),
            *with_small_numbers(
                lambda ratio: (
                    lambda log_prob, old_log_prob: (
                        ratio(log_prob, old_log_prob) - 1 - (log_prob - old_log_prob)
                    ).mean()
                ),
                DIFFERENCE_THEN_EXP,
            ),
        ),
    ),
    *divided_logs(kl_estimates),
    *through_probabilities(kl_estimates, DIFFERENCE_THEN_EXP),
)
