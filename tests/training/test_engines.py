"""What becomes of a worker costs one job at most, and what an engine needs is named."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
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


@pytest.mark.exhaustive
def test_a_worker_that_is_killed_costs_its_own_job_alone(tmp_path: Path) -> None:
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


@pytest.mark.exhaustive
def test_what_cannot_be_sent_or_come_back_is_an_error_of_the_job() -> None:
    def work(job: Any) -> Any:
        return (part for part in "abc") if job else 0

    found = dict(cores(work, {0: 0, 1: 1, 2: (part for part in "abc")}))
    assert found.pop(0) == 0
    assert len(found) == 2 and all("pickle" in reply.error for reply in found.values())
