"""Foreign code runs in a thread of its own, within a limit, and leaves the process as it was."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
import time
import types
import warnings
from pathlib import Path

import pytest
import torch

from ppo_lesson.exercises import guard


@pytest.fixture
def begun(monkeypatch) -> threading.Event:
    """Set by the work: only then does its limit begin, and what can be stopped has time to stop.

    On a busy machine a thread may come to its turn when a limit of a moment is long over. An event
    that is set is not waited for: a thread that was stopped inside `set` keeps the event's lock.
    """
    event, join = threading.Event(), threading.Thread.join

    def join_what_has_begun(thread, timeout=None):
        assert event.is_set() or event.wait(60)
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", join_what_has_begun)
    monkeypatch.setattr(guard, "STOP_SECONDS", 60.0)
    return event


def test_the_work_is_done_in_another_thread_and_its_result_comes_back():
    result = guard.run(lambda: threading.current_thread(), 60.0)
    assert result is not threading.current_thread()


def test_an_error_of_the_work_comes_back_as_itself():
    error = ValueError("no")

    def work():
        raise error

    with pytest.raises(ValueError) as caught:
        guard.run(work, 60.0)
    assert caught.value is error


def test_what_the_thread_prints_and_warns_of_is_heard_and_not_shown(capsys):
    heard = guard.Heard()

    def work():
        print("one")
        print("two", file=sys.stderr)
        warnings.warn("three", stacklevel=1)
        return "".join(heard.printed), [str(warning.message) for warning in heard.warned]

    assert guard.run(work, 60.0, heard) == ("one\ntwo\n", ["three"])
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""


def test_what_other_threads_print_meanwhile_is_shown(capsys):
    heard = guard.Heard()

    def work():
        other = threading.Thread(target=lambda: print("from elsewhere"))
        other.start()
        other.join()
        return heard.printed

    assert guard.run(work, 60.0, heard) == []
    assert capsys.readouterr().out == "from elsewhere\n"


def test_of_endless_printing_only_the_beginning_is_kept():
    heard = guard.Heard()

    def work():
        for _ in range(10_000):
            print("again")
        return sum(map(len, heard.printed))

    assert guard.run(work, 60.0, heard) == guard.MOST_PRINTED


def test_global_state_is_back_even_after_a_time_limit(tmp_path, monkeypatch, begun):
    monkeypatch.chdir(tmp_path)

    def work():
        torch.set_default_dtype(torch.float16)
        os.chdir("/")
        sys.setrecursionlimit(5000)
        sys.stdout = None
        warnings.simplefilter("ignore")
        begun.set()
        while True:
            pass

    filters, limit, out = list(warnings.filters), sys.getrecursionlimit(), sys.stdout
    with pytest.raises(guard.TimeLimitError) as caught:
        guard.run(work, 0.01)
    assert caught.value.stopped
    assert torch.get_default_dtype() == torch.float32
    assert os.getcwd() == str(tmp_path)
    assert (list(warnings.filters), sys.getrecursionlimit(), sys.stdout) == (filters, limit, out)


def test_a_thread_that_was_stopped_is_gone(begun):
    threads = []

    def work():
        threads.append(threading.current_thread())
        begun.set()
        while True:
            pass

    with pytest.raises(guard.TimeLimitError):
        guard.run(work, 0.01)
    assert not threads[0].is_alive()


def test_ctrl_c_of_the_learner_stops_the_work_and_is_passed_on(monkeypatch, begun):
    threads = []

    def work():
        threads.append(threading.current_thread())
        begun.set()
        while True:
            pass

    real_join = threading.Thread.join
    calls = []

    def interrupted_join(self, timeout=None):
        calls.append(timeout)
        if len(calls) == 1:
            assert begun.wait(60)
            raise KeyboardInterrupt
        real_join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted_join)
    with pytest.raises(KeyboardInterrupt):
        guard.run(work, 60.0)
    assert not threads[0].is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="it asks the library that torch has loaded")
def test_the_work_has_as_many_threads_as_whoever_asked_for_it():
    """A new thread starts with the machine's number, here 1: on a busy machine the rest wait."""
    loaded = Path("/proc/self/maps").read_text(encoding="utf-8")
    path = re.search(r"\S+/torch/\S*lib[gi]omp\S*", loaded) or re.search(
        r"\S+lib[gi]omp\S*", loaded
    )
    assert path, "torch computes without OpenMP"
    openmp = ctypes.CDLL(path[0])
    torch.set_num_threads(2)
    assert guard.run(lambda: openmp.omp_get_max_threads(), 60.0) == 2


def test_two_checks_at_the_same_time_wait_for_each_other():
    inside = []
    most = []
    all_three = threading.Barrier(3)

    def work():
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)  # the others are on their way: nothing but the guard keeps them out
        inside.pop()

    def ask():
        all_three.wait()
        guard.run(work, 60.0)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]


# --- what is compiled when it is first called ---------------------------------------------------


def _compiler(module: str) -> types.ModuleType:
    """Make a module of a compiler's name that works until it is told to be done."""
    compiler = types.ModuleType(module)
    exec("def work(is_done):\n    while not is_done():\n        pass", vars(compiler))
    return compiler


@pytest.mark.parametrize("module", ["numba.core.dispatcher", "torch._inductor.compile_fx", "jax"])
def test_a_compiler_has_more_time_than_the_code_itself(module, monkeypatch, begun):
    limit, asked = 0.1, []

    def is_done() -> bool:
        begun.set()
        asked.append(time.monotonic())
        return asked[-1] - asked[0] > 3 * limit

    def work():
        _compiler(module).work(is_done)
        return "done"

    # The compiler asks in this file, whose lines would be a learner's.
    monkeypatch.setattr(guard, "LIBRARIES", (*guard.LIBRARIES, __file__, "<string>"))
    assert guard.run(work, limit) == "done"


def test_a_compiler_that_never_ends_is_told_from_a_loop_that_never_ends(monkeypatch, begun):
    monkeypatch.setattr(guard, "COMPILE_SECONDS", 0.2)
    compiler = _compiler("numba.core.dispatcher")
    with pytest.raises(guard.TimeLimitError) as caught:
        guard.run(lambda: compiler.work(begun.set), 0.1)
    assert caught.value.compiling and caught.value.stopped


def test_a_loop_in_what_a_compiler_calls_is_a_loop(monkeypatch, begun):
    monkeypatch.setattr(guard, "COMPILE_SECONDS", 60.0)
    compiler = _compiler("torch._dynamo.eval_frame")

    def is_done() -> bool:
        begun.set()
        while True:
            pass

    with pytest.raises(guard.TimeLimitError) as caught:
        guard.run(lambda: compiler.work(is_done), 0.1)
    assert not caught.value.compiling


# --- with a debugger or coverage ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["trace", "profile"])
def test_a_thread_that_is_asleep_is_given_up_with_a_tracer_too_and_the_tracer_is_back(kind):
    """Python 3.11 stood still in a traced function while an exception waited for a sleeper."""
    released = threading.Event()

    def tracer(frame, event, argument):
        return tracer if kind == "trace" else None

    read, write = getattr(sys, f"get{kind}"), getattr(sys, f"set{kind}")
    before = read()
    watchdog = threading.Timer(60.0, released.set)
    watchdog.start()
    write(tracer)
    try:
        with pytest.raises(guard.TimeLimitError) as caught:
            guard.run(lambda: released.wait(), 0.2)
        kept = read()
        was_asleep = not released.is_set()
    finally:
        write(before)
        released.set()
        watchdog.cancel()
    assert was_asleep and not caught.value.stopped
    assert kept is tracer
