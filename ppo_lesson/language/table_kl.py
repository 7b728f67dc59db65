"""KL in the loss or in the reward: what each way pulls at, exactly, beside the true gradients.

An estimator's *value* is averaged over responses that the policy wrote; its *gradient*, as a
program takes it, goes through the log-probabilities alone, for a batch that has been drawn is a
constant. Here both are sums over every response.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.language.tables import response_log_prob, score_sum, token_log_prob
from ppo_lesson.worlds import countdown

Estimator = Callable[[Tensor], Tensor]
"""Makes an estimate, entry by entry, of log pi - log pi_ref."""


def k1(log_ratio: Tensor) -> Tensor:
    """Estimate by the log-ratio itself."""
    return log_ratio


def k2(log_ratio: Tensor) -> Tensor:
    """Estimate by half the squared log-ratio."""
    return 0.5 * log_ratio.square()


def k3(log_ratio: Tensor) -> Tensor:
    """Estimate by pi_ref / pi - 1 - log(pi_ref / pi), which is never negative."""
    return torch.expm1(-log_ratio) + log_ratio


def k3_times_ratio(log_ratio: Tensor) -> Tensor:
    """Estimate by k3 times pi over pi as it was: the value of k3, with the gradient of its mean."""
    return (log_ratio - log_ratio.detach()).exp() * k3(log_ratio)


def kl_gradient(logits: Tensor, reference: Tensor) -> Tensor:
    """Differentiate KL(pi || pi_ref), summed over prompts: (P, N, V) twice -> (P, N, V)."""
    countdown.check_tables(logits=logits, reference=reference)
    log_prob, ref_log_prob = response_log_prob(logits), response_log_prob(reference)
    return score_sum(logits, log_prob.exp() * (log_prob - ref_log_prob))


def kl_ref_gradient(logits: Tensor, reference: Tensor) -> Tensor:
    """Differentiate KL(pi_ref || pi): the other direction."""
    countdown.check_tables(logits=logits, reference=reference)
    return score_sum(logits, -response_log_prob(reference).exp())


@torch.enable_grad()
def loss_gradient(
    logits: Tensor, reference: Tensor, estimator: Estimator, *, whole: bool = False
) -> Tensor:
    """Expect the gradient of an estimator that is added to the loss.

    Args:
        logits: (P, N, V) of the policy, which wrote the responses.
        reference: (P, N, V).
        estimator: of the log-ratio of each token, summed over a response.
        whole: of the log-ratio of the whole response instead.
    """
    countdown.check_tables(logits=logits, reference=reference)
    logits = logits.detach().requires_grad_()
    prob = response_log_prob(logits).exp().detach()
    if whole:
        each = estimator(response_log_prob(logits) - response_log_prob(reference))
    else:
        log_ratio = token_log_prob(logits) - token_log_prob(reference)
        each = (estimator(log_ratio) * countdown.sentences().mask).sum(-1)
    return torch.autograd.grad((prob * each).sum(), logits)[0]


@torch.enable_grad()
def reward_gradient(logits: Tensor, reference: Tensor) -> Tensor:
    """Expect the gradient of the log-ratio in the reward, as a cost that REINFORCE lowers.

    Each token's score is multiplied by the log-ratios from that token on, as `maths.shaped_reward`
    and the returns make it.
    """
    countdown.check_tables(logits=logits, reference=reference)
    logits = logits.detach().requires_grad_()
    log_prob = token_log_prob(logits)
    cost = (log_prob - token_log_prob(reference)).detach()
    to_go = cost.flip(-1).cumsum(-1).flip(-1)
    prob = response_log_prob(logits).exp().detach()
    return torch.autograd.grad((prob * (to_go * log_prob).sum(-1)).sum(), logits)[0]
