"""The recorded arms: made with today's settings, and what the notebooks say of them is true."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.experiments import arms, running as experiments
from ppo_lesson.experiments.alignment import NUM_SEEDS, Problem
from ppo_lesson.experiments.arms import ARMS
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.model import LanguageModel, RewardModel


@pytest.fixture(scope="module")
def record():
    return arms.read()


@pytest.fixture
def model() -> LanguageModel:
    model = LanguageModel(seed=0)
    with torch.no_grad():  # far from even, so that a slip shows
        model.actor_head.weight.mul_(5)
    return model


def test_the_stored_file_was_made_with_the_settings_of_today():
    assert experiments.read(arms.STORED)[0] == arms.head()


def test_every_arm_has_every_seed_and_every_iteration(record):
    assert list(record) == [*ARMS]
    for runs in record.values():
        assert [len(run["largest_ratio"]) for run in runs] == [50] * NUM_SEEDS


def test_arms_differ_in_what_they_are_named_for():
    assert ARMS["default"].config == RLHFConfig(beta=0.5)
    assert ARMS["one epoch"].config.num_epochs == 1
    rows = {row[0]: row for row in arms.arms_table(arms.read())}
    assert rows["one epoch"][1] == 50
    assert rows["one epoch, four minibatches"][1] == rows["default"][1] == 200
    assert rows["default"][4] == rows["default"][5] == 0


def test_with_four_steps_a_rollout_little_needs_the_clip_and_with_sixteen_all_does(record):
    closed = {name: [run["worth"]["gap_closed"] for run in record[name]] for name in ARMS}
    assert min(closed["default"]) > 0.99 and min(closed["16 epochs"]) > 0.98
    assert all(0.98 < clipless < 1 for clipless in closed["no clip"])
    assert max(closed["16 epochs, no clip"]) < 0 and max(closed["16 epochs, no ratio"]) < 0
    low, middle, high = arms.lost(record, "no clip")[1]
    assert 0 < low < middle < high < 0.01
    assert min(closed["one epoch"]) > 0.96
    low, middle, _ = arms.lost(record, "one epoch")[1]
    assert low > 0 and middle > 0.01


def test_the_clip_does_not_hold_the_ratio_in_its_interval_but_all_arms_without_go_further(record):
    largest = {name: [max(run["largest_ratio"]) for run in record[name]] for name in ARMS}
    assert min(largest["default"]) > 3
    assert min(largest["no clip"]) > max(largest["default"])


def test_without_a_ratio_the_gradient_is_that_of_the_ratio_at_the_start_and_not_elsewhere():
    log_prob = torch.tensor([-1.0, -2.0], dtype=torch.float64, requires_grad=True)
    advantage = torch.tensor([1.0, -3.0], dtype=torch.float64)
    for old, same in ((log_prob.detach(), True), (log_prob.detach() - 1, False)):
        found, ratio = (
            torch.autograd.grad(loss(log_prob, old, advantage, 0.2), log_prob)[0]
            for loss in (arms.no_ratio_loss, arms.plain_surrogate_loss)
        )
        assert torch.allclose(found, ratio) is same


def test_a_run_writes_down_every_iteration_and_what_it_has_sampled(monkeypatch):
    monkeypatch.setattr(arms, "pose", lambda seed: Problem(LanguageModel(0), None, RewardModel(0)))  # type: ignore[arg-type]
    small = RLHFConfig(num_iterations=2, num_responses=32, minibatch_size=32)
    monkeypatch.setattr(arms.Arm, "config", small)
    found = arms._run("no clip", 0)
    assert len(found["largest_ratio"]) == len(found["active_clip_fraction"]) == 2
    assert 64 <= found["sampled_tokens"] <= 4 * 64


def test_what_is_lost_is_the_defaults_less_the_arms_with_students_interval():
    default, other = [0.9, 0.8, 1.0], [0.8, 0.8, 0.8]
    runs = {
        name: [{"worth": {"gap_closed": x}} for x in closed]
        for name, closed in (("default", default), ("no clip", other))
    }
    found, (low, middle, high) = arms.lost(runs, "no clip")
    assert found.tolist() == pytest.approx([0.1, 0.0, 0.2])
    half = 4.302653 * 0.1 / 3**0.5  # the 97.5 % point of t with 2 degrees of freedom
    assert (low, middle, high) == pytest.approx((0.1 - half, 0.1, 0.1 + half), abs=1e-6)


def test_the_loss_without_a_ratio_is_reinforce(model):
    log_prob, advantage = torch.tensor([-1.0, -2.0]), torch.tensor([1.0, 0.5])
    found = arms.no_ratio_loss(log_prob, log_prob - 7, advantage, 0.2)
    assert found == maths.reinforce_loss(log_prob, advantage)
