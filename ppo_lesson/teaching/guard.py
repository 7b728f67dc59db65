"""Running code that a learner wrote: with a time limit, and without a trace in the kernel.

This is no sandbox. It protects a learner from slips (an endless loop, a changed default), not a
machine from an attacker.
"""

from __future__ import annotations

import ctypes
import io
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any, TextIO, TypeVar

import numpy as np
import torch
from torch import _tensor_str

Result = TypeVar("Result")

STOP_SECONDS = 0.5  # how long a thread is asked to stop before it is left alone
MOST_PRINTED = 2000  # characters that are kept of what learner's code prints
SET_BY_IMPORTS = ("the filters of warnings", "the environment variables")
STACK_BYTES = 64 * 2**20  # a runaway recursion must end in RecursionError, not in a dead kernel
_ONE_AT_A_TIME = threading.Lock()
# A thread that a learner's code left behind may be inside print() when its stream is taken away;
# Python crashes if the stream is freed then.
_captures: list[io.TextIOBase] = []


class TimeLimitError(Exception):
    """The code ran longer than it may; `stopped` tells whether its thread could be ended."""

    def __init__(self, *, stopped: bool) -> None:
        """Keep whether the thread is gone."""
        super().__init__("the time limit was passed")
        self.stopped = stopped


class Stopped(SystemExit):
    """Raised inside a thread from outside, to end it; as SystemExit it ends without a word."""


class GlobalState:
    """What a function could change for everybody: random states, defaults, print options."""

    def __init__(self) -> None:
        """Take a snapshot."""
        self.num_modules = len(sys.modules)
        self.parts: dict[str, Any] = {name: read() for name, (read, _) in _PARTS.items()}

    def restore(self) -> list[str]:
        """Put back what has changed since, and name it.

        What a module sets up when it is first imported (torch imports parts of itself late) is
        left as it is.
        """
        changed = []
        by_imports = SET_BY_IMPORTS if len(sys.modules) > self.num_modules else ()
        for name, before in self.parts.items():
            read, write = _PARTS[name]
            if name not in by_imports and not _same(read(), before):
                changed.append(name)
                write(before)
        return changed


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, tuple):
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


class _Capture(io.TextIOBase):
    """A stream that keeps what one thread writes and passes on what all others write."""

    def __init__(self, real: TextIO, thread: threading.Thread, kept: list[str]) -> None:
        self.real, self.thread, self.kept = real, thread, kept

    def write(self, text: str) -> int:
        if threading.current_thread() is not self.thread:
            return self.real.write(text)
        room = MOST_PRINTED - sum(map(len, self.kept))
        if room > 0:
            self.kept.append(text[:room])
        return len(text)

    def flush(self) -> None:
        if threading.current_thread() is not self.thread:
            self.real.flush()

    def close(self) -> None:
        """Stay open: the stream belongs to everybody."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@dataclass
class Heard:
    """What the code said while it ran: printed text in pieces, and warnings."""

    printed: list[str] = field(default_factory=list)
    warned: list[warnings.WarningMessage] = field(default_factory=list)


def run(work: Callable[[Heard], Result], seconds: float) -> Result:
    """Do the work in a thread of its own, and give up on it after so many seconds.

    A thread, because a signal can end an endless loop only in the main thread, and a check may be
    asked for by a widget's button, which is handled elsewhere. Global state is as before when this
    returns, whatever happened.

    Args:
        work: takes what it prints and warns of, which is kept from the screen.
        seconds: the limit.

    Raises:
        TimeLimitError: the work is not done in time.
    """
    heard = Heard()
    results: list[Result] = []
    errors: list[BaseException] = []
    num_threads = torch.get_num_threads()

    def target() -> None:
        try:
            torch.set_num_threads(num_threads)  # a new thread starts with the machine's default
            results.append(work(heard))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as heard.warned:
        warnings.simplefilter("always")
        before = GlobalState()
        captures = [_Capture(real, thread, heard.printed) for real in (sys.stdout, sys.stderr)]
        _captures.extend(captures)
        sys.stdout, sys.stderr = captures
        stack = threading.stack_size(STACK_BYTES)
        try:
            thread.start()
            thread.join(seconds)
        except KeyboardInterrupt:  # the learner's own Ctrl-C
            _stop(thread)
            raise
        else:
            if thread.is_alive():
                raise TimeLimitError(stopped=_stop(thread))
        finally:
            threading.stack_size(stack)
            before.restore()
    if errors:
        raise errors[0]
    return results[0]


def _stop(thread: threading.Thread) -> bool:
    """Raise in the thread, again and again (its code may catch it); tell whether it ended."""
    end = time.monotonic() + STOP_SECONDS
    while thread.is_alive() and time.monotonic() < end:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped)
        )
        thread.join(0.05)
    return not thread.is_alive()
