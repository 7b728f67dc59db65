from __future__ import annotations

import pytest
import torch

from ppo_lesson.worlds.mdp import objective, occupancy, surrogate_objective
from ppo_lesson.worlds.small_worlds import (
    CLIFF_ACTIONS,
    CLIFF_STATES,
    CORRIDOR_ACTIONS,
    CORRIDOR_STATES,
    bandit_mdp,
    cliff_logits,
    cliff_mdp,
    corridor_mdp,
    random_mdp,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def point(theta: float) -> torch.Tensor:
    return torch.tensor(theta, dtype=torch.float64)


def test_the_cliff_has_its_four_published_figures() -> None:
    mdp, old_logits = cliff_mdp(), cliff_logits(point(0.0))
    theta = point(0.0).requires_grad_()
    true_slope = torch.autograd.grad(objective(mdp, cliff_logits(theta)), theta)[0]
    surrogate = surrogate_objective(mdp, cliff_logits(theta), old_logits)
    surrogate_slope = torch.autograd.grad(surrogate, theta)[0]
    assert float(true_slope) == pytest.approx(0.0890, abs=5e-5)
    assert float(surrogate_slope) == pytest.approx(0.0890, abs=5e-5)
    assert float(true_slope) == pytest.approx(float(surrogate_slope), abs=1e-12)

    far = cliff_logits(point(4.0))
    promise = objective(mdp, old_logits) + surrogate_objective(mdp, far, old_logits)
    assert float(promise) == pytest.approx(0.588, abs=5e-4)
    assert float(objective(mdp, far)) == pytest.approx(-0.881, abs=5e-4)


@pytest.mark.parametrize("theta", [-3.0, 0.0, 1.7, 6.0])
def test_the_cliff_is_the_formula_worked_out_by_hand(theta: float) -> None:
    go, bad = torch.sigmoid(point(theta) - 2), torch.sigmoid(point(theta) - 4)
    expected = go * (1 - 4 * bad)
    torch.testing.assert_close(objective(cliff_mdp(), cliff_logits(point(theta))), expected)


def test_the_names_of_the_cliff_stand_at_their_indices() -> None:
    mdp = cliff_mdp()
    there, end = CLIFF_STATES.index("there"), CLIFF_STATES.index("end")
    go, bad = CLIFF_ACTIONS["start"].index("go"), CLIFF_ACTIONS["there"].index("bad")
    assert mdp.transition[CLIFF_STATES.index("start"), go, there] == 1
    assert mdp.reward[there, bad] == -3
    assert mdp.reward[end].tolist() == [0, 0]
    probability = mdp.policy(cliff_logits(point(2.0)))
    assert float(probability[0, go]) == pytest.approx(0.5)
    assert float(probability[there, bad]) == pytest.approx(1 / (1 + torch.e**2))


def test_on_a_bandit_the_surrogate_is_exact_everywhere() -> None:
    mdp = bandit_mdp(torch.tensor([1.0, -3.0, 0.5], dtype=torch.float64))
    old_logits = torch.zeros(1, 3, dtype=torch.float64)
    for seed in range(5):
        logits = 4 * torch.randn(1, 3, dtype=torch.float64, generator=generator(seed))
        promise = objective(mdp, old_logits) + surrogate_objective(mdp, logits, old_logits)
        torch.testing.assert_close(promise, objective(mdp, logits), rtol=0, atol=1e-12)


def test_a_walker_who_always_goes_on_reaches_the_far_room_when_no_door_jams() -> None:
    go, far = CORRIDOR_ACTIONS.index("go"), CORRIDOR_STATES.index("far room")
    logits = torch.full((4, 2), -torch.inf, dtype=torch.float64)
    logits[:, go] = 0.0
    assert float(occupancy(corridor_mdp(), logits)[-1, far]) == pytest.approx(0.8**2)


def test_a_walker_who_always_takes_earns_the_first_prize_and_is_outside() -> None:
    take, outside = CORRIDOR_ACTIONS.index("take"), CORRIDOR_STATES.index("outside")
    logits = torch.full((4, 2), -torch.inf, dtype=torch.float64)
    logits[:, take] = 0.0
    mdp = corridor_mdp()
    assert float(objective(mdp, logits)) == 1.0
    assert occupancy(mdp, logits)[1:, outside].tolist() == [1.0, 1.0]


def test_a_random_world_has_the_sizes_asked_for_and_is_decided_by_its_seed() -> None:
    mdp = random_mdp(4, 3, 5, generator(2), gamma=0.9)
    assert (mdp.num_states, mdp.num_actions, mdp.horizon, mdp.gamma) == (4, 3, 5, 0.9)
    again = random_mdp(4, 3, 5, generator(2))
    assert torch.equal(mdp.transition, again.transition)
    assert torch.equal(mdp.reward, again.reward)
    assert not torch.equal(mdp.reward, random_mdp(4, 3, 5, generator(3)).reward)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="theta: expected shape"):
        cliff_logits(torch.zeros(1))
    with pytest.raises(ValueError, match="reward: expected shape"):
        bandit_mdp(torch.zeros(1, 2))
