"""A run is written down the same way whatever is wrong with it."""

from __future__ import annotations

import json
import math
import os
import signal
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ppo_lesson import maths
from ppo_lesson.experiments import (
    ablations,
    alignment,
    arms,
    explosion,
    heads,
    lambdas,
    rivals,
    running as experiments,
    token_ratios,
)
from ppo_lesson.museum import record as museum
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.experience import evaluate, rollouts
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


# ---- Entries are kept as they come ---------------------------------------------------------------

RECORDED = (ablations, alignment, arms, explosion, heads, lambdas, museum, rivals, token_ratios)
NAMES = ("a", "b", "c", "d")


class Ended(BaseException):
    """Stands for whatever ends a process: Ctrl-C, kill -9, a power cut."""


def quick(made: list[str], ends_at: str = "") -> dict[str, Callable[[], list[float]]]:
    """An experiment of four entries that says what it makes; it may end in one of them."""

    def make_entry(name: str) -> list[float]:
        if name == ends_at:
            raise Ended
        made.append(name)
        return [float(len(made)), math.nan]

    return {name: lambda name=name: make_entry(name) for name in NAMES}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("ends_at", NAMES)
def test_an_experiment_that_was_ended_goes_on_with_the_next_entry(ends_at, tmp_path) -> None:
    path, first, second, heard = tmp_path / "stored.json", [], [], []
    path.write_text("old")
    with pytest.raises(Ended):
        experiments.make(path, {"x": 1}, quick(first, ends_at), heard.append)
    done = NAMES.index(ends_at)
    assert first == heard == list(NAMES[:done]) and path.read_text() == "old"
    heard.clear()
    experiments.make(path, {"x": 1}, quick(second), heard.append)
    assert second == list(NAMES[done:])
    assert heard == [f"{name} (made before)" for name in NAMES[:done]] + list(NAMES[done:])
    assert names(tmp_path) == ["stored.json"]

    whole = tmp_path / "whole.json"
    experiments.make(whole, {"x": 1}, quick([]), heard.append)
    head, runs = experiments.read(path)
    assert head == {"x": 1} and list(runs) == list(NAMES)
    numbers = [*range(1, done + 1), *range(1, len(NAMES) - done + 1)]
    assert [run[0] for run in runs.values()] == numbers
    assert path.stat().st_size == whole.stat().st_size


def test_an_experiment_whose_process_is_killed_has_lost_no_entry(tmp_path) -> None:
    path = tmp_path / "stored.json"
    child = os.fork() if hasattr(os, "fork") else pytest.skip("needs os.fork")
    if child == 0:
        kill = {**quick([]), "c": lambda: os.kill(os.getpid(), signal.SIGKILL)}
        experiments.make(path, {}, kill, lambda name: None)
        os._exit(0)  # not reached
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert names(tmp_path) == ["stored.begun.json"]
    made: list[str] = []
    experiments.make(path, {}, quick(made), lambda name: None)
    assert made == ["c", "d"] and list(experiments.read(path)[1]) == list(NAMES)


@pytest.mark.parametrize("other", [{"x": 2}, {}, {"x": 1, "y": 1}])
def test_an_experiment_that_was_begun_with_other_settings_begins_anew(other, tmp_path) -> None:
    path, made = tmp_path / "stored.json", []
    with pytest.raises(Ended):
        experiments.make(path, other, quick([], "c"), lambda name: None)
    experiments.make(path, {"x": 1}, quick(made), lambda name: None)
    assert made == list(NAMES) and experiments.read(path)[0] == {"x": 1}


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"head": {}}', '{"head":{},"runs":[]}'])
def test_what_is_no_experiment_is_not_gone_on_with(content, tmp_path) -> None:
    path, made = tmp_path / "stored.json", []
    (tmp_path / "stored.begun.json").write_text(content)
    experiments.make(path, {}, quick(made), lambda name: None)
    assert made == list(NAMES) and names(tmp_path) == ["stored.json"]


@pytest.mark.parametrize("place", ["nowhere/stored.json", "file/stored.json", "folder"])
def test_a_place_that_cannot_be_written_is_refused_before_the_first_entry(place, tmp_path) -> None:
    made: list[str] = []
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=place.split("/")[0]):
        experiments.make(tmp_path / place, {}, quick(made), lambda name: None)
    assert made == [] and names(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("module", RECORDED, ids=lambda module: module.__name__.split(".")[-1])
def test_every_recorded_experiment_keeps_its_entries_as_they_come(
    module, monkeypatch, tmp_path
) -> None:
    asked = []
    monkeypatch.setattr(experiments, "make", lambda *call: asked.append(call))
    module.write(tmp_path / "made.json", print)
    ((path, head, entries, on_entry),) = asked
    stored, runs = experiments.read(module.STORED)
    assert (path, on_entry) == (tmp_path / "made.json", print)
    assert json.loads(json.dumps(head)) == stored == module.head()
    assert list(entries) == list(runs) and len(entries) >= 5
    assert module.COMMAND.split()[-1] == module.STORED.stem


def test_ctrl_c_in_a_training_ends_the_experiment_and_is_no_entry() -> None:
    def interrupting(*arguments):
        signal.raise_signal(signal.SIGINT)
        return maths.clipped_surrogate_loss(*arguments)

    with pytest.raises(KeyboardInterrupt):
        small_run(policy_loss=interrupting)
