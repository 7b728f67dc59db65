"""The stored experiment is whole, and the function that made it still makes such a thing."""

from __future__ import annotations

import math

import pytest
import torch

from ppo_lesson.experiments import explosion, running as experiments
from ppo_lesson.training.diagnostics import TrainingResult
from ppo_lesson.training.networks import ActorCritic


def test_the_stored_experiment_has_every_arm():
    found = [
        explosion.Arm(entry.batch, entry.noise, entry.step_size, entry.clipped)
        for entry in explosion.read()
    ]
    assert found == explosion.arms() and len(set(found)) == 2 * 2 * 3 * 2


def test_every_stored_entry_is_whole():
    epochs = explosion.NUM_EPOCHS + 1
    for entry in explosion.read():
        for name in explosion.MEASURES:
            measured = getattr(entry, name)
            assert len(measured) == explosion.NUM_RUNS == len(entry.num_ends)
            assert {len(run) for run in measured} == {epochs}
            assert all(math.isfinite(x) for run in measured for x in run)
        assert {sum(counts) for counts in entry.counts} == {entry.num_samples}
        assert {len(counts) for counts in entry.counts} == {len(explosion.BINS)}
        assert all(1 <= worth <= entry.num_samples for worth in entry.effective_sample_size[0])
        assert all(0 < share <= 1 for run in entry.gradient_share for share in run)


def test_every_stored_run_starts_where_ratios_are_one_and_the_promise_is_zero():
    for entry in explosion.read():
        for name in ("largest_ratio", "mean_ratio"):
            assert {run[0] for run in getattr(entry, name)} == {1}
        for name in ("promise", "fresh_promise"):
            assert {abs(run[0]) for run in getattr(entry, name)} == {0}


def test_no_episode_ends_in_a_batch_of_the_balancing_policy_and_some_do_in_the_learning_ones():
    for entry in explosion.read():
        starts = [run[0] for run in entry.returns]
        if entry.batch == "balancing":
            assert set(entry.num_ends) == {0} and set(starts) == {500}
        else:
            assert min(entry.num_ends) > 0 and min(starts) > 50 and max(starts) < 300


def test_the_distances_are_whole():
    found = [(row.step_size, row.num_steps, row.scale) for row in explosion.read_distances()]
    assert found == [(*way, scale) for way in explosion.WAYS for scale in explosion.SCALES]
    for row in explosion.read_distances():
        assert len(row.kl) == len(row.weights) == explosion.NUM_RUNS
        # No step of Adam moves a weight by much more than its step size.
        assert 0 < max(row.weights) <= row.step_size * row.num_steps and min(row.kl) > 0


@pytest.mark.slow
def test_a_small_experiment_starts_at_one_and_explodes_only_without_the_clip(tmp_path, monkeypatch):
    small = {
        "STEP_SIZES": (0.03,),
        "NUM_EPOCHS": 2,
        "NUM_RUNS": 1,
        "BATCHES": {"learning": (2, 1)},
        "WAYS": ((0.01, 9),),
        "SCALES": (1,),
    }
    for name, value in small.items():
        monkeypatch.setattr(explosion, name, value)
    explosion.write(tmp_path / "made.json", "here")
    made = explosion.read(tmp_path / "made.json")
    assert [(entry.noise, entry.clipped) for entry in made] == [
        (noise, clipped) for noise in (False, True) for clipped in (False, True)
    ]
    for entry in made:
        assert entry.largest_ratio[0][0] == entry.mean_ratio[0][0] == 1
        assert entry.effective_sample_size[0][0] == entry.num_samples
        assert abs(entry.promise[0][0]) == 0
        assert entry.counts[0][list(explosion.BINS).index(0)] == entry.num_samples
        assert len(entry.returns[0]) == 3
    for plain, clipped in (made[:2], made[2:]):
        assert plain.returns[0][0] == clipped.returns[0][0]
        assert plain.largest_ratio[0][-1] > clipped.largest_ratio[0][-1]
    (row,) = explosion.read_distances(tmp_path / "made.json")
    assert 0 < row.weights[0] <= 0.09 and row.kl[0] > 0


def test_the_stored_file_was_made_with_the_settings_of_today():
    stored, runs = experiments.read(explosion.STORED)
    assert stored == explosion.head() and len(runs) == len(explosion.read()) + 1


def test_ctrl_c_before_the_first_entry_begins_no_experiment(monkeypatch, tmp_path):
    nobody = ActorCritic(4, 2, (4,), torch.Generator().manual_seed(0))
    interrupted = TrainingResult(nobody, stopped="interrupted")
    monkeypatch.setattr(explosion.experiments, "train", lambda *_, **__: interrupted)
    with pytest.raises(KeyboardInterrupt):
        explosion.write(tmp_path / "made.json", "here")
    assert not list(tmp_path.glob("**/*.json"))
