"""The stored runs are whole, and their ways of scoring are what the notebook says they are."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.experiments import running as experiments, temperatures
from ppo_lesson.experiments.alignment import Problem
from ppo_lesson.language.config import RLHFConfig
from ppo_lesson.language.feedback import Pairs
from ppo_lesson.language.model import LanguageModel, RewardModel, every_log_prob
from ppo_lesson.worlds import grammar

TINY = RLHFConfig(num_iterations=1, num_responses=8, minibatch_size=8, num_epochs=1)
SIX = torch.arange(3).repeat(2)


@pytest.fixture(scope="module")
def untrained() -> Problem:
    nobody = torch.zeros(0, grammar.MAX_LENGTH, dtype=torch.long)
    pairs = Pairs(torch.zeros(0, dtype=torch.long), nobody, nobody)
    return Problem(LanguageModel(0), pairs, RewardModel(0))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_the_stored_file_was_made_with_the_settings_of_today() -> None:
    assert experiments.read(temperatures.STORED)[0] == temperatures.head()


def test_every_arm_has_five_seeds_and_none_is_missing() -> None:
    arms = temperatures.arms()
    assert len(arms) == len(set(arms)) == 1 + 2 * 3 + 1
    runs = [run for arm in arms for run in temperatures.read(*arm)]
    assert len(runs) == 5 * len(arms) == len(experiments.read(temperatures.STORED)[1])


def test_divided_logits_are_those_of_a_temperature_and_the_model_stays_as_it_is(
    untrained: Problem,
) -> None:
    model, every = untrained.reference.copy().double(), grammar.sentences()
    before = model.actor_head.weight.clone()
    with torch.no_grad():
        cold = every_log_prob(temperatures.divided(model, 0.7), every)
        assert torch.allclose(cold, every_log_prob(model, every, temperature=0.7))
    assert torch.equal(model.actor_head.weight, before)
    with pytest.raises(ValueError, match="temperature"):
        temperatures.divided(model, 0.0)


def test_both_ways_draw_the_same_tokens_and_score_them_by_another_distribution(
    untrained: Problem,
) -> None:
    model = untrained.reference
    softmax, drawn = (
        temperatures.drawing(2.0, scored_as_drawn=way)(model, SIX, generator())
        for way in (False, True)
    )
    assert torch.equal(softmax.token, drawn.token)
    real = softmax.mask
    with torch.no_grad():
        plain = model.log_prob(SIX, softmax.token)
    assert torch.allclose(softmax.log_prob[real], plain[real])
    assert not torch.allclose(drawn.log_prob[real], plain[real], atol=1e-3)
    assert (softmax.log_prob[~real] == 0).all() and (drawn.log_prob[~real] == 0).all()


def test_first_ratios_are_1_where_old_and_current_are_scored_alike(untrained: Problem) -> None:
    model = untrained.reference
    alike, apart = (
        temperatures.first_ratios(model, temperatures.drawing(2.0, scored_as_drawn=way))
        for way in (False, True)
    )
    assert torch.allclose(alike, torch.ones_like(alike), atol=1e-4)
    assert (apart - 1).abs().max() > 0.1


@pytest.mark.exhaustive
def test_what_writes_is_the_policy_at_the_temperature_of_its_draws(untrained: Problem) -> None:
    found = {
        way: temperatures.run(untrained, way, 2.0, 0, TINY)
        for way in (*temperatures.WAYS, temperatures.CLIP_OFF)
    }
    assert found["softmax"]["first outside"] == found["all divided"]["first outside"] == 0
    assert found["as drawn"]["first outside"] == found[temperatures.CLIP_OFF]["first outside"] > 0
    for run in found.values():
        assert run["writes"] != run["plain"]
    # Where nothing but the plain reference is held to, its own gap is the one at temperature 1.
    assert found["softmax"]["own gap"] == found["softmax"]["plain"]["gap_closed"]


def test_every_arm_is_recorded_under_its_name_and_seed(
    untrained: Problem, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setattr(temperatures, "pose", lambda seed: untrained)
    monkeypatch.setattr(temperatures, "NUM_SEEDS", 1)
    monkeypatch.setattr(temperatures, "run", lambda *where: {"where": list(where[1:])})
    temperatures.write(tmp_path / "made.json", "here")
    assert temperatures.read("as drawn", 0.7, tmp_path / "made.json") == [
        {"where": ["as drawn", 0.7, 0]}
    ]
