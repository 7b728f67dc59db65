"""The stored experiment is whole, says what notebook 06 says of it, and is still made alike."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.experiments import crossings, running as experiments


def test_the_stored_file_was_made_with_the_settings_of_today():
    stored, runs = experiments.read(crossings.STORED)
    assert stored == crossings.head() and list(runs) == list(crossings.TASKS)


def test_every_stored_entry_is_whole():
    for entry in crossings.read().values():
        for column in vars(entry).values():
            assert len(column) == crossings.NUM_RUNS
        for left, could, again in zip(entry.crossed, entry.inside, entry.without_own, strict=True):
            assert len(left) == len(could) == len(crossings.GROUPS)
            assert all(0 <= a <= b for a, b in zip(left, could, strict=True))
            assert again <= sum(left)
        assert all(0 <= share <= 1 for share in entry.outside)


def test_others_carry_a_ratio_out_and_its_own_pull_hardly_matters():
    stored = crossings.read()
    for entry in stored.values():
        assert sum(entry.without_own) > 0.94 * torch.tensor(entry.crossed).sum()
    plain = stored["linear, plain gradient"]
    assert sum(plain.alone) < 0.01 * torch.tensor(plain.crossed).sum()


def test_a_sample_with_no_pull_and_no_neighbours_stays_where_it_is():
    task = crossings.TASKS["linear, plain gradient"](0)
    nobody = torch.zeros_like(task.advantage)
    for _, ratio in crossings._ratios_by_step(task, nobody, 0):
        assert torch.allclose(ratio, torch.ones_like(ratio))


@pytest.mark.slow
def test_a_small_experiment_sorts_every_crossing_once(tmp_path, monkeypatch):
    monkeypatch.setattr(crossings, "NUM_RUNS", 1)
    monkeypatch.setattr(crossings, "LINEAR_SAMPLES", 48)
    monkeypatch.setattr(crossings, "LINEAR_MINIBATCH", 16)
    monkeypatch.delitem(crossings.TASKS, "CartPole, Adam")
    crossings.write(tmp_path / "made.json", "here")
    made = crossings.read(tmp_path / "made.json")
    for entry in made.values():
        (left,), (could,) = entry.crossed, entry.inside
        assert 0 < sum(left) <= 48 and sum(could) <= 3 * 48
        assert could[0] <= 48 and could[1] > 0 and could[2] <= 2 * 48


def test_members_are_compared_at_the_same_step():
    # (could leave, left) of members and of others: rates are equal in each step, not when pooled.
    even = torch.tensor([[[10, 90], [5, 45]], [[90, 10], [9, 1]]])
    assert abs(crossings._at_the_same_step(even)) < 1e-9
    ahead = torch.tensor([[[10, 90], [6, 45]], [[90, 0], [9, 0]]])  # no others in the second step
    assert abs(crossings._at_the_same_step(ahead) - 10) < 1e-9


def test_the_pull_of_a_sample_hardly_shows_in_who_leaves():
    for entry in crossings.read().values():
        difference, half_width = entry.member_difference
        assert 0 < half_width < 2 and difference + half_width < 4
