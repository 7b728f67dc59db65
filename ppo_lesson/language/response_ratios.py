"""One update of a table, seen through ratios: of tokens, of responses, and what a clip leaves.

All is measured under the policy that drew, by sums over every response.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ppo_lesson.language.tables import response_log_prob, token_log_prob
from ppo_lesson.maths.shapes import check_between, check_count, check_floats, check_positive
from ppo_lesson.worlds import countdown

Weight = Callable[[Tensor, Tensor], Tensor]
"""Makes the constant that multiplies A log pi(token), of a token's ratio and its advantage."""


class Ratios(NamedTuple):
    """Three ratios of an update, as tensors, and how often the old policy meets each entry.

    token, token_share: (P, S, T).
    product, root, share: (P, S) of the whole response: the product of its tokens' ratios, and that
        product's root by the number of tokens.
    """

    token: Tensor
    token_share: Tensor
    product: Tensor
    root: Tensor
    share: Tensor


def ratios(logits: Tensor, old: Tensor) -> Ratios:
    """Divide the probabilities of two policies: (P, N, V) logits each, the current one first."""
    countdown.check_tables(logits=logits, old=old)
    log_ratio = token_log_prob(logits) - token_log_prob(old)
    share = response_log_prob(old).exp()
    whole = log_ratio.sum(-1)
    return Ratios(
        token=log_ratio.exp(),
        token_share=share.unsqueeze(-1) * countdown.sentences().mask,
        product=whole.exp(),
        root=(whole / countdown.length()).exp(),
        share=share,
    )


def spread(ratio: Tensor, share: Tensor) -> Tensor:
    """Return the root mean square of ratio - 1."""
    return ((share * (ratio - 1).square()).sum() / share.sum()).sqrt()


def outside(ratio: Tensor, share: Tensor, width: float) -> Tensor:
    """Tell which share of the ratios lies beyond 1 +- width, which is above 0."""
    check_positive(width=width)
    return (share * ((ratio - 1).abs() > width)).sum() / share.sum()


def by_length(found: Ratios, size: int, width: float) -> list[Tensor]:
    """Measure responses of one length: spread of token, product and root; then shares outside."""
    size = check_count("size", size, 1, countdown.MAX_LENGTH)
    here = (countdown.length() == size).double()
    share = found.share * here
    kinds = (
        (found.token, found.token_share * here.unsqueeze(-1)),
        (found.product, share),
        (found.root, share),
    )
    return [spread(*kind) for kind in kinds] + [outside(*kind, width) for kind in kinds]


def clipped(high: float, low: float = 0.2) -> Weight:
    """Keep the ratio where PPO's clip leaves a gradient, and put 0 where it leaves none.

    Args:
        high: the clip's width above 1, which counts where A > 0; infinite for no such clip.
        low: its width below 1, where A < 0.
    """
    check_between(0, math.inf, open_low=True, high=high, low=low)

    def weight(ratio: Tensor, advantage: Tensor) -> Tensor:
        above = (advantage > 0) & (ratio > 1 + high)
        below = (advantage < 0) & (ratio < 1 - low)
        return ratio.masked_fill(above | below, 0.0)

    return weight


@torch.enable_grad()
def clipped_gradient(
    logits: Tensor, old: Tensor, reward: Tensor, weight: Weight
) -> tuple[Tensor, Tensor]:
    """Expect the gradient of sum_t weight(r_t, A) A log pi(token t), the weight held constant.

    With weight = r it is the surrogate's gradient; a clip sets r to 0 where it leaves none.

    Args:
        logits: (P, N, V) of the current policy.
        old: (P, N, V) of the one that drew.
        reward: (P, S); A is what exceeds its mean under the old policy.
        weight: of ratio (P, S, T) and A (P, S, 1).

    Returns:
        () share of the tokens without a gradient, and the gradient (P, N, V).
    """
    check_floats("P S", countdown.check_tables(logits=logits, old=old), reward=reward)
    logits = logits.detach().requires_grad_()
    share = response_log_prob(old).exp()
    token_share = share.unsqueeze(-1) * countdown.sentences().mask
    advantage = (reward - (share * reward).sum(-1, keepdim=True)).unsqueeze(-1)
    log_prob = token_log_prob(logits)
    factor = weight((log_prob - token_log_prob(old)).exp().detach(), advantage)
    silent = (token_share * (factor == 0)).sum() / token_share.sum()
    total = (token_share * factor * advantage * log_prob).sum()
    return silent, torch.autograd.grad(total, logits)[0]
