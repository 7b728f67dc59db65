"""How far one policy is from another: exactly, from samples, and what to charge for it."""

from __future__ import annotations

import sys

import torch
from torch import Tensor

from ppo_lesson.maths.arithmetic import log_ratio
from ppo_lesson.maths.importance import log_ratio_limit
from ppo_lesson.maths.shapes import check_between, check_floats, check_positive

BETA_LIMITS = (sys.float_info.min, sys.float_info.max)
"""The smallest and the largest price that `adaptive_beta` returns: about 2e-308 and 2e308."""


def kl_p_q(p_logits: Tensor, q_logits: Tensor) -> Tensor:
    """Sum the KL divergence of two categorical policies over all actions: exact.

    KL(p || q) = sum_k p_k (log p_k - log q_k), with 0 log 0 = 0

    Args:
        p_logits: (N, K) logits of p, the side that the expectation is taken over.
        q_logits: (N, K) logits of q.

    Returns:
        (N,) divergence of each row in nats; inf where p has an action that q forbids.

    Raises:
        ValueError: shapes differ or are not (N, K).

    Source: Kullback and Leibler (1951), On information and sufficiency, section 2.
    """
    check_floats("N K", p_logits=p_logits, q_logits=q_logits)
    log_p, log_q = torch.log_softmax(p_logits, dim=-1), torch.log_softmax(q_logits, dim=-1)
    prob = log_p.exp()
    return (prob * (log_p - log_q).masked_fill(prob == 0, 0.0)).sum(-1)


def kl_k1(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    """Estimate KL(old || new) by the mean log-ratio: unbiased, noisy, negative at times.

    k1 = (1/N) sum_i -log r_i

    Args:
        log_prob: (N,) log-probability of each action under the current policy.
        old_log_prob: (N,) the same under the policy that acted, a constant.

    Returns:
        () the estimate in nats. Where both log-probabilities are -inf (an action that both
        forbid) the log-ratio counts as 0.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Schulman (2020), Approximating KL divergence.
    """
    return -_log_ratio(log_prob, old_log_prob).mean()


def kl_k2(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    """Estimate KL(old || new) by half the mean squared log-ratio: biased, steady, never negative.

    k2 = (1/N) sum_i (log r_i)^2 / 2

    Args:
        log_prob: (N,) log-probability of each action under the current policy.
        old_log_prob: (N,) the same under the policy that acted, a constant.

    Returns:
        () the estimate in nats. Where both log-probabilities are -inf (an action that both
        forbid) the log-ratio counts as 0.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Schulman (2020), Approximating KL divergence.
    """
    return 0.5 * _log_ratio(log_prob, old_log_prob).square().mean()


def kl_k3(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    """Estimate KL(old || new) by k1 plus a term of mean zero: unbiased, steady, never negative.

    k3 = (1/N) sum_i (r_i - 1) - log r_i, each term at least 0; log r capped at 20
    (at 10 in float16)

    Args:
        log_prob: (N,) log-probability of each action under the current policy.
        old_log_prob: (N,) the same under the policy that acted, a constant.

    Returns:
        () the estimate in nats. Where both log-probabilities are -inf (an action that both
        forbid) the log-ratio counts as 0.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Schulman (2020), Approximating KL divergence.
    """
    # The cap holds for both terms: with r alone capped, the gradient would push log r further up.
    log_r = _log_ratio(log_prob, old_log_prob)
    log_r = log_r.clamp(max=log_ratio_limit(log_r.dtype))
    # expm1 keeps the digits of r - 1 where r is near 1, which is where training spends its time.
    return (torch.expm1(log_r) - log_r).mean()


def kl_estimates(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    """Estimate KL(old || new) in three ways at once: k1, k2 and k3.

    Args:
        log_prob: (N,) log-probability of each action under the current policy.
        old_log_prob: (N,) the same under the policy that acted, a constant.

    Returns:
        (3,) the estimates k1, k2, k3 in nats, see `kl_k1`, `kl_k2` and `kl_k3`.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Schulman (2020), Approximating KL divergence.
    """
    return torch.stack([estimate(log_prob, old_log_prob) for estimate in (kl_k1, kl_k2, kl_k3)])


def adaptive_beta(beta: float, kl: float, target_kl: float) -> float:
    """Charge more for distance where the last update went too far, less where it hardly moved.

    2 beta if KL > 1.5 target; beta / 2 if KL < target / 1.5; beta otherwise; never below
    BETA_LIMITS[0] nor above BETA_LIMITS[1], where halving would end at 0 and doubling at infinity

    Args:
        beta: price of one nat so far, above 0.
        kl: divergence that the last update reached, in nats.
        target_kl: divergence that is wanted, in nats, above 0.

    Returns:
        The price for the next update.

    Raises:
        ValueError: beta or target_kl is not positive, or kl is NaN.

    Source: Schulman et al. (2017), arXiv:1707.06347, section 4.
    """
    check_positive(beta=beta, target_kl=target_kl)
    check_between(-float("inf"), float("inf"), kl=kl)
    if kl > 1.5 * target_kl:
        return min(2 * beta, BETA_LIMITS[1])
    if kl < target_kl / 1.5:
        return max(beta / 2, BETA_LIMITS[0])
    return beta


def _log_ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    check_floats("N", log_prob=log_prob, old_log_prob=old_log_prob)
    return log_ratio(log_prob, old_log_prob.detach())
