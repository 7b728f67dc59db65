"""Which of an exercise's known mistakes an answer is: the one that did the same.

Some mistakes are wrong on ordinary numbers, some on edges only; neither is held against an answer
of the other kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ppo_lesson.exercises import rules
from ppo_lesson.exercises.exercise import Case, Exercise
from ppo_lesson.exercises.outcome import Outcome, observe_all, same_outcome, same_value

Slip = tuple[str, list[Outcome]]  # the sentence for a learner, and what the mistake does


def known_slip(
    exercise: Exercise, cases: Sequence[Case], came: list[Outcome], expected: list[Outcome]
) -> str:
    """Find the mistake that did what the answer did on every ordinary case.

    Where the value is wrong already, a second slip in the gradient may come on top.

    Args:
        exercise: whose mistakes they are.
        cases: its inputs, in any order.
        came: what the answer did on each.
        expected: what a right answer does on each.

    Returns:
        Its sentence, or "".
    """
    ordinary = [k for k, case in enumerate(cases) if not case.edge]
    tolerance = exercise.tolerance
    compared = [(*exercise.wrt, *exercise.constants)]
    if not all(same_value(came[k].value, expected[k].value, tolerance) for k in ordinary):
        compared += [exercise.wrt, ()]
    slips = _slips(exercise, cases)
    for gradients in compared:
        for sentence, did in slips:
            alike = all(same_outcome(came[k], did[k], tolerance, gradients) for k in ordinary)
            if alike and _fails_on_ordinary_numbers(exercise, cases, did, expected):
                return sentence
    return ""


def known_edge_slip(
    exercise: Exercise,
    cases: Sequence[Case],
    came: list[Outcome],
    expected: list[Outcome],
    failing: Sequence[int],
) -> str:
    """Find the mistake that is right on ordinary numbers, too, and breaks alike on edges.

    On all edges, if there is such a one: what breaks on one of two has another cause than what
    breaks on both.

    Args:
        exercise: whose mistakes they are.
        cases: its inputs, in any order.
        came: what the answer did on each.
        expected: what a right answer does on each.
        failing: where the answer breaks.

    Returns:
        Its sentence, or "".
    """
    slips = _slips(exercise, cases)
    edges = [k for k, case in enumerate(cases) if case.edge]
    for compared, exactly in ((edges, True), (edges, False), (failing, False)):
        for sentence, did in slips:
            alike = all(
                _breaks_like(came[k], did[k], exercise.tolerance, exactly=exactly) for k in compared
            )
            if alike and not _fails_on_ordinary_numbers(exercise, cases, did, expected):
                return sentence
    return ""


def _slips(exercise: Exercise, cases: Sequence[Case]) -> list[Slip]:
    """Try the mistakes."""
    return [
        (known.sentence, observe_all(known.answer, cases, exercise)) for known in exercise.mistakes
    ]


def _fails_on_ordinary_numbers(
    exercise: Exercise, cases: Sequence[Case], did: list[Outcome], expected: list[Outcome]
) -> bool:
    """Tell a mistake that is wrong on ordinary numbers from one that breaks on edges only."""
    problems = rules.objections(exercise, cases, did, expected)
    return any(p and not case.edge for p, case in zip(problems, cases, strict=True))


def _breaks_like(one: Outcome, other: Outcome, tolerance: float, *, exactly: bool) -> bool:
    """Compare two outcomes on an edge; NaN may count as infinity."""
    a, b = one.value, other.value
    if not exactly and isinstance(a, Tensor) and isinstance(b, Tensor):
        a, b = (value.where(value.isfinite(), torch.nan) for value in (a, b))
    return one.kind == other.kind and same_value(a, b, tolerance)
