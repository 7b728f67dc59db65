"""What is wrong with GAE's advantages: bias and variance, exact, in a world small enough.

A critic that errs spoils the advantages with its own numbers; the rewards spoil them with their
noise. Lambda trades one for the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ppo_lesson.maths import gae
from ppo_lesson.maths.shapes import check_floats
from ppo_lesson.worlds.enumeration import Trajectories, trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import TabularMDP, advantages, occupancy, state_values


def gae_errors(
    mdp: TabularMDP, logits: Tensor, value_error: Tensor, gae_lambdas: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """Sum, over all trajectories, how far GAE's advantages are from the true ones.

    bias^2 = E[(m(t,s,a) - A_t(s,a))^2],  variance = E[(A-hat_t - b_t(s) - m(t,s,a))^2],
    with m(t,s,a) = E[A-hat_t | s,a] - b_t(s) and b_t(s) = E[A-hat_t | s]

    The mean b over the actions of a state is taken off: a number that all actions share is a
    baseline, and changes no gradient on average. (It is exact here, and no program has it: so the
    use of a critic as a baseline is not seen.) Both are averaged over the steps that count; their
    sum is the mean squared error of A-hat - b.

    In a state that is never left and pays nothing no step counts, and no critic is asked there: a
    program marks the step that leads into it as terminated.

    Args:
        mdp: the world, with its discount.
        logits: (S, A) of the policy that acts.
        value_error: (C, T, S) what each of C critics says minus the true value, in units of
            reward.
        gae_lambdas: L mixing weights, 0 to 1.

    Returns:
        (L, C) squared bias and (L, C) variance, in squared units of reward.

    Raises:
        ValueError: a shape is wrong, or a gae_lambda out of range.

    Source: the trade is that of Schulman et al. (2015), arXiv:1506.02438, section 3.
    """
    check_floats("C T S", {"T": mdp.horizon, "S": mdp.num_states}, value_error=value_error)
    walks = trajectories(mdp)
    prob = trajectory_log_prob(mdp, logits, walks.state, walks.action).exp()
    state, action = walks.state.T, walks.action.T  # (T, M), time first
    step = torch.arange(mdp.horizon).unsqueeze(-1).expand_as(state)
    at_state = step * mdp.num_states + state
    at_action = at_state * mdp.num_actions + action
    truth = advantages(mdp, logits)[step, state, action]
    counts = _goes_on(mdp)[state] * prob
    counts = counts / counts.sum()
    squared_bias, variance = [], []
    for gae_lambda in gae_lambdas:
        estimate = _advantages_of(mdp, logits, value_error, walks, gae_lambda)
        centred = estimate - _group_mean(estimate, prob, at_state)
        mean = _group_mean(centred, prob, at_action)
        squared_bias.append(((mean - truth).square() * counts).sum((-2, -1)))
        variance.append(((centred - mean).square() * counts).sum((-2, -1)))
    return torch.stack(squared_bias), torch.stack(variance)


def sampled_gae_errors(
    mdp: TabularMDP, logits: Tensor, value_error: Tensor, gae_lambda: float, sample: Trajectories
) -> Tensor:
    """Measure on a sample what `gae_errors` sums exactly: bias^2 + variance.

    Per trajectory the sum over its steps that count of (A-hat_t - b_t(s) - A_t(s,a))^2, with the
    sample's own mean of A-hat in a state for b, over the mean number of such steps.

    Args:
        mdp: the world, with its discount.
        logits: (S, A) of the policy that acted.
        value_error: (C, T, S) what each of C critics says minus the true value, in units of
            reward.
        gae_lambda: mixing weight, 0 to 1.
        sample: M trajectories of that policy.

    Returns:
        (C, M) squared errors; their mean over M estimates bias^2 + variance, a little too low where
        a state was visited rarely, as the mean that is taken off is made of the same few visits.

    Raises:
        ValueError: a shape is wrong, or gae_lambda out of range.
    """
    check_floats("C T S", {"T": mdp.horizon, "S": mdp.num_states}, value_error=value_error)
    state = sample.state.T
    step = torch.arange(mdp.horizon).unsqueeze(-1).expand_as(state)
    estimate = _advantages_of(mdp, logits, value_error, sample, gae_lambda)
    once = torch.ones_like(sample.returns)
    centred = estimate - _group_mean(estimate, once, step * mdp.num_states + state)
    truth = advantages(mdp, logits)[step, state, sample.action.T]
    counts = _goes_on(mdp)[state].to(truth.dtype)
    return ((centred - truth).square() * counts).sum(1) / counts.sum(0).mean()


def _goes_on(mdp: TabularMDP) -> Tensor:
    """Mark the states that may be left or pay something, (S,): in these, steps count."""
    stays = mdp.transition.diagonal(dim1=0, dim2=2).T == 1  # (S, A)
    return ~(stays & (mdp.reward == 0)).all(1)


def _advantages_of(
    mdp: TabularMDP, logits: Tensor, value_error: Tensor, walks: Trajectories, gae_lambda: float
) -> Tensor:
    """Compute the advantage of every step by every critic, (C, T, M)."""
    step = torch.arange(mdp.horizon).unsqueeze(-1)
    asked = value_error * _goes_on(mdp)
    value = (state_values(mdp, logits) + asked)[:, step, walks.state.T]
    next_value = torch.cat([value[:, 1:], torch.zeros_like(value[:, :1])], dim=1)
    shape = value.movedim(0, 1).shape  # (T, C, M): as many environments as critics x trajectories

    def by_time(entry: Tensor) -> Tensor:
        return entry.movedim(0, 1).reshape(mdp.horizon, -1)

    reward = by_time(walks.reward.T.expand_as(value))
    terminated = torch.zeros_like(reward, dtype=torch.bool)
    terminated[-1] = True
    truncated = torch.zeros_like(terminated)
    estimate = gae(
        reward, by_time(value), by_time(next_value), terminated, truncated, mdp.gamma, gae_lambda
    )
    return estimate.view(shape).movedim(1, 0)


def critic_error(mdp: TabularMDP, logits: Tensor, size: float) -> Tensor:
    """Make up errors of a critic, of a given root mean square over the steps that count.

    Args:
        mdp: the world.
        logits: (S, A) of the policy that visits them.
        size: root mean square, in units of reward; the errors differ in nothing else.

    Returns:
        (T, S) an error for each step and state; 0 in a state that is never left and pays nothing.
    """
    visits = occupancy(mdp, logits) * _goes_on(mdp)
    generator = torch.Generator().manual_seed(0)
    draw = torch.randn(visits.shape, dtype=visits.dtype, generator=generator) * _goes_on(mdp)
    typical = (visits * draw.square()).sum() / visits.sum()
    return size * draw / typical.sqrt()


def _group_mean(entry: Tensor, prob: Tensor, group: Tensor) -> Tensor:
    """Give each entry the mean of its group: (C, T, M), weighted by (M,), groups (T, M)."""
    size = int(group.max()) + 1
    weight = prob.expand_as(group)
    flat = group.flatten()
    total = entry.new_zeros(len(entry), size).index_add_(1, flat, (weight * entry).flatten(1))
    mass = entry.new_zeros(size).index_add_(0, flat, weight.flatten())
    return (total / mass.clamp(min=1e-300))[:, group]
