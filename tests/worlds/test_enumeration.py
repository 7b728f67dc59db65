from __future__ import annotations

import itertools

import pytest
import torch

from ppo_lesson.worlds.enumeration import (
    MAX_TRAJECTORIES,
    sample_trajectories,
    trajectories,
    trajectory_log_prob,
)
from ppo_lesson.worlds.mdp import TabularMDP, objective
from ppo_lesson.worlds.small_worlds import cliff_mdp, corridor_mdp, random_mdp


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def logits_for(mdp: TabularMDP) -> torch.Tensor:
    return torch.randn(mdp.num_states, mdp.num_actions, dtype=torch.float64, generator=generator(9))


def one_action(num_states: int, horizon: int, num_actions: int = 1) -> TabularMDP:
    transition = torch.full((num_states, num_actions, num_states), 1 / num_states)
    return TabularMDP(
        torch.full((num_states,), 1 / num_states),
        transition,
        torch.ones(num_states, num_actions),
        horizon,
    )


def test_the_probabilities_of_all_trajectories_sum_to_one() -> None:
    for mdp in (cliff_mdp(), corridor_mdp(), random_mdp(3, 2, 4, generator())):
        every = trajectories(mdp)
        total = trajectory_log_prob(mdp, logits_for(mdp), every.state, every.action).exp().sum()
        assert float(total) == pytest.approx(1.0, abs=1e-12)


def test_the_enumeration_is_every_path_that_the_world_allows_and_no_other() -> None:
    mdp = corridor_mdp()
    every = trajectories(mdp)
    listed = {
        (tuple(state), tuple(action))
        for state, action in zip(every.state.tolist(), every.action.tolist(), strict=True)
    }
    assert len(listed) == len(every.state) == 16
    possible = set()
    for state in itertools.product(range(mdp.num_states), repeat=mdp.horizon):
        for action in itertools.product(range(mdp.num_actions), repeat=mdp.horizon):
            allowed = mdp.initial[state[0]] > 0
            for step in range(mdp.horizon - 1):
                allowed &= mdp.transition[state[step], action[step], state[step + 1]] > 0
            if allowed:
                possible.add((state, action))
    assert listed == possible


def test_a_return_is_the_discounted_sum_of_the_rewards_on_the_way() -> None:
    mdp = random_mdp(2, 2, 3, generator(), gamma=0.5)
    every = trajectories(mdp)
    torch.testing.assert_close(every.reward, mdp.reward[every.state, every.action])
    first, second, third = every.reward.unbind(-1)
    torch.testing.assert_close(every.returns, first + 0.5 * second + 0.25 * third)


def test_a_path_that_the_world_forbids_has_log_probability_minus_infinity() -> None:
    mdp = corridor_mdp()
    take_and_stay = torch.tensor([[0, 0, 0]])
    log_prob = trajectory_log_prob(mdp, logits_for(mdp), take_and_stay, torch.tensor([[0, 0, 0]]))
    assert log_prob.tolist() == [float("-inf")]


def test_too_many_trajectories_are_refused_with_their_number() -> None:
    assert MAX_TRAJECTORIES == 200_000
    assert len(trajectories(one_action(1, 17, num_actions=2)).state) == 2**17
    with pytest.raises(ValueError, match="at most 200000 trajectories, got 262144"):
        trajectories(one_action(1, 18, num_actions=2))
    with pytest.raises(ValueError, match=f"got {3**12}"):
        trajectories(one_action(3, 12))


def test_samples_visit_every_trajectory_as_often_as_its_probability_says() -> None:
    mdp, num_trajectories = corridor_mdp(), 100_000
    logits = logits_for(mdp)
    every = trajectories(mdp)
    prob = trajectory_log_prob(mdp, logits, every.state, every.action).exp()
    sample = sample_trajectories(mdp, logits, num_trajectories, generator(1))
    found = torch.cat([sample.state, sample.action], dim=1)
    for row, p in zip(torch.cat([every.state, every.action], dim=1), prob, strict=True):
        share = (found == row).all(-1).double().mean()
        standard_error = (p * (1 - p) / num_trajectories).sqrt()
        # Five standard errors of a share; the seed is fixed.
        assert abs(share - p) < 5 * standard_error
    mean = sample.returns.mean()
    standard_error = sample.returns.std() / num_trajectories**0.5
    assert abs(mean - objective(mdp, logits)) < 5 * standard_error


def test_the_same_generator_draws_the_same_trajectories() -> None:
    mdp = random_mdp(3, 2, 3, generator())
    one, other = (sample_trajectories(mdp, logits_for(mdp), 50, generator(3)) for _ in range(2))
    assert torch.equal(one.state, other.state)
    assert torch.equal(one.action, other.action)
    torch.testing.assert_close(one.reward, mdp.reward[one.state, one.action])


def test_a_sample_never_takes_what_has_probability_zero() -> None:
    mdp = corridor_mdp()
    logits = torch.tensor([[-torch.inf, 0.0]] * 4, dtype=torch.float64)
    sample = sample_trajectories(mdp, logits, 20_000, generator())
    assert (sample.action == 1).all()
    log_prob = trajectory_log_prob(mdp, logits, sample.state, sample.action)
    assert torch.isfinite(log_prob).all()


def test_bad_arguments_are_named() -> None:
    mdp = cliff_mdp()
    logits, pair = logits_for(mdp), torch.zeros(1, 2, dtype=torch.int64)
    with pytest.raises(ValueError, match="num_trajectories: expected 1 or more, got 0"):
        sample_trajectories(mdp, logits, 0, generator())
    with pytest.raises(ValueError, match="state: expected shape"):
        trajectory_log_prob(mdp, logits, pair[:, :1], pair[:, :1])
    with pytest.raises(ValueError, match="state: expected indices from 0 to 2, got 3 to 3"):
        trajectory_log_prob(mdp, logits, pair + 3, pair)
    with pytest.raises(ValueError, match="action: expected indices from 0 to 1, got 2 to 2"):
        trajectory_log_prob(mdp, logits, pair, pair + 2)
