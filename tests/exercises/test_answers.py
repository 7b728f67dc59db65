"""A function that passed is kept, for this kernel as it is and for the next one as lines."""

from __future__ import annotations

import sys
import threading

import pytest

from ppo_lesson import maths
from ppo_lesson.exercises import answers, progress
from ppo_lesson.exercises.answers import keep_answer, kept_answers
from ppo_lesson.lessons.importance_sampling.exercises import IMPORTANCE_WEIGHTS as EXERCISE

ID = EXERCISE.id


@pytest.fixture(autouse=True)
def new_kernel(tmp_path, monkeypatch):
    """Start with an empty folder, in a kernel in which nothing has passed yet."""
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path))
    monkeypatch.setattr(answers, "_of_this_kernel", {})


def my_answer(log_target, log_proposal):
    return (log_target - log_proposal).exp()


def test_what_passed_is_kept_in_a_file_that_tells_what_it_is():
    keep_answer(EXERCISE, my_answer)
    lines = progress.answer_file(ID).read_text().splitlines()
    assert lines[0] == f"# Your answer to {ID}: it passed. It is checked again before it is used."
    assert "def my_answer(log_target, log_proposal):" in lines
    assert lines[-1] == f"my_{ID} = my_answer"


def test_this_kernel_s_function_comes_before_the_file_s():
    keep_answer(EXERCISE, my_answer)
    of_kernel, of_file = kept_answers(EXERCISE)
    assert of_kernel is my_answer and of_file is not my_answer
    assert of_file.__code__.co_code == my_answer.__code__.co_code
    answers._of_this_kernel.clear()
    assert len(list(kept_answers(EXERCISE))) == 1


def test_what_cannot_stand_alone_is_kept_for_this_kernel_only_and_the_file_before_stays():
    def closure(log_target, log_proposal):
        return my_other(log_target, log_proposal)

    my_other = my_answer
    keep_answer(EXERCISE, closure)
    assert list(kept_answers(EXERCISE)) == [closure] and not progress.answer_file(ID).exists()
    keep_answer(EXERCISE, my_answer)
    before = progress.answer_file(ID).read_text()
    keep_answer(EXERCISE, closure)
    assert progress.answer_file(ID).read_text() == before


def test_where_nothing_was_kept_there_is_nothing():
    assert list(kept_answers(EXERCISE)) == []


BROKEN = {
    "no Python": "def my_importance_weights(",
    "a null byte": "\0",
    "another name": "def mine():\n    return 1",
    "an error": "1 / 0",
    "an end": "raise SystemExit",
    "Ctrl-C": "raise KeyboardInterrupt",
    "an error of its own": "class Mine(BaseException):\n    pass\nraise Mine",
    "a name that is missing": "my_importance_weights = elsewhere",
    "nothing": "",
}


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "Windows"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_file_is_read_as_an_editor_of_any_system_saves_it(mark, end):
    keep_answer(EXERCISE, my_answer)
    file = progress.answer_file(ID)
    file.write_bytes(mark + file.read_bytes().replace(b"\n", end))
    answers._of_this_kernel.clear()
    assert [function.__name__ for function in kept_answers(EXERCISE)] == ["my_answer"]


@pytest.mark.parametrize("lines", BROKEN.values(), ids=BROKEN)
def test_a_file_that_defines_no_function_any_more_holds_none(lines):
    progress.record_answer(ID, lines)
    assert list(kept_answers(EXERCISE)) == []


def test_a_file_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(answers, "TIME_LIMIT", 0.2)
    progress.record_answer(ID, "while True:\n    pass")
    assert list(kept_answers(EXERCISE)) == []


def test_the_lines_of_a_file_run_in_the_guard_and_only_when_they_are_asked_for(capsys):
    progress.record_answer(
        ID,
        "import sys, threading\nprint('here')\nsys.setrecursionlimit(5000)\n"
        "def my_importance_weights():\n    pass\nmy_importance_weights.ran_in = "
        "threading.current_thread()",
    )
    limit = sys.getrecursionlimit()
    kept = kept_answers(EXERCISE)
    assert progress.recall_answer(ID) is not None
    (function,) = kept
    assert function.ran_in is not threading.current_thread()
    assert sys.getrecursionlimit() == limit and capsys.readouterr().out == ""


def test_the_package_s_own_function_is_no_learner_s():
    keep_answer(EXERCISE, maths.importance_weights)
    assert not progress.answer_file(ID).exists()
