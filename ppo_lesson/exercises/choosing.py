"""Choosing between a learner's function and the package's, for code that must run with either."""

from __future__ import annotations

import inspect
from typing import Any

from ppo_lesson.exercises.answers import kept_answers
from ppo_lesson.exercises.checker import check, require_exercise, verdict_on
from ppo_lesson.exercises.exercise import Exercise, Function
from ppo_lesson.exercises.progress import answer_file, recall_answer

INSTEAD = {"not started": "is not started", "not run": "is from an earlier run of its cell"}
_NONE_GIVEN = object()


def yours(exercise: Exercise, answer: Any = _NONE_GIVEN) -> Function:
    """Return the learner's function if it is correct, or else the package's; print which.

    Where the function that is given is not correct, or none is given, one that passed before is
    looked for: in this notebook, then in a file of the learner's progress. It is checked again.

    Args:
        exercise: which one.
        answer: the learner's function, with the reference's argument names.

    Returns:
        A function to call with the reference's arguments, in the reference's order or by name.

    Raises:
        TypeError: the first argument is no exercise.
    """
    require_exercise(exercise)
    status = why = ""
    if answer is not _NONE_GIVEN:
        status = check(exercise, answer).status
        if status == "correct":
            print(f"{exercise.id}: your function is used")
            return _call_by_name(exercise, answer)
        why = f"yours {INSTEAD.get(status, 'is not correct yet')}"
    # Who is in the middle of an edit ("not run") wants no function of before.
    for kept in () if status == "not run" else kept_answers(exercise):
        if verdict_on(exercise, kept).status == "correct":
            reason = f", as {why.replace('yours', 'this one')}" if why else ""
            print(f"{exercise.id}: your function that passed before is used{reason}")
            return _call_by_name(exercise, kept)
    if status != "not run" and recall_answer(exercise.id) is not None:
        refused = f"the one in {answer_file(exercise.id)} does not pass any more"
        why = f"{why}, and {refused}" if why else refused
    print(f"{exercise.id}: the package's function is used, as {why or 'none of yours is kept'}")
    return exercise.reference


def _call_by_name(exercise: Exercise, answer: Function) -> Function:
    """Take arguments as the reference does: the learner may have put them into another order."""
    signature = inspect.signature(exercise.reference)

    def call(*args: Any, **kwargs: Any) -> Any:
        return answer(**signature.bind(*args, **kwargs).arguments)

    return call
