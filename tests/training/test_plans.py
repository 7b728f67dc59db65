"""The plan of a sweep against a small simulation of its driver and its workers."""

from __future__ import annotations

import heapq

import pytest

from ppo_lesson.training.plans import plan_sweep


def simulated(jobs: int, workers: int, job: float, driver: float) -> float:
    """Serve idle workers one after the other; each takes a job, and comes back when it is done."""
    idle, driver_free, end = [0.0] * workers, 0.0, 0.0
    for _ in range(jobs):
        begin = max(heapq.heappop(idle), driver_free)
        driver_free = begin + driver
        heapq.heappush(idle, driver_free + job)
        end = driver_free + job
    return end


@pytest.mark.parametrize("jobs", [1, 7, 100, 1000])
@pytest.mark.parametrize("workers", [1, 2, 16, 300])
@pytest.mark.parametrize("driver", [0.0, 0.01, 0.3])
def test_the_model_is_the_simulation_within_the_time_to_serve_all_workers_once(
    jobs: int, workers: int, driver: float
) -> None:
    wanted = simulated(jobs, workers, 1.0, driver)
    found = plan_sweep(jobs, workers, job_seconds=1.0, driver_seconds=driver).seconds
    assert found <= wanted + 1e-9
    assert wanted - found <= min(jobs, workers) * driver + 1e-9


def test_more_workers_than_the_driver_can_serve_change_nothing() -> None:
    few, many, more = (
        plan_sweep(1000, workers, job_seconds=10.0, driver_seconds=0.1)
        for workers in (10, 500, 2000)
    )
    assert few.bottleneck == "workers" and many.bottleneck == "driver"
    assert more.seconds == many.seconds and more.core_seconds == 4 * many.core_seconds
    assert few.busy > 0.98 and more.busy < 0.1


def test_a_start_that_takes_longer_than_the_jobs_is_named() -> None:
    plan = plan_sweep(4, 2, job_seconds=1.0, driver_seconds=0.0, start_seconds=6.0)
    assert plan == (8.0, 16.0, 0.25, "start")
