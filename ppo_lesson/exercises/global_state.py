"""What a function could change for everybody, read before it is called and put back after it."""

from __future__ import annotations

import os
import random
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from typing import Any

import numpy as np
import torch
from torch import _tensor_str

SET_BY_IMPORTS = ("the filters of warnings", "the environment variables", "the recursion limit")


class GlobalState:
    """What a function could change for everybody: random states, defaults, print options."""

    def __init__(self) -> None:
        """Take a snapshot."""
        self.num_modules = len(sys.modules)
        self.parts: dict[str, Any] = {name: _read(name) for name in _PARTS}

    def restore(self) -> list[str]:
        """Put back what has changed since, and name it.

        What a module sets up when it is first imported (torch imports parts of itself late) is
        left as it is.
        """
        changed = []
        by_imports = SET_BY_IMPORTS if len(sys.modules) > self.num_modules else ()
        for name, before in self.parts.items():
            if name not in by_imports and not _same(_read(name), before):
                changed.append(name)
                _put_back(name, before)
        return changed


class _Unreadable:
    """Stands for a state that cannot be read: the working folder after somebody removed it."""


def _read(name: str) -> Any:
    read, _ = _PARTS[name]
    try:
        return read()
    except Exception:  # whatever it is: what cannot be read is a state like any other
        return _Unreadable


def _put_back(name: str, before: Any) -> None:
    _, write = _PARTS[name]
    if before is not _Unreadable:
        with suppress(Exception):  # a folder that is gone cannot be gone back to
            write(before)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, tuple) and any(isinstance(part, np.ndarray) for part in one):  # NumPy's
        return all(_same(a, b) for a, b in zip(one, other, strict=True))
    return one is other or one == other


def _set_print_options(options: Any) -> None:
    vars(_tensor_str.PRINT_OPTS).update(vars(options))


def _set_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]


# What it is, in words for a learner: how to read it, how to put it back.
_PARTS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "torch's random state": (torch.get_rng_state, torch.set_rng_state),
    "NumPy's random state": (
        lambda: np.random.get_state(legacy=True),  # noqa: NPY002 - the global one is meant
        lambda state: np.random.set_state(state),  # noqa: NPY002
    ),
    "Python's random state": (random.getstate, random.setstate),
    "torch's default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "torch's default device": (torch.get_default_device, torch.set_default_device),
    "torch's grad mode": (torch.is_grad_enabled, torch.set_grad_enabled),
    "torch's anomaly mode": (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    "torch's number of threads": (torch.get_num_threads, torch.set_num_threads),
    "torch's deterministic mode": (
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
    "torch's print options": (lambda: copy(_tensor_str.PRINT_OPTS), _set_print_options),
    "NumPy's print options": (np.get_printoptions, lambda options: np.set_printoptions(**options)),
    "NumPy's error handling": (np.geterr, lambda errors: np.seterr(**errors)),
    "the filters of warnings": (lambda: list(warnings.filters), _set_filters),
    "the working folder": (os.getcwd, os.chdir),
    "the environment variables": (lambda: dict(os.environ), lambda old: _set_environment(old)),
    "the recursion limit": (sys.getrecursionlimit, sys.setrecursionlimit),
    "the tracing function": (sys.gettrace, sys.settrace),
    "the exception hook": (lambda: sys.excepthook, lambda hook: setattr(sys, "excepthook", hook)),
    "the standard output": (lambda: sys.stdout, lambda stream: setattr(sys, "stdout", stream)),
    "the standard error": (lambda: sys.stderr, lambda stream: setattr(sys, "stderr", stream)),
}


def _set_environment(old: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(old)
