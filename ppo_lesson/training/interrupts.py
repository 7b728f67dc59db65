"""How training ends: Ctrl-C without loss, and whoever watches hears of every end."""

from __future__ import annotations

import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from types import FrameType
from typing import Any, Protocol, TypeVar

import numpy as np

from ppo_lesson.training.steps import NotFiniteError


class Attended(Protocol):
    """The result of a training that is under way."""

    history: list[Any]  # one record per iteration
    stopped: str  # why it ended; empty while it goes on


Result = TypeVar("Result", bound=Attended)
Watch = Callable[[Result], "bool | str | None"]
"""Looks on: is called with the result after each iteration, and once more when it has ended."""

INTERRUPTED = "interrupted"
"""Why training ended, where Ctrl-C ended it."""

_num_requests = 0  # how often Ctrl-C became a request, in this process


def press() -> None:
    """Do what Ctrl-C does: for a demonstration, and for tests."""
    signal.raise_signal(signal.SIGINT)


def attend(
    result: Result, records: Generator[Any, None, None], watch: Watch[Result] | None, done: str
) -> Result:
    """See a training through: keep its records, call whoever watches, and say why it ended.

    Ctrl-C ends it after the running iteration, and a second one at once. `watch` is called after
    each iteration, and ends the training where it returns True, or words that say why; and once
    more when `result.stopped` says why it has ended, whatever ended it, an exception included.

    Args:
        result: takes up records and the reason.
        records: does one iteration for each record that it is asked for.
        watch: looks on; None where nobody does.
        done: the reason where nothing came in between.

    Returns:
        The result. Where numbers are not finite (NotFiniteError), one RuntimeWarning says so.
    """
    with finish_on_interrupt() as asked, _telling_the_end(result, watch), closing(records):
        while not result.stopped:
            try:
                result.history.append(next(records))
            except StopIteration:
                result.stopped = done
            except NotFiniteError as error:
                result.stopped = f"{error} in iteration {len(result.history) + 1}"
                _warn(f"training stopped: {result.stopped}")
            else:
                stop = watch(result) if watch else None
                if asked() or stop:
                    result.stopped = INTERRUPTED if asked() else reason(stop)
    return result


@contextmanager
def _telling_the_end(result: Result, watch: Watch[Result] | None) -> Iterator[None]:
    """Call `watch` once more when the block has ended, whatever ended it."""
    watch = watch or (lambda result: None)
    try:
        yield
    except BaseException as error:  # a second Ctrl-C ends what is shown too
        result.stopped = f"stopped by {type(error).__name__}"
        with suppress(Exception):  # the first error is the one to be heard of
            watch(result)
        raise
    watch(result)


def _warn(message: str) -> None:
    """Warn, and point at the line outside of this package from which training was begun."""
    frame, level = sys._getframe(), 1
    while frame.f_back and _module(frame).startswith("ppo_lesson."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, RuntimeWarning, stacklevel=level)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))  # lines that are run by `exec` may have none


@contextmanager
def finish_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C inside the block into a request, which the block asks for.

    Yields:
        A function that tells whether Ctrl-C was pressed (or Jupyter's interrupt button). A second
        one raises KeyboardInterrupt at once. Outside the main thread, where Python delivers no
        signals, it always answers False.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    # A plain flag: a handler that runs inside a handler would wait for ever for an Event's lock.
    asked = False

    def on_interrupt(signal_number: int, frame: object) -> None:
        global _num_requests
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        _num_requests += 1

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def raise_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end of the block if Ctrl-C was but a request inside it.

    A training that it ends returns half a run, as if nothing had been; no sweep may keep that.
    """
    before = _num_requests
    yield
    if _num_requests != before:
        raise KeyboardInterrupt


def reason(stop: object) -> str:
    """Say why training ended where a watcher asked for it: in its own words, if it has some.

    What counts as true and was hardly meant so, as a number, is named by its type.
    """
    if isinstance(stop, str):
        return stop
    meant = isinstance(stop, bool | np.bool_)
    return f"watch returned {bool(stop) if meant else type(stop).__name__}"


def whole(result: Result) -> Result:
    """Return the result of a training; half a run is none, for an experiment.

    Raises:
        KeyboardInterrupt: Ctrl-C has ended it.
    """
    if result.stopped == INTERRUPTED:
        raise KeyboardInterrupt
    return result
