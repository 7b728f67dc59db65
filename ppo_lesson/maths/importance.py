"""Importance sampling: weights, estimates, and how many samples they are worth.

Weights that come as densities of any target and proposal keep their full range (a weight of zero is
an answer there); the ratio of two *policies* clamps its logarithm, because training multiplies with
it and differentiates it thousands of times.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ppo_lesson.maths.arithmetic import log_ratio, times
from ppo_lesson.maths.shapes import check_between, check_floats, check_positive

LOG_RATIO_LIMIT = 20.0
"""Log-ratios are clamped to +-20 before exp: e^20 is 4.9e8, and its gradient is still finite."""


def log_ratio_limit(dtype: torch.dtype) -> float:
    """Return LOG_RATIO_LIMIT, or 1 nat less than the dtype can bear: float16 ends at e^11."""
    return min(LOG_RATIO_LIMIT, math.log(torch.finfo(dtype).max) - 1)


def importance_weights(log_target: Tensor, log_proposal: Tensor) -> Tensor:
    """Weigh samples of the proposal so that they stand for the target.

    w_i = p(x_i) / q(x_i) = exp(log p(x_i) - log q(x_i))

    Args:
        log_target: (N,) log p of each sample, in nats; -inf where p is zero.
        log_proposal: (N,) log q of each sample, in nats.

    Returns:
        (N,) weights, not normalised: their mean is near 1, their sum near N. Where both are -inf
        (a sample that neither can have drawn) the two agree, and the weight is 1.

    Raises:
        ValueError: shapes differ, are not (N,), or hold no floating point numbers.

    Source: Owen (2013), Monte Carlo theory, methods and examples, eq. 9.3.
    """
    check_floats("N", log_target=log_target, log_proposal=log_proposal)
    return torch.exp(log_ratio(log_target, log_proposal))


def importance_estimate(value: Tensor, weight: Tensor) -> Tensor:
    """Estimate E_p[f] from samples of q by the mean of weight times value.

    (1/N) sum_i w_i f(x_i)

    Args:
        value: (N,) f of each sample.
        weight: (N,) importance weight of each sample, not normalised.

    Returns:
        () the estimate; unbiased where q > 0 wherever p f is not 0. A sample of weight 0 does not
        count, be its value infinite.

    Raises:
        ValueError: shapes differ or are not (N,); or all weights are zero, so that no sample
            carries any information about the target.

    Source: Owen (2013), eq. 9.3.
    """
    check_floats("N", value=value, weight=weight)
    if not torch.any(weight):
        raise ValueError("weight: all are zero, no sample lies where the target does")
    return times(weight, value).mean()


def self_normalised_estimate(value: Tensor, log_weight: Tensor) -> Tensor:
    """Estimate E_p[f] with weights that are made to sum to one.

    sum_i w_i f(x_i) / sum_i w_i

    Args:
        value: (N,) f of each sample.
        log_weight: (N,) log of each weight, up to one unknown constant, in nats.

    Returns:
        () the estimate: between the least and the greatest value; biased by O(1/N).

    Raises:
        ValueError: shapes differ or are not (N,); or every log weight is -inf (all weights zero).

    Source: Owen (2013), eq. 9.6.
    """
    check_floats("N", value=value, log_weight=log_weight)
    _check_not_all_zero(log_weight)
    return times(torch.softmax(log_weight, dim=0), value).sum()


def truncated_estimate(value: Tensor, log_weight: Tensor, limit: float) -> Tensor:
    """Estimate E_p[f] with weights that are cut off at a limit: some bias, less variance.

    (1/N) sum_i min(w_i, c) f(x_i)

    Args:
        value: (N,) f of each sample.
        log_weight: (N,) log of each weight p/q in nats; no unknown constant, which would move c.
        limit: c, above 0. Ionides lets it grow like sqrt(N), so that the bias vanishes in the end.

    Returns:
        () the estimate; its bias is -E_p[max(0, 1 - c / w) f]. Where no weight is above c, it is
        `importance_estimate`.

    Raises:
        ValueError: shapes differ or are not (N,), or the limit is not above 0.

    Source: Ionides (2008), Truncated importance sampling, Journal of Computational and Graphical
    Statistics 17, pages 295 to 311.
    """
    check_floats("N", value=value, log_weight=log_weight)
    check_positive(limit=limit)
    # In log space: the exponential of a large log weight is infinite, that of log c is c.
    weight = torch.exp(log_weight.clamp(max=math.log(limit)))
    return times(weight, value).mean()


def effective_sample_size(log_weight: Tensor) -> Tensor:
    """Count how many equally weighted samples the weighted ones are worth.

    ESS = (sum_i w_i)^2 / sum_i w_i^2

    Args:
        log_weight: (N,) log of each weight, up to one unknown constant, in nats.

    Returns:
        () a count between 1 (one sample holds all the weight) and N (all weights equal).

    Raises:
        ValueError: the shape is not (N,), or every log weight is -inf (all weights zero).

    Source: Kong (1992), A note on importance sampling using standardized weights; Owen (2013),
    eq. 9.13.
    """
    check_floats("N", log_weight=log_weight)
    _check_not_all_zero(log_weight)
    # Scaled to sum to one, in log space where nothing overflows, (sum w)^2 is 1.
    return 1 / torch.softmax(log_weight, dim=0).square().sum()


def unsupported(target: Tensor, proposal: Tensor, value: Tensor) -> Tensor:
    """Mark the outcomes that the proposal never shows although they count.

    q_k = 0 and p_k f_k != 0

    Args:
        target: (K,) probability p of each outcome.
        proposal: (K,) probability q of each outcome.
        value: (K,) f of each outcome.

    Returns:
        (K,) bool: True where importance sampling is silently wrong.

    Raises:
        ValueError: shapes differ or are not (K,).

    Source: Owen (2013), section 9.1 (the condition of theorem 9.1).
    """
    check_floats("K", target=target, proposal=proposal, value=value)
    return (proposal == 0) & (target != 0) & (value != 0)


def per_decision_log_weight(log_ratio: Tensor) -> Tensor:
    """Weigh each reward with the ratios of the actions that came before it, and no others.

    log w_t = sum_{k <= t} log r_k

    Args:
        log_ratio: (T,) log-ratio of each step, current policy over old, in nats.

    Returns:
        (T,) log weight of the reward of each step.

    Raises:
        ValueError: the shape is not (T,).

    Source: Precup, Sutton and Singh (2000), Eligibility traces for off-policy policy evaluation.
    """
    check_floats("T", log_ratio=log_ratio)
    return torch.cumsum(log_ratio, dim=0)


def policy_ratio(log_prob: Tensor, old_log_prob: Tensor) -> Tensor:
    """Divide the probability of each action now by its probability when it was taken.

    r = pi_theta(a|s) / pi_old(a|s) = exp(log pi_theta - log pi_old), log-ratio clamped to +-20
    (+-10 in float16)

    Args:
        log_prob: (N,) log-probability of each action under the current policy; has the gradient.
        old_log_prob: (N,) the same under the policy that acted; treated as a constant.

    Returns:
        (N,) ratios, current over old; 1 where both log-probabilities are -inf: neither policy takes
        the action.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Schulman et al. (2017), arXiv:1707.06347, text above eq. 6.
    """
    check_floats("N", log_prob=log_prob, old_log_prob=old_log_prob)
    log_r = log_ratio(log_prob, old_log_prob.detach())
    limit = log_ratio_limit(log_r.dtype)
    return torch.exp(log_r.clamp(-limit, limit))


def gradient_share(ratio: Tensor, prob: Tensor, advantage: Tensor, top: float) -> Tensor:
    """Tell which share of the surrogate's gradient a few samples hold.

    sum of the ceil(top N) largest p_i / sum of all p_i, with p_i = |r_i (1 - pi_i) A_i|: how
    strongly sample i pulls at the logit of its own action, as d log pi(a) / d logit(a) = 1 - pi(a)

    Args:
        ratio: (N,) ratio of each sample, current over old.
        prob: (N,) probability of each action under the current policy, 0 to 1.
        advantage: (N,) advantage of each sample.
        top: fraction of the samples, 0 to 1; any fraction above 0 counts at least one sample.

    Returns:
        () share from 0 to 1; `top` itself where all samples pull alike.

    Raises:
        ValueError: shapes differ or are not (N,), prob or top is out of range, or no sample pulls.
    """
    check_floats("N", ratio=ratio, prob=prob, advantage=advantage)
    check_between(0, 1, top=top)
    if ((prob < 0) | (prob > 1)).any():
        raise ValueError(
            f"prob: expected probabilities, 0 to 1, got {prob.min():g} to {prob.max():g}"
        )
    pull = (ratio * (1 - prob) * advantage).abs()
    if not torch.any(pull):
        raise ValueError("advantage: no sample pulls at its logit, there is nothing to share")
    # 0.07 * 100 is a little above 7 in floating point, which must not count as an eighth sample.
    count = math.ceil(top * len(pull) * (1 - 1e-12))
    return pull.topk(count).values.sum() / pull.sum()


def _check_not_all_zero(log_weight: Tensor) -> None:
    if torch.all(log_weight == -math.inf):
        raise ValueError(
            "log_weight: all are -inf, every weight is zero and none can be normalised"
        )
