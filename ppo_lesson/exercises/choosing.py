"""Choosing between a learner's function and the package's, for code that must run with either."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ppo_lesson.exercises.checker import check
from ppo_lesson.exercises.exercise import Exercise

INSTEAD = {"not started": "is not started", "not run": "is from an earlier run of its cell"}


def yours(exercise: Exercise, answer: Any) -> Callable[..., Any]:
    """Return the learner's function if it is correct, or else the package's; print which.

    Args:
        exercise: which one.
        answer: the learner's function, with the reference's argument names.

    Returns:
        A function to call with the reference's arguments, in the reference's order or by name.

    Raises:
        TypeError: the first argument is no exercise.
    """
    status = check(exercise, answer).status
    if status != "correct":
        why = INSTEAD.get(status, "is not correct yet")
        print(f"{exercise.id}: the package's function is used, as yours {why}")
        return exercise.reference
    print(f"{exercise.id}: your function is used")
    signature = inspect.signature(exercise.reference)

    def call_by_name(*args: Any, **kwargs: Any) -> Any:
        # As `check` does: the learner may have put the arguments into another order.
        return answer(**signature.bind(*args, **kwargs).arguments)

    return call_by_name
