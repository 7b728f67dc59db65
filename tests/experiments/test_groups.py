"""The record of notebook 12: made with these settings, and what the notebook says of it."""

from __future__ import annotations

import json

import pytest
import torch

from ppo_lesson.experiments import groups, running
from ppo_lesson.language.groups import AGGREGATIONS, CONSTANT, RESPONSE_MEAN, TOKEN_MEAN
from ppo_lesson.language.tables import measure, response_log_prob, score_sum
from ppo_lesson.worlds import countdown


def test_the_record_is_of_these_settings():
    head, runs = running.read(groups.STORED)
    assert head == json.loads(json.dumps(groups.head()))
    wanted = {f"{arm}, seed {seed}" for arm in groups.ARMS for seed in range(groups.NUM_SEEDS)}
    wanted |= {f"{reward}, {how}" for reward, how in groups.FLOWS}
    assert set(runs) == wanted


def test_every_run_begins_at_the_reference():
    start = measure(countdown.reference())
    for name in ("success", "wrong_length", "right_answers"):
        wanted = getattr(start, name)
        for reward, how in groups.FLOWS:
            assert torch.allclose(groups.ascent(reward, how, name)[0], wanted, rtol=1e-3)
        for arm in groups.ARMS:
            assert torch.allclose(groups.trained(arm, name)[:, 0], wanted.expand(5, -1), rtol=1e-3)


@pytest.mark.parametrize(("reward", "how"), [groups.FLOWS[0], groups.FLOWS[2], groups.FLOWS[-1]])
def test_the_first_step_is_the_recorded_one(reward, how):
    logits, paid = countdown.reference(), groups.REWARDS[reward]()
    step = groups.expected_step(logits, paid, how)
    found = measure(logits + groups.STEP_SIZE[how] * step).success
    assert torch.allclose(groups.ascent(reward, how, "success")[1], found, rtol=2e-3)


def test_with_a_constant_the_expected_step_is_parallel_to_the_gradient():
    logits, right = countdown.reference(), countdown.right()
    exact = score_sum(logits, response_log_prob(logits).exp() * right)
    assert torch.allclose(groups.expected_step(logits, right, CONSTANT), exact * 7 / 8 / 6)


def test_what_the_notebook_says_of_lengths():
    size = {how: groups.wrong_lengths(groups.RIGHT, how, 0.9) for how in AGGREGATIONS}
    assert size[CONSTANT] == pytest.approx(4.7, abs=0.05)
    assert size[TOKEN_MEAN] == pytest.approx(4.7, abs=0.05)
    assert size[RESPONSE_MEAN] == pytest.approx(4.9, abs=0.05)
    twice = groups.wrong_lengths(groups.RIGHT, groups.TWICE, 0.9)
    assert twice == pytest.approx(size[RESPONSE_MEAN], abs=0.02)
    missed = groups.when_right(groups.TRUE, RESPONSE_MEAN, "length", 0.9)
    assert missed.isnan().tolist() == [False, False, False, True]
    # With twice the step the near miss of four tokens is left again.
    success, length = (groups.ascent(groups.TRUE, groups.TWICE, x) for x in ("success", "length"))
    assert success[100, 3] < 0.01 and length[100, 3] == pytest.approx(4.04, abs=0.01)
    assert success[250, 3] > 0.98


def test_what_the_notebook_says_of_right_answers():
    end = {arm: groups.trained(arm, "right_answers")[:, -1].mean(-1) for arm in groups.ARMS}
    assert end[groups.PLAIN].mean().item() == pytest.approx(1.04, abs=0.01)
    assert end["clip-higher"].mean().item() == pytest.approx(1.01, abs=0.01)
    assert end["beta = 0.1"].min() > end["entropy bonus"].max() > end[groups.PLAIN].max()
    assert groups.exact_end("right_answers") < 1.02


def test_every_arm_is_trained_from_every_seed(tmp_path, monkeypatch: pytest.MonkeyPatch):
    def sampled(arm: str, seed: int):
        made.append(arm)
        return {"success": [[1]]}

    made: list[str] = []
    monkeypatch.setattr(groups, "sampled", sampled)
    monkeypatch.setattr(groups, "flow", lambda reward, how: {"success": [[1]]})
    groups.write(tmp_path / "groups.json", "here")
    assert len(made) == len(groups.ARMS) * groups.NUM_SEEDS
    assert running.read(tmp_path / "groups.json")[0]["command"] == groups.COMMAND
