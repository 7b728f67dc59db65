"""The functions with which a learner passed, kept to be used in later notebooks.

In this kernel the function itself is kept; for the next one its lines, in a file that the learner
can open, if they can stand alone. What is kept may have been edited since: whoever uses it checks
it again. The lines are run inside the guard, and only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ppo_lesson.exercises import guard
from ppo_lesson.exercises.exercise import Exercise
from ppo_lesson.exercises.progress import answer_file, recall_answer, record_answer
from ppo_lesson.exercises.standalone import standalone

TIME_LIMIT = 5.0
"""Seconds that the lines of a file may take until they have defined the function."""

_of_this_kernel: dict[str, Any] = {}


def keep_answer(exercise: Exercise, answer: Any) -> None:
    """Keep a function that is correct."""
    _of_this_kernel[exercise.id] = answer
    lines = standalone(answer, _name(exercise))
    if lines:
        about = f"# Your answer to {exercise.id}: it passed. It is checked again before it is used."
        record_answer(exercise.id, f"{about}\n{lines}")


def kept_answers(exercise: Exercise) -> Iterator[Any]:
    """Give what is kept: the function of this kernel, then what the file defines, if it does."""
    if exercise.id in _of_this_kernel:
        yield _of_this_kernel[exercise.id]
    source = recall_answer(exercise.id)
    if source is None:
        return
    module: dict[str, Any] = {"__name__": _name(exercise)}

    def define() -> bool:
        try:
            exec(compile(source, answer_file(exercise.id), "exec"), module)
        except BaseException:  # a learner's file may raise what it likes, KeyboardInterrupt too
            return False
        return True

    try:
        defined = guard.run(define, TIME_LIMIT)
    except guard.TimeLimitError:
        return
    if defined and _name(exercise) in module:
        yield module[_name(exercise)]


def _name(exercise: Exercise) -> str:
    return f"my_{exercise.id}"
