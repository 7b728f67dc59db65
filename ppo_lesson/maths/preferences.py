"""From preferences to a policy: the reward model's loss, the reward of a token, pi*, and DPO.

A response has one score and many tokens; everything that concerns it as a whole (chosen, rejected,
implicit reward) takes log-probabilities summed over its tokens. The reference policy is frozen: no
gradient flows into its log-probabilities.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ppo_lesson.maths.arithmetic import log_ratio, times
from ppo_lesson.maths.divergences import kl_p_q
from ppo_lesson.maths.shapes import check_between, check_bools, check_floats, check_positive


def bradley_terry_loss(chosen_reward: Tensor, rejected_reward: Tensor) -> Tensor:
    """Fit rewards to choices between two: minus the mean log-probability of what was chosen.

    L = -(1/N) sum_i log sigmoid(R_chosen,i - R_rejected,i)

    Args:
        chosen_reward: (N,) reward of the response that the annotator preferred.
        rejected_reward: (N,) reward of the other one.

    Returns:
        () the loss in nats; a constant added to all rewards does not change it.

    Raises:
        ValueError: shapes differ or are not (N,).

    Source: Bradley and Terry (1952); as a reward model's loss: Ouyang et al. (2022),
    arXiv:2203.02155, eq. 1.
    """
    check_floats("N", chosen_reward=chosen_reward, rejected_reward=rejected_reward)
    return -logsigmoid(chosen_reward - rejected_reward).mean()


def shaped_reward(
    score: Tensor, log_prob: Tensor, ref_log_prob: Tensor, mask: Tensor, beta: float
) -> Tensor:
    """Spread a response's score and the price of leaving the reference over its tokens.

    R_t = -beta (log pi(a_t|s_t) - log pi_ref(a_t|s_t)), plus the score where t is the last token

    Args:
        score: (B,) what the reward model gives each response as a whole.
        log_prob: (B, T) of each token under the policy that wrote it, a constant.
        ref_log_prob: (B, T) of each token under the reference policy, a constant.
        mask: (B, T) bool, true where a token is real and not padding; every response has one.
        beta: price of one nat, 0 or more.

    Returns:
        (B, T) rewards, 0 on padding. They sum to the score minus beta times the response's
        log-ratio, in which a token counts as 0 that both policies forbid (-inf).

    Raises:
        ValueError: a shape or dtype is wrong, beta is negative, or a response has no real token.

    Source: Ouyang et al. (2022), arXiv:2203.02155, eq. 2, token by token as in Stiennon et al.
    (2020), arXiv:2009.01325.
    """
    sizes = check_floats("B T", log_prob=log_prob, ref_log_prob=ref_log_prob)
    check_floats("B", sizes, score=score)
    check_bools("B T", sizes, mask=mask)
    check_between(0, float("inf"), open_high=True, beta=beta)
    if not mask.any(-1).all():
        raise ValueError("mask: expected a real token in every row, got a row of padding")
    price = times(beta, log_ratio(log_prob, ref_log_prob).detach())
    steps = torch.arange(mask.shape[1], device=mask.device)
    last = torch.where(mask, steps, -1).amax(-1, keepdim=True)
    at_end = torch.where(steps == last, score.detach().unsqueeze(-1), 0.0)
    return torch.where(mask, at_end - price, 0.0)


def rlhf_optimum(ref_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    """Return the policy that has the highest reward minus beta KL(pi || pi_ref).

    pi*(s) = pi_ref(s) exp(R(s) / beta) / Z

    Args:
        ref_prob: (S,) probability of each response under the reference; sums to 1.
        reward: (S,) reward of each response.
        beta: price of one nat, above 0.

    Returns:
        (S,) probabilities.

    Raises:
        ValueError: shapes differ or are not (S,), beta is not positive, or ref_prob is no
            distribution.

    Source: Korbak et al. (2022), arXiv:2205.11275; Rafailov et al. (2023), arXiv:2305.18290, eq. 4.
    """
    check_floats("S", ref_prob=ref_prob, reward=reward)
    check_positive(beta=beta)
    if (ref_prob < 0).any() or abs(float(ref_prob.sum()) - 1) > 1e-4:
        raise ValueError(f"ref_prob: expected a distribution, got sum {float(ref_prob.sum()):g}")
    return torch.softmax(ref_prob.log() + reward / beta, dim=0)


def log_rlhf_optimum(ref_log_prob: Tensor, reward: Tensor, beta: float) -> Tensor:
    """Return the logarithm of `rlhf_optimum`, also where the probability underflows.

    log pi*(s) = log pi_ref(s) + R(s) / beta - log Z

    Args:
        ref_log_prob: (S,) log-probability of each response under the reference, in nats; up to a
            constant, which Z takes off.
        reward: (S,) reward of each response.
        beta: price of one nat, above 0.

    Returns:
        (S,) log-probabilities in nats; -inf only where the reference's is.

    Raises:
        ValueError: shapes differ or are not (S,), or beta is not positive.

    Source: that of `rlhf_optimum`.
    """
    check_floats("S", ref_log_prob=ref_log_prob, reward=reward)
    check_positive(beta=beta)
    return torch.log_softmax(ref_log_prob + reward / beta, dim=0)


def regularised_objective(
    log_prob: Tensor, ref_log_prob: Tensor, reward: Tensor, beta: float
) -> Tensor:
    """Value a policy: the reward that it expects, less the price of its distance to the reference.

    J = sum_s pi(s) (R(s) - beta (log pi(s) - log pi_ref(s))) = E_pi[R] - beta KL(pi || pi_ref)

    Args:
        log_prob: (S,) log-probability of every response under the policy.
        ref_log_prob: (S,) the same under the reference.
        reward: (S,) reward of every response.
        beta: price of one nat, 0 or more.

    Returns:
        () the objective, beta log Z at most; `rlhf_optimum` has that much.

    Raises:
        ValueError: shapes differ or are not (S,), or beta is negative.

    Source: Ziegler et al. (2019), arXiv:1909.08593, eq. 2; Rafailov et al. (2023),
    arXiv:2305.18290, eq. 3.
    """
    check_floats("S", log_prob=log_prob, ref_log_prob=ref_log_prob, reward=reward)
    check_between(0, float("inf"), open_high=True, beta=beta)
    expected = times(log_prob.exp(), reward).sum()
    # With beta 0 nothing is paid for what the reference never says, either.
    return expected - times(beta, kl_p_q(log_prob.unsqueeze(0), ref_log_prob.unsqueeze(0))[0])


def implicit_reward(log_prob: Tensor, ref_log_prob: Tensor, beta: float) -> Tensor:
    """Tell for which reward the policy is optimal, up to a constant that responses share.

    R = beta (log pi - log pi_ref)

    Args:
        log_prob: (N,) log-probability of each whole response under the policy.
        ref_log_prob: (N,) the same under the reference, a constant.
        beta: price of one nat, above 0.

    Returns:
        (N,) rewards; 0 where both log-probabilities are -inf: a response that both forbid.

    Raises:
        ValueError: shapes differ or are not (N,), or beta is not positive.

    Source: Rafailov et al. (2023), arXiv:2305.18290, eq. 5 without its last term.
    """
    check_floats("N", log_prob=log_prob, ref_log_prob=ref_log_prob)
    check_positive(beta=beta)
    return beta * log_ratio(log_prob, ref_log_prob.detach())


def dpo_loss(
    chosen_log_prob: Tensor,
    rejected_log_prob: Tensor,
    ref_chosen_log_prob: Tensor,
    ref_rejected_log_prob: Tensor,
    beta: float,
) -> Tensor:
    """Fit a policy to choices between two: Bradley-Terry's loss of its implicit rewards.

    L = -(1/N) sum_i log sigmoid(beta ((log pi - log pi_ref)(chosen)
                                       - (log pi - log pi_ref)(rejected)))

    Args:
        chosen_log_prob: (N,) log-probability of each chosen response, summed over its tokens.
        rejected_log_prob: (N,) the same of the rejected ones.
        ref_chosen_log_prob: (N,) of the chosen ones under the reference, a constant.
        ref_rejected_log_prob: (N,) of the rejected ones under the reference, a constant.
        beta: price of one nat, above 0.

    Returns:
        () the loss in nats; log 2 where the policy is the reference.

    Raises:
        ValueError: shapes differ or are not (N,), or beta is not positive.

    Source: Rafailov et al. (2023), arXiv:2305.18290, eq. 7.
    """
    check_floats(
        "N",
        chosen_log_prob=chosen_log_prob,
        rejected_log_prob=rejected_log_prob,
        ref_chosen_log_prob=ref_chosen_log_prob,
        ref_rejected_log_prob=ref_rejected_log_prob,
    )
    return bradley_terry_loss(
        implicit_reward(chosen_log_prob, ref_chosen_log_prob, beta),
        implicit_reward(rejected_log_prob, ref_rejected_log_prob, beta),
    )
