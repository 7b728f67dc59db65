"""What ``grade`` says about a class: which slip is whose, and who needs help with what."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence

from ppo_lesson.commands.grade_report import NOT_GRADED, Grade, HandIn
from ppo_lesson.lessons import EXERCISES, LESSONS

TRIED = ("fragile", "wrong", "not run")
UNWRITTEN = ("not started", "missing")  # their message says the same for everybody
# Of the verdicts on two copies of a learner the first of these counts.
BEST_FIRST = ("correct", *TRIED, *UNWRITTEN, NOT_GRADED)
WIDTH = 100
INDENT = 6

Standing = dict[str, dict[str, Grade]]  # exercise -> learner -> the grade that counts


def class_report(
    hand_ins: Sequence[HandIn], results: Mapping[int, Sequence[Grade]]
) -> Iterator[str]:
    """Yield the lines that tell a teacher who needs help with what.

    First each exercise, in the order of the course: its verdicts, those given most often first,
    and the learners who got them. Then the learners, together where the same is open: those who
    tried and need help, those who have not written something, those of whom a notebook is missing
    that others handed in, those whom nobody has graded.

    Args:
        hand_ins: all that was handed in.
        results: number of the hand-in -> its grades.
    """
    grades = [grade for number in sorted(results) for grade in results[number]]
    learners = list(dict.fromkeys(hand_in.learner for hand_in in hand_ins))
    standing = _standing(grades)
    yield f"\nThe class: {len(learners)} learners, {len(hand_ins)} notebooks"
    for exercise, verdicts in standing.items():
        yield f"\n{exercise} ({_notebook(exercise)}): {_share(verdicts)}"
        yield from _slips(verdicts)
    yield from _open("Who needs help with what", learners, standing, TRIED)
    yield from _open("Not written yet, or the cell is gone", learners, standing, UNWRITTEN)
    absent = _absent(learners, standing, grades)
    if absent:
        yield "\nNotebooks that others handed in, and these did not"
    for learner, notebooks in absent.items():
        yield from _wrapped("  ", f"{learner}: {', '.join(notebooks)}")
    yield from _ungraded(grades, standing)
    yield from _done([name for name in learners if name not in absent], standing, grades)


def _standing(grades: Sequence[Grade]) -> Standing:
    """Give each learner one verdict per exercise, the best of their copies."""
    standing: Standing = {}
    asked = {grade.exercise for grade in grades}
    for exercise in (name for name in EXERCISES if name in asked):
        verdicts: dict[str, Grade] = {}
        for grade in (grade for grade in grades if grade.exercise == exercise):
            before = verdicts.get(grade.learner, grade)
            verdicts[grade.learner] = min(before, grade, key=lambda g: BEST_FIRST.index(g.status))
        standing[exercise] = verdicts
    return standing


def _notebook(exercise: str) -> str:
    """Return the number of the notebook that asks for an exercise."""
    return next(
        name[:2]
        for name, lesson in LESSONS.items()
        if any(e.id == exercise for e in lesson.exercises)
    )


def _share(verdicts: Mapping[str, Grade]) -> str:
    """Say how many are correct of those that were graded: a crash is no wrong answer."""
    graded = [grade.status for grade in verdicts.values() if grade.status != NOT_GRADED]
    return f"{graded.count('correct')} of {len(graded)} correct" if graded else "nobody is graded"


def _slips(verdicts: Mapping[str, Grade]) -> Iterator[str]:
    """Yield, for each verdict but "correct", how many have it, what it says, and who they are."""
    who: dict[tuple[str, str], list[str]] = {}
    for learner, grade in verdicts.items():
        words = "" if grade.status in UNWRITTEN else grade.message
        if grade.status != "correct":
            who.setdefault((grade.status, words), []).append(learner)
    for (status, words), names in sorted(who.items(), key=lambda item: -len(item[1])):
        yield from _wrapped(f"{len(names):3} {status}{': ' if words else ''}", words)
        everybody = len(names) == len(verdicts) > 1
        yield from _wrapped(" " * INDENT, "everybody" if everybody else ", ".join(names))


def _open(
    title: str, learners: Sequence[str], standing: Standing, statuses: Collection[str]
) -> Iterator[str]:
    """Yield the exercises that somebody has open in this way, with all who have the same open."""
    who: dict[tuple[str, ...], list[str]] = {}
    for learner in learners:
        open_ = tuple(
            f"{exercise} (fragile)" if verdicts[learner].status == "fragile" else exercise
            for exercise, verdicts in standing.items()
            if learner in verdicts and verdicts[learner].status in statuses
        )
        who.setdefault(open_, []).append(learner)
    who.pop((), None)
    if who:
        yield f"\n{title}"
    for open_, names in sorted(who.items(), key=lambda item: (-len(item[0]), -len(item[1]))):
        yield from _wrapped("  ", f"{', '.join(names)}: {', '.join(open_)}")


def _absent(
    learners: Sequence[str], standing: Standing, grades: Sequence[Grade]
) -> dict[str, list[str]]:
    """Find notebooks of which a learner has no verdict. A file that cannot be read may be it."""
    unread = {grade.learner for grade in grades if not grade.exercise}
    absent: dict[str, list[str]] = {}
    for learner in (name for name in learners if name not in unread):
        has = {_notebook(exercise) for exercise, who in standing.items() if learner in who}
        if lacks := sorted({_notebook(exercise) for exercise in standing} - has):
            absent[learner] = lacks
    return absent


def _ungraded(grades: Sequence[Grade], standing: Standing) -> Iterator[str]:
    """Yield whose work could not be graded, with the reason: a teacher has to look at it."""
    left = {grade.learner: f"the whole file; {grade.message}" for grade in grades
            if not grade.exercise}  # fmt: skip
    for exercise, verdicts in standing.items():
        for learner, grade in verdicts.items():
            if grade.status == NOT_GRADED:
                before = left.get(learner, f"; {grade.message}")
                ids, reason = before.split("; ", 1)
                left[learner] = f"{ids}{', ' if ids else ''}{exercise}; {reason}"
    if left:
        yield "\nNot graded: look at these yourself"
    for learner, what in left.items():
        yield from _wrapped("  ", f"{learner}: {what}")


def _done(learners: Sequence[str], standing: Standing, grades: Sequence[Grade]) -> Iterator[str]:
    unread = {grade.learner for grade in grades if not grade.exercise}
    done = [
        learner
        for learner in learners
        if learner not in unread
        and {v[learner].status for v in standing.values() if learner in v} == {"correct"}
    ]
    if done:
        yield "\nNothing is open"
        yield from _wrapped("  ", ", ".join(done))


def _wrapped(start: str, text: str) -> list[str]:
    """Break a text into lines that a terminal shows, every one after the first indented."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * INDENT,
        break_on_hyphens=False,
    )
    return lines or [start.rstrip()]
