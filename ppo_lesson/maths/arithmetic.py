"""Where floating point departs from algebra: 0 times infinity, inf - inf, rounding."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_count


def times(coefficient: Tensor | float, term: Tensor) -> Tensor:
    """Multiply; what has the coefficient 0 does not count, whatever it is.

    Floating point says that 0 times infinity is NaN, and so does its gradient. A coefficient of 0
    means that the term is not there.

    Args:
        coefficient: a number, or a tensor that broadcasts to the term.
        term: any shape.

    Returns:
        Like term; where the coefficient is 0 and the term infinite or NaN, 0 without a gradient.
    """
    if isinstance(coefficient, Tensor):
        return coefficient * term.masked_fill((coefficient == 0) & ~term.isfinite(), 0.0)
    return coefficient * term if coefficient else torch.zeros_like(term)


def log_ratio(log_prob: Tensor, other_log_prob: Tensor) -> Tensor:
    """Subtract log-probabilities; where both are -inf the two agree, and the difference is 0.

    That is the 0 log 0 of a divergence: what both forbid tells them apart in nothing. Floating
    point says NaN.

    Args:
        log_prob: any shape, in nats.
        other_log_prob: the same shape, in nats.

    Returns:
        Same shape, without a gradient where both are -inf.
    """
    if other_log_prob.numel() and other_log_prob.min() > -math.inf:  # 2 % of a training
        return log_prob - other_log_prob
    neither = torch.maximum(log_prob.detach(), other_log_prob.detach()) == -math.inf
    return torch.where(neither, 0.0, log_prob - other_log_prob)


def significant(number: float, digits: int) -> float:
    """Round to so many significant digits, 1 or more."""
    return float(f"{number:.{check_count('digits', digits)}g}")


def equal_up_to_rounding(numbers: Tensor, magnitude: Tensor | None = None) -> Tensor:
    """Tell whether numbers along the last axis differ by no more than rounding has made of them.

    max - min <= (4 + log2 n) eps max |magnitude|

    The mean of n numbers, added in pairs, is off by at most log2(n) / 2 eps of the largest, and so
    is what they differ from it; 4 eps more allow each number a few roundings of its own. A standard
    deviation within that bound measures rounding, and dividing by it makes noise as large as 1.

    Args:
        numbers: (..., N) floating point.
        magnitude: (..., N) what the numbers were rounded at: where they are differences, the size
            of what was subtracted. The numbers themselves if None.

    Returns:
        (...) bool; False where a number is infinite or NaN.
    """
    low, high = torch.aminmax(numbers.detach(), dim=-1)
    largest = torch.maximum(-low, high) if magnitude is None else magnitude.detach().abs().amax(-1)
    roundings = 4 + math.log2(numbers.shape[-1])
    bound = roundings * torch.finfo(numbers.dtype).eps * largest
    return (high - low <= bound) & (largest < math.inf)
