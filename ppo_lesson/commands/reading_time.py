"""How long a notebook takes, computed from what stands in it (DESIGN.md 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from nbformat import NotebookNode

from ppo_lesson.commands.notebook_cells import (
    code_lines,
    exercise_of,
    headings,
    is_exercise,
    is_folded,
    words,
)
from ppo_lesson.lessons import OPEN_QUESTIONS

WORDS_A_MINUTE = 150
LINES_A_MINUTE = 10
# Nobody reads the source of a drawing, the target of a link or a tag.
UNREAD = re.compile(r"```mermaid.*?```|(?<=\])\([^)\s]*\)|<[^<>]*>", re.DOTALL)


@dataclass(frozen=True)
class ReadingTime:
    """What one notebook takes; ``further_...`` is in its sections called Further, the rest is core.

    Attributes:
        reading: minutes, as are exercises and the two of the Further sections.
        words: of prose, in the whole notebook, as are the counts that follow.
        cells: of the core only, for these are limited.
    """

    reading: float = 0
    exercises: float = 0
    further_reading: float = 0
    further_exercises: float = 0
    words: int = 0
    cells: int = 0
    predictions: int = 0
    questions: int = 0


COLUMNS = (
    "core",
    "exercises",
    "Further",
    "exercises",
    "words",
    "core cells",
    "predictions",
    "quiz",
)


def measure(notebook: NotebookNode) -> ReadingTime:
    """Add up a notebook's words, lines of unfolded code and exercises."""
    reading, exercises = {False: 0.0, True: 0.0}, {False: 0.0, True: 0.0}
    counts = {"words": 0, "cells": 0, "predictions": 0, "questions": 0}
    for cell, further in _with_place(notebook):
        counts["cells"] += not further
        if cell.cell_type == "markdown":
            read = len(words(UNREAD.sub(" ", cell.source)))
            counts["words"] += read
            reading[further] += read / WORDS_A_MINUTE
        elif is_exercise(cell):
            exercise = exercise_of(cell)
            exercises[further] += exercise.minutes if exercise else 0
        elif cell.cell_type == "code":
            lines = 0 if is_folded(cell) else code_lines(cell.source)
            reading[further] += lines / LINES_A_MINUTE
            counts["predictions"] += cell.source.startswith("predict(")
            counts["questions"] += cell.source.startswith("ask(") and cell.id not in OPEN_QUESTIONS
    return ReadingTime(reading[False], exercises[False], reading[True], exercises[True], **counts)


def _with_place(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, bool]]:
    """Yield each cell, and whether it stands in a section called Further.

    Such a section ends, as JupyterLab folds it, at the next heading of its own level or above.
    """
    further = 0  # the level of the section's heading, 0 outside
    for cell in notebook.cells:
        found = headings(cell.source) if cell.cell_type == "markdown" else []
        highest = min(found, key=lambda heading: heading.level, default=None)
        if highest and (not further or highest.level <= further):
            further = highest.level if highest.title.startswith("Further") else 0
        yield cell, bool(further)


def table(times: Sequence[tuple[Path, ReadingTime]]) -> str:
    """Write a row per notebook, and their sum."""
    rows = [(path.stem, astuple(time)) for path, time in times]
    sums = [sum(column) for column in zip(*(values for _, values in rows), strict=True)]
    rows += [("all", tuple(sums))] if len(rows) > 1 else []
    width = max(len(name) for name, _ in rows)
    lines = [" " * width + "  minutes:"]
    lines += [f"{'':{width}}  " + "  ".join(COLUMNS)]
    for name, values in rows:
        written = (f"{value:{len(head)}.0f}" for value, head in zip(values, COLUMNS, strict=True))
        lines.append(f"{name:{width}}  " + "  ".join(written))
    return "\n".join(lines)
