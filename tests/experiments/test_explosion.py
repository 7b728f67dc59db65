"""The stored experiment is whole, and the function that made it still makes such a thing."""

from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.experiments import explosion, running as experiments
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.networks import ActorCritic


def test_the_stored_experiment_has_every_step_size_plain_and_clipped():
    found = [(entry.step_size, entry.clipped) for entry in explosion.read()]
    assert found == [(size, clip) for size in explosion.STEP_SIZES for clip in (False, True)]


def test_every_stored_entry_is_whole():
    epochs = explosion.NUM_EPOCHS + 1
    for entry in explosion.read():
        ratios = (entry.largest_ratio, entry.effective_sample_size, entry.gradient_share)
        for measured in (*ratios, entry.promise, entry.returns):
            assert len(measured) == explosion.NUM_RUNS
            assert {len(run) for run in measured} == {epochs}
            assert all(math.isfinite(x) for run in measured for x in run)
        assert {sum(counts) for counts in entry.counts} == {entry.num_samples}
        assert {len(counts) for counts in entry.counts} == {len(explosion.BINS)}
        assert all(1 <= worth <= entry.num_samples for worth in entry.effective_sample_size[0])
        assert all(0 < share <= 1 for run in entry.gradient_share for share in run)


def test_every_stored_run_starts_where_ratios_are_one_and_the_promise_is_zero():
    for entry in explosion.read():
        assert {run[0] for run in entry.largest_ratio} == {1}
        assert {abs(run[0]) for run in entry.promise} == {0}
        assert {run[0] for run in entry.returns} == {500}


@pytest.mark.slow
def test_a_small_experiment_starts_at_one_and_explodes_only_without_the_clip(tmp_path, monkeypatch):
    made = explosion.record((0.03,), num_epochs=2, num_runs=1, iterations_before=2)
    plain, clipped = made
    assert (plain.clipped, clipped.clipped) == (False, True)
    for entry in made:
        assert entry.largest_ratio[0][0] == 1
        assert entry.effective_sample_size[0][0] == entry.num_samples
        assert abs(entry.promise[0][0]) == 0
        assert entry.counts[0][list(explosion.BINS).index(0)] == entry.num_samples
        assert len(entry.returns[0]) == 3
    assert plain.returns[0][0] == clipped.returns[0][0]
    assert plain.largest_ratio[0][-1] > 1.5 * clipped.largest_ratio[0][-1]
    monkeypatch.setattr(explosion, "STEP_SIZES", (0.03,))
    monkeypatch.setattr(explosion, "NUM_EPOCHS", 2)
    monkeypatch.setattr(explosion, "NUM_RUNS", 1)
    monkeypatch.setattr(explosion, "ITERATIONS_BEFORE", 2)
    explosion.write(tmp_path / "made.json")
    assert explosion.read(tmp_path / "made.json") == made


def test_the_stored_file_was_made_with_the_settings_of_today():
    stored, runs = experiments.read(explosion.STORED)
    assert stored == explosion.head() and len(runs) == len(explosion.read())


def test_ctrl_c_before_the_first_entry_begins_no_experiment(monkeypatch, tmp_path):
    nobody = ActorCritic(4, 2, (4,), torch.Generator().manual_seed(0))
    interrupted = TrainingResult(nobody, stopped="interrupted")
    monkeypatch.setattr(explosion, "train", lambda *_, **__: interrupted)
    with pytest.raises(KeyboardInterrupt):
        explosion.write(tmp_path / "made.json")
    assert list(tmp_path.iterdir()) == []
