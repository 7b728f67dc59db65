"""Jobs per minute of a sweep on one worker and on two, by processes and by Ray."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from unittest import mock

from ppo_lesson.training import PPOConfig, sweep, train

NUM_JOBS = 10  # for each worker
NUM_TIMES = 3  # each engine with each number of workers, turn by turn
STEPS = 5_000  # of each training: about a second of one core
NUM_WORKERS = (1, 2)


def short_training() -> Callable[..., float]:
    """Make a task that keeps one core busy; it is sent as it is, a worker knows no benchmarks."""
    steps = STEPS

    def task(*, seed: int) -> float:
        return train(PPOConfig(total_steps=steps), seed=seed).history[-1].approx_kl

    return task


@contextmanager
def workers(engine: str, number: int) -> Iterator[None]:
    """Give an engine so many workers while the block runs."""
    if engine == "cores":
        with mock.patch.dict(os.environ, LOKY_MAX_CPU_COUNT=str(number)):
            yield
        return
    import ray

    ray.init("local", num_cpus=number, log_to_driver=False, logging_level="ERROR")
    try:
        yield
    finally:
        ray.shutdown()


def jobs_per_minute(engine: str, number: int) -> float:
    """Sweep short trainings; the first one, until which workers start, does not count."""
    ends: list[float] = []
    with workers(engine, number), tempfile.TemporaryDirectory() as folder:
        sweep(
            short_training(),
            {},
            seeds=range(NUM_JOBS * number + 1),
            engine=engine,
            folder=folder,
            on_job=lambda _: ends.append(time.perf_counter()),
        )
    return 60 * (len(ends) - 1) / (ends[-1] - ends[0])


def rows() -> list[list[object]]:
    """Measure turn by turn; return a row for each engine and number of workers."""
    engines = ["cores", *(["ray"] if find_spec("ray") else [])]
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(NUM_TIMES):
        for engine in engines:
            for number in NUM_WORKERS:
                found.setdefault((engine, number), []).append(jobs_per_minute(engine, number))
    middle = {arm: statistics.median(rates) for arm, rates in found.items()}
    return [
        [
            engine,
            number,
            f"{rate:.0f}",
            f"{min(found[engine, number]):.0f} to {max(found[engine, number]):.0f}",
            f"{rate / middle[engine, 1] / number:.2f}",
        ]
        for (engine, number), rate in middle.items()
    ]
