"""What ``grade`` says about a class: which slip whose, and what each learner has still to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from ppo_lesson.commands.grade_report import NOT_GRADED, Grade, HandIn
from ppo_lesson.lessons import EXERCISES

# Of the verdicts on two copies of a learner the first of these counts.
BEST_FIRST = ("correct", "fragile", "wrong", "not run", "not started", "missing", NOT_GRADED)
WITHOUT_WORDS = ("not started", "missing")  # their message says the same for everybody
WIDTH = 100

Standing = dict[str, dict[str, Grade]]  # exercise -> learner -> the grade that counts


def class_report(
    hand_ins: Sequence[HandIn], results: Mapping[int, Sequence[Grade]]
) -> Iterator[str]:
    """Yield the lines that tell a teacher who needs help with what.

    First each exercise, in the order of the course, with the verdicts that were given most often
    first and under each the learners; then each learner, those with most to do first.

    Args:
        hand_ins: all that was handed in.
        results: number of the hand-in -> its grades.
    """
    grades = [grade for number in sorted(results) for grade in results[number]]
    learners = list(dict.fromkeys(hand_in.learner for hand_in in hand_ins))
    standing = _standing(grades)
    yield f"\nThe class: {len(learners)} learners, {len(hand_ins)} notebooks"
    for exercise, verdicts in standing.items():
        right = sum(grade.status == "correct" for grade in verdicts.values())
        yield f"\n{exercise}: {right} of {len(verdicts)} correct"
        yield from _slips(verdicts)
    yield "\nWho has what to do"
    yield from _to_do(learners, standing)
    yield from _unread(grades)


def _standing(grades: Sequence[Grade]) -> Standing:
    """Give each learner one verdict per exercise, the best of their copies."""
    standing: Standing = {}
    asked = {grade.exercise for grade in grades}
    for exercise in (name for name in EXERCISES if name in asked):
        verdicts: dict[str, Grade] = {}
        for grade in (grade for grade in grades if grade.exercise == exercise):
            before = verdicts.get(grade.learner, grade)
            verdicts[grade.learner] = min(before, grade, key=_rank)
        standing[exercise] = verdicts
    return standing


def _rank(grade: Grade) -> int:
    return BEST_FIRST.index(grade.status)


def _slips(verdicts: Mapping[str, Grade]) -> Iterator[str]:
    """Yield, for each verdict but "correct", how many have it, what it says, and who they are."""
    who: dict[tuple[str, str], list[str]] = {}
    for learner, grade in verdicts.items():
        words = "" if grade.status in WITHOUT_WORDS else grade.message
        if grade.status != "correct":
            who.setdefault((grade.status, words), []).append(learner)
    for (status, words), names in sorted(who.items(), key=lambda item: -len(item[1])):
        yield from _wrapped(f"{len(names):3} {status}{': ' if words else ''}", words, 6)
        everybody = len(names) == len(verdicts) > 1
        yield from _wrapped("      ", "everybody" if everybody else ", ".join(names), 6)


def _to_do(learners: Sequence[str], standing: Standing) -> Iterator[str]:
    open_ = {
        learner: [
            f"{exercise} ({verdicts[learner].status})"
            for exercise, verdicts in standing.items()
            if learner in verdicts and verdicts[learner].status != "correct"
        ]
        for learner in learners
    }
    graded = {learner for verdicts in standing.values() for learner in verdicts}
    for learner, things in sorted(open_.items(), key=lambda item: -len(item[1])):
        if things:
            yield from _wrapped(f"{len(things):3} {learner}: ", ", ".join(things), 6)
    done = [learner for learner, things in open_.items() if not things and learner in graded]
    if done:
        yield from _wrapped("    nothing: ", ", ".join(done), 6)


def _unread(grades: Sequence[Grade]) -> Iterator[str]:
    """Yield the files in which nothing could be graded, and why."""
    unread = [grade for grade in grades if not grade.exercise]
    if unread:
        yield "\nNot read"
    for grade in unread:
        yield from _wrapped(f"    {grade.learner}: ", grade.message, 6)


def _wrapped(start: str, text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=start, subsequent_indent=" " * indent, break_on_hyphens=False
    ) or [start.rstrip()]
