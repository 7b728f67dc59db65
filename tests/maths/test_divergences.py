from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor
from torch.distributions import Categorical, kl_divergence

from ppo_lesson.maths.divergences import (
    BETA_LIMITS,
    adaptive_beta,
    kl_estimates,
    kl_k1,
    kl_k2,
    kl_k3,
    kl_p_q,
)
from ppo_lesson.maths.gradients import finite_difference_gradient

few = settings(max_examples=25)
pairs_of_logits = st.integers(1, 5).flatmap(
    lambda k: st.tuples(*[st.lists(st.floats(-5, 5), min_size=k, max_size=k)] * 2)
)


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def mean_under_old(
    estimator: Callable[[Tensor, Tensor], Tensor], log_prob: Tensor, old_log_prob: Tensor
) -> Tensor:
    """Sum over all actions what the estimator says of a sample of one, times its probability."""
    singles = [estimator(log_prob[[a]], old_log_prob[[a]]) for a in range(len(log_prob))]
    return old_log_prob.exp() @ torch.stack(singles)


@given(pairs_of_logits)
@few
def test_the_exact_divergence_is_torch_distributions(pair: tuple[list[float], list[float]]) -> None:
    p, q = row(*pair[0]), row(*pair[1])
    expected = kl_divergence(Categorical(logits=p), Categorical(logits=q))
    assert_equal(kl_p_q(p.unsqueeze(0), q.unsqueeze(0))[0], expected, 1e-10)


@given(pairs_of_logits)
@few
def test_k1_and_k3_have_the_exact_divergence_as_their_mean_and_k3_is_never_negative(
    pair: tuple[list[float], list[float]],
) -> None:
    new, old = (torch.log_softmax(row(*numbers), 0) for numbers in pair)
    exact = kl_p_q(old.unsqueeze(0), new.unsqueeze(0))[0]
    assert_equal(mean_under_old(kl_k1, new, old), exact, 1e-10)
    assert_equal(mean_under_old(kl_k3, new, old), exact, 1e-10)
    for action in range(len(new)):
        assert kl_k3(new[[action]], old[[action]]) >= 0


OLD, NEW = row(0.7, 0.2, 0.1).log(), row(0.2, 0.3, 0.5).log()


def test_the_direction_is_old_to_new() -> None:
    forward, backward = (
        kl_p_q(p.unsqueeze(0), q.unsqueeze(0))[0] for p, q in [(OLD, NEW), (NEW, OLD)]
    )
    assert abs(forward - backward) > 0.04
    for estimator in (kl_k1, kl_k3):
        assert_equal(mean_under_old(estimator, NEW, OLD), forward)
    by_hand = 0.7 * math.log(3.5) + 0.2 * math.log(2 / 3) + 0.1 * math.log(0.2)
    assert_equal(forward, row(by_hand)[0])


def test_k2_is_biased_far_away_and_right_to_second_order_nearby() -> None:
    exact = kl_p_q(OLD.unsqueeze(0), NEW.unsqueeze(0))[0]
    assert abs(mean_under_old(kl_k2, NEW, OLD) - exact) > 0.05
    errors = []
    for step in (1e-2, 1e-3):
        near = torch.log_softmax(OLD + step * row(1.0, -1.0, 0.5), 0)
        exact = kl_p_q(OLD.unsqueeze(0), near.unsqueeze(0))[0]
        errors.append(float((mean_under_old(kl_k2, near, OLD) - exact).abs()))
    assert errors[0] / errors[1] == pytest.approx(1000, rel=0.05)  # an error of third order


def test_k3_varies_less_than_k1_nearby() -> None:
    near = torch.log_softmax(OLD + 0.1 * row(1.0, -1.0, 0.5), 0)
    exact = kl_p_q(OLD.unsqueeze(0), near.unsqueeze(0))[0]
    variance = [
        float(mean_under_old(lambda a, b, k=k: (k(a, b) - exact) ** 2, near, OLD))
        for k in (kl_k1, kl_k3)
    ]
    assert variance[1] < 0.02 * variance[0]


def test_the_estimates_are_means_over_the_sample() -> None:
    log_ratio = NEW - OLD
    assert_equal(kl_k1(NEW, OLD), -log_ratio.sum() / 3)
    assert_equal(kl_k2(NEW, OLD), (log_ratio**2).sum() / 6)
    assert_equal(kl_k3(NEW, OLD), (log_ratio.exp() - 1 - log_ratio).sum() / 3)
    three = torch.stack([-log_ratio, log_ratio**2 / 2, log_ratio.exp() - 1 - log_ratio])
    assert_equal(kl_estimates(NEW, OLD), three.mean(1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e-3, -1e-3, 1e-4])
def test_k3_keeps_its_digits_where_the_ratio_is_nearly_one(size: float, dtype: torch.dtype) -> None:
    log_prob = torch.tensor([size], dtype=dtype)
    result = kl_k3(log_prob, torch.zeros(1, dtype=dtype))
    with localcontext() as context:
        context.prec = 50
        x = Decimal(log_prob.item())
        exact = float(x.exp() - 1 - x)
    # k3 is about x^2 / 2, and expm1(x) of size x is rounded: a share of eps / x at most. exp(x) - 1
    # in its place is rounded at size 1, a share of eps / x^2: in float32 5 % and 230 % here.
    assert result.item() == pytest.approx(exact, rel=2 * torch.finfo(dtype).eps / abs(size))


@pytest.mark.parametrize("estimator", [kl_k1, kl_k2, kl_k3])
def test_the_gradient_flows_through_the_current_policy_only(
    estimator: Callable[[Tensor, Tensor], Tensor],
) -> None:
    log_prob, old_log_prob = NEW.clone().requires_grad_(), OLD.clone().requires_grad_()
    estimator(log_prob, old_log_prob).backward()
    assert old_log_prob.grad is None
    numeric = finite_difference_gradient(lambda x: estimator(x, OLD), NEW)
    assert log_prob.grad is not None
    assert_equal(log_prob.grad, numeric, 1e-8)


@pytest.mark.parametrize("estimator", [kl_k1, kl_k2, kl_k3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_value_and_gradient_are_finite_for_absurd_log_ratios(
    estimator: Callable[[Tensor, Tensor], Tensor], dtype: torch.dtype
) -> None:
    log_prob = torch.tensor([1e4, -1e4, 90.0], dtype=dtype, requires_grad=True)
    estimate = estimator(log_prob, torch.zeros(3, dtype=dtype))
    (gradient,) = torch.autograd.grad(estimate, log_prob)
    assert estimate.isfinite()
    assert gradient.isfinite().all()


def test_descending_k3_never_pushes_the_policies_apart() -> None:
    # The loss must not fall as a ratio above 1 grows, nor as one below 1 shrinks; beyond +-20 too.
    log_prob = row(-1e3, -30.0, -21.0, -3.0, 3.0, 19.0, 21.0, 30.0, 1e3).requires_grad_()
    (gradient,) = torch.autograd.grad(kl_k3(log_prob, torch.zeros_like(log_prob)), log_prob)
    assert (gradient * log_prob.sign() >= 0).all()


def test_an_action_that_only_p_forbids_adds_nothing_and_one_that_q_forbids_is_infinite() -> None:
    p, q = row(0.0, 1.0, -math.inf).reshape(1, 3), row(1.0, 1.0, 1.0).reshape(1, 3)
    p.requires_grad_()
    divergence = kl_p_q(p, q)
    half = torch.softmax(row(0.0, 1.0), 0)
    assert_equal(divergence.detach()[0], (half * (half.log() + math.log(3))).sum())
    (gradient,) = torch.autograd.grad(divergence.sum(), p)
    assert gradient.isfinite().all()
    assert kl_p_q(q, p.detach()).tolist() == [math.inf]
    assert_equal(kl_p_q(p.detach(), p.detach()), row(0.0))


@pytest.mark.parametrize(
    ("kl", "expected"),
    [(0.0, 1.0), (0.0066, 1.0), (0.0067, 2.0), (0.01, 2.0), (0.0149, 2.0), (0.0151, 4.0)],
)
def test_beta_follows_the_divergence_with_a_dead_zone(kl: float, expected: float) -> None:
    assert adaptive_beta(2.0, kl, 0.01) == expected


def test_an_estimate_below_zero_makes_moving_cheaper() -> None:
    assert adaptive_beta(2.0, -0.01, 0.01) == 1.0  # k1 can be negative


@pytest.mark.parametrize("name", ["beta", "kl", "target_kl"])
def test_adaptive_beta_names_a_bad_number(name: str) -> None:
    arguments = {"beta": 1.0, "kl": 0.01, "target_kl": 0.01, name: math.nan}
    with pytest.raises(ValueError, match=f"^{name}: expected a number in .*, got nan"):
        adaptive_beta(**arguments)
    if name != "kl":
        with pytest.raises(ValueError, match=rf"^{name}: expected a number in .*, got 0\.0"):
            adaptive_beta(**{**arguments, name: 0.0})


@pytest.mark.parametrize("kl", [0.0, 1.0])
def test_the_price_can_be_halved_and_doubled_for_ever(kl: float) -> None:
    beta = 1.0
    for _ in range(1200):
        beta = adaptive_beta(beta, kl, 0.01)
    assert beta == BETA_LIMITS[int(kl)]
    assert adaptive_beta(beta, 1.0 - kl, 0.01) == beta * (2.0 if kl == 0 else 0.5)
