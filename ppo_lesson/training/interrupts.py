"""How training ends: Ctrl-C without loss, and whoever looks on is told."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar

import numpy as np

Listener = Callable[[str], None]


class _Ended(Protocol):
    stopped: str  # why it ended


Result = TypeVar("Result", bound=_Ended)
INTERRUPTED = "interrupted"
"""Why training ended, where Ctrl-C ended it."""

_listeners: ContextVar[list[Listener] | None] = ContextVar("listeners", default=None)


def press() -> None:
    """Do what Ctrl-C does: for a demonstration, and for tests."""
    signal.raise_signal(signal.SIGINT)


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
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)


def reason(stop: object, observer: str) -> str:
    """Say why training ended where an observer asked for it: in its own words, if it has some.

    What counts as true and was hardly meant so, as a number, is named by its type.
    """
    if isinstance(stop, str):
        return stop
    meant = isinstance(stop, bool | np.bool_)
    return f"{observer} returned {bool(stop) if meant else type(stop).__name__}"


def whole(result: Result) -> Result:
    """Return the result of a training; half a run is none, for an experiment.

    Raises:
        KeyboardInterrupt: Ctrl-C has ended it.
    """
    if result.stopped == INTERRUPTED:
        raise KeyboardInterrupt
    return result


@contextmanager
def telling_the_end(observer: object) -> Iterator[Listener]:
    """Tell who looks on why the training in the block has ended, whatever ended it.

    Args:
        observer: is told where it has a method `finish`, which takes the reason: a few words.

    Yields:
        The function that the block calls with its reason. An exception is told by its name.
    """
    finish: Listener | None = getattr(observer, "finish", None)
    listeners = [finish] if finish else []
    token = _listeners.set(listeners)

    def tell(reason: str) -> None:
        for listener in listeners:
            listener(reason)

    try:
        yield tell
    except BaseException as error:  # a second Ctrl-C ends what is shown too
        tell(f"stopped by {type(error).__name__}")
        raise
    finally:
        _listeners.reset(token)


def tell_at_the_end(listener: Listener) -> None:
    """Have the running training, if there is one, call `listener` with the reason when it ends.

    For who is called by another observer: `train` does not know of it. Asking twice is as once.
    """
    listeners = _listeners.get()
    if listeners is not None and listener not in listeners:
        listeners.append(listener)
