"""Ctrl-C without loss: the first one asks, the second one insists."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
