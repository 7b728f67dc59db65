from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from ppo_lesson.maths.gradients import cosine, finite_difference_gradient, flat_gradient


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def cubes(theta: Tensor) -> Tensor:
    return (theta**3).sum()


def test_central_differences_are_exact_for_a_parabola() -> None:
    theta = row(1.0, -2.0, 0.5)
    # One-sided differences would be off by h here.
    gradient = finite_difference_gradient(lambda x: (x**2).sum(), theta, 0.1)
    torch.testing.assert_close(gradient, 2 * theta, rtol=0, atol=1e-12)


def test_the_error_of_central_differences_falls_with_the_square_of_the_step() -> None:
    # (x + h)^3 - (x - h)^3 = 2h (3x^2 + h^2): the error is h^2 in each entry.
    theta = row(1.0, -2.0)
    for step in (0.1, 0.01):
        error = finite_difference_gradient(cubes, theta, step) - 3 * theta**2
        torch.testing.assert_close(error, row(step**2, step**2), rtol=1e-6, atol=1e-11)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_central_differences_agree_with_autograd_in_any_shape(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    theta = torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True)
    function = lambda x: (x.sin() * x).sum().exp()  # noqa: E731
    (exact,) = torch.autograd.grad(function(theta), theta)
    gradient = finite_difference_gradient(function, theta)
    assert gradient.shape == shape
    assert not gradient.requires_grad
    torch.testing.assert_close(gradient, exact, rtol=1e-8, atol=1e-8)


def test_a_transposed_theta_is_differentiated_entry_by_entry() -> None:
    theta = torch.arange(6, dtype=torch.float64).reshape(2, 3).T
    torch.testing.assert_close(finite_difference_gradient(cubes, theta), 3 * theta**2)


def test_theta_is_left_unchanged_and_plain_numbers_are_accepted() -> None:
    theta = row(1.0, 2.0)
    seen = []

    def function(x: Tensor) -> float:
        assert x is not theta
        seen.append(x.tolist())
        return float(x.prod())

    gradient = finite_difference_gradient(function, theta, 0.5)
    assert theta.tolist() == [1.0, 2.0]
    assert seen == [[1.5, 2.0], [0.5, 2.0], [1.0, 2.5], [1.0, 1.5]]
    torch.testing.assert_close(gradient, row(2.0, 1.0))


def test_nan_shows_in_the_entries_that_it_touches() -> None:
    gradient = finite_difference_gradient(cubes, row(1.0, math.nan))
    assert gradient.isnan().tolist() == [True, True]
    only_first = finite_difference_gradient(lambda x: x[0], row(1.0, math.nan))
    assert not only_first.isnan().any()


def test_a_bad_point_or_step_raises_and_is_named() -> None:
    with pytest.raises(ValueError, match=r"^theta: expected at least one entry, got an empty"):
        finite_difference_gradient(cubes, row())
    with pytest.raises(ValueError, match=r"^theta: expected floating point numbers, got torch"):
        finite_difference_gradient(cubes, torch.tensor([1, 2]))
    for step in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match=rf"^step: expected a number in .*, got {step!r}"):
            finite_difference_gradient(cubes, row(1.0), step)


def test_the_flat_gradient_lies_in_the_order_of_the_parameters() -> None:
    a = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    unused = torch.ones(2, requires_grad=True)
    b = torch.tensor(5.0, requires_grad=True)
    loss = (a**2).sum() * b
    gradient = flat_gradient(loss, iter([a, unused, b]))
    assert gradient.tolist() == [10.0, 20.0, 30.0, 40.0, 0.0, 0.0, 30.0]
    assert torch.equal(gradient, flat_gradient(loss, [a, unused, b]))  # the graph was kept
    assert a.grad is None
    with pytest.raises(ValueError, match=r"^loss: expected shape \(\), got \(2,\)"):
        flat_gradient(unused * 2, [unused])


def test_the_cosine_tells_the_angle_and_not_the_length() -> None:
    right = row(2.0, 0.0)
    expected = {(5.0, 0.0): 1.0, (0.0, 1.0): 0.0, (-3.0, 0.0): -1.0, (1.0, 1.0): math.sqrt(0.5)}
    for other, result in expected.items():
        assert float(cosine(right, row(*other))) == pytest.approx(result, abs=1e-15)


@pytest.mark.parametrize("name", ["gradient", "other"])
def test_a_zero_gradient_has_no_angle(name: str) -> None:
    vectors = {"gradient": row(1.0, 2.0), "other": row(3.0, 4.0), name: row(0.0, 0.0)}
    with pytest.raises(ValueError, match=f"^{name}: all entries are zero"):
        cosine(**vectors)


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e30])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_cosine_of_any_length_is_right_and_never_beyond_one(
    size: float, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        gradient = torch.randn(33, dtype=dtype, generator=generator)
        other = torch.randn(33, dtype=dtype, generator=generator)
        same, opposed = cosine(size * gradient, gradient), cosine(size * gradient, -gradient)
        assert 1 - 1e-6 < same <= 1
        assert -1 <= opposed < -1 + 1e-6
        torch.testing.assert_close(cosine(size * gradient, other), cosine(gradient, other))
        assert torch.acos(same).isfinite()


@pytest.mark.parametrize(
    ("function", "came"),
    [
        (lambda x: x, r"shape \(2,\)"),
        (lambda x: x[:1], r"shape \(1,\)"),
        (lambda x: None, "NoneType"),
        (lambda x: "3", "str"),
    ],
)
def test_a_function_that_returns_anything_but_one_number_is_named(function, came: str) -> None:
    with pytest.raises(ValueError, match=f"^function: expected .* one number, got {came}$"):
        finite_difference_gradient(function, row(1.0, 2.0))


def test_a_loss_without_a_gradient_is_named() -> None:
    weight = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match=r"^loss: expected one with a gradient, got a constant"):
        flat_gradient(weight.detach().sum(), [weight])
