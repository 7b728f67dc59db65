"""``python -m ppo_lesson grade``: verdicts on learners' copies of the notebooks, for teachers."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ppo_lesson.commands import learner_process

WARNING = (
    "This runs code that learners wrote, with a limit of {seconds:g} seconds and {gigabytes:g} GB "
    "per notebook. It is no sandbox: the code can read, write and delete whatever you can. "
    "Grade work of people you do not trust on a machine that holds nothing else."
)


class Grade(NamedTuple):
    """One line of the report."""

    notebook: str
    exercise: str
    status: str
    message: str


def grade(path: Path, seconds: float, gigabytes: float) -> list[Grade]:
    """Run one notebook in a process of its own and return a grade for each of its exercises.

    Exercises that were not reached within the limits have the status "not graded".
    """
    try:
        expected = _exercises_of(path)
    except Exception as error:  # whatever is wrong with a file that a learner handed in
        reason = f"The file cannot be read: {' '.join(str(error).split())[:200]}"
        return [Grade(path.name, "", "not graded", reason)]
    if not expected:
        return [Grade(path.name, "", "not graded", "It holds no exercise of the lessons.")]
    lines, reason = _run(path, seconds, gigabytes)
    found = {exercise: (status, message) for exercise, status, message in lines}
    return [Grade(path.name, e, *found.get(e, ("not graded", reason))) for e in expected]


def run(
    paths: Sequence[Path], table: Path | None = None, *, seconds: float, gigabytes: float
) -> int:
    """Print the grades of several notebooks, and write them to a CSV file if one is named."""
    print(WARNING.format(seconds=seconds, gigabytes=gigabytes))
    grades: list[Grade] = []
    for path in paths:
        rows = grade(path, seconds, gigabytes)
        grades += rows
        passed = sum(row.status == "correct" for row in rows)
        print(f"\n{path}: {passed} of {len(rows)} correct")
        for row in rows:
            message = "" if row.status in ("correct", "not started") else row.message
            print(f"  {row.exercise or '-':<28} {row.status:<12} {message}".rstrip())
    if table is not None:
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(Grade._fields)
            writer.writerows(map(_harmless, grades))
        print(f"\nwritten: {table}")
    return 0


def _exercises_of(path: Path) -> list[str]:
    """List the exercises that the notebook defines, then those of its lesson that are missing."""
    import nbformat

    from ppo_lesson.lessons import LESSONS

    positions = learner_process.defined_exercises(nbformat.read(path, as_version=4).cells)
    defined = [exercise for position in sorted(positions) for exercise in positions[position]]
    of_lesson = [
        exercise.id
        for name, lesson in LESSONS.items()
        if name in path.stem
        for exercise in lesson.exercises
    ]
    return list(dict.fromkeys([*defined, *of_lesson]))


def _run(path: Path, seconds: float, gigabytes: float) -> tuple[list[list[str]], str]:
    """Return the verdicts that the process wrote, and why others may be missing."""
    module = "ppo_lesson.commands.learner_process"
    reason = "No cell defines it, or the notebook ended before it."
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = {
            **os.environ,
            "IPYTHONDIR": folder,
            "PPO_LESSON_DATA": folder,
            "MPLBACKEND": "Agg",
            "PYTHONPATH": os.pathsep.join(
                [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
            ).rstrip(os.pathsep),
        }
        try:
            done = subprocess.run(
                [sys.executable, "-m", module, str(path.resolve()), str(gigabytes)],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                check=False,
            )
            output = done.stdout
            if done.returncode:
                reason = f"The process ended with code {done.returncode} before it."
        except subprocess.TimeoutExpired as error:
            output = error.stdout or b""
            reason = f"The time limit of {seconds:g} seconds was passed before it."
    mark = learner_process.VERDICT_MARK
    lines = output.decode("utf-8", "replace").splitlines()
    return [json.loads(line.removeprefix(mark)) for line in lines if line.startswith(mark)], reason


def _harmless(row: Grade) -> list[str]:
    """Keep a spreadsheet from reading a learner's text as a formula."""
    return [f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text for text in row]
