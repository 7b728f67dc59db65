"""Argument checks that name the argument, the shape that was expected and the shape that came.

A shape is written as letters with spaces between: ``"N"``, ``"T N"``, ``"N K"``; ``""`` is a
scalar. The first tensor that carries a letter fixes its size and every later one must agree. That
is the point: ``(N,)`` against ``(N, 1)`` broadcasts without a word to ``(N, N)``, the commonest bug
of this field.
"""

from __future__ import annotations

import math
import operator
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor

Sizes = dict[str, int]


def check_floats(shape: str, sizes: Sizes | None = None, /, **tensors: Tensor) -> Sizes:
    """Check that every tensor is floating point, not empty and of the given shape.

    Args:
        shape: letters with spaces between, as in ``"T N"``.
        sizes: sizes that earlier checks of the same call have fixed.
        tensors: the arguments, by name.

    Returns:
        The size of every letter, for further checks.

    Raises:
        TypeError: an argument is no tensor.
        ValueError: dtype, size or shape is wrong; the message names the argument.
    """
    return _check(shape, sizes, tensors, torch.is_floating_point, "floating point numbers")


def check_integers(shape: str, sizes: Sizes | None = None, /, **tensors: Tensor) -> Sizes:
    """Check that every tensor holds integers (indices) and is of the given shape.

    Args:
        shape: letters with spaces between, as in ``"T N"``.
        sizes: sizes that earlier checks of the same call have fixed.
        tensors: the arguments, by name.

    Returns:
        The size of every letter, for further checks.

    Raises:
        TypeError: an argument is no tensor.
        ValueError: dtype, size or shape is wrong; the message names the argument.
    """
    return _check(shape, sizes, tensors, _is_integer, "integers")


def check_bools(shape: str, sizes: Sizes | None = None, /, **tensors: Tensor) -> Sizes:
    """Check that every tensor holds booleans and is of the given shape.

    Args:
        shape: letters with spaces between, as in ``"T N"``.
        sizes: sizes that earlier checks of the same call have fixed.
        tensors: the arguments, by name.

    Returns:
        The size of every letter, for further checks.

    Raises:
        TypeError: an argument is no tensor.
        ValueError: dtype, size or shape is wrong; the message names the argument.
    """
    return _check(shape, sizes, tensors, lambda tensor: tensor.dtype == torch.bool, "booleans")


def check_between(
    low: float, high: float, /, *, open_low: bool = False, open_high: bool = False, **numbers: float
) -> None:
    """Check that every number lies in the interval; its ends belong to it unless declared open.

    Raises:
        ValueError: a number (NaN too) lies outside, or is none; the message names the argument.
    """
    for name, number in numbers.items():
        inside = (
            _is_number(number)
            and (low < number if open_low else low <= number)
            and (number < high if open_high else number <= high)
        )
        if not inside:
            interval = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"
            raise ValueError(f"{name}: expected a number in {interval}, got {number!r}")


def check_positive(**numbers: float) -> None:
    """Check that every number is greater than zero and finite.

    Raises:
        ValueError: a number is not; the message names the argument.
    """
    check_between(0.0, math.inf, open_low=True, open_high=True, **numbers)


def check_count(name: str, count: Any, low: int = 1, high: int = 2**63 - 1) -> int:
    """Check that a count, a size or a number of steps is a whole number from `low` to `high`.

    Args:
        name: of the argument.
        count: an integer of Python, NumPy or torch (a tensor of shape ()); a bool is none.
        low: the smallest that makes sense.
        high: the largest; by default what 64 bits hold.

    Returns:
        The count as Python's int, which every library takes.

    Raises:
        ValueError: it is none or out of range; the message names the argument and what came.
    """
    number = _whole(count)
    if number is None:
        raise ValueError(f"{name}: expected a whole number, got {count!r}")
    if number < low:
        raise ValueError(f"{name}: expected {low} or more, got {number}")
    if number > high:
        raise ValueError(f"{name}: expected {high} or less, got {number}")
    return number


def check_seed(seed: Any) -> int:
    """Check that a seed is a whole number, 0 or more and below 2^63; else as `check_count`."""
    return check_count("seed", seed, 0)


def check_indices(size: int, **tensors: Tensor) -> None:
    """Check that every entry is an index into an axis of the given size, 0 to size - 1.

    Raises:
        ValueError: an entry is not; the message names the argument and the extremes that came.
    """
    for name, tensor in tensors.items():
        low, high = (int(end) for end in tensor.aminmax())
        if low < 0 or high >= size:
            raise ValueError(f"{name}: expected indices from 0 to {size - 1}, got {low} to {high}")


def time_shape(reward: Tensor) -> str:
    """Tell whether a time series is of one environment, ``"T"``, or of many, ``"T N"``."""
    return "T N" if isinstance(reward, Tensor) and reward.ndim == 2 else "T"


def _is_number(number: Any) -> bool:
    if isinstance(number, Tensor):
        return number.ndim == 0 and not (number.is_complex() or number.dtype == torch.bool)
    return isinstance(number, Real) and not isinstance(number, bool)


def _whole(count: Any) -> int | None:
    """Return an integer as Python's, None where it is something else."""
    if isinstance(count, Tensor):
        return int(count) if count.ndim == 0 and _is_integer(count) else None
    return int(count) if isinstance(count, Integral) and not isinstance(count, bool) else None


def _is_integer(tensor: Tensor) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool)


def _check(shape, sizes, tensors, is_kind, kind) -> Sizes:
    letters = shape.split()
    sizes = {} if sizes is None else sizes
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{name}: expected a tensor, got {type(tensor).__name__}")
        if not is_kind(tensor):
            raise ValueError(f"{name}: expected {kind}, got {tensor.dtype}")
        came = tuple(tensor.shape)
        if len(came) != len(letters) or any(map(operator.ne, map(sizes.get, letters, came), came)):
            raise ValueError(f"{name}: expected shape {_text(letters, sizes)}, got {came}")
        if 0 in came:
            raise ValueError(f"{name}: expected at least one entry, got an empty {came} tensor")
        sizes.update(zip(letters, came, strict=True))
    return sizes


def _text(letters: list[str], sizes: Sizes) -> str:
    """Write a shape as a learner reads it: ``(T, N) = (5, 2)``, with what is fixed so far."""
    inner = ", ".join(letters) + ("," if len(letters) == 1 else "")
    if not any(letter in sizes for letter in letters):
        return f"({inner})"
    known = ", ".join(str(sizes.get(letter, letter)) for letter in letters)
    return f"({inner}) = ({known}{',' if len(letters) == 1 else ''})"
