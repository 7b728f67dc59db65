"""The stored experiment is whole, says what notebook 11 says of it, and is still made alike."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.experiments import alignment, pairs, running as experiments
from ppo_lesson.language.feedback import Pairs
from ppo_lesson.language.model import LanguageModel, RewardModel
from ppo_lesson.worlds import grammar


def test_the_stored_file_was_made_with_the_settings_of_today():
    stored, runs = experiments.read(pairs.STORED)
    assert stored == pairs.head()
    assert list(runs) == [f"seed {seed}" for seed in range(pairs.NUM_SEEDS)]


def test_every_stored_entry_is_whole():
    record = pairs.read()
    assert list(record) == list(pairs.ARMS)
    for name, arm in pairs.ARMS.items():
        found = record[name]
        assert found["labels"] == arm.num_pairs * arm.num_labels
        assert found["steps"] == pairs.count_steps(arm)
        for measure in pairs.MEASURES:
            assert found[measure].shape == (pairs.NUM_SEEDS, pairs.NUM_RECORDS)
            assert found[measure].isfinite().all()


def test_compared_arms_differ_in_one_thing():
    """Else a difference could not be put down to it; passes make up for labels, not for steps."""
    once, again, many, longer, bare, bare_longer = pairs.ARMS.values()
    assert pairs.count_steps(once) == pairs.count_steps(again) == pairs.count_steps(many) == 80
    assert once.num_pairs == again.num_pairs
    assert again.num_pairs * again.num_labels == many.num_pairs * many.num_labels
    assert pairs.count_steps(longer) == pairs.count_steps(bare_longer) == 320
    assert [arm.has_reference for arm in (many, longer, bare, bare_longer)] == [1, 1, 0, 0]


def test_labels_steps_pairs_and_the_reference_each_help_in_every_seed():
    record = pairs.read()
    *helps, (name, *_, smallest, largest) = pairs.differences(record)
    assert all(least > 0.04 for _, _, least, _ in helps)
    assert name == "steps, no reference: 80 - 320"
    assert 0 <= smallest < 0.01 < 0.1 < largest  # more steps do not help there
    assert len(pairs.table(record)[0]) == len(pairs.COLUMNS)


def test_asked_again_the_annotator_keeps_the_pairs_and_draws_new_choices():
    sides = grammar.sentences().token[[100, 9000]]
    asked = Pairs(torch.zeros(1, dtype=torch.long), sides[:1], sides[1:])
    again = pairs._ask_again(asked, 4000, torch.Generator().manual_seed(0))
    first = grammar.sentence_index(again.chosen) == 100
    assert torch.equal(grammar.sentence_index(again.rejected)[first].unique(), torch.tensor([9000]))
    assert torch.equal(grammar.sentence_index(again.rejected)[~first].unique(), torch.tensor([100]))
    reward = grammar.true_reward()[0, [100, 9000]]
    wanted = float(grammar.prefers_first(*reward.view(2, 1)))
    assert len(again) == 4000 and 0.05 < wanted < 0.95
    assert float(first.double().mean()) == pytest.approx(wanted, abs=0.03)


@pytest.mark.slow
def test_an_arm_is_measured_on_its_way(monkeypatch):
    monkeypatch.setattr(pairs, "NUM_RECORDS", 2)
    reference = LanguageModel(0)
    asked = alignment.collect_pairs(reference, 20, torch.Generator().manual_seed(0))
    problem = alignment.Problem(reference, asked, RewardModel(0))
    monkeypatch.setattr(pairs, "pose", lambda seed: problem)
    for has_reference in (True, False):
        monkeypatch.setitem(pairs.ARMS, "some", pairs.Arm(10, 2, 2, has_reference))
        found = pairs._run("some", 0)
        assert (found["labels"], found["steps"]) == (20, 2)
        assert found["kl_to_ref"][1] > found["kl_to_ref"][0] > 0
