"""A run is written down the same way whatever is wrong with it."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.training import experiments
from ppo_lesson.training.config import PPOConfig
from ppo_lesson.training.ppo import evaluate, train

SMALL = PPOConfig(
    total_steps=260, num_envs=4, num_steps=8, num_epochs=2, minibatch_size=16, hidden_sizes=(8,)
)  # 8 updates' worth of rows, some of which only reset


def small_run(**parts) -> experiments.Run:
    return experiments.run(SMALL, 3, parts, every=2, episodes=2)


def test_a_run_is_that_of_train_looked_at_every_second_update() -> None:
    returns = []
    result = train(
        SMALL, seed=3, on_update=lambda p, m: returns.append(evaluate(p, 2, 10_003).mean().item())
    )
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


def test_a_first_ratio_below_one_counts_like_one_above() -> None:
    spy = experiments._FirstRatio(maths.clipped_surrogate_loss)
    ratios = torch.tensor([0.25, 2.0])
    for ratio in (ratios, 10 * ratios):  # the second minibatch does not count
        spy(ratio.log(), torch.zeros(2), torch.ones(2), 0.2)
    assert spy.take() == pytest.approx(4)
    assert math.isnan(spy.take())


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
