"""What ``grade`` reports: rows for a spreadsheet or an LMS, and lines for a terminal.

A table is written anew after every notebook, in one step: on disk is always a whole table of all
that is known. What learners wrote cannot break it, nor the terminal, nor start a formula.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from ppo_lesson.files import replace_text
from ppo_lesson.lessons import EXERCISES

NOT_GRADED = "not graded"
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four are wide


class HandIn(NamedTuple):
    """A file that was handed in: what it asks for, or why it cannot be read."""

    path: Path
    learner: str
    asked: list[str]
    problem: str


class Grade(NamedTuple):
    """One line of the report."""

    notebook: str
    learner: str
    exercise: str
    status: str
    message: str
    failed_cell: str


Results = Mapping[int, Sequence[Grade]]  # number of the hand-in -> its grades


class Table:
    """The CSV file, with a row per exercise or per learner.

    UTF-8 with a byte order mark, without which Excel reads umlauts as something else.
    """

    def __init__(self, path: Path, per: str, hand_ins: Sequence[HandIn]) -> None:
        """Write the empty table.

        Raises:
            ValueError: the path is one that must not or cannot be written.
        """
        self.path, self.per, self.hand_ins = Path(os.path.realpath(path)), per, hand_ins
        reason = _why_not(self.path, [hand_in.path for hand_in in hand_ins])
        try:
            if not reason:
                self.write({})
        except OSError as error:
            reason = f"cannot be written ({error.strerror})"
        if reason:
            raise ValueError(f"--csv: expected a file for the table, got {path}, which {reason}")

    def write(self, results: Results) -> None:
        """Write all that is known.

        Raises:
            OSError: it cannot be written; what stood there still does.
        """
        if self.per == "learner":
            rows = per_learner(self.hand_ins, results)
        else:
            header = [name.replace("_", " ") for name in Grade._fields]
            rows = [header, *(row for number in sorted(results) for row in results[number])]
        table = io.StringIO(newline="")
        csv.writer(table).writerows(map(_harmless, rows))
        # Without the mark at its beginning a spreadsheet takes UTF-8 for another alphabet.
        replace_text(self.path, "\ufeff" + table.getvalue())


def per_learner(hand_ins: Sequence[HandIn], results: Results) -> list[list[str]]:
    """Return a header and a row per learner: points per exercise, and their sum.

    A correct answer is one point, anything else none; of two copies the better one counts. An
    entry is empty, and the sum too, where a notebook is not graded (yet): nobody is given a 0 for
    a failure that may be the machine's.
    """
    occurring = {exercise for hand_in in hand_ins for exercise in hand_in.asked}
    exercises = [exercise for exercise in EXERCISES if exercise in occurring]
    learners = dict.fromkeys(hand_in.learner for hand_in in hand_ins)
    rows = [["learner", *exercises, "total"]]
    for learner in learners:
        numbers = [k for k, hand_in in enumerate(hand_ins) if hand_in.learner == learner]
        grades = [grade for k in numbers for grade in results.get(k, ())]
        status = {e: {g.status for g in grades if g.exercise == e} for e in ["", *exercises]}
        unread = bool(status[""]) or any(hand_ins[k].problem for k in numbers)
        waiting = {e for k in numbers if k not in results for e in hand_ins[k].asked}
        points = []
        for exercise in exercises:
            known = status[exercise] - {NOT_GRADED}
            open_ = unread or exercise in waiting or NOT_GRADED in status[exercise]
            points.append("1" if "correct" in known else "" if open_ and not known else "0")
        total = "" if "" in points else str(points.count("1"))
        rows.append([learner, *points, total])
    return rows


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line as the terminal or pipe can show it; a pipe that was closed ends nothing.

    A newline that it begins with stays, every other is written as what it is.
    """
    out = stream or sys.stdout
    encoding = getattr(out, "encoding", None) or "utf-8"
    line = "\n" * text.startswith("\n") + plain(text.removeprefix("\n"))
    try:
        print(line.encode(encoding, "backslashreplace").decode(encoding), file=out, flush=True)
    except OSError:  # nobody reads any more; Python would say so once more at its end
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), out.fileno())


def plain(text: str) -> str:
    """Spell out what no file or no terminal takes: lone surrogates and control characters."""
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)


def _why_not(path: Path, inputs: Iterable[Path]) -> str:
    if path.suffix.lower() == ".ipynb":
        return "is a notebook by its name"
    if path.is_dir():
        return "is a folder"
    if path.exists() and not path.is_file():
        return "is no ordinary file"
    if not path.parent.is_dir():
        return "is in a folder that does not exist"
    if any(other.exists() and path.exists() and path.samefile(other) for other in inputs):
        return "is one of the notebooks"
    return ""


def _harmless(row: Sequence[str]) -> list[str]:
    """Keep a spreadsheet from reading a learner's text as a formula."""
    texts = [plain(text) for text in row]
    return [f"'{text}" if text.lstrip().startswith(FORMULA) else text for text in texts]
