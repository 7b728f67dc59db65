"""Slips in the clipped loss of a stale actor, each a whole answer."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Function
from ppo_lesson.maths import clipped_surrogate_loss, decoupled_clipped_loss

Parts = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]
"""From log(pi / pi_old), log(pi_old / mu), advantage, epsilon and cap to the loss."""


def of(parts: Parts) -> Function:
    """Make an answer of a function of the two log-ratios."""

    def answer(
        log_prob: Tensor,
        old_log_prob: Tensor,
        behaviour_log_prob: Tensor,
        advantage: Tensor,
        clip_epsilon: float,
        cap: float,
    ) -> Tensor:
        log_weight = (old_log_prob - behaviour_log_prob).detach()
        return parts(log_prob - old_log_prob, log_weight, advantage, clip_epsilon, cap)

    return answer


def lower(ratio: Tensor, advantage: Tensor, epsilon: float) -> Tensor:
    """Take the smaller of the two objectives of each sample."""
    return torch.minimum(ratio * advantage, ratio.clamp(1 - epsilon, 1 + epsilon) * advantage)


def with_weight(weight: Callable[[Tensor, Tensor, float], Tensor]) -> Function:
    """Make an answer whose clip is right; its weight is a function of both log-ratios and cap."""

    def parts(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
        return -(weight(r.detach(), w, cap) * lower(r.exp(), advantage, epsilon)).mean()

    return of(parts)


def weight_spelt(spell: Callable[[Tensor, Tensor], Tensor]) -> Function:
    """Make an answer whose ratio is right; its weight is spelt out of log pi_old and log mu."""

    def answer(
        log_prob: Tensor,
        old_log_prob: Tensor,
        behaviour_log_prob: Tensor,
        advantage: Tensor,
        clip_epsilon: float,
        cap: float,
    ) -> Tensor:
        weight = spell(old_log_prob, behaviour_log_prob).clamp(max=cap).detach()
        return -(weight * lower((log_prob - old_log_prob).exp(), advantage, clip_epsilon)).mean()

    return answer


def around_the_actor(
    log_prob: Tensor,
    old_log_prob: Tensor,
    behaviour_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    cap: float,
) -> Tensor:
    """Clip around the behaviour policy."""
    return clipped_surrogate_loss(log_prob, behaviour_log_prob, advantage, clip_epsilon)


def no_weight(
    log_prob: Tensor,
    old_log_prob: Tensor,
    behaviour_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    cap: float,
) -> Tensor:
    """Leave the weight out."""
    return clipped_surrogate_loss(log_prob, old_log_prob, advantage, clip_epsilon)


def current_over_actor(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    """Clip current over behaviour, and weigh as well."""
    weight = w.exp().clamp(max=cap)
    return -(weight * lower((r + w).exp(), advantage, epsilon)).mean()


def weight_inside_the_clip(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    """Clip the product of weight and ratio."""
    return -lower(w.exp().clamp(max=cap) * r.exp(), advantage, epsilon).mean()


def weight_on_one_side(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    """Weigh one of the two candidates."""
    ratio, weight = r.exp(), w.exp().clamp(max=cap)
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon) * advantage
    return -torch.minimum(weight * ratio * advantage, clipped).mean()


def no_clip(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
    """Leave the clip out."""
    return -(w.exp().clamp(max=cap) * r.exp() * advantage).mean()


def no_min(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
    """Clip and take no minimum."""
    ratio = r.exp().clamp(1 - epsilon, 1 + epsilon)
    return -(w.exp().clamp(max=cap) * ratio * advantage).mean()


def max_for_min(r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float) -> Tensor:
    """Take the larger of the two."""
    ratio = r.exp()
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
    larger = torch.maximum(ratio * advantage, clipped * advantage)
    return -(w.exp().clamp(max=cap) * larger).mean()


def cap_on_the_product(
    r: Tensor, w: Tensor, advantage: Tensor, epsilon: float, cap: float
) -> Tensor:
    """Cap the product of weight and ratio."""
    capped = (r + w).exp().clamp(max=cap)
    weight = capped.detach() / r.exp().detach()
    return -(weight * lower(r.exp(), advantage, epsilon)).mean()


def times(factor: Callable[..., float | Tensor], **changed: Callable[..., Tensor]) -> Function:
    """Make an answer that is the reference's, times a factor."""

    def answer(
        log_prob: Tensor,
        old_log_prob: Tensor,
        behaviour_log_prob: Tensor,
        advantage: Tensor,
        clip_epsilon: float,
        cap: float,
    ) -> Tensor:
        policies = log_prob, old_log_prob, behaviour_log_prob
        return factor(len(advantage)) * decoupled_clipped_loss(
            *policies, advantage, clip_epsilon, cap
        )

    return answer


def detached(
    log_prob: Tensor,
    old_log_prob: Tensor,
    behaviour_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    cap: float,
) -> Tensor:
    """Cut the ratio out of the graph."""
    policies = log_prob.detach(), old_log_prob, behaviour_log_prob
    return decoupled_clipped_loss(*policies, advantage, clip_epsilon, cap)
