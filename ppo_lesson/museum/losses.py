"""The museum's third room: faults in the loss, and in what is measured."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.maths import action_log_prob, policy_ratio
from ppo_lesson.museum.fault import Fault, Part
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


# ---- the tests that catch them ----------------------------------------------------------------


def _loss(policy_loss: Part, ratio: list[float], advantage: list[float]) -> float:
    log_prob = torch.tensor(ratio).log()
    loss = policy_loss(log_prob, torch.zeros(len(ratio)), torch.tensor(advantage), 0.2)
    return loss.item()


def a_good_action_gains_up_to_the_clip(policy_loss: Part) -> bool:
    """R = 2, A = 1: the gain is capped at 1.2."""
    return abs(_loss(policy_loss, [2.0], [1.0]) + 1.2) < 1e-6


def a_bad_action_that_became_likelier_pays_in_full(policy_loss: Part) -> bool:
    """R = 2, A = -1: the loss is 2, without a cap."""
    return abs(_loss(policy_loss, [2.0], [-1.0]) - 2) < 1e-6


def every_sample_has_its_own_advantage(policy_loss: Part) -> bool:
    """R = 1.1 with A = 1 and r = 0.9 with A = -1: the gain is the mean of 1.1 and -0.9."""
    return abs(_loss(policy_loss, [1.1, 0.9], [1.0, -1.0]) + 0.1) < 1e-6


def a_divergence_is_never_negative(diagnose: Part) -> bool:
    """The old policy is a fair coin, the new one is not, and its actions are of both kinds."""
    policy = ActorCritic(1, 2, (4,), torch.Generator().manual_seed(0))
    with torch.no_grad():
        policy.get_parameter("actor.2.bias").copy_(torch.tensor([0.0, 2.0]))
    one, action = torch.ones(4, dtype=torch.float32), torch.tensor([0, 1, 0, 1])
    batch = Batch(one[:, None], action, (one / 2).log(), one, one, one)
    return diagnose(policy, batch, PPOConfig())["approx_kl"] >= 0


# ---- the exhibits -----------------------------------------------------------------------------

_PRODUCTS = "return -torch.minimum(ratio * advantage, clipped_ratio * advantage).mean()"

FAULTS = (
    Fault(
        id="max-for-min",
        title="the loss takes the larger of the two products, not the smaller",
        symptom=(
            "The first updates have a KL above 1 nat; entropy falls to 0 and the return to "
            "9 or 10, for good."
        ),
        change="torch.maximum stands where torch.minimum belongs.",
        right_line=_PRODUCTS,
        wrong_line="return -torch.maximum(ratio * advantage, clipped_ratio * advantage).mean()",
        part="policy_loss",
        wrong=takes_the_larger,
        test=a_good_action_gains_up_to_the_clip,
    ),
    Fault(
        id="clip-before-sign",
        title="the smaller ratio is taken before the sign of the advantage is known",
        symptom=(
            "The KL is tenths of a nat in most updates, entropy a fraction of a healthy "
            "run's, and the return ends below the top."
        ),
        change="The minimum is of the ratios, and multiplied by the advantage afterwards.",
        right_line=_PRODUCTS,
        wrong_line="return -(torch.minimum(ratio, clipped_ratio) * advantage).mean()",
        part="policy_loss",
        wrong=clips_before_the_sign,
        test=a_bad_action_that_became_likelier_pays_in_full,
    ),
    Fault(
        id="all-with-all",
        title="a column of advantages meets a row of ratios: every pair is multiplied",
        symptom=(
            "KL and clip fraction are almost 0, entropy stays near log 2, and the return creeps: "
            "most runs end below 100."
        ),
        change="The advantages have the shape (N, 1), so that products have the shape (N, N).",
        right_line="ratio = policy_ratio(log_prob, old_log_prob)",
        wrong_line=(
            "ratio, advantage = policy_ratio(log_prob, old_log_prob), advantage.unsqueeze(-1)"
        ),
        part="policy_loss",
        wrong=pairs_all_with_all,
        test=every_sample_has_its_own_advantage,
    ),
    Fault(
        id="inverted-kl",
        title="the estimate of the KL has the ratio upside down",
        symptom=(
            "The approximate KL is below 0 in nearly every update; all else is as in "
            "healthy runs, to the last digit."
        ),
        change="The mean of log r is logged as the KL, where minus that belongs.",
        right_line='"approx_kl": maths.kl_k3(log_prob, batch.old_log_prob),',
        wrong_line='"approx_kl": (log_prob - batch.old_log_prob).mean(),',
        part="diagnose",
        wrong=inverts_the_ratio_in_the_kl,
        test=a_divergence_is_never_negative,
    ),
)
