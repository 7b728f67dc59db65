"""``python -m ppo_lesson grade``: verdicts on learners' copies of the notebooks, for teachers."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ppo_lesson.commands import learner_names
from ppo_lesson.commands.class_report import class_report
from ppo_lesson.commands.grade_report import NOT_GRADED, Grade, HandIn, Table, say
from ppo_lesson.commands.learner_attempt import Attempt, Outcome
from ppo_lesson.commands.learner_notebook import asked, read_cells
from ppo_lesson.exercises.verdict import safe_text
from ppo_lesson.maths.shapes import check_count, check_positive

WARNING = (
    "This runs code that learners wrote, with a limit of {seconds:g} seconds and {gigabytes:g} GB "
    "per notebook. It is no sandbox: the code can read, write and delete whatever you can. "
    "Grade work of people you do not trust on a machine that holds nothing else."
)
NO_EXERCISE = "it holds no exercise of the lessons"
LOST = "Its verdict was written down and is gone: a cell has changed files that are not its own."
POLL_SECONDS = 0.02
STOPPED = 130  # exit status of a command that Ctrl-C ended


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        seconds: limit of time for one notebook.
        gigabytes: limit of memory for one notebook.
        jobs: how many notebooks run at a time.
        table: the CSV file, if one is wanted.
        per: what a row of it is, "exercise" or "learner".
        learner: a pattern whose group finds the learner in a path.

    Raises:
        ValueError: a limit is not above 0 and finite, or jobs is no whole number, 1 or more.
    """

    seconds: float = 300
    gigabytes: float = 8
    jobs: int = 1
    table: Path | None = None
    per: str = "exercise"
    learner: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_positive(seconds=self.seconds, gigabytes=self.gigabytes)
        object.__setattr__(self, "jobs", check_count("jobs", self.jobs))


def run(paths: Sequence[Path], options: Options) -> int:
    """Print the grades of several notebooks, and keep them in a CSV file if one is named.

    Returns:
        0 where all were graded, 1 where one could not be, 2 where nothing was begun, 130 where
        Ctrl-C ended it: what was graded until then is printed and kept.
    """
    try:
        hand_ins = _read(list({os.path.abspath(path): path for path in paths}.values()), options)
        table = Table(options.table, options.per, hand_ins) if options.table else None
        if options.per == "learner" and table is None:
            raise ValueError("--per learner is about the table: name its file with --csv")
    except (OSError, ValueError) as error:
        say(f"error: {safe_text(error)}", sys.stderr)
        return 2
    say(WARNING.format(seconds=options.seconds, gigabytes=options.gigabytes))
    report = _Report(hand_ins, table)
    code = 0
    try:
        with closing(_grade(hand_ins, options)) as grades:
            for number, rows, warnings in grades:
                report.add(number, rows, warnings)
    except KeyboardInterrupt:
        code = STOPPED
        say(f"\nstopped: {len(report.results)} of {len(hand_ins)} notebooks are graded")
    return max(code, report.finish())


class _Report:
    """What is known so far, printed in the order of the hand-ins and kept in the table."""

    def __init__(self, hand_ins: Sequence[HandIn], table: Table | None) -> None:
        self.hand_ins, self.table = hand_ins, table
        self.results: dict[int, Sequence[Grade]] = {}
        self.shown: set[int] = set()
        self.told: set[str] = set()

    def add(self, number: int, rows: Sequence[Grade], warnings: Sequence[str]) -> None:
        self.results[number] = rows
        for warning in warnings:
            self.warn(warning)
        self.write()
        while (following := len(self.shown)) in self.results:
            self.show(following)

    def finish(self) -> int:
        """Print what waits for an earlier one, then the class; return whether all is kept."""
        for number in sorted(set(self.results) - self.shown):
            self.show(number)
        if len({hand_in.learner for hand_in in self.hand_ins}) > 1:
            for line in class_report(self.hand_ins, self.results):
                say(line)
        kept = self.write()
        if self.table and kept:
            say(f"\nwritten: {self.table.path}")
        grades = [grade for rows in self.results.values() for grade in rows]
        return int(not kept or any(grade.status == NOT_GRADED for grade in grades))

    def write(self) -> bool:
        """Write the table; a full disk or a spreadsheet that locks the file ends nothing."""
        try:
            if self.table:
                self.table.write(self.results)
        except OSError as error:
            self.warn(f"the table cannot be written: {safe_text(error)}")
            return False
        return True

    def warn(self, sentence: str) -> None:
        if sentence not in self.told:
            self.told.add(sentence)
            say(f"warning: {sentence}", sys.stderr)

    def show(self, number: int) -> None:
        self.shown.add(number)
        rows = self.results[number]
        correct = sum(row.status == "correct" for row in rows)
        reasons = [row.message for row in rows if row.status == NOT_GRADED]
        if len(reasons) == len(rows):
            head = f"could not be run: {reasons[0]}"
        else:
            head = f"{correct} of {len(rows)} correct"
            head += f"; not run to its end: {reasons[0]}" if reasons else ""
        say(f"\n{self.hand_ins[number].path}: {head}")
        if rows[0].failed_cell:
            say(f"  the first cell that failed: {rows[0].failed_cell}")
        for row in rows:
            silent = row.status in ("correct", "not started", NOT_GRADED)
            if row.exercise:
                message = "" if silent else row.message
                say(f"  {row.exercise:<28} {row.status:<12} {message}".rstrip())


def _read(paths: Sequence[Path], options: Options) -> list[HandIn]:
    """Read what every file asks for, before the first is run."""
    wanted: list[list[str]] = []
    problems: list[str] = []
    for path in paths:
        try:
            wanted.append(asked(read_cells(path)))
            problems.append("" if wanted[-1] else NO_EXERCISE)
        except Exception as error:  # whatever is wrong with a file that a learner handed in
            wanted.append([])
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            problems.append(f"the file cannot be read: {safe_text(reason)[:200]}")
    try:
        names = (
            learner_names.by_pattern(paths, options.learner)
            if options.learner
            else learner_names.by_path(paths, wanted)
        )
    except ValueError as error:
        raise ValueError(f"--learner: {error}") from None
    return [HandIn(*parts) for parts in zip(paths, names, wanted, problems, strict=True)]


def _grade(
    hand_ins: Sequence[HandIn], options: Options
) -> Generator[tuple[int, list[Grade], list[str]], None, None]:
    """Run the notebooks, so many at a time; yield number, grades, warnings of each as it ends."""
    others = {Path(os.path.realpath(hand_in.path)) for hand_in in hand_ins}
    waiting = list(enumerate(hand_ins))
    running: dict[int, Attempt] = {}
    try:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                number, hand_in = waiting.pop(0)
                problem = hand_in.problem
                try:
                    if not problem:
                        running[number] = Attempt(
                            hand_in.path, options.seconds, options.gigabytes, others=others
                        )
                        continue
                except OSError as error:
                    problem = f"it could not be started: {safe_text(error)}"
                yield number, _grades(hand_in, Outcome(problem=problem)), []
            over = [number for number, attempt in running.items() if attempt.is_over()]
            for number in over:
                outcome = running.pop(number).close()
                yield number, _grades(hand_ins[number], outcome), outcome.warnings
            if not over:
                time.sleep(POLL_SECONDS)
    finally:
        for attempt in running.values():
            attempt.close()


def _grades(hand_in: HandIn, outcome: Outcome) -> list[Grade]:
    """Return a grade for each exercise, or one that says why there is none."""
    missing = (NOT_GRADED, outcome.problem or LOST)
    return [
        Grade(
            str(hand_in.path),
            hand_in.learner,
            exercise,
            *outcome.verdicts.get(exercise, missing),
            outcome.failure,
        )
        for exercise in hand_in.asked or [""]
    ]
