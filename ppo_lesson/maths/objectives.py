"""The losses of the road to PPO; each is minimised and each is one line.

An advantage is a number that weighs a sample: no gradient flows into it. Old log-probabilities are
facts of the past: no gradient flows into them either.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.maths.arithmetic import times
from ppo_lesson.maths.divergences import kl_k3
from ppo_lesson.maths.importance import policy_ratio
from ppo_lesson.maths.shapes import check_between, check_floats, check_positive


def reinforce_loss(log_prob: Tensor, advantage: Tensor) -> Tensor:
    """Make actions with a positive advantage likelier; minus the REINFORCE objective.

    L = -(1/N) sum_i log pi(a_i|s_i) A_i

    Args:
        log_prob: (N,) log-probability of each action under the policy that took it.
        advantage: (N,) advantage of each action, a constant.

    Returns:
        () the loss; its gradient is minus the sampled policy gradient.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Williams (1992), Simple statistical gradient-following algorithms, section 5.
    """
    check_floats("N", log_prob=log_prob, advantage=advantage)
    return -times(advantage.detach(), log_prob).mean()


def surrogate_loss(log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor) -> Tensor:
    """Score the current policy on actions that an older one took; minus the surrogate L_IS.

    L = -(1/N) sum_i r_i A_i

    Args:
        log_prob: (N,) log-probability of each action under the current policy.
        old_log_prob: (N,) the same under the policy that acted, a constant.
        advantage: (N,) advantage of each action under the old policy, a constant.

    Returns:
        () the loss; at theta = theta_old its gradient is minus the sampled policy gradient.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Schulman et al. (2017), arXiv:1707.06347, eq. 6.
    """
    check_floats("N", log_prob=log_prob, old_log_prob=old_log_prob, advantage=advantage)
    return -(policy_ratio(log_prob, old_log_prob) * advantage.detach()).mean()


def clipped_surrogate_loss(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    """Take away the incentive to move the ratio beyond 1 +- epsilon; PPO's policy loss.

    L = -(1/N) sum_i min(r_i A_i, clip(r_i, 1 - epsilon, 1 + epsilon) A_i)

    Args:
        log_prob: (N,) log-probability of each action under the current policy.
        old_log_prob: (N,) the same under the policy that acted, a constant.
        advantage: (N,) advantage of each action under the old policy, a constant.
        clip_epsilon: half-width of the interval around 1, above 0 and below 1.

    Returns:
        () the loss, never below the unclipped one: a pessimistic bound.

    Raises:
        ValueError: shapes differ or are not (N,), or clip_epsilon is out of range.

    Source: Schulman et al. (2017), arXiv:1707.06347, eq. 7.
    """
    check_floats("N", log_prob=log_prob, old_log_prob=old_log_prob, advantage=advantage)
    check_between(0, 1, open_low=True, open_high=True, clip_epsilon=clip_epsilon)
    ratio = policy_ratio(log_prob, old_log_prob)
    advantage = advantage.detach()
    clipped_ratio = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return -torch.minimum(ratio * advantage, clipped_ratio * advantage).mean()


def kl_penalised_loss(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, beta: float
) -> Tensor:
    """Pay for distance: the surrogate loss plus beta times an estimate of KL(old || new).

    L = -(1/N) sum_i r_i A_i + beta (1/N) sum_i (r_i - 1 - log r_i)

    Args:
        log_prob: (N,) log-probability of each action under the current policy.
        old_log_prob: (N,) the same under the policy that acted, a constant.
        advantage: (N,) advantage of each action under the old policy, a constant.
        beta: price of one nat of divergence, 0 or more; 0 for no price, be the distance infinite.

    Returns:
        () the loss.

    Raises:
        ValueError: shapes differ or are not (N,), or beta is negative.

    Source: Schulman et al. (2017), arXiv:1707.06347, eq. 8, with the estimator k3 for the KL.
    """
    check_between(0, float("inf"), open_high=True, beta=beta)
    price = times(beta, kl_k3(log_prob, old_log_prob))
    return surrogate_loss(log_prob, old_log_prob, advantage) + price


def clip_fraction(ratio: Tensor, clip_epsilon: float) -> Tensor:
    """Tell which share of the ratios lies outside the interval, whatever the sign of A.

    mean of |r - 1| > epsilon

    Args:
        ratio: (N,) ratio of each sample, current over old.
        clip_epsilon: half-width of the interval around 1, above 0 and below 1.

    Returns:
        () share from 0 to 1; counts samples that still have a gradient, see `active_clip_fraction`.

    Raises:
        ValueError: the shape is not (N,), or clip_epsilon is out of range.

    Source: Huang et al. (2022), The 37 implementation details of PPO, detail 12.
    """
    check_floats("N", ratio=ratio)
    check_between(0, 1, open_low=True, open_high=True, clip_epsilon=clip_epsilon)
    return _share((ratio - 1).abs() > clip_epsilon, ratio)


def active_clip_fraction(ratio: Tensor, advantage: Tensor, clip_epsilon: float) -> Tensor:
    """Tell to which share of the samples the clip leaves no gradient.

    mean of (A > 0 and r > 1 + epsilon) or (A < 0 and r < 1 - epsilon)

    Args:
        ratio: (N,) ratio of each sample, current over old.
        advantage: (N,) advantage of each sample.
        clip_epsilon: half-width of the interval around 1, above 0 and below 1.

    Returns:
        () share from 0 to 1.

    Raises:
        ValueError: shapes differ or are not (N,), or clip_epsilon is out of range.

    Source: the cases of Schulman et al. (2017), arXiv:1707.06347, figure 1.
    """
    check_floats("N", ratio=ratio, advantage=advantage)
    check_between(0, 1, open_low=True, open_high=True, clip_epsilon=clip_epsilon)
    above = (advantage > 0) & (ratio > 1 + clip_epsilon)
    below = (advantage < 0) & (ratio < 1 - clip_epsilon)
    return _share(above | below, ratio * advantage)


def value_loss(value: Tensor, value_target: Tensor) -> Tensor:
    """Fit the critic: half the mean squared error.

    L = (1/2N) sum_i (V_i - target_i)^2

    Args:
        value: (N,) the critic's predictions.
        value_target: (N,) what they are fitted to, a constant.

    Returns:
        () the loss.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Schulman et al. (2017), arXiv:1707.06347, eq. 9 (L^VF; the half is a convention).
    """
    check_floats("N", value=value, value_target=value_target)
    return 0.5 * (value - value_target.detach()).square().mean()


def clipped_value_loss(
    value: Tensor, value_target: Tensor, old_value: Tensor, clip_epsilon: float
) -> Tensor:
    """Fit the critic, but give no reward for moving further than epsilon from its old prediction.

    L = (1/2N) sum_i max((V_i - target_i)^2, (V'_i - target_i)^2),
    V'_i = V_old,i + clip(V_i - V_old,i, -epsilon, epsilon)

    Args:
        value: (N,) the critic's predictions.
        value_target: (N,) what they are fitted to, a constant.
        old_value: (N,) predictions when the data was collected, a constant.
        clip_epsilon: largest useful move of a prediction, in units of value, above 0.

    Returns:
        () the loss.

    Raises:
        ValueError: shapes differ or are not (N,), or clip_epsilon is not positive.

    Source: Huang et al. (2022), The 37 implementation details of PPO, detail 9; whether it helps:
    Engstrom et al. (2020), arXiv:2005.12729.
    """
    check_floats("N", value=value, value_target=value_target, old_value=old_value)
    check_positive(clip_epsilon=clip_epsilon)
    value_target, old_value = value_target.detach(), old_value.detach()
    clipped = old_value + (value - old_value).clamp(-clip_epsilon, clip_epsilon)
    squared_error = (value - value_target).square()
    return 0.5 * torch.maximum(squared_error, (clipped - value_target).square()).mean()


def _share(marked: Tensor, data: Tensor) -> Tensor:
    """Tell which share is marked; NaN in the data, which no comparison notices, is put back."""
    return torch.where(data.isnan(), data, marked.to(data.dtype)).mean()
