"""A decision process small enough to enumerate: every expectation is a finite sum, never a sample.

Objective, occupancy, advantage and surrogate are computed exactly, in the dtype of the tables (the
worlds here use float64), and autograd differentiates them with respect to the policy's logits. A
policy is a table of logits (S, A), the same at every step: pi(a|s) = softmax(logits[s])[a].

An episode has exactly `horizon` steps, t = 0 .. T - 1. A world that ends earlier has a state that
leads only to itself and pays nothing; that needs no extra rule, and its advantages are 0.

Sizes: T steps, S states, A actions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_between, check_count, check_floats


@dataclass(frozen=True, eq=False)
class TabularMDP:
    """Hold a finite-horizon decision process as tables, checked when it is made.

    Args:
        initial: (S,) probability of each state at t = 0.
        transition: (S, A, S) probability of the next state, given state and action.
        reward: (S, A) expected reward of an action in a state.
        horizon: T, the number of steps of every episode, at least 1.
        gamma: discount per step, 0 to 1.

    Raises:
        ValueError: a table has the wrong shape or dtype, holds a negative probability or a row that
            does not sum to 1, a reward is not finite, or horizon or gamma is out of range; the
            message names the field.
    """

    initial: Tensor
    transition: Tensor
    reward: Tensor
    horizon: int
    gamma: float = 1.0

    def __post_init__(self) -> None:
        """Check every field."""
        sizes = check_floats("S", initial=self.initial)
        check_floats("S A", sizes, reward=self.reward)
        check_floats("S A S", sizes, transition=self.transition)
        if not self.reward.isfinite().all():
            raise ValueError(f"reward: expected finite numbers, got {self.reward.tolist()}")
        _check_distributions(initial=self.initial, transition=self.transition)
        check_between(0.0, 1.0, gamma=self.gamma)
        object.__setattr__(self, "horizon", check_count("horizon", self.horizon))
        for name in ("transition", "reward"):
            dtype = getattr(self, name).dtype
            if dtype != self.initial.dtype:
                raise ValueError(f"{name}: expected {self.initial.dtype} as initial, got {dtype}")

    @property
    def num_states(self) -> int:
        """Count the states, S."""
        return self.reward.shape[0]

    @property
    def num_actions(self) -> int:
        """Count the actions, A; every state has the same number."""
        return self.reward.shape[1]

    @property
    def discount(self) -> Tensor:
        """List gamma^t for every step: (T,)."""
        return self.gamma ** torch.arange(self.horizon, dtype=self.reward.dtype)

    def policy(self, logits: Tensor) -> Tensor:
        """Turn logits (S, A) into the probabilities pi(a|s): (S, A).

        Raises:
            ValueError: logits has another shape or dtype than the reward table.
        """
        return self.log_policy(logits).exp()

    def log_policy(self, logits: Tensor) -> Tensor:
        """Turn logits (S, A) into log pi(a|s), in nats: (S, A). Errors as in `policy`."""
        check_floats("S A", {"S": self.num_states, "A": self.num_actions}, logits=logits)
        if logits.dtype != self.reward.dtype:
            raise ValueError(f"logits: expected {self.reward.dtype} as reward, got {logits.dtype}")
        return logits.log_softmax(-1)


def occupancy(mdp: TabularMDP, logits: Tensor) -> Tensor:
    """Compute where the policy is at each step.

    d_0 = initial,  d_{t+1}(s') = sum_s d_t(s) sum_a pi(a|s) P(s'|s,a)

    Args:
        mdp: the world.
        logits: (S, A) of the policy.

    Returns:
        (T, S) probability of being in state s at step t; every row sums to 1.

    Raises:
        ValueError: logits has another shape or dtype than the reward table; so for all below.
    """
    # (S, S): what remains of the world once the policy chooses the actions is a Markov chain.
    chain = torch.einsum("sa,san->sn", mdp.policy(logits), mdp.transition)
    rows = [mdp.initial]
    for _ in range(mdp.horizon - 1):
        rows.append(rows[-1] @ chain)
    return torch.stack(rows)


def objective(mdp: TabularMDP, logits: Tensor) -> Tensor:
    """Compute the expected discounted return of the policy.

    J = sum_t gamma^t sum_s d_t(s) sum_a pi(a|s) R(s,a)

    Args:
        mdp: the world.
        logits: (S, A) of the policy.

    Returns:
        () J, differentiable in the logits, in units of reward.
    """
    reward = (mdp.policy(logits) * mdp.reward).sum(-1)
    return mdp.discount @ occupancy(mdp, logits) @ reward


def q_values(mdp: TabularMDP, logits: Tensor) -> Tensor:
    """Compute what is still to come after an action, for each step, since the horizon is finite.

    Q_t(s,a) = R(s,a) + gamma sum_s' P(s'|s,a) V_{t+1}(s'),  V_T = 0

    Args:
        mdp: the world.
        logits: (S, A) of the policy that is followed afterwards.

    Returns:
        (T, S, A) discounted from step t on, not from step 0.
    """
    policy = mdp.policy(logits)
    following = torch.zeros_like(mdp.initial)
    rows: list[Tensor] = []
    for _ in range(mdp.horizon):
        rows.append(mdp.reward + mdp.gamma * mdp.transition @ following)
        following = (policy * rows[-1]).sum(-1)
    return torch.stack(rows[::-1])


def state_values(mdp: TabularMDP, logits: Tensor) -> Tensor:
    """Compute V_t(s) = sum_a pi(a|s) Q_t(s,a) from the same arguments as `q_values`: (T, S)."""
    return (mdp.policy(logits) * q_values(mdp, logits)).sum(-1)


def advantages(mdp: TabularMDP, logits: Tensor) -> Tensor:
    """Compute the true advantage A_t(s,a) = Q_t(s,a) - V_t(s), arguments as `q_values`: (T, S, A).

    How much better the action is than the policy's own average; that average of A is 0.
    """
    return q_values(mdp, logits) - state_values(mdp, logits).unsqueeze(-1)


def surrogate_objective(mdp: TabularMDP, logits: Tensor, old_logits: Tensor) -> Tensor:
    """Compute the exact importance-sampled surrogate: what infinitely much old data would tell.

    L_IS(theta; theta_old) = sum_t gamma^t sum_s d_t^old(s) sum_a pi_old(a|s) r(s,a) A_t^old(s,a)
    with the ratio r(s,a) = pi_theta(a|s) / pi_old(a|s)

    States and advantages are the old policy's; only the ratio knows the new one. At
    theta = theta_old the value is 0 and the gradient is that of J. A ratio is not clamped here.

    Args:
        mdp: the world.
        logits: (S, A) of the current policy.
        old_logits: (S, A) of the policy that acted, finite; no gradient flows into it.

    Returns:
        () L_IS, differentiable in logits, an estimate of J(theta) - J(theta_old).

    Source: Kakade and Langford (2002), section 4; Schulman et al. (2017), arXiv:1707.06347, eq. 6.
    """
    policy = mdp.policy(logits)
    with torch.no_grad():
        old_policy = mdp.policy(old_logits)
        advantage = advantages(mdp, old_logits)
        weight = mdp.discount.unsqueeze(-1) * occupancy(mdp, old_logits)
    ratio = policy / old_policy
    return torch.einsum("ts,sa,sa,tsa->", weight, old_policy, ratio, advantage)


def _check_distributions(**tables: Tensor) -> None:
    for name, table in tables.items():
        if (table < 0).any():
            raise ValueError(f"{name}: expected probabilities, got {float(table.min())}")
        total = table.sum(-1)
        worst = float((total - 1).abs().max())
        if not worst < 1e-6:
            raise ValueError(f"{name}: expected rows that sum to 1, got one {worst:.3g} off")
