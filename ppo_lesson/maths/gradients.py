"""Gradients as flat vectors: by central differences, by autograd, and how well two agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_floats, check_positive


def finite_difference_gradient(
    function: Callable[[Tensor], Tensor | float], theta: Tensor, step: float = 1e-5
) -> Tensor:
    """Differentiate a function by central differences, one entry of theta at a time.

    g_k = (f(theta + h e_k) - f(theta - h e_k)) / 2h, with an error of O(h^2)

    Args:
        function: takes a tensor like theta, returns a number or a tensor of shape ().
        theta: any shape, the point; left unchanged. Use float64: the error also holds a term of
            about 1e-16 |f| / h, which for h = 1e-5 is 1e-11.
        step: h, above 0, in units of theta.

    Returns:
        Like theta, the gradient.

    Raises:
        ValueError: theta is empty or holds no floating point numbers, or step is not positive.

    Source: Nocedal and Wright (2006), Numerical optimization, eq. 8.7.
    """
    check_floats(" ".join(f"d{axis}" for axis in range(theta.ndim)), theta=theta)
    check_positive(step=step)
    gradient = torch.empty_like(theta, memory_format=torch.contiguous_format)
    with torch.no_grad():
        for index in range(theta.numel()):
            shift = torch.zeros_like(theta, memory_format=torch.contiguous_format)
            shift.view(-1)[index] = step
            difference = function(theta + shift) - function(theta - shift)
            gradient.view(-1)[index] = difference / (2 * step)
    return gradient


def flat_gradient(loss: Tensor, parameters: Iterable[Tensor]) -> Tensor:
    """Differentiate a loss with autograd and lay all partial derivatives in one row.

    Args:
        loss: () what to differentiate; its graph is kept.
        parameters: tensors of any shape that require a gradient.

    Returns:
        (P,) P is the number of entries of all parameters; 0 where the loss does not depend on one.

    Raises:
        ValueError: the loss is no scalar.
    """
    check_floats("", loss=loss)
    parameters = list(parameters)
    gradients = torch.autograd.grad(
        loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([gradient.reshape(-1) for gradient in gradients])


def cosine(gradient: Tensor, other: Tensor) -> Tensor:
    """Measure the cosine of the angle between two gradients.

    g . h / (|g| |h|)

    Args:
        gradient: (P,) not all zero.
        other: (P,) not all zero.

    Returns:
        () 1 where they point the same way, 0 at a right angle, -1 where they are opposed.

    Raises:
        ValueError: shapes differ, are not (P,), or a gradient is zero and has no direction.
    """
    check_floats("P", gradient=gradient, other=other)
    for name, vector in {"gradient": gradient, "other": other}.items():
        if not torch.any(vector):
            raise ValueError(f"{name}: all entries are zero, so it has no direction")
    return gradient @ other / (gradient.norm() * other.norm())
