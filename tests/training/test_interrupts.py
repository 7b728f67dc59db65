from __future__ import annotations

import signal
import threading
from types import SimpleNamespace

import pytest

from ppo_lesson.training.interrupts import (
    INTERRUPTED,
    finish_on_interrupt,
    tell_at_the_end,
    telling_the_end,
    whole,
)


def test_the_first_interrupt_asks_and_the_second_raises() -> None:
    with finish_on_interrupt() as asked:
        assert not asked()
        signal.raise_signal(signal.SIGINT)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_comes_while_the_first_is_handled_does_not_hang() -> None:
    with finish_on_interrupt() as asked:
        handler = signal.getsignal(signal.SIGINT)
        assert callable(handler)
        handler(signal.SIGINT, None)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            handler(signal.SIGINT, None)


def test_the_handler_before_is_put_back_also_after_an_error() -> None:
    def mine(signal_number: int, frame: object) -> None:
        """Stand for the handler of whoever calls."""

    before = signal.signal(signal.SIGINT, mine)
    try:
        with finish_on_interrupt():
            assert signal.getsignal(signal.SIGINT) is not mine
        assert signal.getsignal(signal.SIGINT) is mine
        with pytest.raises(RuntimeError, match="inside"), finish_on_interrupt():
            raise RuntimeError("inside")
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


def test_each_block_begins_without_a_request() -> None:
    with finish_on_interrupt() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked()
    with finish_on_interrupt() as asked:
        assert not asked()


def test_another_thread_is_never_asked_and_touches_no_handler() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with finish_on_interrupt() as asked:
            seen.append((asked(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]


# ---- whoever looks on ------------------------------------------------------------------------


def test_an_observer_is_told_the_reason_that_the_block_gives() -> None:
    told: list[str] = []
    with telling_the_end(SimpleNamespace(finish=told.append)) as tell:
        assert told == []
        tell("all steps done")
    assert told == ["all steps done"]


@pytest.mark.parametrize("error", [KeyError("mine"), KeyboardInterrupt(), SystemExit(1)])
def test_an_observer_is_told_the_name_of_an_error_which_comes_through(error: BaseException) -> None:
    told: list[str] = []
    with pytest.raises(type(error)) as raised, telling_the_end(SimpleNamespace(finish=told.append)):
        raise error
    assert raised.value is error
    assert told == [f"stopped by {type(error).__name__}"]


def test_an_observer_that_is_a_function_needs_no_method() -> None:
    for observer in (None, lambda policy, metrics: None):
        with telling_the_end(observer) as tell:
            tell("all steps done")


def test_who_is_called_inside_can_ask_to_be_told_once_of_the_training_that_runs() -> None:
    outer: list[str] = []
    inner: list[str] = []
    finish = outer.append
    with telling_the_end(SimpleNamespace(finish=finish)) as tell_outer:
        tell_at_the_end(finish)
        with telling_the_end(None) as tell_inner:
            tell_at_the_end(inner.append)
            tell_inner("inner")
        tell_outer("outer")
    assert (outer, inner) == (["outer"], ["inner"])
    tell_at_the_end(outer.append)  # no training runs, so there is no end to be told of
    with telling_the_end(None) as tell:
        tell("another")
    assert outer == ["outer"]


def test_half_a_run_is_none_for_an_experiment():
    done, half = SimpleNamespace(stopped="all steps done"), SimpleNamespace(stopped=INTERRUPTED)
    assert whole(done) is done
    with pytest.raises(KeyboardInterrupt):
        whole(half)
