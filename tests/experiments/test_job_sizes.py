"""What a job weighs: the record is whole, and its bytes are those of today."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppo_lesson.experiments import job_sizes, running as experiments
from ppo_lesson.experiments.job_sizes import EngineCost, JobSize, JobSizes
from ppo_lesson.training.engines import ENGINES

RECORD = job_sizes.read()


def test_the_stored_file_was_made_with_the_settings_of_today() -> None:
    assert experiments.read(job_sizes.STORED)[0] == job_sizes.head()


def test_the_record_has_every_task_and_every_engine_and_names_its_machine() -> None:
    assert list(RECORD.jobs) == list(job_sizes.TASKS) and list(RECORD.engines) == list(ENGINES)
    assert "core" in RECORD.machine and "/" not in RECORD.machine
    assert all(min(size) > 0 for size in RECORD.jobs.values())
    assert all(min(cost) > 0 for cost in RECORD.engines.values())


def test_a_job_is_sent_in_few_bytes_and_a_posed_problem_would_be_many() -> None:
    for size in RECORD.jobs.values():
        assert size.shipped_bytes < 1_000 and size.result_bytes < 10_000
        assert 100 * size.shipped_bytes < RECORD.problem_bytes


def test_what_was_measured_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = JobSizes(
        "a machine, 2 cores", {"train": JobSize(300, 400, 1.5)}, {"here": EngineCost(0.25, 1e-4)}, 7
    )
    job_sizes.write(found, tmp_path / "made.json")
    assert job_sizes.read(tmp_path / "made.json") == found


def test_a_job_is_measured_by_what_is_sent_and_by_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.benchmarks.job_sizes import size_of

    def task(*, seed: int) -> str:
        return "x" * 5_000

    monkeypatch.setattr(job_sizes, "posed", lambda: None)
    size = size_of(task, 2)
    assert 5_000 < size.result_bytes < 5_500 and 0 < size.seconds < 1
    assert 300 < size.shipped_bytes < 3_000


def test_a_job_that_cost_nothing_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.benchmarks import job_sizes as benchmark

    monkeypatch.setattr(benchmark, "seconds_for", lambda engine, number: 5.0 - number / 1_000)
    with pytest.raises(ValueError, match=r"^ray: 200 jobs took no time beside its start"):
        benchmark.cost_of("ray", 200)
