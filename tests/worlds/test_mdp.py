from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from ppo_lesson.maths.gradients import finite_difference_gradient
from ppo_lesson.worlds.enumeration import trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import (
    TabularMDP,
    advantages,
    objective,
    occupancy,
    q_values,
    state_values,
    surrogate_objective,
)
from ppo_lesson.worlds.small_worlds import corridor_mdp, random_mdp

World = tuple[TabularMDP, Tensor, Tensor]


def draw(num_states: int, num_actions: int, horizon: int, gamma: float, seed: int) -> World:
    generator = torch.Generator().manual_seed(seed)
    mdp = random_mdp(num_states, num_actions, horizon, generator, gamma=gamma)
    logits, old_logits = torch.randn(
        2, num_states, num_actions, dtype=torch.float64, generator=generator
    )
    return mdp, logits, old_logits


# A world, and two policies for it, drawn from a seed; every size is small enough to enumerate.
worlds = st.builds(
    draw,
    num_states=st.integers(1, 4),
    num_actions=st.integers(1, 3),
    horizon=st.integers(1, 3),
    gamma=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
    seed=st.integers(0, 10_000),
)
with_random_worlds = settings(max_examples=30)


def gradient(function: Callable[[Tensor], Tensor], logits: Tensor) -> Tensor:
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad(function(logits), logits)[0]


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=tolerance)


@given(worlds)
@with_random_worlds
def test_occupancy_sums_to_one_and_adds_up_the_trajectories_that_pass(world: World) -> None:
    mdp, logits, _ = world
    occupied = occupancy(mdp, logits)
    assert_equal(occupied.sum(-1), torch.ones(mdp.horizon, dtype=torch.float64))
    every = trajectories(mdp)
    prob = trajectory_log_prob(mdp, logits, every.state, every.action).exp()
    for step in range(mdp.horizon):
        passing = torch.zeros(mdp.num_states, dtype=torch.float64)
        assert_equal(passing.index_add(0, every.state[:, step], prob), occupied[step])


@given(worlds)
@with_random_worlds
def test_the_objective_is_the_sum_of_probability_times_return(world: World) -> None:
    mdp, logits, _ = world
    every = trajectories(mdp)
    prob = trajectory_log_prob(mdp, logits, every.state, every.action).exp()
    assert_equal(objective(mdp, logits), prob @ every.returns)
    assert_equal(objective(mdp, logits), mdp.initial @ state_values(mdp, logits)[0])


@given(worlds)
@with_random_worlds
def test_autograd_of_the_objective_equals_central_differences(world: World) -> None:
    mdp, logits, _ = world
    differences = finite_difference_gradient(lambda point: objective(mdp, point), logits, 1e-5)
    assert_equal(gradient(lambda point: objective(mdp, point), logits), differences, 1e-9)


@given(worlds)
@with_random_worlds
def test_the_policy_gradient_theorem_holds_as_a_sum_over_trajectories(world: World) -> None:
    mdp, logits, _ = world
    every = trajectories(mdp)
    prob = trajectory_log_prob(mdp, logits, every.state, every.action).exp()
    step = torch.arange(mdp.horizon)
    advantage = mdp.discount * advantages(mdp, logits)[step, every.state, every.action]

    def sum_of_log_prob_times_advantage(point: Tensor) -> Tensor:
        log_policy = mdp.log_policy(point)[every.state, every.action]
        return prob @ (log_policy * advantage).sum(-1)

    assert_equal(
        gradient(sum_of_log_prob_times_advantage, logits),
        gradient(lambda point: objective(mdp, point), logits),
    )


@given(worlds)
@with_random_worlds
def test_the_advantage_is_zero_on_the_policys_average(world: World) -> None:
    mdp, logits, _ = world
    average = (mdp.policy(logits) * advantages(mdp, logits)).sum(-1)
    assert_equal(average, torch.zeros(mdp.horizon, mdp.num_states, dtype=torch.float64))


@given(worlds)
@with_random_worlds
def test_the_advantages_of_the_old_policy_add_up_to_the_difference_in_performance(
    world: World,
) -> None:
    # Kakade and Langford (2002), lemma 6.1: exact for any two policies, with the new occupancy.
    mdp, logits, old_logits = world
    gain = torch.einsum(
        "t,ts,sa,tsa->",
        mdp.discount,
        occupancy(mdp, logits),
        mdp.policy(logits),
        advantages(mdp, old_logits),
    )
    assert_equal(objective(mdp, logits) - objective(mdp, old_logits), gain)


@given(worlds)
@with_random_worlds
def test_the_surrogate_at_the_old_policy_is_zero_and_has_the_gradient_of_the_objective(
    world: World,
) -> None:
    mdp, logits, _ = world
    assert_equal(surrogate_objective(mdp, logits, logits), torch.zeros((), dtype=torch.float64))
    assert_equal(
        gradient(lambda point: surrogate_objective(mdp, point, logits), logits),
        gradient(lambda point: objective(mdp, point), logits),
    )


@given(worlds)
@with_random_worlds
def test_the_surrogate_is_a_sum_over_old_trajectories_of_ratio_times_advantage(
    world: World,
) -> None:
    mdp, logits, old_logits = world
    every = trajectories(mdp)
    old_prob = trajectory_log_prob(mdp, old_logits, every.state, every.action).exp()
    log_ratio = (mdp.log_policy(logits) - mdp.log_policy(old_logits))[every.state, every.action]
    advantage = advantages(mdp, old_logits)[torch.arange(mdp.horizon), every.state, every.action]
    expected = old_prob @ (log_ratio.exp() * advantage * mdp.discount).sum(-1)
    assert_equal(surrogate_objective(mdp, logits, old_logits), expected)


def test_no_gradient_flows_into_the_old_policy() -> None:
    mdp, logits, old_logits = draw(3, 2, 3, 0.9, seed=1)
    logits.requires_grad_()
    old_logits.requires_grad_()
    surrogate_objective(mdp, logits, old_logits).backward()
    assert logits.grad is not None
    assert old_logits.grad is None


def test_q_values_of_the_corridor_are_those_computed_by_hand() -> None:
    # Take or go by a fair coin. At the last step only taking pays: 1, 2, 4, so V = .5, 1, 2.
    # A step before, going pays .2 of the same room and .8 of the next: .2 x .5 + .8 x 1 = .9.
    q = q_values(corridor_mdp(), torch.zeros(4, 2, dtype=torch.float64))
    last = torch.tensor([[1, 0], [2, 0], [4, 0], [0, 0]], dtype=torch.float64)
    before = torch.tensor([[1, 0.9], [2, 1.8], [4, 2], [0, 0]], dtype=torch.float64)
    first = torch.tensor([[1, 1.71], [2, 2.78], [4, 3], [0, 0]], dtype=torch.float64)
    assert_equal(q, torch.stack([first, before, last]))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("initial", torch.tensor([0.5, 0.4]), "initial: expected rows that sum to 1"),
        ("initial", torch.tensor([1.5, -0.5]), "initial: expected probabilities"),
        ("transition", torch.full((2, 3, 2), 0.4), "transition: expected rows that sum to 1"),
        ("transition", torch.ones(2, 3, 1), "transition: expected shape"),
        ("transition", torch.full((2, 3, 2), 0.5).double(), "transition: expected torch.float32"),
        ("reward", torch.full((2, 3), torch.inf), "reward: expected finite numbers, got"),
        ("reward", torch.full((2, 3), torch.nan), "reward: expected finite numbers, got"),
        ("reward", torch.zeros(3, 3), "reward: expected shape"),
        ("reward", torch.zeros(2, 3, dtype=torch.int64), "reward: expected floating point"),
        ("horizon", 0, "horizon: expected 1 or more, got 0"),
        ("horizon", 2.0, "horizon: expected a whole number, got 2.0"),
        ("gamma", 1.01, "gamma: expected a number in"),
    ],
)
def test_a_faulty_world_is_refused_and_the_field_named(
    field: str, value: object, message: str
) -> None:
    fields: dict[str, Any] = {
        "initial": torch.tensor([0.5, 0.5]),
        "transition": torch.full((2, 3, 2), 0.5),
        "reward": torch.zeros(2, 3),
        "horizon": 2,
        "gamma": 1.0,
    }
    TabularMDP(**fields)
    with pytest.raises(ValueError, match=message):
        TabularMDP(**{**fields, field: value})


def test_logits_of_another_shape_or_dtype_are_refused() -> None:
    mdp, logits, _ = draw(3, 2, 2, 1.0, seed=0)
    with pytest.raises(ValueError, match="logits: expected shape"):
        objective(mdp, logits[:2])
    with pytest.raises(ValueError, match=r"logits: expected torch\.float64"):
        occupancy(mdp, logits.float())
