from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

from ppo_lesson.maths.gradients import finite_difference_gradient
from ppo_lesson.maths.preferences import (
    bradley_terry_loss,
    dpo_loss,
    implicit_reward,
    log_rlhf_optimum,
    regularised_objective,
    rlhf_optimum,
    shaped_reward,
)

BETA = 0.3
generator = torch.Generator().manual_seed(0)


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


CHOSEN, REJECTED, REF_CHOSEN, REF_REJECTED = draw(4, 5)
REF_PROB, REWARD = torch.softmax(draw(7), 0), draw(7)


def test_bradley_terry_is_the_cross_entropy_of_the_difference():
    logits = CHOSEN - REJECTED
    assert_equal(
        bradley_terry_loss(CHOSEN, REJECTED),
        binary_cross_entropy_with_logits(logits, torch.ones_like(logits)),
    )


def test_bradley_terry_does_not_see_a_constant_and_stays_finite():
    assert_equal(bradley_terry_loss(CHOSEN + 7, REJECTED + 7), bradley_terry_loss(CHOSEN, REJECTED))
    far = torch.tensor([1000.0, -1000.0], dtype=torch.float64)
    assert bradley_terry_loss(-far, far).item() == 1000  # (2000 + 0) / 2


def test_the_gradient_of_bradley_terry_is_the_probability_of_the_other_choice():
    chosen = CHOSEN.clone().requires_grad_()
    bradley_terry_loss(chosen, REJECTED).backward()
    assert_equal(chosen.grad, -torch.sigmoid(REJECTED - CHOSEN) / len(CHOSEN))


MASK = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0]], dtype=torch.bool)


def test_shaped_rewards_sum_to_the_score_minus_the_price_of_the_response():
    score, log_prob, ref_log_prob = draw(4), draw(4, 4), draw(4, 4)
    reward = shaped_reward(score, log_prob, ref_log_prob, MASK, BETA)
    log_ratio = ((log_prob - ref_log_prob) * MASK).sum(-1)
    assert_equal(reward.sum(-1), score - BETA * log_ratio)


def test_the_score_sits_on_the_last_real_token_and_padding_gets_nothing():
    log_prob, ref_log_prob = draw(4, 4), draw(4, 4)
    score = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    reward = shaped_reward(score, log_prob, ref_log_prob, MASK, BETA)
    rest = reward + BETA * (log_prob - ref_log_prob) * MASK
    expected = torch.zeros(4, 4, dtype=torch.float64)
    expected[[0, 1, 2, 3], [2, 0, 3, 2]] = score
    assert_equal(rest, expected)
    log_prob[~MASK] = math.inf  # what stands on padding does not matter
    again = shaped_reward(score, log_prob, ref_log_prob, MASK, BETA)
    assert_equal(again, reward)


def test_a_reward_carries_no_gradient():
    log_prob = draw(4, 4).requires_grad_()
    reward = shaped_reward(draw(4).requires_grad_(), log_prob, draw(4, 4), MASK, BETA)
    assert not reward.requires_grad


def regularised(prob: Tensor) -> Tensor:
    return regularised_objective(prob.log(), REF_PROB.log(), REWARD, BETA)


def test_the_objective_is_the_expected_reward_less_the_price_of_the_divergence():
    for _ in range(5):
        prob = torch.softmax(draw(7), 0)
        divergence = kl_divergence(Categorical(prob), Categorical(REF_PROB))
        assert_equal(regularised(prob), prob @ REWARD - BETA * divergence)


def test_what_is_never_said_costs_nothing_and_what_the_reference_never_says_costs_all():
    prob, ref_prob = torch.tensor([[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]], dtype=torch.float64)
    reward = torch.tensor([1.0, 2.0, 9.0], dtype=torch.float64)
    kept = regularised_objective(prob[:2].log(), ref_prob[:2].log(), reward[:2], 0.0)
    assert_equal(kept, torch.tensor(1.75, dtype=torch.float64))
    assert regularised_objective(prob.log(), ref_prob.log(), reward, BETA) == -math.inf
    silent = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    price = BETA * math.log(2)
    assert_equal(
        regularised_objective(silent.log(), ref_prob.log(), reward, BETA),
        torch.tensor(1 - price, dtype=torch.float64),
    )


def test_what_any_policy_lacks_to_the_optimum_is_beta_times_its_divergence_from_it():
    """J(pi*) - J(pi) = beta KL(pi || pi*), for every pi; so nothing is better than pi*."""
    best = rlhf_optimum(REF_PROB, REWARD, BETA)
    for _ in range(5):
        prob = torch.softmax(draw(7), 0)
        divergence = (prob * (prob.log() - best.log())).sum()
        assert_equal(regularised(best) - regularised(prob), BETA * divergence)


def test_the_optimum_is_worth_beta_log_z():
    log_z = torch.logsumexp(REF_PROB.log() + REWARD / BETA, 0)
    assert_equal(regularised(rlhf_optimum(REF_PROB, REWARD, BETA)), BETA * log_z)


def test_the_optimum_keeps_what_the_reference_cannot_say_at_zero():
    ref_prob = torch.tensor([0.5, 0.0, 0.5], dtype=torch.float64)
    best = rlhf_optimum(ref_prob, torch.tensor([0.0, 9.0, 1.0], dtype=torch.float64), 1.0)
    assert best[1] == 0
    assert_equal(best[2] / best[0], torch.tensor(math.e, dtype=torch.float64))


def test_the_implicit_reward_of_the_optimum_is_the_reward_up_to_a_constant():
    best = rlhf_optimum(REF_PROB, REWARD, BETA)
    lost = REWARD - implicit_reward(best.log(), REF_PROB.log(), BETA)
    assert_equal(lost, lost[:1].expand_as(lost), 1e-10)


def test_dpo_is_log_2_at_the_reference():
    loss = dpo_loss(CHOSEN, REJECTED, CHOSEN, REJECTED, BETA)
    assert_equal(loss, torch.tensor(math.log(2), dtype=torch.float64))


@pytest.mark.parametrize("beta", [0.1, 2.0])
def test_the_gradient_of_dpo_is_that_of_its_paper(beta: float):
    """Rafailov et al. (2023), the gradient below eq. 7: beta times the weight of the mistake."""
    chosen, rejected = CHOSEN.clone().requires_grad_(), REJECTED.clone().requires_grad_()
    dpo_loss(chosen, rejected, REF_CHOSEN, REF_REJECTED, beta).backward()
    difference = beta * ((REJECTED - REF_REJECTED) - (CHOSEN - REF_CHOSEN))
    weight = beta * torch.sigmoid(difference) / len(CHOSEN)
    assert_equal(chosen.grad, -weight)
    assert_equal(rejected.grad, weight)


def test_no_gradient_reaches_the_reference():
    ref = REF_CHOSEN.clone().requires_grad_()
    assert not dpo_loss(CHOSEN, REJECTED, ref, ref, BETA).requires_grad


def test_at_the_optimum_the_expected_dpo_loss_is_flat():
    """With every pair and its Bradley-Terry probability, exactly."""
    prob_of_choice = torch.sigmoid(REWARD.unsqueeze(1) - REWARD)  # [i, j]: i before j
    size = len(REWARD)
    i, j = torch.cartesian_prod(torch.arange(size), torch.arange(size)).T

    def expected_loss(log_prob: Tensor) -> Tensor:
        ref = REF_PROB.log()
        losses = torch.stack(
            [
                dpo_loss(log_prob[[a]], log_prob[[b]], ref[[a]], ref[[b]], BETA)
                for a, b in zip(i.tolist(), j.tolist(), strict=True)
            ]
        )
        return prob_of_choice.flatten() @ losses

    best = rlhf_optimum(REF_PROB, REWARD, BETA).log()
    assert finite_difference_gradient(expected_loss, best, 1e-5).abs().max() < 1e-8
    elsewhere = finite_difference_gradient(expected_loss, best + 0.1 * draw(size), 1e-5)
    assert elsewhere.abs().max() > 1e-2


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: bradley_terry_loss(CHOSEN, REJECTED[:3]), "rejected_reward: expected shape"),
        (lambda: rlhf_optimum(REWARD, REWARD, BETA), "ref_prob: expected a distribution"),
        (lambda: rlhf_optimum(REF_PROB, REWARD, 0.0), "beta: expected a number in"),
        (lambda: implicit_reward(CHOSEN, REJECTED, -1.0), "beta: expected a number in"),
        (
            lambda: shaped_reward(draw(4), draw(4, 4), draw(4, 4), MASK & False, BETA),
            "mask: expected a real token in every row",
        ),
        (lambda: shaped_reward(draw(4), draw(4, 4), draw(4, 4), MASK, -1), "beta: expected"),
    ],
)
def test_bad_input_is_named(call, says: str):
    with pytest.raises(ValueError, match=says):
        call()


@pytest.mark.parametrize("beta", [0.1, 0.01, 0.001])
def test_the_logarithm_of_the_optimum_stays_finite_at_any_price(beta: float) -> None:
    ref, reward = torch.softmax(torch.arange(5.0).double(), 0), torch.linspace(-3, 3, 5).double()
    found = log_rlhf_optimum(ref.log(), reward, beta)
    assert found.isfinite().all()
    torch.testing.assert_close(found.exp(), rlhf_optimum(ref, reward, beta))
    objective = regularised_objective(found, ref.log(), reward, beta)
    best = beta * torch.logsumexp(ref.log() + reward / beta, 0)
    torch.testing.assert_close(objective, best)
