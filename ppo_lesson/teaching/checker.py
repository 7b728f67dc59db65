"""check, hint, show_solution: what a learner needs to work alone on an exercise."""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Iterator, Sequence
from typing import Any

from IPython.display import Markdown, display
from torch import Tensor

from ppo_lesson.teaching import guard, progress, rules
from ppo_lesson.teaching.exercise import Case, Exercise, Function
from ppo_lesson.teaching.notebook import show_source
from ppo_lesson.teaching.outcome import Outcome, observe, same_outcome, same_value
from ppo_lesson.teaching.verdict import Status, Verdict, describe_value, safe_text

TIME_LIMIT = 5.0
"""Seconds that all calls of one check may take together."""
OUR_TIME_LIMIT = 60.0  # for comparing: not a learner's matter

NOT_STARTED = (
    "Replace `raise NotImplementedError` with your own lines, run that cell, then this one again."
)

_hints_shown: dict[str, int] = {}


def check(exercise: Exercise, answer: Any, *, time_limit: float = TIME_LIMIT) -> Verdict:
    """Try a learner's function on every case of the exercise and say what came of it.

    Values, shapes and gradients are compared with the reference; inputs and global state must be
    left alone. Nothing that the function does is raised here.

    Args:
        exercise: which one.
        answer: the learner's function, with the reference's argument names.
        time_limit: seconds that all calls together may take.

    Returns:
        The verdict; it shows itself as the last line of a cell.

    Raises:
        TypeError: the first argument is no exercise.
    """
    if not isinstance(exercise, Exercise):
        raise TypeError(f"exercise: expected an Exercise, got {type(exercise).__name__}")
    verdict = _judge(exercise, answer, time_limit)
    if verdict.status != "not started":
        progress.record("exercises", exercise.id, verdict.status)
    return verdict


def hint(exercise: Exercise) -> None:
    """Show the next of the exercise's hints: the idea, the structure, almost the code."""
    number = _hints_shown.get(exercise.id, 0) % len(exercise.hints) + 1
    _hints_shown[exercise.id] = number
    display(Markdown(f"**Hint {number} of {len(exercise.hints)}.** {exercise.hints[number - 1]}"))


def show_solution(exercise: Exercise) -> None:
    """Show the package's own function, and the private ones of its module that it calls."""
    functions = [exercise.reference]
    for function in functions:  # grows while it is read
        for name in function.__code__.co_names:
            called = function.__globals__.get(name)
            if (
                inspect.isfunction(called)
                and called.__module__ == exercise.reference.__module__
                and not name.startswith(("check_", "_check_"))
                and called not in functions
            ):
                functions.append(called)
    show_source(*functions)


def _judge(exercise: Exercise, answer: Any, time_limit: float) -> Verdict:
    start = time.monotonic()
    problem = _signature_problem(exercise, answer)
    if problem:
        return Verdict(exercise.id, "wrong", problem)
    trial = _Trial(exercise, answer)
    try:
        guard.run(trial.call_all, time_limit)
    except guard.TimeLimitError as error:
        return trial.too_slow(time_limit, error.stopped)
    # Nothing of the learner's runs here, but reference and mistakes may warn.
    verdict = guard.run(lambda heard: trial.verdict(), OUR_TIME_LIMIT)
    if verdict is None:  # a wrong answer that is nobody's known slip
        broken: list[str] = []
        rest = max(0.1, time_limit - (time.monotonic() - start))
        with contextlib.suppress(guard.TimeLimitError):  # then without a property
            guard.run(lambda heard: broken.extend(_broken_properties(exercise, answer)), rest)
        verdict = trial.unrecognised(broken)
    return verdict


def _signature_problem(exercise: Exercise, answer: Any) -> str:
    expected = inspect.signature(exercise.reference)
    names = list(expected.parameters)
    call = f"{exercise.id}({', '.join(names)})"
    try:
        if not callable(answer):
            return f"This is not a function. Give `check` the function itself: {call}."
        found = inspect.signature(answer)
    except (TypeError, ValueError):  # some built-in functions do not tell
        return ""
    except BaseException as error:
        return f"This cannot be called ({safe_text(error)}). Give `check` a function: {call}."
    try:
        found.bind(**dict.fromkeys(names))
    except TypeError:
        arguments = ", ".join(found.parameters) or "nothing"
        return (
            f"Your function takes ({arguments}), but it is called as {call}, "
            "with the arguments by name."
        )
    return ""


class _Trial:
    """One answer on all cases: first the calls, inside the guard, then what follows from them."""

    def __init__(self, exercise: Exercise, answer: Function) -> None:
        self.exercise, self.answer = exercise, answer
        self.cases = sorted(exercise.cases, key=_size)
        self.current: Case | None = None
        self.found: list[Outcome] = []
        self.printed: list[str] = []
        self.repeated: Outcome | None = None
        self.problems: list[str] = []
        self.wrong_value = False
        self.warned: list[str] = []

    def call_all(self, heard: guard.Heard) -> None:
        """Call the answer on every case, the smallest first, and once more on the first."""
        for case in self.cases:
            self.current = case
            before = len(heard.printed)
            self.found.append(observe(self.answer, case, self.exercise))
            self.printed.append("".join(heard.printed[before:]))
            if self.found[0].is_stub:
                return
        self.current = self.cases[0]
        self.repeated = observe(self.answer, self.cases[0], self.exercise)
        self.warned = sorted({safe_text(warning.message) for warning in heard.warned})

    def too_slow(self, seconds: float, stopped: bool) -> Verdict:
        """Report an endless loop, or one that is far too long."""
        message = f"Your function was not done after {seconds:g} seconds. Does a loop never end?"
        if not stopped:
            message += " It cannot be stopped and goes on in the background: restart the kernel."
        case = self.current
        return Verdict(self.exercise.id, "wrong", message, _input_details(case) if case else ())

    def verdict(self) -> Verdict | None:
        """Decide; None where the answer is wrong and no known slip explains it."""
        if self.found[0].is_stub:
            return Verdict(self.exercise.id, "not started", NOT_STARTED)
        problems = self._problems(self.exercise.reference)
        for alternative in self.exercise.alternatives:
            if any(problems) and not any(others := self._problems(alternative)):
                problems = others
        self.problems = problems
        ordinary = [k for k, case in enumerate(self.cases) if problems[k] and not case.edge]
        edges = [k for k, case in enumerate(self.cases) if problems[k] and case.edge]
        if ordinary:
            return self._named("wrong", ordinary)
        repeat = self._repeat_problem()
        if repeat:
            return self._report("wrong", repeat, 0)
        if edges:
            named = self._named("fragile", edges)
            where = self.cases[edges[0]].label
            return named or self._report(
                "fragile", f"Right on ordinary numbers, but it breaks where {where}.", edges[0]
            )
        return self._correct()

    def unrecognised(self, broken: Sequence[str]) -> Verdict:
        """Report the first problem, and a property that fails, where there is one."""
        first = next(k for k, problem in enumerate(self.problems) if problem)
        message = self.problems[first]
        if broken:
            message = f"{message} One thing that must hold and does not: {broken[0]}"
        return self._report("wrong", message, first)

    def _problems(self, reference: Function) -> list[str]:
        """List what is wrong on each case, "" where nothing is."""
        expected = [observe(reference, case, self.exercise) for case in self.cases]
        self.wrong_value = any(
            not same_value(f.value, e.value, self.exercise.tolerance)
            for f, e in zip(self.found, expected, strict=True)
        )
        applied = rules.JUDGED if self.exercise.judge else rules.ALL
        return [
            next(filter(None, (rule(self.exercise, case, f, e) for rule in applied)), "")
            for case, f, e in zip(self.cases, self.found, expected, strict=True)
        ]

    def _named(self, status: Status, failing: list[int]) -> Verdict | None:
        """Find the slip whose function did on all cases of this kind what the learner's did.

        Where the value is wrong already, a second slip in the gradient may come on top.
        """
        first, exercise = failing[0], self.exercise
        if self.found[first].failure is not None:
            return self._report(status, self.problems[first], first)
        kind = [k for k, case in enumerate(self.cases) if case.edge == self.cases[first].edge]
        compared = [(*exercise.wrt, *exercise.constants)]
        if self.wrong_value:
            compared += [exercise.wrt, ()]
        slips = [
            [observe(mistake.answer, self.cases[k], exercise) for k in kind]
            for mistake in exercise.mistakes
        ]
        for gradients in compared:
            for mistake, slip in zip(exercise.mistakes, slips, strict=True):
                if all(
                    same_outcome(self.found[k], outcome, exercise.tolerance, gradients)
                    for k, outcome in zip(kind, slip, strict=True)
                ):
                    return self._report(status, mistake.sentence, first)
        return None

    def _repeat_problem(self) -> str:
        """Object to a function that answers the same input differently the second time."""
        assert self.repeated is not None
        if same_outcome(self.repeated, self.found[0], self.exercise.tolerance):
            return ""
        return (
            "Called twice with the same input, your function answered differently: it remembers "
            "something between calls, or draws random numbers."
        )

    def _report(self, status: Status, message: str, k: int) -> Verdict:
        details = _input_details(self.cases[k])
        found = self.found[k]
        if found.failure is None:
            value = found.kind if found.value is None else describe_value(found.value)
            details += (("Your function returned", value),)
        if self.printed[k]:
            details += (("It printed", self.printed[k].rstrip("\n")),)
        return Verdict(self.exercise.id, status, message, details)

    def _correct(self) -> Verdict:
        count = len(self.cases)
        what = "values, shapes and gradients" if self.exercise.wrt else "values and shapes"
        if self.exercise.judge:
            what = "the answer holds"
        message = f"All {count} inputs: {what}{'' if self.exercise.judge else ' agree'}."
        details: tuple[tuple[str, str], ...] = ()
        if any(self.printed):
            details += (("What it printed was not shown; it begins with", self._first_printed()),)
        if self.warned:
            details += (("It warned", "\n".join(self.warned)),)
        return Verdict(self.exercise.id, "correct", message, details)

    def _first_printed(self) -> str:
        return next(filter(None, self.printed)).rstrip("\n")[:200]


def _broken_properties(exercise: Exercise, answer: Function) -> Iterator[str]:
    for known in exercise.properties:
        with contextlib.suppress(Exception):  # an error says nothing about the property
            if not known.holds(answer):
                yield known.sentence


def _size(case: Case) -> int:
    return sum(value.numel() for value in case.inputs.values() if isinstance(value, Tensor))


def _input_details(case: Case) -> tuple[tuple[str, str], ...]:
    heading = "Smallest input that fails" + (f" ({case.label})" if case.label else "")
    lines = [f"{name} = {describe_value(value)}" for name, value in case.inputs.items()]
    return ((heading, "\n".join(lines)),) if lines else ()
