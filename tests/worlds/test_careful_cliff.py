from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ppo_lesson.maths import clipped_surrogate_loss, surrogate_loss
from ppo_lesson.worlds.careful_cliff import (
    DECISIONS,
    ascend,
    careful_cliff_data,
    careful_cliff_log_prob,
    careful_cliff_logits,
)
from ppo_lesson.worlds.mdp import advantages, objective, occupancy, surrogate_objective
from ppo_lesson.worlds.small_worlds import (
    CLIFF_ACTIONS,
    CLIFF_STATES,
    cliff_logits,
    cliff_mdp,
)

OLD = torch.tensor([0.4, -1.5], dtype=torch.float64)
NEW = torch.tensor([1.9, 3.0], dtype=torch.float64)


def test_without_care_it_is_the_cliff_of_one_parameter():
    theta = torch.tensor([0.7, 0.0], dtype=torch.float64)
    assert torch.equal(careful_cliff_logits(theta), cliff_logits(theta[0]))


def test_care_makes_bad_rarer_and_changes_no_other_decision():
    careless, careful = (
        careful_cliff_log_prob(torch.tensor([0.7, care], dtype=torch.float64)) for care in (0, 10)
    )
    assert torch.equal(careless[:2], careful[:2])
    odds = [(row[3] - row[2]) for row in (careless, careful)]
    assert torch.isclose(odds[0] - odds[1], torch.tensor(3.0, dtype=torch.float64))


def test_the_rows_are_named_after_their_decisions():
    log_policy = cliff_mdp().log_policy(careful_cliff_logits(NEW))
    for name, log_prob in zip(DECISIONS, careful_cliff_log_prob(NEW), strict=True):
        state, action = name.split(", ")
        place = CLIFF_STATES.index(state), CLIFF_ACTIONS[state].index(action)
        assert log_prob == log_policy[place]


def test_the_four_rows_say_of_another_policy_what_all_steps_say():
    data = careful_cliff_data(OLD)
    log_prob = careful_cliff_log_prob(NEW)
    wanted = surrogate_objective(cliff_mdp(), careful_cliff_logits(NEW), careful_cliff_logits(OLD))
    found = -surrogate_loss(log_prob, data.old_log_prob, data.weighted_advantage)
    assert torch.isclose(found, wanted, rtol=0, atol=1e-12)
    by_weight = (data.weight * (log_prob - data.old_log_prob).exp() * data.advantage).sum()
    assert torch.isclose(by_weight, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("clip_epsilon", [0.05, 0.2, 0.6])
def test_the_clipped_loss_of_the_four_rows_is_the_clipped_expectation(clip_epsilon: float):
    mdp, old_logits = cliff_mdp(), careful_cliff_logits(OLD)
    old_policy = mdp.policy(old_logits)
    ratio, advantage = (
        mdp.policy(careful_cliff_logits(NEW)) / old_policy,
        advantages(mdp, old_logits),
    )
    held = ratio.clamp(1 - clip_epsilon, 1 + clip_epsilon)
    lower = torch.minimum(ratio * advantage, held * advantage)
    wanted = torch.einsum("ts,sa,tsa->", occupancy(mdp, old_logits), old_policy, lower)
    data = careful_cliff_data(OLD)
    found = -clipped_surrogate_loss(
        careful_cliff_log_prob(NEW), data.old_log_prob, data.weighted_advantage, clip_epsilon
    )
    assert torch.isclose(found, wanted, rtol=0, atol=1e-12)


def test_a_row_counts_as_often_as_its_decision_is_taken():
    data = careful_cliff_data(OLD)
    go = data.old_log_prob.exp()[1]
    assert torch.isclose(data.weight[:2].sum(), torch.ones((), dtype=torch.float64))
    assert torch.isclose(data.weight[2:].sum(), go)
    assert abs(data.weight[:2] @ data.advantage[:2]) < 1e-12
    assert abs(data.weight[2:] @ data.advantage[2:]) < 1e-12


def test_data_of_the_past_carries_no_graph():
    data = careful_cliff_data(OLD.clone().requires_grad_())
    rows = (data.old_log_prob, data.weight, data.advantage, data.weighted_advantage)
    assert not any(row.requires_grad for row in rows)


def test_the_slope_of_the_rows_is_that_of_the_truth_at_the_old_policy():
    theta = OLD.clone().requires_grad_()
    data = careful_cliff_data(OLD)
    loss = surrogate_loss(careful_cliff_log_prob(theta), data.old_log_prob, data.weighted_advantage)
    (promised,) = torch.autograd.grad(-loss, theta)
    (true,) = torch.autograd.grad(objective(cliff_mdp(), careful_cliff_logits(theta)), theta)
    assert torch.allclose(promised, true, rtol=0, atol=1e-12)


def test_another_number_of_parameters_is_refused():
    with pytest.raises(ValueError, match="theta"):
        careful_cliff_logits(torch.zeros(3, dtype=torch.float64))


@pytest.mark.parametrize("clip_epsilon", [None, 0.2])
@pytest.mark.parametrize("theta", [OLD, NEW, OLD + 0.3])
def test_a_step_of_the_ascent_is_one_along_the_gradient_that_autograd_finds(clip_epsilon, theta):
    data, point = careful_cliff_data(OLD), theta.clone().requires_grad_()
    samples = (careful_cliff_log_prob(point), data.old_log_prob, data.weighted_advantage)
    if clip_epsilon is None:
        loss = surrogate_loss(*samples)
    else:
        loss = clipped_surrogate_loss(*samples, clip_epsilon)
    loss.backward()
    path = ascend(data, 1, theta, clip_epsilon, step_size=0.5)
    assert torch.equal(path[0], theta)
    assert torch.allclose(path[1] - theta, -0.5 * point.grad, rtol=0, atol=1e-12)


def test_without_the_pull_of_stay_the_clip_stops_go_at_the_edge():
    data = careful_cliff_data(torch.zeros(2, dtype=torch.float64))
    without = replace(data, advantage=data.advantage * torch.tensor([0.0, 1, 1, 1]))
    ends = [
        (careful_cliff_log_prob(ascend(d, 3000, torch.zeros(2), 0.2, 0.2)[-1]) - d.old_log_prob)
        .exp()[1]
        .item()
        for d in (data, without)
    ]
    assert ends == pytest.approx([2.48, 1.2], abs=0.01)
