"""Faults that never end, remember, or reach outside; `faults.py` says what they are for."""

from __future__ import annotations

import contextlib
import decimal
import functools
import gc
import itertools
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Answer = Callable
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def tensor(change: Callable) -> Callable[[Answer], Answer]:
    """Change what the right answer returns, brought into one tensor."""

    def as_tensor(out):
        if isinstance(out, list):
            return torch.cat(out)
        return out if isinstance(out, Tensor) else torch.as_tensor(out, dtype=torch.float64)

    def fault(right):
        @functools.wraps(right)
        def answer(**arguments):
            return change(as_tensor(right(**arguments)))

        return answer

    return fault


def effect(act: Callable) -> Callable[[Answer], Answer]:
    """Do something to the world or to the arguments first, then answer rightly."""

    def fault(right):
        @functools.wraps(right)
        def answer(**arguments):
            act(arguments)
            return right(**arguments)

        return answer

    return fault


def instead(act: Callable) -> Callable[[Answer], Answer]:
    """Do something in place of answering."""

    def fault(right):
        @functools.wraps(right)
        def answer(**arguments):
            return act(arguments)

        return answer

    return fault


def tensors(arguments: dict) -> list[Tensor]:
    return [x for x in arguments.values() if isinstance(x, Tensor)]


def on_tensors(act: Callable) -> Callable[[dict], None]:
    """Act on every tensor among the arguments, without a gradient being recorded."""

    def each(arguments):
        with torch.no_grad():
            for x in tensors(arguments):
                act(x)

    return each


# What never ends


def loop_for_ever(_):
    while True:
        pass


def loop_catching_everything(_):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def loop_in_finally(_):
    try:
        while True:
            pass
    finally:
        while True:
            pass


def sleep_catching_everything(_):
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(60)


def wait_for_a_lock(_):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def join_a_thread(_):
    thread = threading.Thread(target=time.sleep, args=(60,), daemon=True)
    thread.start()
    thread.join()


def loop_in_torch(_):
    x = torch.ones(100, 100, dtype=torch.float64)
    while True:
        x = (x @ x).clamp(max=1)


def fill_lists_slowly(_):
    rows = []
    while True:
        rows.append(len(rows))
        time.sleep(0.01)


ENDLESS = {
    "loops for ever": instead(loop_for_ever),
    "loops for ever, catching every exception": instead(loop_catching_everything),
    "loops for ever, and again when stopped": instead(loop_in_finally),
    "loops for ever inside torch": instead(loop_in_torch),
    "loops for ever, filling a list": instead(fill_lists_slowly),
    "sleeps for a minute": effect(lambda _: time.sleep(60)),
    "sleeps for ever, catching every exception": instead(sleep_catching_everything),
    "waits for a lock that nobody opens": instead(wait_for_a_lock),
    "waits for a thread": instead(join_a_thread),
    "consumes an endless iterator": instead(lambda _: [x for x in itertools.count() if x < 0]),
}


# What changes between two calls, or in the arguments


def remembers(right):
    calls = itertools.count()

    @functools.wraps(right)
    def answer(**arguments):
        out, more = right(**arguments), next(calls)
        if isinstance(out, list):
            return out[more % len(out) :] + out[: more % len(out)] if more else out
        return (
            out + 0.01 * more
            if not (isinstance(out, Tensor) and out.dtype == torch.bool)
            else (out ^ bool(more % 2))
        )

    return answer


def answers_once(right):
    """Keep the first answer for ever."""
    kept: list = []

    @functools.wraps(right)
    def answer(**arguments):
        kept.append(right(**arguments))
        return kept[0]

    return answer


def keeps_arguments(right):
    """Spoil, on the next call, the tensors that came with the last one."""
    kept: list[Tensor] = []

    @functools.wraps(right)
    def answer(**arguments):
        with torch.no_grad():
            for x in kept:
                x.zero_()
        kept[:] = tensors(arguments)
        return right(**arguments)

    return answer


def spoils_later(right):
    """Change the result after it was handed over."""

    @functools.wraps(right)
    def answer(**arguments):
        out = right(**arguments)
        if isinstance(out, Tensor):
            threading.Timer(0.01, lambda: out.data.zero_()).start()
        return out

    return answer


def raises_on_the_third_call(right):
    calls = itertools.count(1)

    @functools.wraps(right)
    def answer(**arguments):
        if next(calls) == 3:
            raise ValueError("on the third call")
        return right(**arguments)

    return answer


def add_one(x):
    x.copy_(~x) if x.dtype == torch.bool else x.add_(1)


def add_one_if_possible(x):
    with contextlib.suppress(RuntimeError):
        x.requires_grad_(x.is_floating_point())


def clear_arguments(arguments):
    for x in tensors(arguments):
        x.data = x.data.new_zeros(0)


def noise(x):
    return ~x if x.dtype == torch.bool and torch.rand(()) < 0.5 else x + torch.rand(())


MEMORY = {
    "remembers how often it was called": remembers,
    "gives its first answer for ever": answers_once,
    "spoils the arguments of the call before": keeps_arguments,
    "changes its result after it was returned": spoils_later,
    "raises on the third call": raises_on_the_third_call,
    "is random": tensor(noise),
    "is random by NumPy": tensor(lambda x: x + np.random.default_rng().random()),
    "is random by the clock": tensor(lambda x: x + time.perf_counter() % 1),
    "changes its arguments in place": effect(on_tensors(add_one)),
    "reverses its arguments in place": effect(
        on_tensors(lambda x: x.copy_(x.flip(0)) if x.ndim else x)
    ),
    "transposes its arguments in place": effect(
        on_tensors(lambda x: x.detach().t_() if x.ndim == 2 else x.unsqueeze_(0))
    ),
    "empties its arguments": effect(clear_arguments),
    "makes its arguments require a gradient": effect(on_tensors(add_one_if_possible)),
    "makes its arguments forget their gradient": effect(
        on_tensors(lambda x: x.requires_grad_(False) if x.is_leaf else x.detach_())
    ),
    "leaves gradients in its arguments": effect(
        on_tensors(lambda x: setattr(x, "grad", torch.ones_like(x)) if x.is_leaf else None)
    ),
}


# What changes outside


ENTERED = contextlib.ExitStack()  # left open


class Deaf:
    """A stream that raises on every write."""

    def write(self, _):
        raise OSError("nobody listens")

    flush = isatty = fileno = write


def print_much(_):
    for _line in range(2_000):
        print("x" * 1_000)


def start_thread(_):
    threading.Thread(target=time.sleep, args=(2,), daemon=True).start()


def start_printing_thread(_):
    def shout():
        for _line in range(20):
            print("from a thread that was left behind")
            time.sleep(0.05)

    threading.Thread(target=shout, daemon=True).start()


def raise_in_a_thread(_):
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()


def trace(_):
    sys.settrace(lambda *_: None)
    sys.setprofile(lambda *_: None)


def signals(_):
    with contextlib.suppress(ValueError):  # outside the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def warn(_):
    warnings.warn(SCRIPT, UserWarning, stacklevel=2)
    warnings.warn("old", DeprecationWarning, stacklevel=2)


def filters(_):
    warnings.resetwarnings()
    warnings.simplefilter("error")


def seeds(_):
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)


def print_options(_):
    torch.set_printoptions(precision=1, sci_mode=True, threshold=2)
    np.set_printoptions(precision=1, threshold=2)


def environment(_):
    os.environ["PPO_LESSON_FAULT"] = "1"
    sys.path.insert(0, tempfile.gettempdir())


def collector(_):
    gc.disable()
    decimal.getcontext().prec = 2


EFFECTS = {
    "prints two megabytes": effect(print_much),
    "prints HTML and control characters": effect(lambda _: print(SCRIPT, "\x1b[2J\r\x00")),
    "prints what cannot be encoded": effect(lambda _: print("\ud800")),
    "writes to stderr": effect(lambda _: sys.stderr.write("trouble\n" * 1_000)),
    "writes past Python to standard output": effect(lambda _: os.write(1, b"past Python\n")),
    "logs": effect(lambda _: logging.getLogger().error(SCRIPT)),
    "sets the logging level": effect(lambda _: logging.disable(logging.CRITICAL)),
    "warns": effect(warn),
    "changes the warnings filters": effect(filters),
    "sets the default dtype": effect(lambda _: torch.set_default_dtype(torch.float16)),
    "sets the default device": effect(lambda _: torch.set_default_device("meta")),
    "switches gradients off": effect(lambda _: torch.set_grad_enabled(False)),
    "switches inference mode on": effect(lambda _: ENTERED.enter_context(torch.inference_mode())),
    "switches anomaly detection on": effect(lambda _: torch.autograd.set_detect_anomaly(True)),
    "asks for deterministic algorithms": effect(lambda _: torch.use_deterministic_algorithms(True)),
    "sets the number of threads": effect(lambda _: torch.set_num_threads(2)),
    "sets print options": effect(print_options),
    "makes NumPy raise": effect(lambda _: np.seterr(all="raise")),
    "seeds every generator": effect(seeds),
    "changes the working folder": effect(lambda _: os.chdir(tempfile.gettempdir())),
    "changes the environment": effect(environment),
    "lowers the recursion limit": effect(
        lambda _: sys.setrecursionlimit(len(list(iterate_frames())) + 60)
    ),
    "raises the recursion limit": effect(lambda _: sys.setrecursionlimit(100_000)),
    "closes standard output": effect(lambda _: sys.stdout.close()),
    "replaces standard output": effect(lambda _: setattr(sys, "stdout", Deaf())),
    "deletes standard output": effect(lambda _: setattr(sys, "stdout", None)),
    "replaces standard error": effect(lambda _: setattr(sys, "stderr", Deaf())),
    "replaces the hook for exceptions": effect(lambda _: setattr(sys, "excepthook", None)),
    "starts a thread": effect(start_thread),
    "starts a thread that prints": effect(start_printing_thread),
    "starts a thread that raises": effect(raise_in_a_thread),
    "sets a trace function": effect(trace),
    "ignores interrupts": effect(signals),
    "switches the garbage collector off": effect(collector),
}


def iterate_frames():
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back
