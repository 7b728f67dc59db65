"""Losses and ratios of whole responses: what is divided by what, when lengths differ.

A batch is a table of B responses and T places; the mask tells tokens from the padding behind them.
What stands on padding counts for nothing, be it infinite or NaN, and has no gradient.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ppo_lesson.maths.arithmetic import log_ratio
from ppo_lesson.maths.importance import log_ratio_limit
from ppo_lesson.maths.shapes import check_bools, check_floats, check_positive


def sequence_ratio(log_prob: Tensor, old_log_prob: Tensor, mask: Tensor) -> Tensor:
    """Divide the probability of each response by the one it had, as a geometric mean per token.

    s_i = (pi_theta(y_i|x) / pi_old(y_i|x))^(1/|y_i|)
        = exp((1/|y_i|) sum_t (log pi_theta - log pi_old)(token t)), log clamped to +-20

    Args:
        log_prob: (B, T) log-probability of each token under the current policy; has the gradient.
        old_log_prob: (B, T) the same under the policy that wrote it; treated as a constant.
        mask: (B, T) bool, true where a token is real and not padding; every response has one.

    Returns:
        (B,) ratios, one for each response. Without the root it would be the product of the tokens'
        ratios, whose logarithm grows with the length.

    Raises:
        ValueError: a shape or dtype is wrong, or a response has no real token.

    Source: Zheng et al. (2025), arXiv:2507.18071, eq. 7 (GSPO).
    """
    sizes = check_floats("B T", log_prob=log_prob, old_log_prob=old_log_prob)
    lengths = _lengths(mask, sizes, log_prob.dtype)
    token_log_ratio = log_ratio(log_prob, old_log_prob.detach())
    log_s = torch.where(mask, token_log_ratio, 0.0).sum(-1) / lengths
    limit = log_ratio_limit(log_s.dtype)
    return torch.exp(log_s.clamp(-limit, limit))


def response_mean_loss(token_loss: Tensor, mask: Tensor) -> Tensor:
    """Average over the tokens of each response first, then over the responses.

    L = (1/B) sum_i (1/|y_i|) sum_t l_it

    Args:
        token_loss: (B, T) loss of each token.
        mask: (B, T) bool, true where a token is real and not padding; every response has one.

    Returns:
        () the loss. A token of response i has the weight 1 / (B |y_i|): the longer the response,
        the less each of its tokens counts.

    Raises:
        ValueError: a shape or dtype is wrong, or a response has no real token.

    Source: Shao et al. (2024), arXiv:2402.03300, section 4.1 (GRPO).
    """
    sizes = check_floats("B T", token_loss=token_loss)
    lengths = _lengths(mask, sizes, token_loss.dtype)
    return (torch.where(mask, token_loss, 0.0).sum(-1) / lengths).mean()


def token_mean_loss(token_loss: Tensor, mask: Tensor) -> Tensor:
    """Average over all real tokens of the batch at once.

    L = sum_i sum_t l_it / sum_i |y_i|

    Args:
        token_loss: (B, T) loss of each token.
        mask: (B, T) bool, true where a token is real and not padding.

    Returns:
        () the loss. Every token has the weight 1 / sum_i |y_i|, which depends on the lengths of all
        the responses in the batch.

    Raises:
        ValueError: a shape or dtype is wrong, or there is no real token.

    Source: Yu et al. (2025), arXiv:2503.14476, section 3 (DAPO).
    """
    sizes = check_floats("B T", token_loss=token_loss)
    check_bools("B T", sizes, mask=mask)
    if not mask.any():
        raise ValueError("mask: expected a real token, got nothing but padding")
    return torch.where(mask, token_loss, 0.0).sum() / mask.sum()


def fixed_length_loss(token_loss: Tensor, mask: Tensor, length: float) -> Tensor:
    """Add up the tokens of each response, divide by one constant, average over the responses.

    L = (1/B) sum_i (1/C) sum_t l_it

    Args:
        token_loss: (B, T) loss of each token.
        mask: (B, T) bool, true where a token is real and not padding.
        length: C, above 0; most often the greatest length that a response may have.

    Returns:
        () the loss. Every token has the weight 1 / (B C), whatever the lengths are.

    Raises:
        ValueError: a shape or dtype is wrong, or the length is not above 0.

    Source: Liu et al. (2025), arXiv:2503.20783, section 3 (Dr. GRPO).
    """
    sizes = check_floats("B T", token_loss=token_loss)
    check_bools("B T", sizes, mask=mask)
    check_positive(length=length)
    return torch.where(mask, token_loss, 0.0).sum(-1).mean() / length


def truncated_weight(log_prob: Tensor, behaviour_log_prob: Tensor, cap: float) -> Tensor:
    """Weigh samples that another policy drew, with the large weights cut off at a cap.

    w_i = min(pi(a_i|s_i) / mu(a_i|s_i), C)

    Args:
        log_prob: (N,) log-probability of each action under the policy that the trainer computes.
        behaviour_log_prob: (N,) the same under the policy that drew it.
        cap: C, above 0.

    Returns:
        (N,) weights from 0 to the cap, constants: no gradient flows into either policy. 1 (or the
        cap, if that is less) where both log-probabilities are -inf.

    Raises:
        ValueError: shapes differ or are not (N,), or the cap is not above 0.

    Source: Ionides (2008), Truncated importance sampling; Espeholt et al. (2018),
    arXiv:1802.01561, section 4.1 (rho in V-trace).
    """
    check_floats("N", log_prob=log_prob, behaviour_log_prob=behaviour_log_prob)
    check_positive(cap=cap)
    log_weight = log_ratio(log_prob.detach(), behaviour_log_prob.detach())
    # In log space: the exponential of a large log-ratio is infinite, that of log C is C.
    return torch.exp(log_weight.clamp(max=math.log(cap)))


def _lengths(mask: Tensor, sizes: dict[str, int], dtype: torch.dtype) -> Tensor:
    """Count the real tokens of each response, one at least."""
    check_bools("B T", sizes, mask=mask)
    if not mask.any(-1).all():
        raise ValueError("mask: expected a real token in every row, got a row of padding")
    return mask.sum(-1).to(dtype)
