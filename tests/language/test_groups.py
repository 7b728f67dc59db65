"""Expectations over groups: against every group of two or three, written out."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.language.groups import (
    AGGREGATIONS,
    CONSTANT,
    by_kind,
    centred,
    expected_gradient,
    group_coefficient,
    kinds,
    leave_one_out,
    others,
    prompt_weight,
    silent_share,
)
from ppo_lesson.language.tables import response_log_prob, score_sum
from ppo_lesson.worlds import countdown

LOSSES = dict(
    zip(
        AGGREGATIONS,
        (
            maths.response_mean_loss,
            maths.token_mean_loss,
            lambda loss, mask: maths.fixed_length_loss(loss, mask, mask.shape[-1]),
        ),
        strict=True,
    )
)


def some_kinds() -> Tensor:
    """Draw probabilities of right and wrong responses of 1 to 3 tokens: (2, 3)."""
    drawn = torch.rand(2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return drawn / drawn.sum()


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@pytest.mark.parametrize("advantage", [centred, leave_one_out, maths.group_relative_advantage])
@pytest.mark.parametrize("group_size", [2, 3])
def test_the_factor_of_a_kind_is_the_mean_over_all_groups(aggregation, advantage, group_size):
    prob = some_kinds()
    found = group_coefficient(prob, group_size, advantage, aggregation)
    every = list(itertools.product(range(2), range(3)))
    for own in every:
        expected = 0.0
        for rest in itertools.product(every, repeat=group_size - 1):
            group = [own, *rest]
            chance = math.prod(prob[kind].item() for kind in rest)
            reward = torch.tensor([[float(right) for right, _ in group]], dtype=torch.float64)
            mask = torch.arange(3) < torch.tensor([[size + 1] for _, size in group])
            # The loss's own derivative by a token's log-probability is minus its weight.
            log_prob = torch.zeros(mask.shape, dtype=torch.float64, requires_grad=True)
            loss = LOSSES[aggregation](-advantage(reward).T * log_prob, mask)
            (gradient,) = torch.autograd.grad(loss, log_prob)
            expected += chance * -gradient[0, 0].item() * group_size
        assert found[own].item() == pytest.approx(expected, abs=1e-12)


def test_the_others_are_as_often_right_as_a_binomial_says():
    table = others(some_kinds(), 5)
    right = some_kinds()[1].sum().item()
    wanted = [math.comb(5, m) * right**m * (1 - right) ** (5 - m) for m in range(6)]
    assert table.sum(-1).tolist() == pytest.approx(wanted)
    mean = some_kinds().sum(0) @ torch.tensor([1.0, 2.0, 3.0]).double()
    tokens = torch.arange(table.shape[-1], dtype=torch.float64)
    assert (table.sum(0) @ tokens).item() == pytest.approx(5 * mean.item())


def test_the_expected_gradient_of_groups_is_that_of_the_reward_less_one_in_k():
    logits, right = countdown.reference(), countdown.right()
    prob = response_log_prob(logits).exp()
    each = [group_coefficient(row, 8, centred, CONSTANT) for row in kinds(prob, right)]
    found = score_sum(logits, prob * by_kind(torch.stack(each), right))
    wanted = score_sum(logits, prob * right) * (7 / 8) / countdown.MAX_LENGTH
    assert torch.allclose(found, wanted, atol=1e-12)


def test_a_prompt_weighs_as_groups_drawn_by_chance_say():
    generator = torch.Generator().manual_seed(0)
    reward = (torch.rand(200_000, 8, generator=generator) < 0.2).double()
    advantage = maths.group_relative_advantage(reward)
    drawn = advantage[reward == 1].mean() - advantage[reward == 0].mean()
    exact = prompt_weight(0.2, 8, maths.group_relative_advantage)
    assert exact == pytest.approx(drawn.item(), abs=0.02)
    assert prompt_weight(0.2, 8, centred) == pytest.approx(7 / 8)
    assert prompt_weight(0.2, 8, leave_one_out) == pytest.approx(1)


def test_silent_groups():
    assert silent_share(0.5, 2) == 0.5 and silent_share(1.0, 8) == 1.0


def test_an_unknown_aggregation_is_refused():
    with pytest.raises(ValueError, match="aggregation"):
        group_coefficient(some_kinds(), 2, centred, "median")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda prob, right: kinds(prob, 0.5 * right), r"^right: expected 0 or 1, got 0 to 0.5$"),
        (lambda prob, right: kinds(prob, -2 * right), r"^right: expected 0 or 1, got -2 to "),
        (lambda prob, right: kinds(prob, torch.nan * right), r"^right: expected 0 or 1, got nan"),
        (lambda prob, right: kinds(prob[:2], right), r"^right: expected shape"),
        (lambda prob, right: kinds(prob[:, :5], right), r"^prob: expected shape"),
        (lambda prob, right: by_kind(torch.ones(4, 2, 3), right), r"^coefficient: expected shape"),
        (lambda prob, right: centred(torch.ones(3)), r"^reward: expected shape \(G, K\)"),
        (lambda prob, right: centred(torch.ones(2, 3).long()), r"^reward: expected floating"),
        (
            lambda prob, right: leave_one_out(torch.ones(3, 1)),
            r"^K, the responses of a group: expected 2 or more, got 1$",
        ),
        (
            lambda prob, right: group_coefficient(torch.ones(2), 3, centred, CONSTANT),
            r"^kind_prob: expected shape",
        ),
        (
            lambda prob, right: group_coefficient(
                torch.ones(2, 3), 3, lambda reward: reward.mean(-1), CONSTANT
            ),
            r"^advantage: expected shape \(K, K\) = \(3, 3\), got \(3,\)$",
        ),
        (
            lambda prob, right: expected_gradient(
                countdown.reference(), countdown.true_reward(), 3, centred, CONSTANT
            ),
            r"^right: expected 0 or 1, got -1 to 1$",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_named(function, message: str):
    with pytest.raises(ValueError, match=message):
        function(response_log_prob(countdown.reference()).exp(), countdown.right())


def test_an_advantage_of_another_precision_will_do():
    exact = group_coefficient(some_kinds(), 3, centred, AGGREGATIONS[1])
    rough = group_coefficient(some_kinds(), 3, lambda r: centred(r).float(), AGGREGATIONS[1])
    assert torch.allclose(rough, exact, atol=1e-6)
