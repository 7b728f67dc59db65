"""Trajectories of a tabular world: every one of them with its probability, or a large sample.

With all trajectories in a table an expectation over trajectories is a sum over rows, so the policy
gradient theorem and products of ratios can be written as they stand in a book and evaluated.

Sizes: M trajectories, T steps, S states, A actions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_count, check_indices, check_integers
from ppo_lesson.worlds.mdp import TabularMDP

MAX_TRAJECTORIES = 200_000


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Hold M trajectories of T steps, enumerated or sampled."""

    state: Tensor  # (M, T) index of the state at each step
    action: Tensor  # (M, T) index of the action taken there
    reward: Tensor  # (M, T) expected reward of that action in that state
    returns: Tensor  # (M,) discounted return, sum_t gamma^t reward_t


def trajectories(mdp: TabularMDP) -> Trajectories:
    """Enumerate every trajectory that the world allows, whatever the policy.

    Args:
        mdp: the world.

    Returns:
        The M different trajectories; their probabilities under any policy sum to 1.

    Raises:
        ValueError: there are more than MAX_TRAJECTORIES.
    """
    _refuse_too_many(mdp)
    state = mdp.initial.nonzero()
    action = torch.empty(len(state), 0, dtype=torch.int64)
    for step in range(mdp.horizon):
        if step > 0:
            # One row for each state that may follow; a probability of 0 leads nowhere.
            row, following = mdp.transition[state[:, -1], action[:, -1]].nonzero(as_tuple=True)
            state = torch.cat([state[row], following.unsqueeze(-1)], dim=1)
            action = action[row]
        choice = torch.arange(mdp.num_actions).repeat(len(state)).unsqueeze(-1)
        state = state.repeat_interleave(mdp.num_actions, dim=0)
        action = torch.cat([action.repeat_interleave(mdp.num_actions, dim=0), choice], dim=1)
    return _with_rewards(mdp, state, action)


def trajectory_log_prob(mdp: TabularMDP, logits: Tensor, state: Tensor, action: Tensor) -> Tensor:
    """Compute the log-probability of whole trajectories, the world's part included.

    log p(tau) = log initial(s_0) + sum_t log pi(a_t|s_t) + sum_{t<T-1} log P(s_{t+1}|s_t,a_t)

    Args:
        mdp: the world.
        logits: (S, A) of the policy.
        state: (M, T) index of the state at each step.
        action: (M, T) index of the action at each step.

    Returns:
        (M,) in nats; -inf where the world does not allow the trajectory.

    Raises:
        ValueError: a shape or dtype is wrong, an entry is no index, or there are not T steps.
    """
    log_policy = mdp.log_policy(logits)
    check_integers("M T", {"T": mdp.horizon}, state=state, action=action)
    check_indices(mdp.num_states, state=state)
    check_indices(mdp.num_actions, action=action)
    world = mdp.transition[state[:, :-1], action[:, :-1], state[:, 1:]].log().sum(-1)
    return mdp.initial[state[:, 0]].log() + log_policy[state, action].sum(-1) + world


def sample_trajectories(
    mdp: TabularMDP, logits: Tensor, num_trajectories: int, generator: torch.Generator
) -> Trajectories:
    """Let the policy act, in many copies of the world at once.

    Args:
        mdp: the world.
        logits: (S, A) of the policy.
        num_trajectories: M, at least 1.
        generator: source of the random numbers.

    Returns:
        M independent trajectories.

    Raises:
        ValueError: num_trajectories is below 1.
    """
    num_trajectories = check_count("num_trajectories", num_trajectories)
    with torch.no_grad():
        policy = mdp.policy(logits)
    state = torch.empty(num_trajectories, mdp.horizon, dtype=torch.int64)
    action = torch.empty_like(state)
    start = torch.zeros(num_trajectories, dtype=torch.int64)
    state[:, 0] = _draw(mdp.initial.unsqueeze(0), start, generator)
    for step in range(mdp.horizon):
        if step > 0:
            pair = state[:, step - 1] * mdp.num_actions + action[:, step - 1]
            state[:, step] = _draw(mdp.transition.flatten(0, 1), pair, generator)
        action[:, step] = _draw(policy, state[:, step], generator)
    return _with_rewards(mdp, state, action)


def _with_rewards(mdp: TabularMDP, state: Tensor, action: Tensor) -> Trajectories:
    reward = mdp.reward[state, action]
    return Trajectories(state, action, reward, returns=reward @ mdp.discount)


def _draw(table: Tensor, row: Tensor, generator: torch.Generator) -> Tensor:
    """Draw one column per entry of row (M,) from the distributions table (R, C), by inversion."""
    cumulative = table.cumsum(-1)
    # Divided by its last entry the sum ends at exactly 1, so a draw below 1 always finds a column;
    # and "at least" skips columns of probability 0.
    cumulative = cumulative / cumulative[:, -1:]
    uniform = torch.rand(len(row), 1, dtype=table.dtype, generator=generator)
    return (uniform >= cumulative[row]).sum(-1)


def _refuse_too_many(mdp: TabularMDP) -> None:
    count = (mdp.initial > 0).double()
    ways = (mdp.transition > 0).double().sum(1)
    for _ in range(mdp.horizon - 1):
        count = count @ ways
    num_trajectories = int(count.sum()) * mdp.num_actions
    if num_trajectories > MAX_TRAJECTORIES:
        raise ValueError(
            f"mdp: expected at most {MAX_TRAJECTORIES} trajectories, got {num_trajectories}"
        )
