"""A run is written down the same way whatever is wrong with it."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from ppo_lesson import maths
from ppo_lesson.experiments import (
    ablations,
    alignment,
    arms,
    crossings,
    explosion,
    groups,
    heads,
    lambdas,
    pairs,
    reuse,
    rivals,
    running as experiments,
    temperatures,
    token_ratios,
)
from ppo_lesson.museum import interventions, record as museum
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate, rollouts
from ppo_lesson.training.jobs import make_jobs
from ppo_lesson.training.session import Parts, train

SMALL = PPOConfig(
    total_steps=260, num_envs=4, num_steps=8, num_epochs=2, minibatch_size=16, hidden_sizes=(8,)
)  # 8 iterations' worth of rows, some of which only reset


def small_run(**parts) -> experiments.Metrics:
    return experiments.run(SMALL, 3, Parts(**parts), iterations_between=2, num_episodes=2)


def test_a_run_is_that_of_train_looked_at_every_second_iteration() -> None:
    returns = []

    def watch(result: TrainingResult) -> None:
        returns.append(evaluate(result.policy, 2, 10_003).mean().item())

    result = train(SMALL, seed=3, watch=watch)
    assert len(result.history) > 8
    found = small_run()
    assert found["return"] == pytest.approx(returns[1:8:2], rel=5e-3)
    for name in experiments.METRICS:
        expected = result.curve(name)[1:8:2].tolist()
        assert found[name] == pytest.approx(expected, rel=5e-3, nan_ok=True)


def test_in_a_right_run_the_first_ratio_is_one_and_without_the_right_loss_it_is_measured_too() -> (
    None
):
    assert small_run()["first_ratio"] == [1.0] * 4

    def zero(log_prob, old_log_prob, advantage, clip_epsilon):
        return 0 * log_prob.mean()

    assert small_run(policy_loss=zero)["first_ratio"] == [1.0] * 4

    def half(*arguments):
        for rollout in rollouts(*arguments):
            yield replace(rollout, log_prob=rollout.log_prob + math.log(2))

    assert small_run(rollouts=half)["first_ratio"] == [2.0] * 4


def test_a_run_that_ends_early_is_filled_up_with_nothing() -> None:
    def gae(*steps):
        calls.append(1)
        return maths.gae(*steps) + (math.inf if len(calls) == 4 else 0.0)

    calls: list[int] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = small_run(gae=gae)
    assert [math.isnan(number) for number in found["return"]] == [False, True, True, True]


def test_what_was_written_is_read_again(tmp_path) -> None:
    path = tmp_path / "stored.json"
    head = {"config": experiments.settings(replace(SMALL, hidden_sizes=(3, 4)))}
    experiments.write(path, head, {"a": [[1.0, 2.5]], "b": [[math.nan, 3.0]]})
    again, runs = experiments.read(path)
    assert again == head and again["config"]["hidden_sizes"] == [3, 4]
    assert experiments.numbers(runs["a"]).tolist() == [[1.0, 2.5]]
    second = experiments.numbers(runs["b"])
    assert second.isnan().tolist() == [[True, False]] and second[0, 1] == 3


# ---- Jobs are kept as they come ------------------------------------------------------------------

RECORDED = (ablations, alignment, arms, crossings, explosion, groups, heads, interventions, lambdas)
RECORDED += (museum, pairs, reuse, rivals, temperatures, token_ratios)
FOUND = {
    crossings._run: {field.name: 0 for field in fields(crossings.Crossings)},
    explosion._run: {
        "num_samples": 0,
        "num_ends": 0,
        "epochs": [dict.fromkeys(("counts", *explosion.MEASURES))],
    },
    explosion._gone: (0.0, 0.0),
}
"""Stands for what a job finds, where an entry is more than a list of that."""

NAMES = ("a", "b", "c", "d")
Entries = Callable[[experiments.Do], dict[str, Any]]


class Ended(BaseException):
    """Stands for whatever ends a process: Ctrl-C, kill -9, a power cut."""


def quick(made: list[str], ends_at: str = "", end: Callable[[], object] | None = None) -> Entries:
    """An experiment of four jobs that says what it makes; it may end in one of them."""

    def task(name: str, *, seed: int) -> list[float]:
        if name == ends_at:
            if end:
                end()
            raise Ended
        made.append(name)
        return [float(seed), math.nan]

    def entries(do: experiments.Do) -> dict[str, Any]:
        return {name: run for (name,), (run,) in do(task, {"name": NAMES}, [7]).items()}

    return entries


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("ends_at", NAMES)
def test_an_experiment_that_was_ended_goes_on_with_the_next_job(ends_at, tmp_path) -> None:
    path, first, second = tmp_path / "stored.json", [], []
    path.write_text("old")
    with pytest.raises(Ended):
        experiments.make(path, {"x": 1}, quick(first, ends_at), "here")
    done = NAMES.index(ends_at)
    assert first == list(NAMES[:done]) and path.read_text() == "old"
    experiments.make(path, {"x": 1}, quick(second), "here")
    assert second == list(NAMES[done:])
    assert names(tmp_path) == ["stored.json"]

    whole = tmp_path / "whole.json"
    experiments.make(whole, {"x": 1}, quick([]), "here")
    assert path.read_bytes() == whole.read_bytes()
    head, runs = experiments.read(path)
    assert head == {"x": 1} and runs == {name: [7, None] for name in NAMES}


def test_an_experiment_whose_process_is_killed_has_lost_no_job(tmp_path) -> None:
    path = tmp_path / "stored.json"
    child = os.fork() if hasattr(os, "fork") else pytest.skip("needs os.fork")
    if child == 0:
        kill = quick([], "c", lambda: os.kill(os.getpid(), signal.SIGKILL))
        experiments.make(path, {}, kill, "here")
        os._exit(0)  # not reached
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    (begun,) = tmp_path.iterdir()
    assert begun.name.startswith("stored-") and len(names(begun)) == 2
    made: list[str] = []
    experiments.make(path, {}, quick(made), "here")
    assert made == ["c", "d"] and list(experiments.read(path)[1]) == list(NAMES)


@pytest.mark.parametrize("other", [{"x": 2}, {}, {"x": 1, "y": 1}])
def test_an_experiment_that_was_begun_with_other_settings_begins_anew(other, tmp_path) -> None:
    path, made = tmp_path / "stored.json", []
    with pytest.raises(Ended):
        experiments.make(path, other, quick([], "c"), "here")
    experiments.make(path, {"x": 1}, quick(made), "here")
    assert made == list(NAMES) and experiments.read(path)[0] == {"x": 1}


def test_an_experiment_one_of_whose_jobs_fails_is_not_stored_and_keeps_the_others(tmp_path) -> None:
    def task(name: str, *, seed: int) -> str:
        made.append(name)
        if name == "b" and made.count("b") < 4:
            raise OSError("no luck")
        return name

    made: list[str] = []
    path = tmp_path / "stored.json"

    def entries(do: experiments.Do) -> dict[str, Any]:
        return {name: run for (name,), (run,) in do(task, {"name": NAMES}, [0]).items()}

    with (
        pytest.warns(RuntimeWarning, match="1 of 4 jobs failed"),
        pytest.raises(RuntimeError, match=r"^task, {'name': 'b'}, seed 0: OSError: no luck$"),
    ):
        experiments.make(path, {}, entries, "here")
    assert not path.exists()
    made[:] = ["b"] * 3
    experiments.make(path, {}, entries, "here")
    assert made == ["b"] * 4 and experiments.read(path)[1] == {name: name for name in NAMES}


@pytest.mark.parametrize("place", ["nowhere/stored.json", "file/stored.json", "folder"])
def test_a_place_that_cannot_be_written_is_refused_before_the_first_job(place, tmp_path) -> None:
    made: list[str] = []
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=place.split("/")[0]):
        experiments.make(tmp_path / place, {}, quick(made), "here")
    assert made == [] and names(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("module", RECORDED, ids=lambda module: module.__name__.split(".")[-1])
def test_every_recorded_experiment_keeps_its_jobs_as_they_come(
    module, monkeypatch, tmp_path
) -> None:
    """Its jobs can be sent and named, and together they are the entries of the record."""
    asked, jobs = [], []
    monkeypatch.setattr(experiments, "make", lambda *call: asked.append(call))
    module.write(tmp_path / "made.json", "ray")
    ((path, head, entries, engine),) = asked
    stored, runs = experiments.read(module.STORED)
    assert (path, engine) == (tmp_path / "made.json", "ray")
    assert json.loads(json.dumps(head)) == stored == module.head()
    assert module.COMMAND.split()[-1] == module.STORED.stem

    def do(task, grid, seeds) -> experiments.Results:
        assert getattr(sys.modules[task.__module__], task.__name__) is task  # sent by its name
        found: experiments.Results = {}
        for job in make_jobs(task, {name: list(some) for name, some in grid.items()}, seeds):
            jobs.append(job)
            found.setdefault(tuple(job.settings.values()), []).append(FOUND.get(task, {}))
        return found

    assert list(entries(do)) == list(runs) and len(jobs) >= 5


def test_ctrl_c_in_a_training_ends_the_experiment_and_is_no_entry() -> None:
    def interrupting(*arguments):
        signal.raise_signal(signal.SIGINT)
        return maths.clipped_surrogate_loss(*arguments)

    with pytest.raises(KeyboardInterrupt):
        small_run(policy_loss=interrupting)
