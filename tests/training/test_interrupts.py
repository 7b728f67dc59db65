from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from types import SimpleNamespace

import pytest

from ppo_lesson.training.interrupts import (
    INTERRUPTED,
    attend,
    finish_on_interrupt,
    press,
    raise_interrupts,
    whole,
)
from ppo_lesson.training.steps import NotFiniteError


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


def a_result() -> SimpleNamespace:
    return SimpleNamespace(history=[], stopped="")


def three(error: BaseException | None = None) -> Generator[int, None, None]:
    """Three records; or an error instead of the third."""
    yield from (1, 2)
    if error:
        raise error
    yield 3


def test_records_are_kept_as_they_come_and_whoever_watches_sees_each_and_the_end() -> None:
    seen = []
    result = attend(a_result(), three(), lambda r: seen.append((len(r.history), r.stopped)), "done")
    assert (result.history, result.stopped) == ([1, 2, 3], "done")
    assert seen == [(1, ""), (2, ""), (3, ""), (3, "done")]
    assert attend(a_result(), three(), None, "done") == result


@pytest.mark.parametrize("error", [KeyError("mine"), KeyboardInterrupt(), SystemExit(1)])
def test_a_watcher_is_told_the_name_of_an_error_which_comes_through(error: BaseException) -> None:
    result, told = a_result(), []
    with pytest.raises(type(error)) as raised:
        attend(result, three(error), lambda r: told.append(r.stopped), "done")
    assert raised.value is error
    assert told == ["", "", f"stopped by {type(error).__name__}"]
    assert result.history == [1, 2]


def test_the_first_error_is_heard_of_where_the_watcher_fails_at_the_end_too() -> None:
    def watch(result: SimpleNamespace) -> None:
        raise ValueError("at the end" if result.stopped else "first")

    with pytest.raises(ValueError, match="first") as raised:
        attend(a_result(), three(), watch, "done")
    assert raised.value.__context__ is None


def test_an_error_of_a_watcher_that_is_not_finite_is_an_error_and_no_end() -> None:
    def watch(result: SimpleNamespace) -> None:
        raise FloatingPointError("mine")

    with pytest.raises(FloatingPointError, match="mine"):
        attend(a_result(), three(), watch, "done")


def test_what_somebody_elses_world_raises_is_an_error_and_no_end() -> None:
    """Where numpy was told to raise, a world raises this too; only ours say that training ends."""
    told: list[str] = []
    with pytest.raises(FloatingPointError, match="theirs"):
        attend(
            a_result(), three(FloatingPointError("theirs")), lambda r: told.append(r.stopped), ""
        )
    assert told == ["", "", "stopped by FloatingPointError"]


def test_numbers_that_are_not_finite_end_it_with_a_warning_where_it_was_begun() -> None:
    told: list[str] = []
    with pytest.warns(RuntimeWarning) as caught:
        result = attend(
            a_result(), three(NotFiniteError("obs")), lambda r: told.append(r.stopped), "done"
        )
    (warning,) = caught
    assert warning.filename == __file__
    assert str(warning.message) == "training stopped: obs in iteration 3"
    assert told == ["", "", result.stopped] and result.stopped == "obs in iteration 3"


def test_what_makes_the_records_is_closed_before_the_end_is_told() -> None:
    closed, told = [], []

    def records() -> Generator[int, None, None]:
        try:
            yield from three()
        finally:
            closed.append(True)

    def watch(result: SimpleNamespace) -> bool:
        told.append(bool(closed))
        return True

    assert attend(a_result(), records(), watch, "done").history == [1]
    assert told == [False, True]


def test_ctrl_c_while_the_end_is_told_loses_nothing() -> None:
    result = attend(a_result(), three(), lambda r: press() if r.stopped else None, "done")
    assert (result.history, result.stopped) == ([1, 2, 3], "done")


def test_half_a_run_is_none_for_an_experiment():
    done, half = SimpleNamespace(stopped="all steps done"), SimpleNamespace(stopped=INTERRUPTED)
    assert whole(done) is done
    with pytest.raises(KeyboardInterrupt):
        whole(half)


def test_lines_that_belong_to_no_module_are_warned_too() -> None:
    """As `exec` runs them, where nobody gave them a `__name__`."""
    lines = "attend(SimpleNamespace(history=[], stopped=''), broken(), None, done='')"
    with pytest.warns(RuntimeWarning, match="training stopped: mine in iteration 1") as caught:
        exec(lines, {"attend": attend, "SimpleNamespace": SimpleNamespace, "broken": _broken})
    assert caught[0].filename == "<string>"


def _broken() -> Generator[object, None, None]:
    raise NotFiniteError("mine")
    yield


@pytest.mark.parametrize("words", [None, "enough"])
def test_ctrl_c_is_the_reason_also_where_the_watcher_has_one(words: str | None) -> None:
    """Else half a run would pass for a whole one, see `whole`."""
    result = SimpleNamespace(history=[], stopped="")

    def watch(result: SimpleNamespace) -> str | None:
        if not result.stopped:
            press()
        return words

    assert attend(result, (number for number in range(3)), watch, done="").stopped == INTERRUPTED
    assert result.history == [0]


def test_an_interrupt_that_was_but_a_request_is_raised_at_the_end() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), raise_interrupts():
        with finish_on_interrupt():
            press()
        reached.append("the end")
    assert reached == ["the end"]
    with raise_interrupts(), finish_on_interrupt():
        pass  # none came, and those of before are over
