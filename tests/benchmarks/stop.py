"""How surely one click ends a training on a busy machine: Stop, and the square in the toolbar.

Each time a notebook is opened anew, with a kernel of its own, run, and ended by one click as soon
as its dashboard has drawn something.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.benchmarks.explorers import open_lab
from tests.browser.dashboard_page import ENDS, DashboardPage
from tests.browser.lab_page import LabPage

NUM_TIMES, NUM_BUSY = 20, 4
LATE = 60_000  # milliseconds; a click that was not heard by then was not heard


@contextmanager
def busy_processes(number: int = NUM_BUSY) -> Iterator[None]:
    """Keep so many processes busy while the block runs."""
    endless = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(endless) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def seconds_to_end(lab_page: LabPage, way: str) -> float:
    """Train until something moves, click once, and return how long the cell took to end."""
    press, reason = ENDS[way]
    board = DashboardPage(lab_page)
    board.start()
    begin = time.perf_counter()
    press(board)
    board.expect_end(reason, timeout=LATE)
    return time.perf_counter() - begin


def rows(num_times: int = NUM_TIMES) -> list[list[str]]:
    """End so many trainings in each way; the clicks that did nothing are missing in the seconds."""
    found: dict[str, list[float]] = {way: [] for way in ENDS}
    with open_lab() as (first, _), busy_processes():
        browser = first.page.context.browser
        assert browser is not None
        for _ in range(num_times):
            for way, seconds in found.items():
                lab_page = LabPage(browser.new_page(), first.lab)
                with suppress(AssertionError):
                    seconds.append(seconds_to_end(lab_page, way))
                lab_page.close()
                print(way, [f"{number:.2f}" for number in seconds[-1:]], file=sys.stderr)
    return [
        [way, f"{len(seconds)} of {num_times}"]
        + [f"{number(seconds):.2f}" for number in (min, statistics.median, max)]
        for way, seconds in found.items()
    ]
