"""From rewards to advantages, with every way an episode can end kept apart.

*Terminated*: the world ended, nothing follows, the future is worth 0. *Truncated*: somebody stopped
the clock, the future was there and is worth `next_value`. A rollout's last row is cut, which is
neither: it too is worth `next_value`, but the episode goes on in the next rollout. Where a step is
both terminated and truncated, terminated wins.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from ppo_lesson.maths.arithmetic import equal_up_to_rounding, times
from ppo_lesson.maths.shapes import check_between, check_bools, check_floats, time_shape

STD_FLOOR = 1e-8
"""Added to a standard deviation before dividing, so that equal advantages never give 0 / 0.

It does not keep rounding out: `equal_up_to_rounding` does.
"""


def backward_sum(increment: Tensor, carry: Tensor) -> Tensor:
    """Run the one recursion behind returns and advantages, from the last step to the first.

    x_t = increment_t + carry_t x_{t+1}, with x_T = 0

    Args:
        increment: (T,) or (T, N) what each step adds.
        carry: same shape, share of the later sum that reaches this step; 0 where an episode ends.

    Returns:
        Same shape, x.

    Raises:
        ValueError: shapes differ or are neither (T,) nor (T, N).
    """
    check_floats(time_shape(increment), increment=increment, carry=carry)
    ended = carry == 0  # 0 times what follows is nothing, be that infinite
    total = torch.zeros_like(increment[0])
    rows = []
    for t in reversed(range(len(increment))):
        total = increment[t] + carry[t] * total.masked_fill(ended[t], 0.0)
        rows.append(total)
    return torch.stack(rows[::-1])


def discounted_returns(reward: Tensor, gamma: float) -> Tensor:
    """Sum the discounted rewards from each step to the end of one finished episode.

    G_t = R_t + gamma G_{t+1}

    Args:
        reward: (T,) reward of each step.
        gamma: discount, 0 to 1.

    Returns:
        (T,) returns, in units of reward.

    Raises:
        ValueError: the shape is not (T,), or gamma is out of range.

    Source: Sutton and Barto (2018), Reinforcement learning, eq. 3.9.
    """
    check_floats("T", reward=reward)
    check_between(0, 1, gamma=gamma)
    return backward_sum(reward, torch.full_like(reward, gamma))


def rewards_to_go(
    reward: Tensor, next_value: Tensor, terminated: Tensor, truncated: Tensor, gamma: float
) -> Tensor:
    """Sum discounted rewards to the end of each episode, or to a value where the record stops.

    G_t = R_t                        where terminated
    G_t = R_t + gamma next_value_t   where truncated, and on the last row
    G_t = R_t + gamma G_{t+1}        else

    Args:
        reward: (T,) or (T, N) reward of each step.
        next_value: same shape, value of the observation that truly followed the step.
        terminated: same shape, bool: the world ended after the step.
        truncated: same shape, bool: the clock was stopped after the step.
        gamma: discount, 0 to 1.

    Returns:
        Same shape, in units of reward.

    Raises:
        ValueError: shapes differ or are neither (T,) nor (T, N), ends are not bool, or gamma is
            out of range.

    Source: Sutton and Barto (2018), eq. 3.9; bootstrapping at time limits: Pardo et al. (2018),
    arXiv:1712.00378.
    """
    _check_steps(terminated, truncated, gamma, reward=reward, next_value=next_value)
    stops = terminated | truncated
    stops[-1] = True
    bootstrap = next_value.masked_fill(terminated | ~stops, 0.0)
    return backward_sum(reward + times(gamma, bootstrap), gamma * (~stops).to(reward.dtype))


def gae(
    reward: Tensor,
    value: Tensor,
    next_value: Tensor,
    terminated: Tensor,
    truncated: Tensor,
    gamma: float,
    gae_lambda: float,
) -> Tensor:
    """Mix the n-step advantages of all n with weights that fall by lambda.

    delta_t = R_t + gamma next_value_t - V_t, without next_value where terminated
    A_t = delta_t + gamma lambda A_{t+1}, without A_{t+1} on the last row and where an episode ends

    Args:
        reward: (T,) or (T, N) reward of each step.
        value: same shape, the critic's value of the observation acted on.
        next_value: same shape, its value of the observation that truly followed: the final one
            where an episode ends, never the first of the next.
        terminated: same shape, bool: the world ended after the step.
        truncated: same shape, bool: the clock was stopped after the step.
        gamma: discount, 0 to 1.
        gae_lambda: mixing weight, 0 (one step: biased, steady) to 1 (all steps: unbiased, noisy).

    Returns:
        Same shape, advantages in units of reward.

    Raises:
        ValueError: shapes differ or are neither (T,) nor (T, N), ends are not bool, or gamma or
            gae_lambda is out of range.

    Source: Schulman et al. (2015), arXiv:1506.02438, eq. 16.
    """
    _check_steps(terminated, truncated, gamma, reward=reward, value=value, next_value=next_value)
    check_between(0, 1, gae_lambda=gae_lambda)
    next_value = next_value if gamma else torch.zeros_like(next_value)  # no 0 times infinity
    td_error = reward + gamma * next_value.masked_fill(terminated, 0.0) - value
    goes_on = ~(terminated | truncated)
    return backward_sum(td_error, gamma * gae_lambda * goes_on.to(reward.dtype))


def normalise_advantage(advantage: Tensor) -> Tensor:
    """Centre advantages and scale them to a standard deviation of one.

    (A - mean A) / (std A + 1e-8), std with n, so that a single sample gives 0

    Args:
        advantage: (N,) advantages.

    Returns:
        (N,) without unit; 0 where all are equal, be it only up to rounding, so that rounding is
        never made as large as 1.

    Raises:
        ValueError: the shape is not (N,).

    Source: Huang et al. (2022), The 37 implementation details of PPO, detail 7.
    """
    check_floats("N", advantage=advantage)
    standard = (advantage - advantage.mean()) / (advantage.std(correction=0) + STD_FLOOR)
    return standard.masked_fill(equal_up_to_rounding(advantage), 0.0)


def group_relative_advantage(reward: Tensor) -> Tensor:
    """Compare each response with the others to the same prompt: an advantage without a critic.

    A_gk = (R_gk - mean_k R_g) / (std_k R_g + 1e-8)

    Args:
        reward: (G, K) rewards of K responses to each of G prompts.

    Returns:
        (G, K) advantages; 0 in a group whose rewards are equal, be it only up to rounding.

    Raises:
        ValueError: the shape is not (G, K).

    Source: Shao et al. (2024), arXiv:2402.03300, section 4.1.2 (GRPO, outcome supervision).
    """
    check_floats("G K", reward=reward)
    centred = reward - reward.mean(-1, keepdim=True)
    standard = centred / (reward.std(-1, correction=0, keepdim=True) + STD_FLOOR)
    # Not left to rounding: the mean of three times 0.1 is not 0.1.
    return standard.masked_fill(equal_up_to_rounding(reward).unsqueeze(-1), 0.0)


def explained_variance(value: Tensor, value_target: Tensor) -> Tensor:
    """Tell how much of the targets' variation the critic explains.

    1 - Var(target - value) / Var(target)

    Args:
        value: (N,) the critic's predictions.
        value_target: (N,) what they are fitted to.

    Returns:
        () 1 is perfect up to a constant offset, 0 no better than a constant, below 0 worse; NaN,
        with a RuntimeWarning, where the targets are constant, be it only up to rounding.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: as logged by Baselines and its descendants; the coefficient of determination, but
    for the offset, which that one counts as an error.
    """
    check_floats("N", value=value, value_target=value_target)
    if equal_up_to_rounding(value_target):
        warnings.warn(
            "value_target is constant, so explained variance is undefined (NaN)",
            RuntimeWarning,
            stacklevel=2,
        )
        return torch.full_like(value_target[0], float("nan"))
    return 1 - (value_target - value).var(correction=0) / value_target.var(correction=0)


def _check_steps(terminated: Tensor, truncated: Tensor, gamma: float, **series: Tensor) -> None:
    shape = time_shape(series["reward"])
    sizes = check_floats(shape, **series)
    check_bools(shape, sizes, terminated=terminated, truncated=truncated)
    check_between(0, 1, gamma=gamma)
