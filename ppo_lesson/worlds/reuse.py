"""One batch used again and again without a correction: its exact error, free of sampling noise.

A batch without end of the old policy gives every average its expectation. What is left of the error
of a policy gradient from it is its bias, and a tabular world can compute that.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson.maths.gradients import flat_gradient
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.worlds.mdp import TabularMDP, advantages, objective, occupancy


@dataclass(frozen=True, eq=False)
class Climb:
    """Hold what happened on K gradient steps; entry k belongs to the policy after k steps."""

    value: Tensor  # (K + 1,) J of that policy
    used: Tensor  # (K + 1, S, A) gradient that the method takes there
    exact: Tensor  # (K + 1, S, A) gradient of J there


def exact_gradient(mdp: TabularMDP, logits: Tensor) -> Tensor:
    """Differentiate the exact objective J with autograd: (S, A), like logits."""
    theta = logits.detach().requires_grad_()
    return flat_gradient(objective(mdp, theta), [theta]).reshape(theta.shape)


def stale_gradient(mdp: TabularMDP, logits: Tensor, old_logits: Tensor) -> Tensor:
    """Average the policy gradient's formula over the old policy's walks, without a correction.

    sum_t gamma^t sum_s d_t^old(s) sum_a pi_old(a|s) grad log pi_theta(a|s) A_t^old(s,a)

    The score is that of the current policy; states, actions and advantages are the old one's. At
    theta = theta_old this is the gradient of J.

    Args:
        mdp: the world.
        logits: (S, A) of the current policy.
        old_logits: (S, A) of the policy that acted.

    Returns:
        (S, A) what an endless batch of the old policy gives.
    """
    theta = logits.detach().requires_grad_()
    old_policy = mdp.policy(old_logits.detach())
    weight = mdp.discount.unsqueeze(-1) * occupancy(mdp, old_logits.detach())
    advantage = advantages(mdp, old_logits.detach())
    average = torch.einsum("ts,sa,sa,tsa->", weight, old_policy, mdp.log_policy(theta), advantage)
    return flat_gradient(average, [theta]).reshape(theta.shape)


def ascend(
    mdp: TabularMDP, logits: Tensor, step_size: float, num_gradient_steps: int, *, reuse: bool
) -> Climb:
    """Climb from a policy in exact gradient steps, with fresh batches or with the first one only.

    Args:
        mdp: the world.
        logits: (S, A) of the policy that starts.
        step_size: what a gradient is multiplied with.
        num_gradient_steps: K, 0 or more.
        reuse: True for one endless batch of the first policy, False for a fresh one at each step.

    Returns:
        The climb; with fresh batches `used` and `exact` are the same.
    """
    num_gradient_steps = check_count("num_gradient_steps", num_gradient_steps, 0)
    theta, value, used, exact = logits, [], [], []
    for _ in range(num_gradient_steps + 1):
        value.append(objective(mdp, theta).detach())
        exact.append(exact_gradient(mdp, theta))
        used.append(stale_gradient(mdp, theta, logits) if reuse else exact[-1])
        theta = theta + step_size * used[-1]
    return Climb(torch.stack(value), torch.stack(used), torch.stack(exact))
