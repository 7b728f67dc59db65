"""Pure functions of tensors: the formulas of the lessons, one function each.

No environment, no network, no plot and no print; every function checks the shapes it is given.

importance   weights, estimates, effective sample size, the ratio of two policies
policies     log-probabilities (also of what was sampled otherwise), the score, entropy
objectives   the losses from REINFORCE to PPO, the critic's losses, clip fractions
divergences  KL divergence: exact, estimated, priced
advantages   returns, generalised advantage estimation, normalising, explained variance
preferences  Bradley-Terry, the reward of a token, the optimum of RLHF, DPO
responses    losses and ratios of whole responses, whose lengths differ; truncated weights
distributed  the mean of workers' gradients, the loss on samples of an actor that is behind
gradients    central differences, flat gradients, the angle between two
batches      minibatches
arithmetic   0 times infinity, inf - inf, equal but for rounding
shapes       argument checks
"""

from ppo_lesson.maths.advantages import (
    backward_sum,
    discounted_returns,
    explained_variance,
    gae,
    group_relative_advantage,
    normalise_advantage,
    rewards_to_go,
)
from ppo_lesson.maths.batches import minibatches
from ppo_lesson.maths.distributed import all_reduce_mean, decoupled_clipped_loss
from ppo_lesson.maths.divergences import (
    adaptive_beta,
    kl_estimates,
    kl_k1,
    kl_k2,
    kl_k3,
    kl_p_q,
)
from ppo_lesson.maths.gradients import cosine, finite_difference_gradient, flat_gradient
from ppo_lesson.maths.importance import (
    effective_sample_size,
    gradient_share,
    importance_estimate,
    importance_weights,
    per_decision_log_weight,
    policy_ratio,
    self_normalised_estimate,
    truncated_estimate,
    unsupported,
)
from ppo_lesson.maths.objectives import (
    active_clip_fraction,
    clip_fraction,
    clipped_surrogate_loss,
    clipped_value_loss,
    kl_penalised_loss,
    reinforce_loss,
    surrogate_loss,
    value_loss,
)
from ppo_lesson.maths.policies import (
    action_log_prob,
    behaviour_log_prob,
    behaviour_logits,
    entropy,
    score,
    token_log_probs,
)
from ppo_lesson.maths.preferences import (
    bradley_terry_loss,
    dpo_loss,
    implicit_reward,
    log_rlhf_optimum,
    regularised_objective,
    rlhf_optimum,
    shaped_reward,
)
from ppo_lesson.maths.responses import (
    fixed_length_loss,
    response_mean_loss,
    sequence_ratio,
    token_mean_loss,
    truncated_weight,
)

__all__ = [
    "action_log_prob",
    "active_clip_fraction",
    "adaptive_beta",
    "all_reduce_mean",
    "backward_sum",
    "behaviour_log_prob",
    "behaviour_logits",
    "bradley_terry_loss",
    "clip_fraction",
    "clipped_surrogate_loss",
    "clipped_value_loss",
    "cosine",
    "decoupled_clipped_loss",
    "discounted_returns",
    "dpo_loss",
    "effective_sample_size",
    "entropy",
    "explained_variance",
    "finite_difference_gradient",
    "fixed_length_loss",
    "flat_gradient",
    "gae",
    "gradient_share",
    "group_relative_advantage",
    "implicit_reward",
    "importance_estimate",
    "importance_weights",
    "kl_estimates",
    "kl_k1",
    "kl_k2",
    "kl_k3",
    "kl_p_q",
    "kl_penalised_loss",
    "log_rlhf_optimum",
    "minibatches",
    "normalise_advantage",
    "per_decision_log_weight",
    "policy_ratio",
    "regularised_objective",
    "reinforce_loss",
    "response_mean_loss",
    "rewards_to_go",
    "rlhf_optimum",
    "score",
    "self_normalised_estimate",
    "sequence_ratio",
    "shaped_reward",
    "surrogate_loss",
    "token_log_probs",
    "token_mean_loss",
    "truncated_estimate",
    "truncated_weight",
    "unsupported",
    "value_loss",
]
