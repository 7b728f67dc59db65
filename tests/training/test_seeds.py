from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace as Namespace
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import SyncVectorEnv

from ppo_lesson import maths
from ppo_lesson.training import seeds as live
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.engines import Reply
from ppo_lesson.training.experience import evaluate
from ppo_lesson.training.seeds import train_seeds
from ppo_lesson.training.session import train

CONFIG = PPOConfig(total_steps=600, num_envs=4, num_steps=32, num_epochs=1)


def short(total_steps: int) -> PPOConfig:
    """One iteration, with one gradient step."""
    return PPOConfig(total_steps=total_steps, num_envs=4, num_steps=32, num_epochs=1)


def test_each_run_of_several_seeds_is_that_of_train() -> None:
    runs = train_seeds(CONFIG, [3, 5], num_evaluations=2, num_episodes=3)
    for seed, result, returns in zip([3, 5], runs.results, runs.returns, strict=True):
        alone = train(CONFIG, seed=seed)
        assert torch.equal(result.curve("approx_kl"), alone.curve("approx_kl"))
        assert returns[-1] == evaluate(alone.policy, 3, 10_000 + seed).mean()
    assert runs.steps.tolist() == [300.0, 600.0]
    assert runs.returns.shape == (2, 2)


def test_an_evaluation_follows_the_first_iteration_that_reached_its_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def one_by_one(config, *, seed, watch, **_):
        result = Namespace(policy=None, history=[], stopped="")
        for steps in (128, 256, 384, 512, 640):
            result.history.append(Namespace(steps=steps))
            watch(result)
            done.append(len(evaluated))
        result.stopped = "all steps done"
        watch(result)
        return result

    evaluated, done = [], []
    monkeypatch.setattr(live, "train", one_by_one)
    monkeypatch.setattr(live, "evaluate", lambda *_: evaluated.append(1) or torch.ones(1))
    train_seeds(CONFIG, [0], num_evaluations=3)  # moments 200, 400 and 600
    assert done == [0, 1, 1, 2, 3] and len(evaluated) == 3


def test_the_policy_loss_is_the_one_that_was_given() -> None:
    def unclipped(log_prob, old_log_prob, advantage, clip_epsilon):
        calls.append(clip_epsilon)
        return maths.surrogate_loss(log_prob, old_log_prob, advantage)

    calls: list[float] = []
    train_seeds(CONFIG, [0], num_evaluations=1, num_episodes=1, policy_loss=unclipped)
    assert set(calls) == {CONFIG.clip_epsilon}


def test_every_run_is_told_to_the_progress_bar() -> None:
    told = []
    train_seeds(CONFIG, [0, 1, 2], num_evaluations=1, num_episodes=1, on_run=lambda: told.append(1))
    assert len(told) == 3


def test_after_ctrl_c_the_finished_runs_are_kept() -> None:
    def press_in_the_second_run(*arguments):
        if told:
            signal.raise_signal(signal.SIGINT)
        return maths.clipped_surrogate_loss(*arguments)

    told: list[int] = []
    runs = train_seeds(
        short(100),
        [0, 1, 2],
        num_evaluations=1,
        num_episodes=1,
        policy_loss=press_in_the_second_run,
        on_run=lambda: told.append(1),
    )
    assert runs.returns.shape == (1, 1)


def test_ctrl_c_before_the_first_run_is_finished_is_passed_on() -> None:
    def press(*arguments):
        signal.raise_signal(signal.SIGINT)
        return maths.clipped_surrogate_loss(*arguments)

    with pytest.raises(KeyboardInterrupt):
        train_seeds(short(100), [0], num_evaluations=1, num_episodes=1, policy_loss=press)


class FourNumbers(gymnasium.Env[np.ndarray, Any]):
    """As many numbers and actions as CartPole, and another reward: every episode returns -21."""

    observation_space = Box(-1.0, 1.0, shape=(4,), dtype=np.float32)
    action_space = Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.steps = 0
        return np.zeros(4, dtype=np.float32), {}

    def step(self, action: Any) -> Any:
        self.steps += 1
        return np.ones(4, dtype=np.float32), -7.0, self.steps == 3, False, {}


def test_runs_in_a_world_of_ones_own_are_judged_there() -> None:
    runs = train_seeds(
        short(100),
        [0, 1],
        num_evaluations=1,
        num_episodes=3,
        make_env=lambda env_id, num_envs: SyncVectorEnv([FourNumbers] * num_envs),
    )
    assert runs.returns.tolist() == [[-21.0], [-21.0]]


def test_runs_in_another_world_of_gymnasium_are_judged_there() -> None:
    config = replace(short(100), env_id="MountainCar-v0")
    assert train_seeds(config, [0], num_evaluations=1, num_episodes=2).returns.tolist() == [
        [-200.0]
    ]


def test_no_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seeds: expected at least one, got none"):
        train_seeds(CONFIG, [])


def test_a_run_that_ends_by_a_fault_has_nothing_to_show_from_then_on() -> None:
    def breaks(*arguments):
        calls.append(1)
        return maths.clipped_surrogate_loss(*arguments) * (float("nan") if len(calls) == 4 else 1)

    for first in (0, 3):  # in the fourth iteration; in the first
        calls = [1] * first
        with pytest.warns(RuntimeWarning, match="norm is nan"):
            runs = train_seeds(CONFIG, [0], num_evaluations=2, num_episodes=1, policy_loss=breaks)
        assert runs.returns.isnan().tolist() == [[first == 3, True]]


@pytest.mark.exhaustive
def test_runs_on_all_cores_are_those_of_one_core_to_the_last_bit() -> None:
    """Three processes that import torch: seconds."""
    told: list[int] = []
    on_run = partial(told.append, 1)
    both = [
        train_seeds(
            CONFIG, [3, 5, 4], num_evaluations=2, num_episodes=2, engine=engine, on_run=on_run
        )
        for engine in ("here", "cores")
    ]
    assert len(told) == 6 and torch.equal(both[0].returns, both[1].returns)
    for one, other in zip(both[0].results, both[1].results, strict=True):
        assert torch.equal(one.curve("approx_kl"), other.curve("approx_kl"))
        weights = zip(one.policy.parameters(), other.policy.parameters(), strict=True)
        assert all(torch.equal(mine, its) for mine, its in weights)


def engine_of(monkeypatch: pytest.MonkeyPatch, replies: Callable[..., Any]) -> None:
    monkeypatch.setattr(live, "find_engine", lambda name: replies)


def test_runs_that_come_in_another_order_are_returned_in_that_of_the_seeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def backwards(work: Any, jobs: Any) -> Any:
        for number in reversed(jobs):
            yield number, Reply((f"run {jobs[number]}", [float(jobs[number])]))

    engine_of(monkeypatch, backwards)
    runs = train_seeds(CONFIG, [3, 5, 4], num_evaluations=1)
    assert runs.results == ("run 3", "run 5", "run 4")
    assert runs.returns.tolist() == [[3.0], [5.0], [4.0]]


def test_a_run_that_is_lost_is_begun_again_and_three_times_lost_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def loses(work: Any, jobs: Any) -> Any:
        begun.append(list(jobs.values()))
        for number, seed in jobs.items():
            lost = seed == 5 and len(begun) < times
            yield number, Reply(error="killed") if lost else Reply(("run", [1.0]))

    engine_of(monkeypatch, loses)
    begun, times = [], 3
    assert len(train_seeds(CONFIG, [3, 5], num_evaluations=1).results) == 2
    assert begun == [[3, 5], [5], [5]]
    begun, times = [], 4
    with pytest.raises(RuntimeError, match=r"^seed 5: killed$"):
        train_seeds(CONFIG, [3, 5], num_evaluations=1)


def test_an_engine_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^engine: expected one of here, cores, ray, got 'gpu'"):
        train_seeds(CONFIG, [0], engine="gpu")
