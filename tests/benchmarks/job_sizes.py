"""Measure what `experiments.job_sizes` records, and store it.

`python tests/benchmarks/job_sizes.py` needs both extras, `pip install -e ".[test,cluster]"`.
Seconds of jobs are a core's own, which a busy machine hardly changes; those of engines are the
clock's, the least of several.
"""

from __future__ import annotations

import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from joblib import cpu_count
from joblib.externals.loky.backend.reduction import dumps  # as it sends jobs

from ppo_lesson.experiments import job_sizes
from ppo_lesson.experiments.job_sizes import TASKS, EngineCost, JobSize, JobSizes
from ppo_lesson.training import sweep
from ppo_lesson.training.engines import ENGINES, find_engine
from ppo_lesson.training.jobs import Job, attempt, versions

NUM_SEEDS = 3  # of each task
NUM_EMPTY = 4_000  # jobs that do nothing: their seconds must stand out from those of a start
NUM_TIMES = 3  # each engine


def size_of(task: Callable[..., Any], num_seeds: int = NUM_SEEDS) -> JobSize:
    """Do a few jobs here, and look at what is sent and at the files."""
    job_sizes.posed()  # once for each worker, not once for each job
    seconds: list[float] = []

    def told(_outcome: object) -> None:
        seconds.append(time.process_time() - began.pop())
        began.append(time.process_time())

    with tempfile.TemporaryDirectory() as folder:
        began = [time.process_time()]
        sweep(task, {}, seeds=range(num_seeds), engine="here", folder=folder, on_job=told)
        sizes = [path.stat().st_size for path in Path(folder).iterdir()]
    print(f"{task.__name__}: {seconds} s", file=sys.stderr, flush=True)
    work = partial(attempt, task, torch.get_default_dtype(), versions())
    shipped = len(dumps((work, Job({}, 0))))
    return JobSize(shipped, round(statistics.median(sizes)), statistics.median(seconds))


def empty(*, seed: int) -> None:
    """Do nothing."""


def seconds_for(engine: str, num_jobs: int) -> float:
    """Sweep empty jobs into an empty folder: seconds of the clock."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        sweep(empty, {}, seeds=range(num_jobs), engine=engine, folder=folder, on_job=lambda _: None)
        return time.perf_counter() - start


def cost_of(engine: str, num_empty: int = NUM_EMPTY, num_times: int = NUM_TIMES) -> EngineCost:
    """Take what a call costs apart: its start, and each further job."""
    one = min(seconds_for(engine, 1) for _ in range(num_times))
    many = min(seconds_for(engine, 1 + num_empty) for _ in range(num_times))
    print(f"{engine}: {one} s, {many} s", file=sys.stderr, flush=True)
    if many <= one:
        raise ValueError(f"{engine}: {num_empty} jobs took no time beside its start; measure again")
    return EngineCost(one, (many - one) / num_empty)


def machine() -> str:
    """Name the processor, where the system tells, and the cores."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = names[0].partition(":")[2].strip() if names else name
    return f"{name}, {cpu_count()} cores"


def measured() -> JobSizes:
    """Measure everything: minutes."""
    torch.set_num_threads(1)
    find_engine("ray")  # says how to install it
    return JobSizes(
        machine(),
        {name: size_of(task) for name, task in TASKS.items()},
        {name: cost_of(name) for name in ENGINES},
        len(dumps(job_sizes.posed())),
    )


if __name__ == "__main__":
    try:
        job_sizes.write(measured())
    except ValueError as error:
        sys.exit(str(error))
    print(job_sizes.STORED)
