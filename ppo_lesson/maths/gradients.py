"""Gradients as flat vectors: by central differences, by autograd, and how well two agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from numbers import Real

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
        ValueError: theta is empty or holds no floating point numbers, step is not positive, or
            function returns anything but one number.

    Source: Nocedal and Wright (2006), Numerical optimization, eq. 8.7.
    """
    check_floats(" ".join(f"d{axis}" for axis in range(theta.ndim)), theta=theta)
    check_positive(step=step)
    gradient = torch.empty_like(theta, memory_format=torch.contiguous_format)
    with torch.no_grad():
        for index in range(theta.numel()):
            shift = torch.zeros_like(theta, memory_format=torch.contiguous_format)
            shift.view(-1)[index] = step
            above, below = (_number(function(theta + sign * shift)) for sign in (1, -1))
            gradient.view(-1)[index] = (above - below) / (2 * step)
    return gradient


def _number(found: Tensor | float) -> Tensor | float:
    """Let one number pass, refuse what is none or many."""
    if isinstance(found, Tensor) and found.ndim == 0:
        return found
    if isinstance(found, Real):
        return found
    came = f"shape {tuple(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
    raise ValueError(f"function: expected it to return one number, got {came}")


def flat_gradient(loss: Tensor, parameters: Iterable[Tensor]) -> Tensor:
    """Differentiate a loss with autograd and lay all partial derivatives in one row.

    Args:
        loss: () what to differentiate; its graph is kept.
        parameters: tensors of any shape that require a gradient.

    Returns:
        (P,) P is the number of entries of all parameters; 0 where the loss does not depend on one.

    Raises:
        ValueError: the loss is no scalar, or has no gradient: nothing in it is differentiable.
    """
    check_floats("", loss=loss)
    if not loss.requires_grad:
        raise ValueError("loss: expected one with a gradient, got a constant (detached?)")
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
        () 1 where they point the same way, 0 at a right angle, -1 where they are opposed; never
        beyond these, and whatever the lengths.

    Raises:
        ValueError: shapes differ, are not (P,), or a gradient is zero and has no direction.
    """
    check_floats("P", gradient=gradient, other=other)
    for name, vector in {"gradient": gradient, "other": other}.items():
        if not torch.any(vector):
            raise ValueError(f"{name}: all entries are zero, so it has no direction")
    # The squares of 1e-30 and of 1e30 are beyond float32: lengths are taken out before.
    gradient, other = gradient / gradient.abs().max(), other / other.abs().max()
    return (gradient @ other / (gradient.norm() * other.norm())).clamp(-1, 1)
