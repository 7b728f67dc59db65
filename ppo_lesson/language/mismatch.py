"""The sampler is not the trainer: responses drawn from other logits than the trainer computes.

The behaviour policy mu draws, the policy pi is trained. Without a correction the gradient is an
average over the wrong responses; the weight w = pi / mu mends it, truncated at a cap. Bias and
spread of each are sums over every response.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language.tables import response_log_prob, score_sum, token_log_prob
from ppo_lesson.maths.shapes import check_floats, check_positive
from ppo_lesson.worlds import countdown


def rounded(logits: Tensor, dtype: torch.dtype) -> Tensor:
    """Round logits to a narrower type and back, as an engine that serves such weights does.

    Args:
        logits: (P, N, V) of the policy.
        dtype: a floating point type.

    Raises:
        ValueError: a shape or dtype is wrong.
    """
    countdown.check_tables(logits=logits)
    if not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise ValueError(f"dtype: expected a floating point type, got {dtype!r}")
    return logits.float().to(dtype).to(logits.dtype)


class Drift(NamedTuple):
    """How far a sampler is from the trainer; means over what the sampler writes, and over prompts.

    token_spread: root mean square of a token's ratio - 1.
    outside: share of the tokens whose ratio is beyond 1 +- 0.2.
    kl: KL(mu || pi) of a response, in nats.
    ess: effective sample size over the number of samples, for weights of whole responses.
    """

    token_spread: float
    outside: float
    kl: float
    ess: float


def drift(logits: Tensor, behaviour: Tensor, clip_epsilon: float = 0.2) -> Drift:
    """Compare sampler and trainer, (P, N, V) logits each, by sums over every response."""
    countdown.check_tables(logits=logits, behaviour=behaviour)
    check_positive(clip_epsilon=clip_epsilon)
    log_prob, drawn = response_log_prob(logits), response_log_prob(behaviour)
    prob, log_weight = drawn.exp(), log_prob - drawn
    share = prob.unsqueeze(-1) * countdown.sentences().mask
    share = share / share.sum((-1, -2), keepdim=True)
    ratio = (token_log_prob(logits) - token_log_prob(behaviour)).exp()
    return Drift(
        (share * (ratio - 1).square()).sum((-1, -2)).mean().sqrt().item(),
        (share * ((ratio - 1).abs() > clip_epsilon)).sum((-1, -2)).mean().item(),
        (prob * -log_weight).sum(-1).mean().item(),
        (prob * (2 * log_weight).exp()).sum(-1).reciprocal().mean().item(),
    )


class Corrected(NamedTuple):
    """What a weighted gradient estimate of one response is on average, and how it spreads.

    bias: length of (its mean - the exact gradient), as a share of the exact gradient's length.
    spread: standard deviation, in the same unit.
    cosine: of its mean and the exact gradient.
    """

    bias: float
    spread: float
    cosine: float


def corrected(
    logits: Tensor, behaviour: Tensor, reward: Tensor, caps: Sequence[float | None]
) -> list[Corrected]:
    """Measure w A grad log pi(s), s drawn from mu, against the exact gradient of the reward.

    A is reward - E_pi[reward]; w = min(pi / mu, cap) of the whole response, 1 if the cap is None.

    Args:
        logits: (P, N, V) of the policy that is trained.
        behaviour: (P, N, V) of the sampler.
        reward: (P, S).
        caps: each above 0, or None for no correction.

    Returns:
        One for each cap.

    Raises:
        ValueError: a shape or dtype is wrong, or a cap is not above 0.
    """
    sizes = countdown.check_tables(logits=logits, behaviour=behaviour)
    check_floats("P S", sizes, reward=reward)
    log_prob, drawn = response_log_prob(logits), response_log_prob(behaviour)
    prob, norm = drawn.exp(), score_norm(logits)
    exact = score_sum(logits, log_prob.exp() * reward)
    advantage = reward - (log_prob.exp() * reward).sum(-1, keepdim=True)
    found = []
    for cap in caps:
        weight = torch.ones_like(prob)
        if cap is not None:
            pair = log_prob.flatten(), drawn.flatten()
            weight = maths.truncated_weight(*pair, cap).view_as(prob)
        factor = weight * advantage
        mean = score_sum(logits, prob * factor)
        variance = (prob * factor.square() * norm).sum() - mean.square().sum()
        bias, spread = (mean - exact).norm() / exact.norm(), variance.sqrt() / exact.norm()
        alike = maths.cosine(mean.flatten(), exact.flatten())
        found.append(Corrected(bias.item(), spread.item(), alike.item()))
    return found


def score_norm(logits: Tensor) -> Tensor:
    """Return the squared length of grad log pi(s) for every response: (P, N, V) -> (P, S).

    The rows that a response reads are different ones, so the squares add up:
    sum_t (1 - 2 pi(token t) + sum_v pi(v)^2).
    """
    countdown.check_tables(logits=logits)
    rows = logits.softmax(-1).square().sum(-1)[:, countdown.read_before()]
    said = token_log_prob(logits).exp()
    return ((1 - 2 * said + rows) * countdown.sentences().mask).sum(-1)
