"""Where the jobs of a sweep run: in this process, on the cores of this machine, on a Ray cluster.

An engine takes work, a function that can be sent elsewhere, and jobs by number. It gives back each
number with its reply, in the order in which they come. A worker has one job at a time: whatever
becomes of it, one job at most is lost. An engine that is closed early, as by Ctrl-C, ends its work.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """What became of a job."""

    value: Any = None  # what was made of what it returned: JSON in a sweep
    error: str = ""  # why there is none, one sentence; empty where there is a value


Work = Callable[[Any], Reply]
Replies = Generator[tuple[int, Reply], None, None]
Engine = Callable[[Work, Mapping[int, Any]], Replies]

INSTALL = 'pip install "ppo-lesson[cluster]"'
ATTEMPTS = 3
"""So often a job is begun; then it is reported, with its error."""

SECONDS_BETWEEN = 0.5  # two looks at what is done; on Windows no signal ends a wait
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def find_engine(name: str) -> Engine:
    """Return the engine of that name: "here", "cores" or "ray".

    Raises:
        ValueError: there is none, or what it needs is not installed; the message says how to.
    """
    if not isinstance(name, str) or name not in ENGINES:
        raise ValueError(f"engine: expected one of {', '.join(ENGINES)}, got {name!r}")
    if name == "ray" and not find_spec("ray"):
        raise ValueError(f"engine: Ray is not installed; {INSTALL} installs it")
    return ENGINES[name]


def see_through(run: Engine, work: Work, jobs: Mapping[int, Any]) -> Replies:
    """Have every job done: one that failed or was lost is begun again, ATTEMPTS times in all."""
    left = dict(jobs)
    for attempts_left in reversed(range(ATTEMPTS)):
        with closing(run(work, dict(left))) as replies:
            for number, reply in replies:
                if not reply.error or not attempts_left:
                    del left[number]
                    yield number, reply
        if not left:
            break


def here(work: Work, jobs: Mapping[int, Any]) -> Replies:
    """Do one job after the other, in this process."""
    for number, job in jobs.items():
        yield number, work(job)


def cores(work: Work, jobs: Mapping[int, Any]) -> Replies:
    """Do a job on each core, in processes of joblib's loky; LOKY_MAX_CPU_COUNT sets fewer.

    Each worker is an executor of its own: in a common one, one that is killed breaks all.

    Source: joblib's manual, "Embarrassingly parallel for loops"; loky's, "ProcessPoolExecutor".
    """
    from joblib import cpu_count
    from joblib.externals.loky import ProcessPoolExecutor

    def new_worker() -> Any:
        return ProcessPoolExecutor(1, env=ONE_THREAD, initializer=_begin, initargs=(os.getpid(),))

    def start(lane: int) -> None:
        number, job = waiting.pop()
        try:
            future = workers[lane].submit(work, job)
        except BrokenExecutor:  # killed, with its job before or between two
            workers[lane] = new_worker()
            future = workers[lane].submit(work, job)
        running[future] = number, lane

    waiting = list(jobs.items())[::-1]
    running: dict[Future[Reply], tuple[int, int]] = {}
    workers = [new_worker() for _ in range(min(cpu_count(), len(jobs)))]
    try:
        for lane in range(len(workers)):
            start(lane)
        while running:
            for future in wait(running, SECONDS_BETWEEN, FIRST_COMPLETED).done:
                number, lane = running.pop(future)
                if waiting:
                    start(lane)
                error = future.exception()
                yield number, _lost(error) if error else future.result()
    finally:
        for worker in workers:
            worker.shutdown(kill_workers=True)


def ray(work: Work, jobs: Mapping[int, Any]) -> Replies:
    """Do a job on each core of a Ray cluster: that of RAY_ADDRESS, or one of this machine alone.

    Where the process is in a cluster already (`ray.init`), it is that one. Each of its nodes has
    this package installed, in the same version.

    Source: Ray's manual, "Tasks" and "Fault tolerance"; a lost job is begun again by the sweep, not
    by Ray, so that it is counted.
    """
    import ray  # pyright: ignore[reportMissingImports] - the extra `cluster`
    from ray.exceptions import RayError  # pyright: ignore[reportMissingImports]

    with _cluster(ray):
        shipped = ray.put(work)  # once, not once per job
        attempt = ray.remote(num_cpus=1, max_retries=0)(_call)
        running = {attempt.remote(shipped, job): number for number, job in jobs.items()}
        try:
            while running:
                every = list(running)
                done, _ = ray.wait(every, num_returns=len(every), timeout=SECONDS_BETWEEN)
                for reference in done:
                    try:
                        reply = ray.get(reference)
                    except RayError as error:
                        reply = _lost(error)
                    yield running.pop(reference), reply
        finally:
            for reference in running:
                ray.cancel(reference, force=True)


ENGINES: dict[str, Engine] = {"here": here, "cores": cores, "ray": ray}


def _call(work: Work, job: Any) -> Reply:
    return work(job)


def _lost(error: BaseException) -> Reply:
    """Say in a line why nothing came back: of Ray's errors, which are pages, the first ones."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return Reply(error=f"{type(error).__name__}: {' '.join(lines)[:300]}")


def _begin(driver: int) -> None:
    """Begin a worker: Ctrl-C is for the driver alone to hear, and without a driver it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == driver:
            time.sleep(SECONDS_BETWEEN)
        os._exit(1)

    if os.name == "posix":
        threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _cluster(ray: Any) -> Iterator[None]:
    """Enter a cluster, and leave it; one that was entered before is left to who entered it."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to Ray's makers
    ray.init(os.environ.get("RAY_ADDRESS") or "local", log_to_driver=False, logging_level="ERROR")
    try:
        yield
    finally:
        ray.shutdown()
