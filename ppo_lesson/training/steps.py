"""One gradient step, and what training refuses: no gradient, one not finite, another device."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class NotFiniteError(FloatingPointError):
    """What training is fed with, or a gradient, is not finite: it ends training, in order."""


def gradient_step(optimizer: torch.optim.Optimizer, loss: Tensor, max_norm: float) -> float:
    """Differentiate the loss, shorten the gradient where it is too long, and step.

    Args:
        optimizer: of all parameters; their old gradients are forgotten.
        loss: () what to minimise.
        max_norm: longest gradient, over all parameters together; inf shortens none.

    Returns:
        The norm of the gradient, before it was shortened.

    Raises:
        NotFiniteError: the gradient is not finite; the parameters are as they were.
        ValueError: the loss has no gradient.
    """
    check_gradient(loss=loss)
    parameters = [entry for group in optimizer.param_groups for entry in group["params"]]
    for entry in parameters:  # zero_grad does this and calls a profiler: 3 % of a training
        entry.grad = None
    loss.backward()
    gradients = [entry.grad for entry in parameters if entry.grad is not None]
    total = nn.utils.get_total_norm(gradients)
    norm = total.item()
    if not math.isfinite(norm):
        raise NotFiniteError(f"the gradient's norm is {norm}")
    if norm > max_norm:
        nn.utils.clip_grads_with_norm_(parameters, max_norm, total)
    optimizer.step()
    return norm


def check_gradient(**losses: Tensor) -> None:
    """Check, where gradients are recorded, that there is one to minimise a loss by.

    Raises:
        ValueError: a loss has no gradient, as it was detached; the message names the argument.
    """
    for name, loss in losses.items():
        if torch.is_grad_enabled() and not loss.requires_grad:
            raise ValueError(f"{name}: expected a loss with a gradient, got a constant (detached?)")


def check_default_device() -> None:
    """Check that torch makes new tensors on the processor, where all random numbers are drawn.

    Raises:
        ValueError: it makes them elsewhere, so that tensors of two devices would meet.
    """
    device = torch.get_default_device()
    if device.type != "cpu":
        raise ValueError(
            f"torch.set_default_device: expected 'cpu', where the lessons train, got '{device}'"
        )


def check_finite(**columns: Tensor) -> None:
    """Check what training is fed with.

    Raises:
        NotFiniteError: an entry is infinite or NaN; the message names the argument.
    """
    for name, column in columns.items():
        if not torch.isfinite(column).all():
            raise NotFiniteError(f"{name} is not finite")
