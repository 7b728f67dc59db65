"""What episodes of an old policy say of a new one: promise and truth along one parameter.

The promise is J(theta_old) + L_IS(theta; theta_old): exact, or as a sample of episodes gives it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ppo_lesson.maths import policy_ratio
from ppo_lesson.maths.arithmetic import log_ratio
from ppo_lesson.maths.shapes import check_count
from ppo_lesson.worlds.enumeration import sample_trajectories, trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import TabularMDP, advantages, objective, surrogate_objective
from ppo_lesson.worlds.small_worlds import bandit_mdp, cliff_logits, cliff_mdp


@dataclass(frozen=True)
class OneParameter:
    """A world, and the policy that one parameter moves through it.

    Args:
        mdp: the world.
        logits: from theta, (), to the policy's logits, (S, A), differentiable.
    """

    mdp: TabularMDP
    logits: Callable[[Tensor], Tensor]

    def truth(self, theta: Tensor) -> Tensor:
        """Compute J(theta): from () to (), or from (N,) to (N,)."""
        return _everywhere(lambda point: objective(self.mdp, self.logits(point)), theta)

    def promise(self, theta: Tensor, old_theta: Tensor) -> Tensor:
        """Compute J(theta_old) + L_IS(theta; theta_old): from () to (), or from (N,) to (N,)."""
        old_logits = self.logits(old_theta).detach()

        def gain(point: Tensor) -> Tensor:
            return surrogate_objective(self.mdp, self.logits(point), old_logits)

        return objective(self.mdp, old_logits) + _everywhere(gain, theta)

    def effective_share(self, theta: Tensor, old_theta: Tensor) -> Tensor:
        """Compute ESS / N of old episodes: from () to (), or from (N,) to (N,)."""
        old_logits = self.logits(old_theta)
        return _everywhere(
            lambda point: effective_share(self.mdp, self.logits(point), old_logits), theta
        )


def cliff_world() -> OneParameter:
    """Make the cliff with its one-parameter policy, see `cliff_mdp` and `cliff_logits`."""
    return OneParameter(cliff_mdp(), cliff_logits)


def bandit_world() -> OneParameter:
    """Make the cliff's first decision a world of its own: going pays 1, staying 0."""
    reward = torch.tensor([0.0, 1.0], dtype=torch.float64)
    return OneParameter(bandit_mdp(reward), lambda theta: cliff_logits(theta)[:1])


def _everywhere(function: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    return function(theta) if theta.ndim == 0 else torch.vmap(function)(theta)


def sampled_surrogates(
    mdp: TabularMDP,
    old_logits: Tensor,
    num_surrogates: int,
    num_episodes: int,
    generator: torch.Generator,
) -> Callable[[Tensor], Tensor]:
    """Let the old policy play several samples of episodes; each sample is one surrogate.

    L_IS of a sample = (1/N) sum_n sum_t gamma^t r(s_t,a_t) A_t^old(s_t,a_t), N episodes

    Advantages are exact, so nothing but the sample is random.

    Args:
        mdp: the world.
        old_logits: (S, A) of the policy that acts.
        num_surrogates: R, independent samples.
        num_episodes: N, episodes in each of them.
        generator: source of the random numbers.

    Returns:
        A function of other logits (S, A): what each sample says of them, (R,).

    Raises:
        ValueError: num_surrogates or num_episodes is below 1, or logits have another shape.
    """
    num_surrogates = check_count("num_surrogates", num_surrogates)
    num_episodes = check_count("num_episodes", num_episodes)
    found = sample_trajectories(mdp, old_logits, num_surrogates * num_episodes, generator)
    # How often each action was taken in each state at each step: all that a sample tells.
    size = mdp.num_states * mdp.num_actions
    cell = torch.arange(mdp.horizon) * size + found.state * mdp.num_actions + found.action
    sample = torch.arange(num_surrogates).repeat_interleave(num_episodes).unsqueeze(-1)
    place = (sample * mdp.horizon * size + cell).flatten()
    counts = torch.bincount(place, minlength=num_surrogates * mdp.horizon * size)
    share = counts.view(num_surrogates, -1).to(old_logits.dtype) / num_episodes
    advantage = mdp.discount[:, None] * advantages(mdp, old_logits).view(mdp.horizon, size)
    old_log_prob = mdp.log_policy(old_logits).flatten()

    def gains(logits: Tensor) -> Tensor:
        ratio = policy_ratio(mdp.log_policy(logits).flatten(), old_log_prob)
        return share @ (ratio * advantage).flatten()

    return gains


def effective_share(mdp: TabularMDP, logits: Tensor, old_logits: Tensor) -> Tensor:
    """Tell which share of old episodes is left: ESS / N, as N grows.

    1 / E_old[w^2], w the weight of a whole trajectory, its mean being 1

    Args:
        mdp: a world small enough to enumerate.
        logits: (S, A) of the policy that is asked about.
        old_logits: (S, A) of the policy that acted.

    Returns:
        () between 0 and 1.

    Raises:
        ValueError: there are too many trajectories, or logits have another shape.

    Source: Kong (1992), A note on importance sampling using standardized weights.
    """
    every = trajectories(mdp)
    log_new, log_old = (
        trajectory_log_prob(mdp, table, every.state, every.action) for table in (logits, old_logits)
    )
    # The weight of a trajectory, times its probability now: none where it is forbidden now.
    weight = (log_new + log_ratio(log_new, log_old)).exp()
    return 1 / weight.sum()
