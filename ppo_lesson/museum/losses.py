"""The museum's third room: faults in the loss, and in what is measured."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.maths import action_log_prob, policy_ratio
from ppo_lesson.museum.detectors import (
    a_bad_action_that_became_likelier_pays_in_full,
    a_divergence_is_never_negative,
    a_good_action_gains_up_to_the_clip,
    every_sample_has_its_own_advantage,
)
from ppo_lesson.museum.fault import Fault
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import Batch, diagnose
from ppo_lesson.training.networks import ActorCritic


def takes_the_larger(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    """Compute PPO's policy loss with max for min: the optimistic bound."""
    ratio = policy_ratio(log_prob, old_log_prob)
    clipped_ratio = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return -torch.maximum(ratio * advantage, clipped_ratio * advantage).mean()


def clips_before_the_sign(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    """Compute PPO's policy loss, but take the smaller ratio and not the smaller product."""
    ratio = policy_ratio(log_prob, old_log_prob)
    clipped_ratio = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return -(torch.minimum(ratio, clipped_ratio) * advantage).mean()


def pairs_all_with_all(
    log_prob: Tensor, old_log_prob: Tensor, advantage: Tensor, clip_epsilon: float
) -> Tensor:
    """Compute PPO's policy loss with advantages in a column: every ratio meets every advantage."""
    ratio, advantage = policy_ratio(log_prob, old_log_prob), advantage.unsqueeze(-1)
    clipped_ratio = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    return -torch.minimum(ratio * advantage, clipped_ratio * advantage).mean()


def inverts_the_ratio_in_the_kl(
    policy: ActorCritic, batch: Batch, config: PPOConfig
) -> dict[str, float]:
    """Measure as `diagnose` does, but estimate the KL by k1 with the ratio upside down."""
    with torch.no_grad():
        log_prob = action_log_prob(policy.logits(batch.obs), batch.action)
    inverted = (log_prob - batch.old_log_prob).mean().item()
    return {**diagnose(policy, batch, config), "approx_kl": inverted}


FAULTS = (
    Fault(
        id="max-for-min",
        title="the loss takes the larger of the two products, not the smaller",
        change="torch.maximum stands where torch.minimum belongs.",
        part="policy_loss",
        wrong=takes_the_larger,
        test=a_good_action_gains_up_to_the_clip,
    ),
    Fault(
        id="clip-before-sign",
        title="the smaller ratio is taken before the sign of the advantage is known",
        change="The minimum is of the ratios, and multiplied by the advantage afterwards.",
        part="policy_loss",
        wrong=clips_before_the_sign,
        test=a_bad_action_that_became_likelier_pays_in_full,
    ),
    Fault(
        id="all-with-all",
        title="every ratio is multiplied by every advantage",
        change="The advantages have the shape (N, 1), so that products have the shape (N, N).",
        part="policy_loss",
        wrong=pairs_all_with_all,
        test=every_sample_has_its_own_advantage,
    ),
    Fault(
        id="inverted-kl",
        title="the estimate of the KL has the ratio upside down",
        change="The mean of log r is logged as the KL, where minus that belongs.",
        part="diagnose",
        wrong=inverts_the_ratio_in_the_kl,
        test=a_divergence_is_never_negative,
    ),
)
