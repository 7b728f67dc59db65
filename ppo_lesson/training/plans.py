"""How long a sweep takes on so many cores, and what holds it up: a model of two queues."""

from __future__ import annotations

import math
from typing import NamedTuple

from ppo_lesson.maths.shapes import check_between, check_count, check_positive


class SweepPlan(NamedTuple):
    """What a sweep will take.

    Attributes:
        seconds: from the call to the last result.
        core_seconds: what all workers together are there for, idle or not.
        busy: share of that in which jobs are done, 0 to 1.
        bottleneck: "workers" (more of them help), "driver" (they wait for it) or "start".
    """

    seconds: float
    core_seconds: float
    busy: float
    bottleneck: str


def plan_sweep(
    num_jobs: int,
    num_workers: int,
    *,
    job_seconds: float,
    driver_seconds: float,
    start_seconds: float = 0.0,
) -> SweepPlan:
    """Plan equal jobs on workers that are served by one driver.

    seconds = start + max(ceil(jobs / workers) (job + driver), jobs driver + job)

    The driver needs a moment for each job, to send it and to keep its result, and serves one worker
    at a time. Few workers wait for nobody; with more than job / driver of them the driver is never
    idle, and more change nothing.

    Args:
        num_jobs: settings times seeds, 1 or more.
        num_workers: cores that do jobs, 1 or more.
        job_seconds: of one job on one core, above 0.
        driver_seconds: of the driver for one job, 0 or more.
        start_seconds: until the first worker can begin, 0 or more.
    """
    num_jobs, num_workers = (
        check_count("num_jobs", num_jobs),
        check_count("num_workers", num_workers),
    )
    check_positive(job_seconds=job_seconds)
    check_between(0, math.inf, open_high=True, driver_seconds=driver_seconds)
    check_between(0, math.inf, open_high=True, start_seconds=start_seconds)
    of_workers = math.ceil(num_jobs / num_workers) * (job_seconds + driver_seconds)
    of_driver = num_jobs * driver_seconds + job_seconds
    working = max(of_workers, of_driver)
    held_up = {"workers": of_workers, "driver": of_driver}
    bottleneck = max(held_up, key=lambda name: held_up[name])
    if start_seconds > working:
        bottleneck = "start"
    seconds = start_seconds + working
    core_seconds = num_workers * seconds
    return SweepPlan(seconds, core_seconds, num_jobs * job_seconds / core_seconds, bottleneck)
