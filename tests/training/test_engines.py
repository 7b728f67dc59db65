"""What becomes of a worker costs one job at most, and what an engine needs is named."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ppo_lesson.training import engines
from ppo_lesson.training.engines import Reply, cores, find_engine, here

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows ends a process by any signal


def test_engines_go_by_their_names() -> None:
    assert find_engine("here") is here and find_engine("cores") is cores
    for bad in ("core", "", None, 3, ["here"]):
        with pytest.raises(ValueError, match=r"^engine: expected one of here, cores, ray, got"):
            find_engine(bad)  # type: ignore[arg-type]


def test_without_ray_one_sentence_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(ValueError) as refused:
        find_engine("ray")
    wanted = 'engine: Ray is not installed; pip install "ppo-lesson[cluster]" installs it'
    assert str(refused.value) == wanted


def test_here_a_job_is_begun_when_it_is_asked_for() -> None:
    def work(job: int) -> Reply:
        begun.append(job)
        return Reply(str(job))

    begun: list[int] = []
    replies = here(work, {3: 30, 1: 10})
    assert next(replies) == (3, Reply("30")) and begun == [30]
    assert list(replies) == [(1, Reply("10"))]


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.exhaustive)])
def test_a_worker_that_is_killed_costs_its_own_job_alone(
    workers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", workers)

    def work(folder: Path, job: int) -> Any:  # sent as it is: a worker knows no module of tests
        (folder / f"{job}-{os.getpid()}").touch()
        if job == 2:
            os.kill(os.getpid(), KILL)
        return str(job), os.environ["OMP_NUM_THREADS"]

    found = dict(cores(partial(work, tmp_path), {job: job for job in range(6)}))
    assert {job: found[job] for job in (0, 1, 3, 4, 5)} == {
        job: (str(job), "1") for job in (0, 1, 3, 4, 5)
    }
    assert found[2].error.startswith("TerminatedWorkerError: ")
    assert found[2].error.count("\n") == 0
    begun = [path.name.partition("-")[0] for path in tmp_path.iterdir()]
    assert sorted(begun) == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("system", ["posix", "nt"])
def test_a_worker_is_deaf_to_ctrl_c_and_ends_without_its_driver(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = iter([7, 7, 1])  # the driver's number; then that of whoever takes orphans in
    deaf: list[Any] = []
    ended = threading.Event()
    monkeypatch.setattr(engines, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(signal, "signal", lambda *given: deaf.append(given))
    monkeypatch.setattr(os, "getppid", lambda: next(parents), raising=False)
    monkeypatch.setattr(os, "_exit", lambda code: ended.set())
    monkeypatch.setattr(os, "name", system)
    engines._begin(7)
    assert deaf == [(signal.SIGINT, signal.SIG_IGN)]
    # On Windows a process has the number of its parent for good: nothing is watched.
    assert ended.wait(10) if system == "posix" else next(parents) == 7


@pytest.mark.exhaustive
def test_what_cannot_be_sent_or_come_back_is_an_error_of_the_job() -> None:
    def work(job: Any) -> Any:
        return (part for part in "abc") if job else 0

    found = dict(cores(work, {0: 0, 1: 1, 2: (part for part in "abc")}))
    assert found.pop(0) == 0
    assert len(found) == 2 and all("pickle" in reply.error for reply in found.values())


class LostError(Exception):
    """What the stand-in for Ray raises where Ray raises its RayError."""


class StandIn(ModuleType):
    """The part of Ray that the engine calls, in this process; `test_sweeps.py` starts the real."""

    def __init__(self) -> None:
        """Be no cluster yet."""
        super().__init__("ray")
        self.begun = self.ended = 0
        self.entered = False
        self.cancelled: list[Any] = []
        self.exceptions = ModuleType("ray.exceptions")
        self.exceptions.RayError = LostError  # type: ignore[attr-defined]

    def is_initialized(self) -> bool:
        return self.entered

    def init(self, address: str, **options: Any) -> None:
        self.begun += 1

    def shutdown(self) -> None:
        self.ended += 1

    def put(self, thing: Any) -> Any:
        return thing

    def remote(self, **options: Any) -> Any:
        return lambda call: SimpleNamespace(remote=lambda *given: partial(call, *given))

    def wait(self, every: list[Any], num_returns: int, timeout: float) -> tuple[list, list]:
        return every[:1], every[1:]

    def get(self, reference: Callable[[], Any]) -> Any:
        return reference()

    def cancel(self, reference: Any, force: bool) -> None:
        self.cancelled.append(reference)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")  # which the engine sets; undone afterwards
    ray = StandIn()
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setitem(sys.modules, "ray.exceptions", ray.exceptions)
    return ray


def lost_at_two(job: int) -> Reply:
    if job == 2:
        raise LostError("\nThe node died.\n\n  It had been busy.")
    return Reply(job)


def test_on_ray_a_lost_job_is_an_error_and_the_others_go_on(stand_in: StandIn) -> None:
    found = dict(engines.ray(lost_at_two, {7: 1, 8: 2, 9: 3}))
    lost = Reply(error="LostError: The node died. It had been busy.")
    assert found == {7: Reply(1), 8: lost, 9: Reply(3)}
    assert (stand_in.begun, stand_in.ended, stand_in.cancelled) == (1, 1, [])


def test_on_ray_what_is_closed_early_cancels_its_jobs_and_leaves_a_cluster_of_others(
    stand_in: StandIn,
) -> None:
    stand_in.entered = True
    replies = engines.ray(lost_at_two, {7: 1, 8: 2, 9: 3})
    assert next(replies) == (7, Reply(1))
    replies.close()
    assert len(stand_in.cancelled) == 2
    assert list(engines.ray(lost_at_two, {7: 1})) == [(7, Reply(1))]
    assert (stand_in.begun, stand_in.ended) == (0, 0)
