"""Running code that a learner wrote: with a time limit, and without a trace in the kernel.

This is no sandbox. It protects a learner from slips (an endless loop, a changed default), not a
machine from an attacker.
"""

from __future__ import annotations

import ctypes
import io
import sys
import sysconfig
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TextIO, TypeVar

import torch

from ppo_lesson.exercises.global_state import GlobalState

Result = TypeVar("Result")

STOP_SECONDS = 0.5  # how long a thread is asked to stop before it is left alone
MOST_PRINTED = 2000  # characters that are kept of what learner's code prints
COMPILERS = ("torch._dynamo", "torch._inductor", "torch._functorch", "numba", "jax", "triton")
LIBRARIES = ("site-packages", "dist-packages", "<frozen", sysconfig.get_path("stdlib"))
COMPILE_SECONDS = 60.0  # what is compiled when it is first called takes seconds, and ends
STACK_BYTES = 64 * 2**20  # a runaway recursion must end in RecursionError, not in a dead kernel
_ONE_AT_A_TIME = threading.Lock()
# A thread that a learner's code left behind may be inside print() when its stream is taken away;
# Python crashes if the stream is freed then.
_captures: list[io.TextIOBase] = []


class TimeLimitError(Exception):
    """The code ran longer than it may.

    Attributes:
        stopped: whether its thread could be ended.
        compiling: whether a compiler was still at work, and not the code itself.
    """

    def __init__(self, *, stopped: bool, compiling: bool = False) -> None:
        """Keep whether the thread is gone, and what it was doing."""
        super().__init__("the time limit was passed")
        self.stopped, self.compiling = stopped, compiling


class Stopped(SystemExit):
    """Raised inside a thread from outside, to end it; as SystemExit it ends without a word."""


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


def run(work: Callable[[], Result], seconds: float, heard: Heard | None = None) -> Result:
    """Do the work in a thread of its own, and give up on it after so many seconds.

    A thread, because a signal can end an endless loop only in the main thread, and a check may be
    asked for by a widget's button, which is handled elsewhere. Global state is as before when this
    returns, whatever happened.

    A compiler that works on the code (torch.compile and numba begin at the first call) has more
    time, COMPILE_SECONDS.

    Args:
        work: what to do. What it prints and warns of is kept from the screen.
        seconds: the limit.
        heard: is told what it prints and warns of, while it works.

    Raises:
        TimeLimitError: the work is not done in time.
    """
    heard = heard or Heard()
    results: list[Result] = []
    errors: list[BaseException] = []
    num_threads = torch.get_num_threads()

    def target() -> None:
        try:
            torch.set_num_threads(num_threads)  # a new thread starts with the machine's default
            results.append(work())
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
            end = time.monotonic() + COMPILE_SECONDS
            while (compiling := _is_compiling(thread)) and time.monotonic() < end:
                thread.join(min(seconds, end - time.monotonic()))
        except KeyboardInterrupt:  # the learner's own Ctrl-C
            _stop(thread)
            raise
        else:
            if thread.is_alive():
                raise TimeLimitError(stopped=_stop(thread), compiling=compiling)
        finally:
            threading.stack_size(stack)
            before.restore()
    if errors:
        raise errors[0]
    return results[0]


def _is_compiling(thread: threading.Thread) -> bool:
    """Look at what the thread is doing: a compiler's lines, not called by code that it compiled."""
    frame = sys._current_frames().get(thread.ident or 0) if thread.is_alive() else None
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if any(module == name or module.startswith(f"{name}.") for name in COMPILERS):
            return True
        if not any(place in frame.f_code.co_filename for place in LIBRARIES):
            return False  # a learner's own line
        frame = frame.f_back
    return False


def _stop(thread: threading.Thread) -> bool:
    """Raise in the thread, again and again (its code may catch it); tell whether it ended.

    Tracers (a debugger's, coverage's, a profiler's) rest meanwhile: Python 3.11 does not enter a
    traced function while an exception waits for another thread, which may be asleep for long.
    """
    tracer, profiler = sys.gettrace(), sys.getprofile()
    sys.settrace(None)
    sys.setprofile(None)
    end = time.monotonic() + STOP_SECONDS
    try:
        while thread.is_alive() and time.monotonic() < end:
            _raise_in(thread)
            thread.join(0.05)
        if (tracer or profiler) and thread.is_alive():
            _wait_for_nobody()
    finally:
        sys.setprofile(profiler)
        sys.settrace(tracer)
    return not thread.is_alive()


def _raise_in(thread: threading.Thread) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stopped)
    )


def _wait_for_nobody() -> None:
    """Take the interpreter's note back that an exception waits; its thread, once awake, renews it.

    The note is one for all threads, and is taken back where any of them gets an exception.
    """
    with suppress(Stopped):
        _raise_in(threading.current_thread())
        while True:
            pass
