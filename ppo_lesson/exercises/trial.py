"""One answer on all cases of its exercise: first the calls, then the verdict that follows."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import torch
from torch import Tensor

from ppo_lesson.exercises import guard, rules
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake
from ppo_lesson.exercises.outcome import Outcome, observe, on_copies, same_outcome, same_value
from ppo_lesson.exercises.verdict import Status, Verdict, describe_value, safe_text

NOT_STARTED = (
    "Replace `raise NotImplementedError` with your own lines, run that cell, then this one again."
)
REPEAT = (
    "Called twice with the same input, your function answered differently: it remembers something "
    "between calls, or draws random numbers."
)


class Trial:
    """An answer and what is known about it.

    Attributes:
        cases: those of the exercise, the smallest first.
        found: what the answer did on each; `repeated`: on the first of them, at the end.
        expected: what the reference did, or the alternative that the answer agrees with.
        problems: per case what is wrong, "" where nothing is.
        broken: a property that does not hold, "" where none was found.
    """

    def __init__(self, exercise: Exercise, answer: Function) -> None:
        """Call nothing yet."""
        self.exercise, self.answer = exercise, answer
        self.cases = sorted(exercise.cases, key=_size)
        self.current: Case | None = None
        self.found: list[Outcome] = []
        self.repeated: Outcome | None = None
        self.printed: list[str] = []
        self.warned: list[str] = []
        self.expected: list[Outcome] = []
        self.problems: list[str] = []
        self.broken = ""

    def call_all(self, heard: guard.Heard) -> None:
        """Call the answer on every case, and once more on the first. Runs inside the guard."""
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

    def try_properties(self, seconds: float) -> None:
        """Look for a property that the answer does not have, if it returns values at all."""
        if any(outcome.failure is not None or outcome.value is None for outcome in self.found):
            return
        broken: list[str] = []

        def search(heard: guard.Heard) -> None:
            for known in self.exercise.properties:
                try:
                    if not known.holds(on_copies(self.answer)):
                        broken.append(known.sentence)
                except guard.Stopped:
                    raise
                except BaseException:  # an error, of whatever kind, says nothing about the property
                    continue

        with contextlib.suppress(guard.TimeLimitError):
            guard.run(search, seconds)
        self.broken = broken[0] if broken else ""

    def compare(self, heard: guard.Heard) -> None:
        """Find the problems, against the reference and the conventions that are as right."""
        fewest = None
        for function in (self.exercise.reference, *self.exercise.alternatives):
            expected = [observe(function, case, self.exercise) for case in self.cases]
            problems = self._problems(self.found, expected)
            count = sum(
                1 + len(self.cases) * (not self.cases[k].edge)  # ordinary cases first
                for k, problem in enumerate(problems)
                if problem
            )
            if fewest is None or count < fewest:
                fewest, self.expected, self.problems = count, expected, problems
        if self.exercise.judge and not any(self.problems):
            self.problems[0] = self.broken

    def verdict(self) -> Verdict:
        """Decide. Nothing of the learner's runs here."""
        failing = [k for k, problem in enumerate(self.problems) if problem]
        ordinary = [k for k in failing if not self.cases[k].edge]
        if ordinary:
            return self._report("wrong", self._explain(ordinary[0]), ordinary[0])
        assert self.repeated is not None
        if not same_outcome(self.repeated, self.found[0], self.exercise.tolerance):
            return self._report("wrong", REPEAT, 0)
        if failing:
            return self._report("fragile", self._explain_edge(failing), failing[0])
        return self._correct()

    def too_slow(self, seconds: float, *, stopped: bool, compiling: bool) -> Verdict:
        """Report an endless loop, or one that is far too long, or a compiler that is."""
        if compiling:
            message = (
                f"Your function was still being compiled after {guard.COMPILE_SECONDS:g} seconds. "
                "Hand in the plain function: it needs no compiler to be quick enough here."
            )
        else:
            message = (
                f"Your function was not done after {seconds:g} seconds. Does a loop never end?"
            )
        if not stopped:
            message += " It cannot be stopped and goes on in the background: restart the kernel."
        details = _input_details(self.current) if self.current else ()
        return Verdict(self.exercise.id, "wrong", message, details)

    def _problems(self, found: Sequence[Outcome], expected: Sequence[Outcome]) -> list[str]:
        applied = rules.JUDGED if self.exercise.judge else rules.ALL
        return [
            next(filter(None, (rule(self.exercise, case, f, e) for rule in applied)), "")
            for case, f, e in zip(self.cases, found, expected, strict=True)
        ]

    def _explain(self, k: int) -> str:
        """Name the slip, if it is known, or else the problem and a property that fails."""
        if self.found[k].failure is None:
            slip = self._known_slip()
            if slip is not None:
                return slip.sentence
        if self.broken in ("", self.problems[k]):
            return self.problems[k]
        return f"{self.problems[k]} One thing that must hold and does not: {self.broken}"

    def _known_slip(self) -> Mistake | None:
        """Find the mistake that did what the answer did on every ordinary case.

        Where the value is wrong already, a second slip in the gradient may come on top.
        """
        exercise = self.exercise
        kept = [k for k, case in enumerate(self.cases) if not case.edge]
        compared = [(*exercise.wrt, *exercise.constants)]
        if not all(
            same_value(self.found[k].value, self.expected[k].value, exercise.tolerance)
            for k in kept
        ):
            compared += [exercise.wrt, ()]
        slips = [
            (mistake, outcomes)
            for mistake in exercise.mistakes
            if not self._is_edge_slip(outcomes := self._outcomes(mistake))
        ]
        for gradients in compared:
            for mistake, outcomes in slips:
                if all(
                    same_outcome(self.found[k], outcomes[k], exercise.tolerance, gradients)
                    for k in kept
                ):
                    return mistake
        return None

    def _outcomes(self, mistake: Mistake) -> list[Outcome]:
        return [observe(mistake.answer, case, self.exercise) for case in self.cases]

    def _is_edge_slip(self, outcomes: Sequence[Outcome]) -> bool:
        """Tell whether these are right on all ordinary cases."""
        problems = self._problems(outcomes, self.expected)
        return not any(p and not case.edge for p, case in zip(problems, self.cases, strict=True))

    def _explain_edge(self, failing: list[int]) -> str:
        """Name the mistake that is right on ordinary numbers, too, and breaks alike on edges.

        On all edges, if there is such a one: what breaks on one of two has another cause than what
        breaks on both.
        """
        slips = [
            (mistake, outcomes)
            for mistake in self.exercise.mistakes
            if self._is_edge_slip(outcomes := self._outcomes(mistake))
        ]
        edges = [k for k, case in enumerate(self.cases) if case.edge]
        for compared, exactly in ((edges, True), (edges, False), (failing, False)):
            for mistake, outcomes in slips:
                if all(self._breaks_like(outcomes[k], k, exactly=exactly) for k in compared):
                    return mistake.sentence
        where, problem = self.cases[failing[0]].label, self.problems[failing[0]]
        return f"Right on ordinary numbers, but it breaks where {where}. {problem}"

    def _breaks_like(self, other: Outcome, k: int, *, exactly: bool) -> bool:
        """Compare with another outcome on an edge; NaN may count as infinity."""
        found = self.found[k]
        one, two = found.value, other.value
        if not exactly and isinstance(one, Tensor) and isinstance(two, Tensor):
            one, two = (value.where(value.isfinite(), torch.nan) for value in (one, two))
        return found.kind == other.kind and same_value(one, two, self.exercise.tolerance)

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
        what = "values, shapes and gradients agree" if self.exercise.wrt else "the answers agree"
        if self.exercise.judge:
            what = "your answer keeps what was asked for"
        count = sum(bool(case.inputs) for case in self.cases)  # a design has none
        where = f"On {count} input{'s' if count > 1 else ''} " if count else ""
        message = f"{where}{what}."
        message = message[0].upper() + message[1:]
        details: list[tuple[str, str]] = []
        printed = next(filter(None, self.printed), "")[:200].rstrip()
        if printed:
            details.append(("What it printed was not shown; it begins with", printed))
        if self.warned:
            details.append(("It warned", "\n".join(self.warned)))
        return Verdict(self.exercise.id, "correct", message, tuple(details))


def _size(case: Case) -> int:
    return sum(value.numel() for value in case.inputs.values() if isinstance(value, Tensor))


def _input_details(case: Case) -> tuple[tuple[str, str], ...]:
    heading = "Smallest input that fails" + (f" ({case.label})" if case.label else "")
    lines = [f"{name} = {describe_value(value)}" for name, value in case.inputs.items()]
    return ((heading, "\n".join(lines)),) if lines else ()
