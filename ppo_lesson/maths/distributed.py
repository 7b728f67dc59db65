"""Gradients of several workers, and samples of an actor that is behind the learner."""

from __future__ import annotations

from torch import Tensor

from ppo_lesson.maths.arithmetic import times
from ppo_lesson.maths.objectives import clipped_surrogate_loss
from ppo_lesson.maths.responses import truncated_weight
from ppo_lesson.maths.shapes import check_floats, check_integers


def all_reduce_mean(gradient: Tensor, count: Tensor) -> Tensor:
    """Average the gradients of several workers into that of all their samples together.

    g = sum_w n_w g_w / sum_w n_w

    Args:
        gradient: (W, P) each worker's gradient of the mean loss over its own samples.
        count: (W,) whole numbers, samples of each worker.

    Returns:
        (P,) the gradient of the mean loss over all samples. A worker without a sample counts for
        nothing, be its gradient NaN.

    Raises:
        ValueError: a shape or dtype is wrong, a count is below 0, or there is no sample.
    """
    sizes = check_floats("W P", gradient=gradient)
    check_integers("W", sizes, count=count)
    if (count < 0).any() or not count.any():
        raise ValueError(f"count: expected samples, none below 0, got {count.tolist()}")
    share = count.to(gradient.dtype) / count.sum()
    return times(share.unsqueeze(-1), gradient).sum(0)


def decoupled_clipped_loss(
    log_prob: Tensor,
    old_log_prob: Tensor,
    behaviour_log_prob: Tensor,
    advantage: Tensor,
    clip_epsilon: float,
    cap: float,
) -> Tensor:
    """Clip around the learner's old policy, and weigh samples that an older one has drawn.

    L = -(1/N) sum_i w_i min(r_i A_i, clip(r_i, 1 - epsilon, 1 + epsilon) A_i),
    r = pi_theta / pi_old,  w = min(pi_old / mu, C)

    Args:
        log_prob: (N,) under the current policy; has the gradient.
        old_log_prob: (N,) under the policy at the beginning of the update; a constant.
        behaviour_log_prob: (N,) under the policy that acted; a constant.
        advantage: (N,) of each action.
        clip_epsilon: half-width of the clip's interval, 0 to 1.
        cap: C, above 0.

    Returns:
        () the loss. Where the old policy has acted it is `clipped_surrogate_loss`.

    Raises:
        ValueError: shapes differ or are not (N,), or a number is out of range.

    Source: Hilton, Cobbe and Schulman (2022), arXiv:2110.00641, the
    decoupled objective; a cap as in `truncated_weight`.
    """
    sizes = check_floats("N", log_prob=log_prob, old_log_prob=old_log_prob)
    check_floats("N", sizes, behaviour_log_prob=behaviour_log_prob, advantage=advantage)
    weight = truncated_weight(old_log_prob, behaviour_log_prob, cap)
    # A weight is 0 or more, so it may stand within the min.
    return clipped_surrogate_loss(log_prob, old_log_prob, times(weight, advantage), clip_epsilon)
