from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from ppo_lesson.maths import action_log_prob, surrogate_loss
from ppo_lesson.maths.gradients import finite_difference_gradient
from ppo_lesson.maths.importance import (
    LOG_RATIO_LIMIT,
    effective_sample_size,
    gradient_share,
    importance_estimate,
    importance_weights,
    per_decision_log_weight,
    policy_ratio,
    self_normalised_estimate,
    truncated_estimate,
    unsupported,
)

few = settings(max_examples=25)
log_weights = st.lists(st.floats(-30, 30), min_size=1, max_size=8)


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


# A loaded die with three faces: the target, the proposal that is thrown, and what a face pays.
TARGET, PROPOSAL, VALUE = row(0.2, 0.3, 0.5), row(0.6, 0.3, 0.1), row(1.0, -2.0, 5.0)
WEIGHT = TARGET / PROPOSAL


def test_a_weight_is_target_over_proposal_and_zero_where_the_target_is_zero() -> None:
    assert_equal(importance_weights(TARGET.log(), PROPOSAL.log()), row(1 / 3, 1.0, 5.0))
    assert_equal(importance_weights(row(-math.inf, 0.0), row(-1.0, 0.0)), row(0.0, 1.0))
    # Log space: both densities are far below the smallest float64, their quotient is not.
    assert_equal(importance_weights(row(-1000.0), row(-1001.0)), row(math.e))
    # Densities of any two distributions are not clamped as the ratio of two policies is.
    assert_equal(importance_weights(row(-30.0), row(0.0)), row(math.exp(-30)), 1e-20)


def test_weights_have_mean_one_under_the_proposal() -> None:
    assert_equal(PROPOSAL @ importance_weights(TARGET.log(), PROPOSAL.log()), row(1.0)[0])


def test_the_estimate_is_unbiased_over_all_samples_of_size_two() -> None:
    expected = torch.zeros((), dtype=torch.float64)
    for pair in itertools.product(range(3), repeat=2):
        index = torch.tensor(pair)
        expected += PROPOSAL[index].prod() * importance_estimate(VALUE[index], WEIGHT[index])
    assert_equal(expected, TARGET @ VALUE)


def test_the_self_normalised_estimate_is_biased_and_less_so_with_more_samples() -> None:
    biases = []
    for size in (2, 4, 6):
        mean = 0.0
        for sample in itertools.product(range(3), repeat=size):
            index = torch.tensor(sample)
            estimate = self_normalised_estimate(VALUE[index], WEIGHT[index].log())
            mean += float(PROPOSAL[index].prod() * estimate)
        biases.append(abs(mean - float(TARGET @ VALUE)))
    assert biases[0] > biases[1] > biases[2] > 0.1


def test_the_variance_of_the_estimate_is_that_of_the_formula_over_n() -> None:
    # sigma^2 = sum_k q_k (w_k f_k)^2 - mu^2, and a mean of two has half of it.
    mean = TARGET @ VALUE
    second_moment = torch.zeros((), dtype=torch.float64)
    for pair in itertools.product(range(3), repeat=2):
        index = torch.tensor(pair)
        estimate = importance_estimate(VALUE[index], WEIGHT[index])
        second_moment += PROPOSAL[index].prod() * estimate**2
    variance = PROPOSAL @ (WEIGHT * VALUE) ** 2 - mean**2
    assert_equal(second_moment - mean**2, variance / 2)


def test_a_proposal_proportional_to_f_times_p_has_no_variance() -> None:
    value = row(1.0, 2.0, 3.0)
    mean = TARGET @ value
    best = TARGET * value / mean
    for face in range(3):
        one = torch.tensor([face])
        assert_equal(importance_estimate(value[one], (TARGET / best)[one]), mean)


def test_with_equal_weights_every_estimate_is_the_mean() -> None:
    assert_equal(importance_estimate(VALUE, torch.ones_like(VALUE)), VALUE.mean())
    assert_equal(self_normalised_estimate(VALUE, torch.zeros_like(VALUE)), VALUE.mean())


@given(log_weights, st.floats(-1e3, 1e3))
@few
def test_a_constant_added_to_all_log_weights_changes_nothing(
    logs: list[float], constant: float
) -> None:
    log_weight = row(*logs)
    value = torch.arange(len(log_weight), dtype=torch.float64)
    # A log weight of 1000 carries an error of 1e-13, and so does the weight.
    for formula in (effective_sample_size, lambda log: self_normalised_estimate(value, log)):
        assert_equal(formula(log_weight + constant), formula(log_weight), 1e-10)


@given(log_weights)
@few
def test_the_effective_sample_size_lies_between_one_and_n(logs: list[float]) -> None:
    log_weight = row(*logs)
    size = effective_sample_size(log_weight)
    assert 1 - 1e-12 <= size <= len(log_weight) + 1e-12
    weight = log_weight.exp()
    assert_equal(size, weight.sum() ** 2 / weight.square().sum(), 1e-10)


@given(log_weights)
@few
def test_the_self_normalised_estimate_lies_between_the_extremes(logs: list[float]) -> None:
    value = torch.arange(len(logs), dtype=torch.float64) - 2
    estimate = self_normalised_estimate(value, row(*logs))
    assert value.min() - 1e-12 <= estimate <= value.max() + 1e-12
    weight = row(*logs).exp()
    assert_equal(estimate, (weight * value).sum() / weight.sum(), 1e-10)


def test_the_effective_sample_size_counts_the_samples_that_matter() -> None:
    assert_equal(effective_sample_size(row(3.0, 3.0, 3.0)), row(3.0)[0])
    assert_equal(effective_sample_size(row(0.0, 0.0, -math.inf)), row(2.0)[0])
    assert_equal(effective_sample_size(row(900.0, 0.0, -900.0)), row(1.0)[0])
    assert_equal(effective_sample_size(WEIGHT.log()), row((19 / 3) ** 2 / (1 / 9 + 1 + 25))[0])


@pytest.mark.parametrize("limit", [0.2, 1.0, 2.5, 40.0])
def test_cutting_off_weights_costs_the_bias_and_leaves_the_variance_of_the_formula(
    limit: float,
) -> None:
    """All samples of two faces: mean and variance against sums over the faces."""
    mean = second_moment = torch.zeros((), dtype=torch.float64)
    for pair in itertools.product(range(3), repeat=2):
        index = torch.tensor(pair)
        chance = PROPOSAL[index].prod()
        estimate = truncated_estimate(VALUE[index], WEIGHT[index].log(), limit)
        mean, second_moment = mean + chance * estimate, second_moment + chance * estimate**2
    lost = torch.tensor([max(0.0, 1 - limit / float(w)) for w in WEIGHT], dtype=torch.float64)
    assert_equal(mean, TARGET @ VALUE - TARGET @ (lost * VALUE))
    one = torch.tensor([min(float(w), limit) for w in WEIGHT], dtype=torch.float64) * VALUE
    assert_equal(second_moment - mean**2, (PROPOSAL @ one**2 - (PROPOSAL @ one) ** 2) / 2)


def test_a_truncated_weight_is_the_limit_and_the_others_are_left_alone() -> None:
    assert_equal(truncated_estimate(VALUE, WEIGHT.log(), 5.5), importance_estimate(VALUE, WEIGHT))
    assert_equal(truncated_estimate(VALUE, WEIGHT.log(), 2.0), row(1 / 3 - 2 + 2 * 5)[0] / 3)
    # However large the weights are, or small; a weight of zero stays zero.
    far = row(900.0, -900.0, -math.inf)
    assert_equal(truncated_estimate(row(2.0, 5.0, 7.0), far, 3.0), row(2.0)[0])
    for limit in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"^limit: expected a number in"):
            truncated_estimate(VALUE, WEIGHT.log(), limit)


def test_weights_that_are_all_zero_raise() -> None:
    nothing = row(-math.inf, -math.inf)
    with pytest.raises(ValueError, match=r"^weight: all are zero"):
        importance_estimate(row(1.0, 2.0), row(0.0, 0.0))
    with pytest.raises(ValueError, match=r"^log_weight: all are -inf"):
        self_normalised_estimate(row(1.0, 2.0), nothing)
    with pytest.raises(ValueError, match=r"^log_weight: all are -inf"):
        effective_sample_size(nothing)


def test_only_outcomes_that_count_and_never_show_are_unsupported() -> None:
    target, proposal = row(0.5, 0.5, 0.0, 0.0), row(0.0, 0.0, 0.0, 1.0)
    value = row(2.0, 0.0, 3.0, 1.0)
    assert unsupported(target, proposal, value).tolist() == [True, False, False, False]
    # More proposal than target, or less, is no fault as long as there is some.
    assert not unsupported(TARGET, PROPOSAL, VALUE).any()


def test_the_weight_of_a_reward_multiplies_the_ratios_up_to_its_step() -> None:
    ratio = row(2.0, 0.5, 3.0)
    assert_equal(per_decision_log_weight(ratio.log()).exp(), row(2.0, 1.0, 3.0))


def test_per_decision_weights_estimate_the_return_without_bias() -> None:
    # Two steps, two actions; the reward of a step depends on all actions so far. All 4 paths.
    new, old = row(0.8, 0.2), row(0.3, 0.7)
    reward = row(1.0, -2.0, 3.0, 4.0).reshape(2, 2)
    truth = estimate = torch.zeros((), dtype=torch.float64)
    for a, b in itertools.product(range(2), repeat=2):
        rewards = torch.stack([reward[0, a], reward[a, b]])
        weight = per_decision_log_weight((new / old).log()[[a, b]]).exp()
        estimate = estimate + old[a] * old[b] * (weight @ rewards)
        truth = truth + new[a] * new[b] * rewards.sum()
    assert_equal(estimate, truth)


def test_the_ratio_is_current_over_old_and_only_the_current_one_has_a_gradient() -> None:
    log_prob, old_log_prob = PROPOSAL.log().requires_grad_(), TARGET.log().requires_grad_()
    ratio = policy_ratio(log_prob, old_log_prob)
    assert_equal(ratio.detach(), row(3.0, 1.0, 0.2))
    ratio.sum().backward()
    assert old_log_prob.grad is None
    numeric = finite_difference_gradient(
        lambda x: policy_ratio(x, old_log_prob).sum(), log_prob.detach()
    )
    assert log_prob.grad is not None
    assert_equal(log_prob.grad, numeric, 1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("log_ratio", [25.0, 1e4, math.inf])
def test_beyond_twenty_the_log_ratio_is_clamped_with_a_finite_gradient(
    log_ratio: float, dtype: torch.dtype
) -> None:
    log_prob = torch.tensor([log_ratio, -log_ratio], dtype=dtype, requires_grad=True)
    ratio = policy_ratio(log_prob, torch.zeros(2, dtype=dtype))
    limits = torch.tensor([LOG_RATIO_LIMIT, -LOG_RATIO_LIMIT], dtype=dtype).exp()
    torch.testing.assert_close(ratio.detach(), limits)
    (gradient,) = torch.autograd.grad(ratio.sum(), log_prob)
    assert gradient.tolist() == [0.0, 0.0]


def test_within_twenty_nothing_is_clamped() -> None:
    log_prob = row(19.9, -19.9).requires_grad_()
    ratio = policy_ratio(log_prob, row(0.0, 0.0))
    assert_equal(ratio.detach(), log_prob.detach().exp())
    (gradient,) = torch.autograd.grad(ratio.sum(), log_prob)
    assert_equal(gradient, log_prob.detach().exp())


def test_the_share_is_that_of_the_largest_pulls() -> None:
    ratio, advantage = row(1.0, 4.0, 0.5, 2.0), row(3.0, -1.5, 2.0, 5.0)
    prob = row(0.0, 0.0, 0.0, 1.0)  # |r (1 - pi) A| = 3, 6, 1, 0
    tops = (0.0, 0.25, 0.26, 0.5, 1.0)
    shares = [float(gradient_share(ratio, prob, advantage, top)) for top in tops]
    assert shares == pytest.approx([0.0, 0.6, 0.9, 0.9, 1.0])
    with pytest.raises(ValueError, match=r"^advantage: no sample pulls"):
        gradient_share(ratio, torch.ones(4, dtype=torch.float64), advantage, 0.5)
    for wrong in (-0.01, 1.01):
        with pytest.raises(ValueError, match=r"^prob: expected probabilities"):
            gradient_share(ratio, row(0.5, 0.5, 0.5, wrong), advantage, 0.5)


def test_the_share_is_that_of_the_surrogates_gradient_at_the_own_logits() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, old_logits = torch.randn(2, 20, 3, generator=generator, dtype=torch.float64)
    action = torch.randint(3, (20,), generator=generator)
    advantage = torch.randn(20, generator=generator, dtype=torch.float64)
    logits.requires_grad_()
    log_prob, old = (action_log_prob(table, action) for table in (logits, old_logits))
    (gradient,) = torch.autograd.grad(surrogate_loss(log_prob, old, advantage), logits)
    pull = gradient[torch.arange(20), action].abs()
    ratio = (log_prob - old).exp().detach()
    share = gradient_share(ratio, log_prob.exp().detach(), advantage, 0.15)
    torch.testing.assert_close(share, pull.topk(3).values.sum() / pull.sum())


@pytest.mark.parametrize("top", [0.01, 0.07, 0.29, 0.57, 1.0])
def test_equal_samples_share_equally(top: float) -> None:
    # 0.07 x 100, 0.29 x 100 and 0.57 x 100 are not whole numbers in floating point.
    ones = torch.ones(100, dtype=torch.float64)
    assert float(gradient_share(ones, ones / 2, -2 * ones, top)) == pytest.approx(top, abs=1e-12)
