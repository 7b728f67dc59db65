"""Small worlds with a story: the cliff, a bandit, a corridor of three rooms; and random ones."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_count, check_floats
from ppo_lesson.worlds.mdp import TabularMDP

# Names of the indices, for tables and figures.
CLIFF_STATES = ("start", "there", "end")
CLIFF_ACTIONS = {"start": ("stay", "go"), "there": ("good", "bad")}
CORRIDOR_STATES = ("near room", "middle room", "far room", "outside")
CORRIDOR_ACTIONS = ("take", "go")


def cliff_mdp() -> TabularMDP:
    """Make the cliff: two steps in which the surrogate promises a gain where the truth is a fall.

    At start the agent may stay (the episode ends with 0) or go; there, good pays +1 and bad -3.
    An old policy that hardly ever goes has seen little of what happens there.
    States and actions: CLIFF_STATES, CLIFF_ACTIONS; what is done at the end changes nothing.
    """
    start, there, end = range(3)
    stay, go = good, bad = range(2)
    transition = torch.zeros(3, 2, 3, dtype=torch.float64)
    transition[start, stay, end] = transition[start, go, there] = 1.0
    transition[there, :, end] = transition[end, :, end] = 1.0
    reward = torch.zeros(3, 2, dtype=torch.float64)
    reward[there, good], reward[there, bad] = 1.0, -3.0
    initial = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    return TabularMDP(initial, transition, reward, horizon=2)


def cliff_logits(theta: Tensor) -> Tensor:
    """Build the cliff's one-parameter policy.

    pi(go|start) = sigmoid(theta - 2), pi(bad|there) = sigmoid(theta - 4), so that
    J(theta) = sigmoid(theta - 2) (1 - 4 sigmoid(theta - 4)).

    Args:
        theta: () the one parameter, float64.

    Returns:
        (3, 2) logits, differentiable in theta.
    """
    check_floats("", theta=theta)
    zero = torch.zeros_like(theta)
    return torch.stack([zero, theta - 2, zero, theta - 4, zero, zero]).reshape(3, 2)


def bandit_mdp(reward: Tensor) -> TabularMDP:
    """Make a world of one state and one step, where the surrogate is exact everywhere.

    J(theta) = J(theta_old) + L_IS(theta; theta_old), because no state can become likelier.

    Args:
        reward: (A,) expected reward of each action.
    """
    check_floats("A", reward=reward)
    return TabularMDP(reward.new_ones(1), reward.new_ones(1, len(reward), 1), reward[None], 1)


def corridor_mdp(horizon: int = 3, gamma: float = 1.0) -> TabularMDP:
    """Make three rooms in a row with prizes of 1, 2 and 4.

    Taking a prize ends the walk; the door to the next room jams one time in five, and after some
    steps the lights go out. In the last room there is no further door, so going on stays there.
    States and actions: CORRIDOR_STATES, CORRIDOR_ACTIONS; being outside pays nothing.

    Args:
        horizon: T, steps until the lights go out, 1 or more.
        gamma: discount, 0 to 1.

    Raises:
        ValueError: horizon or gamma is out of range.
    """
    outside, take, go = 3, 0, 1
    transition = torch.zeros(4, 2, 4, dtype=torch.float64)
    transition[:, take, outside] = 1.0
    for room in (0, 1):
        transition[room, go, room], transition[room, go, room + 1] = 0.2, 0.8
    transition[2, go, 2] = transition[outside, go, outside] = 1.0
    reward = torch.zeros(4, 2, dtype=torch.float64)
    reward[:3, take] = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    initial = torch.tensor([1.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    return TabularMDP(initial, transition, reward, horizon, gamma)


def random_mdp(
    num_states: int,
    num_actions: int,
    horizon: int,
    generator: torch.Generator,
    *,
    gamma: float = 1.0,
) -> TabularMDP:
    """Draw a world: probabilities uniform over all distributions, rewards standard normal.

    Args:
        num_states: S, at least 1.
        num_actions: A, at least 1.
        horizon: T, at least 1.
        generator: source of the random numbers.
        gamma: discount per step, 0 to 1.

    Raises:
        ValueError: a number is out of range; the message names it.
    """
    num_states = check_count("num_states", num_states)
    num_actions = check_count("num_actions", num_actions)
    horizon = check_count("horizon", horizon)

    def distribution(*shape: int) -> Tensor:
        # Exponential numbers divided by their sum are Dirichlet(1, ..., 1), the uniform choice.
        draw = torch.empty(shape, dtype=torch.float64).exponential_(generator=generator)
        return draw / draw.sum(-1, keepdim=True)

    initial = distribution(num_states)
    transition = distribution(num_states, num_actions, num_states)
    reward = torch.randn(num_states, num_actions, dtype=torch.float64, generator=generator)
    return TabularMDP(initial, transition, reward, horizon, gamma)
