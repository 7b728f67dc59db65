"""The process in which ``grade`` runs one learner's notebook: cells first, then a verdict each.

Called as ``python -m ppo_lesson.commands.learner_process NOTEBOOK FOLDER GIGABYTES``. In FOLDER
stands ``work``, a copy of the files beside the notebook; RESULTS is written there, a line of JSON
as soon as it is known, so that what was reached before a time limit is not lost:

    ["verdict", exercise, status, message]   a later one replaces an earlier one
    ["cell", number]                         this code cell begins
    ["failure", sentence]                    the first code cell that failed
    ["warning", sentence]                    for the teacher
    ["done"]                                 the notebook was run as far as it is asked for
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ipykernel.zmqshell import KernelMagics
from IPython.core.interactiveshell import InteractiveShell

from ppo_lesson.commands.learner_notebook import answers, asked, end_of_answers, read_cells
from ppo_lesson.exercises.checker import check
from ppo_lesson.exercises.verdict import safe_text
from ppo_lesson.lessons import EXERCISES

RESULTS = "results.jsonl"
WORK = "work"
MISSING = "missing"  # the status of an exercise that no cell answers
_UNBOUND = object()


class _Shell(InteractiveShell):
    """What a learner's cells find in place of a kernel: its magics, and nothing to show."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.register_magics(KernelMagics)

    def enable_gui(self, gui: Any = None) -> None:
        """Let ``%matplotlib`` and ``%gui`` pass."""

    def ask_exit(self) -> None:
        """Let ``quit()`` pass: a kernel ends after its cell, and the next one starts a new one."""


def limit_memory(gigabytes: float) -> str:
    """Let this process have so much memory and no more; return why not, where that fails.

    What is limited is data, not addresses: V8, which draws the explorers, reserves 64 GB of
    addresses and uses next to none of it.
    """
    try:
        import mmap
        import resource
    except ImportError:
        return "this system offers none"
    size = int(gigabytes * 2**30)
    try:
        known = [n for n in resource.getrlimit(resource.RLIMIT_DATA) if n != resource.RLIM_INFINITY]
        least = min(size, *known) if known else size
        resource.setrlimit(resource.RLIMIT_DATA, (least, least))
    except (ValueError, OSError) as error:
        return safe_text(error)
    if least < size:
        return f"the system's own, {least / 2**30:.3g} GB, is lower and holds instead"
    try:  # some systems take the limit and do not keep it
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, ValueError):
        return ""
    return "this system does not hold a process to it"


def run(cells: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Run the cells in order, up to the last answer, and check each answer after its cell.

    A cell that fails is left behind: what follows may be right all the same.
    """
    shell = _Shell.instance()
    wanted, positions = asked(cells), answers(cells)
    end = end_of_answers(cells)
    found: dict[str, object] = {}
    status: dict[str, str] = {}
    bound_at: dict[str, int] = {}
    failures: dict[int, str] = {}
    code = [k for k, cell in enumerate(cells[:end]) if cell.get("cell_type") == "code"]
    for number, position in enumerate(code, start=1):
        yield "cell", number
        failure = _run_cell(shell, cells[position]["source"])
        if failure and not failures:
            yield "failure", f"code cell {number}: {failure}"
        if failure:
            failures[position] = failure
        for exercise_id in wanted:
            answer = shell.user_ns.get(f"my_{exercise_id}", _UNBOUND)
            if answer is not _UNBOUND and answer is not found.get(exercise_id, _UNBOUND):
                found[exercise_id], bound_at[exercise_id] = answer, position
                verdict = check(EXERCISES[exercise_id], answer)
                status[exercise_id] = verdict.status
                yield "verdict", exercise_id, verdict.status, verdict.message
    for exercise_id in wanted:
        position = positions.get(exercise_id, -1)
        if position in failures and bound_at.get(exercise_id) != position:
            if status.get(exercise_id) != "correct":
                reason = f"The cell that defines it fails: {failures[position]}"
                yield "verdict", exercise_id, "wrong", reason
        elif exercise_id not in status:
            yield "verdict", exercise_id, MISSING, f"No cell defines my_{exercise_id}."


def _run_cell(shell: InteractiveShell, source: str) -> str:
    """Run one cell; return what stopped it, with the line, or nothing."""
    own_progress = os.environ.get("PPO_LESSON_DATA", "")
    try:
        result = shell.run_cell(source)
        error = result.error_before_exec or result.error_in_exec
    except BaseException as raised:  # IPython itself may stumble over what a learner wrote
        error = raised
    os.environ["PPO_LESSON_DATA"] = own_progress  # wherever the cell has put it
    if error is None:
        return ""
    line = error.lineno if isinstance(error, SyntaxError) else None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if line is None and frame.f_code.co_filename.startswith("<ipython-input"):
            line = number
    place = f" in line {line}" if line else ""
    said = safe_text(error.msg if isinstance(error, SyntaxError) else error)
    return f"{type(error).__name__}{place}: {said}".removesuffix(": ")


def main(arguments: list[str]) -> None:
    """Run one notebook and write down what became of it."""
    path, folder, gigabytes = Path(arguments[0]), Path(arguments[1]), float(arguments[2])
    report = partial(_report, folder / RESULTS)
    _die_with_grade()
    real_stderr = sys.stderr
    _be_silent()
    try:
        problem = limit_memory(gigabytes)
        if problem:
            report(("warning", f"there is no limit of {gigabytes:g} GB of memory: {problem}"))
        cells = read_cells(path)
        os.chdir(folder / WORK)
        sys.path[0] = str(folder / WORK)  # only now: nothing there replaces a module of ours
        sys.argv[:] = [path.name]
        for line in run(cells):
            report(line)
        report(("done",))
    except BaseException:
        traceback.print_exc(file=real_stderr)
        os._exit(1)
    # Threads that could not be stopped would keep the process alive.
    os._exit(0)


def _report(path: Path, line: tuple[Any, ...]) -> None:
    with path.open("a", encoding="ascii") as file:
        file.write(f"{json.dumps(line)}\n")


def _die_with_grade() -> None:
    """End with the process that grades, whose end closes the other end of the standard input."""
    ours = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def wait() -> None:
        os.read(ours, 1)
        if sys.platform != "win32" and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _be_silent() -> None:
    """Send what cells print nowhere; what dies in C still tells why on the standard error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    nowhere = os.fdopen(os.dup(1), "wb")
    sys.stdout = sys.stderr = io.TextIOWrapper(nowhere, "utf-8", "backslashreplace")


if __name__ == "__main__":
    main(sys.argv[1:])
