"""What a group of K responses does on average: exact sums over everything that K can be.

Rewards are right or wrong, so to a group a response is one of 2 x T kinds: right or not, and its
length. The expectation over the other K - 1 responses is a sum over how many of them are right and
how many tokens they have together.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.language.tables import response_log_prob, score_sum
from ppo_lesson.maths.shapes import Sizes, check_between, check_count, check_floats
from ppo_lesson.worlds import countdown

RESPONSE_MEAN, TOKEN_MEAN, CONSTANT = "response mean", "token mean", "constant"
AGGREGATIONS = (RESPONSE_MEAN, TOKEN_MEAN, CONSTANT)
"""How the token losses of a group become one number: GRPO, DAPO, Dr. GRPO."""

Advantage = Callable[[Tensor], Tensor]
"""Makes advantages, (G, K), of rewards, (G, K)."""


def centred(reward: Tensor) -> Tensor:
    """Subtract the mean of each group, and leave the spread as it is: (G, K) -> (G, K).

    Source: Liu et al. (2025), arXiv:2503.20783, section 3.2.
    """
    check_floats("G K", reward=reward)
    return reward - reward.mean(-1, keepdim=True)


def leave_one_out(reward: Tensor) -> Tensor:
    """Subtract the mean of the others in the group: (G, K) -> (G, K).

    Source: Ahmadian et al. (2024), arXiv:2402.14740, section 2.2 (RLOO).
    """
    check_floats("G K", reward=reward)
    group_size = check_count("K, the responses of a group", reward.shape[-1], 2)
    return centred(reward) * (group_size / (group_size - 1))


def kinds(prob: Tensor, right: Tensor) -> Tensor:
    """Tell how probable each kind of response is: (P, S), (P, S) -> (P, 2, T).

    Wrong ones first; lengths from 1 to T tokens.
    """
    sizes = check_floats("P S", {"S": countdown.NUM_RESPONSES}, prob=prob)
    kind = _kind(right, sizes)
    table = prob.new_zeros(len(prob), 2 * countdown.MAX_LENGTH)
    return table.scatter_add(-1, kind, prob).view(len(prob), 2, -1)


def by_kind(coefficient: Tensor, right: Tensor) -> Tensor:
    """Give each response what its kind has: (P, 2, T), (P, S) -> (P, S)."""
    sizes = {"R": 2, "T": countdown.MAX_LENGTH, "S": countdown.NUM_RESPONSES}
    kind = _kind(right, check_floats("P R T", sizes, coefficient=coefficient))
    return coefficient.flatten(1).gather(-1, kind)


def _kind(right: Tensor, sizes: Sizes) -> Tensor:
    """Number the kind of each response to each prompt: (P, S) of 0 and 1 -> (P, S), 0 to 2 T - 1.

    Raises:
        ValueError: a shape or dtype is wrong, or a mark is neither 0 nor 1.
    """
    check_floats("P S", sizes, right=right)
    if not ((right == 0) | (right == 1)).all():
        raise ValueError(f"right: expected 0 or 1, got {right.min():g} to {right.max():g}")
    return right.long() * countdown.MAX_LENGTH + countdown.length().long() - 1


def others(kind_prob: Tensor, num_others: int) -> Tensor:
    """Tell how many of the others are right, and how many tokens they have together.

    Args:
        kind_prob: (2, T) probability of each kind.
        num_others: how many responses, M, 0 or more.

    Returns:
        (M + 1, M T + 1) probability of so many right ones and so many tokens.
    """
    num_others = check_count("num_others", num_others, 0)
    check_floats("R T", {"R": 2}, kind_prob=kind_prob)
    most = kind_prob.shape[-1]
    table = kind_prob.new_zeros(num_others + 1, num_others * most + 1)
    table[0, 0] = 1.0
    for _ in range(num_others):
        longer = torch.zeros_like(table)
        for k in range(most):
            longer[:, k + 1 :] += kind_prob[0, k] * table[:, : -k - 1]
            longer[1:, k + 1 :] += kind_prob[1, k] * table[:-1, : -k - 1]
        table = longer
    return table


def group_coefficient(
    kind_prob: Tensor, group_size: int, advantage: Advantage, aggregation: str
) -> Tensor:
    """Expect the factor with which a group multiplies the score of a response of each kind.

    The gradient that a group estimates is (1/K) sum_k c_k grad log pi(s_k), with c_k = A_k / l_k
    (response mean), A_k K / sum_j l_j (token mean) or A_k / T (constant); this is the mean of c_k
    over the other K - 1 responses.

    Args:
        kind_prob: (2, T) probability of each kind.
        group_size: K, at least 2.
        advantage: makes advantages of the group's rewards.
        aggregation: one of AGGREGATIONS.

    Returns:
        (2, T) the factor of each kind.

    Raises:
        TypeError, ValueError: there is no such aggregation, a shape or dtype is wrong, or advantage
            returned no tensor, or another shape than that of the rewards.
    """
    if aggregation not in AGGREGATIONS:
        raise ValueError(f"aggregation: expected one of {AGGREGATIONS}, got {aggregation!r}")
    group_size = check_count("group_size", group_size, 2)
    check_floats("R T", {"R": 2}, kind_prob=kind_prob)
    size = torch.arange(1, kind_prob.shape[-1] + 1, dtype=kind_prob.dtype)
    around = others(kind_prob, group_size - 1)
    total = torch.arange(around.shape[-1], dtype=kind_prob.dtype)
    rows = []
    for own in (0.0, 1.0):
        reward = torch.zeros(group_size, group_size, dtype=kind_prob.dtype)
        for m in range(group_size):
            reward[m, 0], reward[m, 1 : m + 1] = own, 1.0
        made = advantage(reward)
        check_floats("K K", {"K": group_size}, advantage=made)
        own_advantage = made[:, 0].to(kind_prob.dtype)  # (K,), for each number of right others
        if aggregation == TOKEN_MEAN:
            share = group_size / (size.unsqueeze(-1) + total)  # (T, M T + 1)
            rows.append(torch.einsum("m,ml,tl->t", own_advantage, around, share))
        else:
            mean = own_advantage @ around.sum(-1)
            divisor = size if aggregation == RESPONSE_MEAN else size[-1].expand_as(size)
            rows.append(mean / divisor)
    return torch.stack(rows)


def expected_gradient(
    logits: Tensor, right: Tensor, group_size: int, advantage: Advantage, aggregation: str
) -> Tensor:
    """Expect the gradient that groups estimate, exactly: (P, N, V).

    Args:
        logits: (P, N, V) of the policy, which writes the groups.
        right: (P, S) of 0 and 1.
        group_size: K, at least 2.
        advantage: makes advantages of a group's rewards.
        aggregation: one of AGGREGATIONS.
    """
    group_size = check_count("group_size", group_size, 2)
    check_floats("P S", countdown.check_tables(logits=logits), right=right)
    prob = response_log_prob(logits).exp()
    each = [
        group_coefficient(row, group_size, advantage, aggregation) for row in kinds(prob, right)
    ]
    return score_sum(logits, prob * by_kind(torch.stack(each), right))


def silent_share(success: float, group_size: int) -> float:
    """Tell how often all K responses get the same mark: p^K + (1 - p)^K."""
    check_between(0, 1, success=success)
    group_size = check_count("group_size", group_size)
    return success**group_size + (1 - success) ** group_size


def prompt_weight(success: float, group_size: int, advantage: Advantage) -> float:
    """Tell by what a group multiplies grad p, the gradient of a prompt's success rate p.

    E[A | right] - E[A | wrong]: with right-or-wrong rewards the expected gradient is that multiple
    of grad p, whatever the policy.

    Args:
        success: p, 0 to 1.
        group_size: K, at least 2.
        advantage: makes advantages of the group's rewards.
    """
    check_between(0, 1, success=success)
    kind = torch.tensor([[1 - success], [success]], dtype=torch.float64)
    wrong, right = group_coefficient(kind, group_size, advantage, CONSTANT).flatten().tolist()
    return right - wrong
