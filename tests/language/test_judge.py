"""The exact scores of a policy: identities that hold for every policy, to rounding."""

from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.language.judge import Judge
from ppo_lesson.language.model import LanguageModel, RewardModel
from ppo_lesson.maths import regularised_objective

BETA = 0.3


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(LanguageModel(seed=0), RewardModel(seed=1), BETA)


def objective(judge: Judge, log_prob: torch.Tensor, reward: torch.Tensor) -> torch.Tensor:
    rows = zip(log_prob, judge.ref_log_prob, reward, strict=True)
    return torch.stack([regularised_objective(*row, BETA) for row in rows]).mean()


def test_the_optimum_is_a_distribution_with_one_return_for_every_response(judge):
    for optimum, reward in ((judge.optimum, judge.proxy), (judge.true_optimum, judge.true)):
        torch.testing.assert_close(optimum.exp().sum(-1), torch.ones(3, dtype=torch.float64))
        returns = reward - BETA * (optimum - judge.ref_log_prob)
        torch.testing.assert_close(returns, returns[:, :1].expand_as(returns))


def test_the_gap_closed_is_that_of_the_objective(judge):
    policy = judge.log_prob(LanguageModel(seed=2))
    worth = judge.measure(policy)
    for closed, optimum, reward in (
        (worth.gap_closed, judge.optimum, judge.proxy),
        (worth.true_gap_closed, judge.true_optimum, judge.true),
    ):
        start, now, best = (
            objective(judge, x, reward).item() for x in (judge.ref_log_prob, policy, optimum)
        )
        assert closed == pytest.approx((now - start) / (best - start), abs=1e-9)


def test_the_reference_closes_nothing_and_the_optimum_all(judge):
    reference, optimum = judge.measure(judge.ref_log_prob), judge.measure(judge.optimum)
    assert (reference.gap_closed, reference.kl_to_ref) == (0, 0)
    assert optimum.gap_closed == pytest.approx(1, abs=1e-12)
    assert judge.measure(judge.true_optimum).true_gap_closed == pytest.approx(1, abs=1e-12)


def test_what_a_policy_is_worth_are_expectations_over_all_responses(judge):
    policy = judge.log_prob(LanguageModel(seed=2))
    worth, prob = judge.measure(policy), policy.exp()
    assert worth.true == pytest.approx((prob * judge.true).sum().item() / 3)
    assert worth.proxy == pytest.approx((prob * judge.proxy).sum().item() / 3)
    price = (objective(judge, policy, judge.true).item() - worth.true) / -BETA
    assert worth.kl_to_ref == pytest.approx(price)


def test_proxy_and_true_reward_start_at_the_same_level(judge):
    prob = judge.ref_log_prob.exp()
    torch.testing.assert_close((prob * judge.proxy).sum(-1), (prob * judge.true).sum(-1))


def test_the_score_of_drawn_responses_is_the_proxy_that_stands_in_the_table(judge):
    prompt, token = torch.arange(3).repeat(20), judge.every.token[::269]
    with torch.no_grad():
        drawn = judge.score(prompt, token)
    listed = judge.proxy[prompt, torch.arange(0, 16_105, 269)]
    torch.testing.assert_close(drawn, listed.float())


def test_what_a_sampler_never_draws_costs_nothing(judge):
    worth = judge.measure(judge.log_prob(LanguageModel(seed=2), top_k=2))
    assert torch.isfinite(torch.tensor(list(vars(worth).values()))).all()


@pytest.mark.parametrize("beta", [0.02, 0.01, 0.001])
def test_a_low_price_leaves_the_optimum_finite(beta: float):
    judge = Judge(LanguageModel(seed=0), RewardModel(seed=1), beta)
    assert judge.optimum.isfinite().all()
    assert judge.true_optimum.isfinite().all()
    reference, optimum = judge.measure(judge.ref_log_prob), judge.measure(judge.true_optimum)
    assert all(math.isfinite(number) for number in vars(reference).values())
    assert (reference.gap_closed, reference.true_gap_closed) == (0, 0)
    assert optimum.true_gap_closed == pytest.approx(1, abs=1e-12)


def test_where_there_is_no_gap_no_share_of_it_is_closed():
    judge = Judge(LanguageModel(seed=0), RewardModel(seed=1), 1e12)
    assert math.isnan(judge.measure(judge.log_prob(LanguageModel(seed=2))).gap_closed)


@pytest.mark.parametrize("beta", [0.05, 2.0])
def test_the_optimum_the_other_way_has_one_slope_and_no_neighbour_is_better(judge, beta):
    log_prob = judge.optimum_other_way(judge.proxy, beta)
    torch.testing.assert_close(log_prob.exp().sum(-1), torch.ones(3, dtype=torch.float64))
    slope = judge.proxy + beta * (judge.ref_log_prob - log_prob).exp()
    torch.testing.assert_close(slope, slope[:, :1].expand_as(slope), rtol=1e-6, atol=1e-6)

    def objective(policy: torch.Tensor) -> torch.Tensor:
        price = judge.ref_log_prob.exp() * (judge.ref_log_prob - policy)
        return (policy.exp() * judge.proxy - beta * price).sum(-1)

    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        noise = 0.1 * torch.randn(log_prob.shape, generator=generator, dtype=torch.float64)
        assert (objective((log_prob + noise).log_softmax(-1)) < objective(log_prob)).all()


def test_a_price_of_nothing_is_refused_the_other_way_too(judge):
    with pytest.raises(ValueError, match="beta"):
        judge.optimum_other_way(judge.proxy, 0.0)
