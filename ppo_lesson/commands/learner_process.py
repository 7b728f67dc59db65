"""The process in which ``grade`` runs one learner's notebook: cells first, then a verdict each.

Called as ``python -m ppo_lesson.commands.learner_process NOTEBOOK GIGABYTES``, in an empty folder.
Verdicts are written as lines of JSON as soon as they are known, so that what was reached before a
time limit is not lost.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from ppo_lesson.lessons import EXERCISES
from ppo_lesson.teaching.checker import check

VERDICT_MARK = "ppo_lesson verdict: "  # begins a line of verdict; a learner's own prints go nowhere


def limit_memory(gigabytes: float) -> None:
    """Let this process have so much memory and no more; Windows offers no such limit."""
    try:
        import resource
    except ImportError:
        return
    size = int(gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def defined_exercises(cells: list[nbformat.NotebookNode]) -> dict[int, list[str]]:
    """Find the last code cell that holds ``def my_ID`` of each exercise: position -> ids."""
    last: dict[str, int] = {}
    for position, cell in enumerate(cells):
        for exercise_id in EXERCISES if cell.cell_type == "code" else ():
            if f"def my_{exercise_id}(" in cell.source or f"my_{exercise_id} =" in cell.source:
                last[exercise_id] = position
    positions: dict[int, list[str]] = {}
    for exercise_id, position in last.items():
        positions.setdefault(position, []).append(exercise_id)
    return positions


def verdicts(path: Path) -> Iterator[tuple[str, str, str]]:
    """Run the cells in order, up to the last exercise, and check each answer after its cell.

    A cell that fails is left behind: what follows may be right all the same.
    """
    cells = nbformat.read(path, as_version=4).cells
    positions = defined_exercises(cells)
    shell = InteractiveShell.instance()
    for position, cell in enumerate(cells[: max(positions, default=-1) + 1]):
        if cell.cell_type == "code":
            shell.run_cell(cell.source)
        for exercise_id in positions.get(position, []):
            answer = shell.user_ns.get(f"my_{exercise_id}")
            if answer is None:
                yield exercise_id, "wrong", "The cell that defines it fails."
                continue
            verdict = check(EXERCISES[exercise_id], answer)
            yield exercise_id, verdict.status, verdict.message


def main(arguments: list[str]) -> None:
    """Write the verdicts of one notebook to the real standard output."""
    path, gigabytes = Path(arguments[0]), float(arguments[1])
    write = _own_output()
    limit_memory(gigabytes)
    for verdict in verdicts(path):
        write(f"{VERDICT_MARK}{json.dumps(verdict)}\n")
    # Threads that could not be stopped would keep the process alive.
    os._exit(0)


def _own_output() -> Callable[[str], object]:
    """Keep the real output for verdicts; what cells print goes nowhere."""
    real = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    sys.stdout = sys.stderr = io.TextIOWrapper(os.fdopen(os.dup(1), "wb"), encoding="utf-8")
    return real.write


if __name__ == "__main__":
    main(sys.argv[1:])
