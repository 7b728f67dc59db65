"""check, hint, show_solution: what a learner needs to work alone on an exercise."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from IPython.display import Markdown, display

from ppo_lesson.exercises import guard, progress
from ppo_lesson.exercises.answers import keep_answer
from ppo_lesson.exercises.exercise import Exercise
from ppo_lesson.exercises.outcome import observe
from ppo_lesson.exercises.solution import solution_as_written, solution_functions
from ppo_lesson.exercises.stale import stale_note
from ppo_lesson.exercises.trial import NOT_STARTED, Tried, attempt, decide, too_slow
from ppo_lesson.exercises.verdict import Verdict
from ppo_lesson.notebook.page import show_solved, show_source

TIME_LIMIT = 5.0
"""Seconds that all calls of one check may take together."""
OUR_TIME_LIMIT = 60.0  # for comparing: not a learner's matter

_hints_shown: dict[str, int] = {}


def check(exercise: Exercise, answer: Any, *, time_limit: float = TIME_LIMIT) -> Verdict:
    """Try a learner's function on every case of the exercise and say what came of it.

    Values, shapes and gradients are compared with the reference; inputs and global state must be
    left alone. Nothing that the function does is raised here. A function that is correct is kept,
    for `yours`.

    Args:
        exercise: which one.
        answer: the learner's function, with the reference's argument names.
        time_limit: seconds that all calls together may take.

    Returns:
        The verdict; it shows itself as the last line of a cell. "not run" where the cell that
        defines the function failed and the kernel still holds the one of an earlier run.

    Raises:
        TypeError: the first argument is no exercise.
    """
    require_exercise(exercise)
    note = stale_note(answer)
    if note:
        return Verdict(exercise.id, "not run", note)
    verdict = verdict_on(exercise, answer, time_limit)
    if verdict.status != "not started":
        progress.record("exercises", exercise.id, verdict.status)
    if verdict.status == "correct":
        keep_answer(exercise, answer)
    return verdict


def require_exercise(exercise: object) -> None:
    """Refuse what is no exercise.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(exercise, Exercise):
        raise TypeError(f"exercise: expected an Exercise, got {type(exercise).__name__}")


def verdict_on(exercise: Exercise, answer: Any, time_limit: float = TIME_LIMIT) -> Verdict:
    """Do what `check` does, and keep nothing of it."""
    problem = _signature_problem(exercise, answer)
    if problem:
        return Verdict(exercise.id, "wrong", problem)
    tried, heard = Tried(exercise), guard.Heard()
    if exercise.play:  # the first optimiser loads torch's compiler: no time of the learner's
        guard.run(lambda: observe(exercise.reference, tried.cases[0], exercise), OUR_TIME_LIMIT)
    try:
        guard.run(lambda: attempt(tried, answer, heard), time_limit, heard)
    except guard.TimeLimitError as limit:
        if tried.repeated is None:  # or else a property took the rest of the time
            return too_slow(tried, time_limit, limit)
    if tried.is_stub:
        return Verdict(exercise.id, "not started", NOT_STARTED)
    return guard.run(lambda: decide(tried), OUR_TIME_LIMIT)  # reference and mistakes may warn


def hint(exercise: Exercise) -> None:
    """Show the next of the exercise's hints: the idea, the structure, almost the code."""
    number = _hints_shown.get(exercise.id, 0) % len(exercise.hints) + 1
    _hints_shown[exercise.id] = number
    display(Markdown(f"**Hint {number} of {len(exercise.hints)}.** {exercise.hints[number - 1]}"))


def show_solution(exercise: Exercise) -> None:
    """Show the package's own function, and those of its module and of arithmetic that it calls.

    What only checks the arguments is left out. Where other guards hide the idea, all of it is
    folded below the exercise's own solution.
    """
    functions = solution_functions(exercise)
    if exercise.solution:
        show_solved(solution_as_written(exercise), *functions)
    else:
        show_source(*functions, checks=False)


def _signature_problem(exercise: Exercise, answer: Any) -> str:
    names = list(inspect.signature(exercise.reference).parameters)
    call = f"{exercise.id}({', '.join(names)})"
    if not callable(answer):
        return f"This is not a function. Give `check` the function itself: {call}."
    try:
        signature = _signature(answer)
    except BaseException:  # it does not tell, or raises what it likes: the calls will show
        return ""
    try:
        signature.bind(**dict.fromkeys(names))
    except TypeError:
        return _calling_sentence(signature, call)
    return ""


def _signature(function: Any) -> inspect.Signature:
    """Read a signature without its annotations, which need not be names that exist.

    Python 3.14 evaluates them where somebody asks, and not before.
    """
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


def _calling_sentence(signature: inspect.Signature, call: str) -> str:
    """Tell how a function wants to be called, and how it is."""
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty, default=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    kinds = {parameter.kind for parameter in plain}
    advice = ""
    if inspect.Parameter.POSITIONAL_ONLY in kinds:
        advice = " Leave out the `/`, which forbids that."
    elif inspect.Parameter.VAR_POSITIONAL in kinds:
        advice = " What has a star takes values without a name: write the names out."
    takes = str(inspect.Signature(plain)) if plain else "nothing"
    return (
        f"Your function takes {takes}, but it is called as {call}, with the arguments by name."
        f"{advice}"
    )
