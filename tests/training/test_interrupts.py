from __future__ import annotations

import signal
import threading

import pytest

from ppo_lesson.training.interrupts import finish_on_interrupt


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
