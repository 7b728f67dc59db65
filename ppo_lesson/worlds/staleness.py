"""What data of an older policy teach about the current one, exactly: where each part is old.

A policy gradient averages score times advantage over states and actions. From a behaviour policy mu
come the states, the actions and the rewards that follow, so that three things may be out of date.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ppo_lesson.maths.gradients import flat_gradient
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.worlds.mdp import TabularMDP, advantages, objective, occupancy
from ppo_lesson.worlds.reuse import exact_gradient


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
    average = torch.einsum("ts,sa,sa,sa,tsa->", share, mu, weight, mdp.log_policy(theta), advantage)
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


class StaleUpdate(NamedTuple):
    """What an update on data of an older policy does.

    silent: share of the data, weighed by |A|, that has no gradient before the first step.
    bias: length of (first gradient - grad J) over that of grad J.
    gain: J after the update minus J before.
    """

    silent: float
    bias: float
    gain: float


Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""From log-probabilities (N,) of current, old and behaviour policy, and advantages, to a loss."""


def stale_update(
    mdp: TabularMDP,
    logits: Tensor,
    behaviour: Tensor,
    loss: Loss,
    num_steps: int = 400,
    step_size: float = 1.0,
) -> StaleUpdate:
    """Minimise a loss on an endless batch of the behaviour policy, by plain gradient steps.

    Args:
        mdp: the world.
        logits: (S, A) of the learner when the update begins: the old policy.
        behaviour: (S, A) of the policy that acted.
        loss: a mean over samples that grows in proportion to the advantages, so that the rows of
            `endless_batch` may stand for samples.
        num_steps: gradient steps of the update, 1 or more.
        step_size: length of a step per unit of gradient.
    """
    num_steps = check_count("num_steps", num_steps)
    advantage, counts = endless_batch(mdp, behaviour)
    pull = len(counts) * counts * advantage  # the loss's mean over rows is then an expectation
    old, drawn = (_rows(mdp, table).detach() for table in (logits, behaviour))
    log_prob = old.clone().requires_grad_()
    alive = flat_gradient(loss(log_prob, old, drawn, pull), [log_prob]) != 0
    theta, first = logits.detach().clone(), torch.zeros_like(logits)
    for number in range(num_steps):
        theta.requires_grad_()
        step = -flat_gradient(loss(_rows(mdp, theta), old, drawn, pull), [theta]).view_as(theta)
        first = first if number else step
        theta = theta.detach() + step_size * step
    exact = exact_gradient(mdp, logits)
    return StaleUpdate(
        (pull.abs() * ~alive).sum().item() / pull.abs().sum().item(),
        ((first - exact).norm() / exact.norm()).item(),
        (objective(mdp, theta) - objective(mdp, logits)).item(),
    )


def _rows(mdp: TabularMDP, logits: Tensor) -> Tensor:
    """Look up log pi of each row of `endless_batch`: (T S A,)."""
    return mdp.log_policy(logits).expand(mdp.horizon, -1, -1).flatten()
