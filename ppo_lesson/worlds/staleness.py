"""What data of an older policy teach about the current one, exactly: where each part is old.

A policy gradient averages score times advantage over states and actions. From a behaviour policy mu
come the states, the actions and the rewards that follow, so that three things may be out of date.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ppo_lesson.maths.gradients import flat_gradient
from ppo_lesson.maths.shapes import check_positive
from ppo_lesson.worlds.mdp import TabularMDP, advantages, occupancy


def stale_policy_gradient(
    mdp: TabularMDP,
    logits: Tensor,
    behaviour: Tensor,
    *,
    cap: float | None = None,
    old_advantages: bool = True,
    old_states: bool = True,
) -> Tensor:
    """Average the policy gradient's formula over an endless batch of the behaviour policy.

    sum_t gamma^t sum_s d_t(s) sum_a mu(a|s) w(s,a) grad log pi(a|s) A_t(s,a),
    w = min(pi / mu, cap)

    Args:
        mdp: the world.
        logits: (S, A) of the current policy pi.
        behaviour: (S, A) of the policy mu that acted.
        cap: of the actions' weights, inf for none; None leaves the weights out, w = 1.
        old_advantages: A are those of mu, or of pi.
        old_states: d are the states that mu visits, or pi.

    Returns:
        (S, A) like logits. With weights, without a cap, and nothing else old it is grad J.
    """
    with torch.no_grad():
        met = occupancy(mdp, behaviour if old_states else logits)
        advantage = advantages(mdp, behaviour if old_advantages else logits)
        mu = mdp.policy(behaviour)
        weight = torch.ones_like(mu)
        if cap is not None:
            weight = (mdp.policy(logits) / mu).clamp(max=cap)
    theta = logits.detach().requires_grad_()
    share = mdp.discount.unsqueeze(-1) * met
    average = torch.einsum(
        "ts,sa,sa,sa,tsa->", share, mu, weight, mdp.log_policy(theta), advantage
    )
    return flat_gradient(average, [theta]).reshape(theta.shape)


def endless_batch(mdp: TabularMDP, behaviour: Tensor) -> tuple[Tensor, Tensor]:
    """Let the behaviour policy act for ever, and keep one row for each step, state and action.

    Args:
        mdp: the world.
        behaviour: (S, A) of the policy that acts.

    Returns:
        The true advantage of each row under it, (T S A,), and how much the row counts: gamma^t
        times the probability that an episode has it, so that a sum over rows is an expectation.
    """
    with torch.no_grad():
        share = mdp.discount.unsqueeze(-1) * occupancy(mdp, behaviour)
        counts = share.unsqueeze(-1) * mdp.policy(behaviour)
        return advantages(mdp, behaviour).flatten(), counts.flatten()


def climb(
    mdp: TabularMDP,
    behaviour: Tensor,
    start: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    num_steps: int,
    step_size: float,
) -> Tensor:
    """Minimise a loss of samples on an endless batch by gradient steps."""
    raise NotImplementedError
