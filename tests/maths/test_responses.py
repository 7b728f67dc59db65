"""Responses of different length, against loops over their tokens; every gradient as well."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from ppo_lesson.maths.importance import policy_ratio
from ppo_lesson.maths.responses import (
    fixed_length_loss,
    response_mean_loss,
    sequence_ratio,
    token_mean_loss,
    truncated_weight,
)

INF, NAN = math.inf, math.nan
few = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32)
lengths = st.lists(st.integers(1, 5), min_size=1, max_size=5)
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "response_mean_loss": response_mean_loss,
    "token_mean_loss": token_mean_loss,
    "fixed_length_loss": lambda token_loss, mask: fixed_length_loss(token_loss, mask, 8),
}
SPOILERS = [NAN, INF, -INF, 1e30]
every_loss = pytest.mark.parametrize("name", LOSSES)


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def masked(*sizes: int) -> Tensor:
    return torch.arange(max(sizes)) < torch.tensor(sizes).unsqueeze(-1)


def draw(seed: int, shape: torch.Size | tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(tuple(shape), generator=generator, dtype=torch.float64)


def assert_equal(actual: Tensor, expected: Tensor | float, tolerance: float = 1e-12) -> None:
    wanted = torch.as_tensor(expected, dtype=actual.dtype)
    torch.testing.assert_close(actual, wanted, rtol=tolerance, atol=tolerance)


def weights(loss: Callable[[Tensor, Tensor], Tensor], mask: Tensor) -> Tensor:
    """What each token counts for: the derivative of the loss by the token's own loss."""
    token_loss = torch.zeros(mask.shape, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(loss(token_loss, mask), token_loss)[0]


@given(lengths, seeds)
@few
def test_the_losses_are_the_sums_of_loops(sizes: list[int], seed: int) -> None:
    mask = masked(*sizes)
    token_loss = draw(seed, mask.shape)
    rows = [[token_loss[i, t].item() for t in range(size)] for i, size in enumerate(sizes)]
    each = [sum(one) / len(one) for one in rows]
    assert_equal(response_mean_loss(token_loss, mask), sum(each) / len(each))
    total = sum(sum(one) for one in rows)
    assert_equal(token_mean_loss(token_loss, mask), total / sum(sizes))
    assert_equal(fixed_length_loss(token_loss, mask, 7), total / (7 * len(sizes)))


def test_what_a_token_counts_for_is_the_weight_that_the_docstring_says() -> None:
    mask = masked(1, 3, 4)
    real = mask.double()
    own = real / (3 * torch.tensor([[1.0], [3.0], [4.0]], dtype=torch.float64))
    assert_equal(weights(response_mean_loss, mask), own)
    assert_equal(weights(token_mean_loss, mask), real / 8)
    assert_equal(weights(LOSSES["fixed_length_loss"], mask), real / (3 * 8))


@every_loss
def test_equal_lengths_make_no_difference_but_a_factor(name: str) -> None:
    mask = torch.ones(3, 4, dtype=torch.bool)
    token_loss = draw(1, mask.shape)
    factor = 4 / 8 if name == "fixed_length_loss" else 1
    assert_equal(LOSSES[name](token_loss, mask), factor * token_loss.mean())


@every_loss
@pytest.mark.parametrize("bad", SPOILERS)
def test_what_stands_on_padding_counts_for_nothing(name: str, bad: float) -> None:
    mask = torch.tensor([[1, 1, 0], [0, 1, 0], [1, 1, 1]], dtype=torch.bool)  # gaps as well
    clean = draw(2, mask.shape).masked_fill(~mask, 0.0)
    spoilt = clean.masked_fill(~mask, bad).requires_grad_()
    loss = LOSSES[name](spoilt, mask)
    assert_equal(loss.detach(), LOSSES[name](clean, mask))
    (gradient,) = torch.autograd.grad(loss, spoilt)
    assert_equal(gradient, weights(LOSSES[name], mask))
    assert (gradient[~mask] == 0).all()


@given(lengths, seeds)
@few
def test_the_sequence_ratio_is_the_root_of_the_product(sizes: list[int], seed: int) -> None:
    mask = masked(*sizes)
    new, old = draw(seed, (2, *mask.shape))
    products = [
        math.prod(math.exp(new[i, t].item() - old[i, t].item()) for t in range(size))
        for i, size in enumerate(sizes)
    ]
    roots = [product ** (1 / size) for product, size in zip(products, sizes, strict=True)]
    assert_equal(sequence_ratio(new, old, mask), row(*roots), 1e-10)


def test_of_responses_of_one_token_the_sequence_ratio_is_the_ratio() -> None:
    new, old = draw(3, (2, 5, 1))
    mask = torch.ones(5, 1, dtype=torch.bool)
    assert_equal(sequence_ratio(new, old, mask), policy_ratio(new[:, 0], old[:, 0]))


def test_the_gradient_of_the_sequence_ratio_is_shared_by_its_tokens() -> None:
    mask = masked(1, 3)
    new, old = draw(4, (2, *mask.shape))
    new.requires_grad_()
    ratio = sequence_ratio(new, old.requires_grad_(), mask)
    gradient, of_old = torch.autograd.grad(ratio.sum(), (new, old), allow_unused=True)
    assert of_old is None
    assert_equal(gradient, ratio.detach().unsqueeze(-1) * mask / row(1.0, 3.0).unsqueeze(-1))


@pytest.mark.parametrize("bad", SPOILERS)
def test_padding_does_not_move_the_sequence_ratio(bad: float) -> None:
    mask = masked(2, 3)
    new, old = draw(5, (2, *mask.shape))
    expected = sequence_ratio(new, old, mask)
    for spoilt, other in ((new, old), (old, new)):
        spoilt = spoilt.masked_fill(~mask, bad).requires_grad_()
        pair = (spoilt, other) if other is old else (other, spoilt)
        found = sequence_ratio(*pair, mask)
        assert_equal(found.detach(), expected)
        if other is old:
            assert torch.autograd.grad(found.sum(), spoilt)[0].isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_very_unlikely_responses_have_an_ordinary_sequence_ratio(dtype: torch.dtype) -> None:
    old = torch.full((2, 3), -800.0, dtype=dtype)
    new = old + torch.tensor([[0.5, 0.25, 0.75], [-1.0, 0.5, 99.0]], dtype=dtype)
    ratio = sequence_ratio(new, old, masked(3, 2))
    assert ratio.dtype == dtype
    assert_equal(ratio, torch.tensor([0.5, -0.25], dtype=dtype).exp(), 1e-5)


@pytest.mark.parametrize("distance", [-1000.0, 1000.0])
def test_a_sequence_ratio_is_clamped_as_every_ratio_is(distance: float) -> None:
    new = torch.zeros(1, 2, dtype=torch.float64)
    found = sequence_ratio(new, new - distance, masked(2))
    assert_equal(found, row(math.exp(math.copysign(20, distance))))


def test_what_both_forbid_tells_nothing_and_what_one_forbids_is_clamped() -> None:
    mask = masked(2, 2)
    new = torch.stack([row(-INF, -1.0), row(-INF, -1.0)]).requires_grad_()
    old = torch.stack([row(-INF, -2.0), row(-1.0, -2.0)])
    found = sequence_ratio(new, old, mask)
    assert_equal(found.detach(), row(math.exp(0.5), math.exp(-20)))
    (gradient,) = torch.autograd.grad(found.sum(), new)
    assert gradient.isfinite().all()


def test_a_response_without_tokens_has_no_mean_and_is_named() -> None:
    mask = masked(2, 2) & torch.tensor([[True], [False]])
    table = draw(6, mask.shape)
    message = "^mask: expected a real token in every row, got a row of padding$"
    for call in (
        lambda: response_mean_loss(table, mask),
        lambda: sequence_ratio(table, table, mask),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    # Where tokens are added up, it adds nothing; it is a response all the same.
    assert_equal(token_mean_loss(table, mask), table[0].mean())
    assert_equal(fixed_length_loss(table, mask, 2), table[0].mean() / 2)
    assert_equal(fixed_length_loss(table, mask & False, 2), 0.0)
    with pytest.raises(ValueError, match=r"^mask: expected a real token, got nothing but padding$"):
        token_mean_loss(table, mask & False)


@pytest.mark.parametrize("bad", [0, -1.0, INF, NAN])
def test_the_constant_and_the_cap_are_above_zero(bad: float) -> None:
    with pytest.raises(ValueError, match=r"^length: expected a number in"):
        fixed_length_loss(draw(7, (1, 2)), masked(2), bad)
    with pytest.raises(ValueError, match=r"^cap: expected a number in"):
        truncated_weight(row(-1.0), row(-2.0), bad)


@given(st.lists(st.tuples(st.floats(-9, 0), st.floats(-9, 0)), min_size=1), st.floats(0.1, 9))
@few
def test_a_truncated_weight_is_the_smaller_of_ratio_and_cap(
    pairs: list[tuple[float, float]], cap: float
) -> None:
    expected = [min(math.exp(p - q), cap) for p, q in pairs]
    found = truncated_weight(row(*(p for p, _ in pairs)), row(*(q for _, q in pairs)), cap)
    assert_equal(found, row(*expected), 1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_truncated_weights_are_finite_constants_however_far_the_policies_are(dtype) -> None:
    log_prob = torch.tensor([-800.5, -120.0, 0.0, -INF, -INF, -1.0], dtype=dtype)
    behaviour = torch.tensor([-800.0, -120.5, -800.0, -1.0, -INF, -INF], dtype=dtype)
    found = truncated_weight(log_prob.requires_grad_(), behaviour.requires_grad_(), 1.25)
    assert not found.requires_grad
    wanted = torch.tensor([math.exp(-0.5), 1.25, 1.25, 0.0, 1.0, 1.25], dtype=dtype)
    assert_equal(found, wanted, 1e-5)


def test_a_truncated_estimate_by_weights_loses_only_what_the_cap_cuts_off() -> None:
    """The mean over all outcomes of the behaviour: exact, and exactly the bias that is known."""
    p, q, f = row(0.5, 0.3, 0.2), row(0.1, 0.3, 0.6), row(1.0, -2.0, 3.0)
    weight = truncated_weight(p.log(), q.log(), 2.0)
    lost = (1 - 2.0 / (p / q)).clamp(min=0)
    assert_equal(q @ (weight * f), p @ f - p @ (lost * f))
