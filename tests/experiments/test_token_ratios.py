"""The stored experiment is whole, and the functions that made it take PPO's steps."""

from __future__ import annotations

import copy

import pytest
import torch

from ppo_lesson.experiments import running as experiments, token_ratios
from ppo_lesson.experiments.alignment import Problem
from ppo_lesson.language.feedback import Pairs
from ppo_lesson.language.model import LanguageModel, RewardModel
from ppo_lesson.worlds import grammar

NOBODY = torch.zeros(0, grammar.MAX_LENGTH, dtype=torch.long)


@pytest.fixture(scope="module")
def untrained():
    pairs = Pairs(torch.zeros(0, dtype=torch.long), NOBODY, NOBODY)
    return token_ratios.start(Problem(LanguageModel(0), pairs, RewardModel(0)), num_iterations=1)


def test_the_stored_file_was_made_with_the_settings_of_today():
    assert experiments.read(token_ratios.STORED)[0] == token_ratios.head()


def test_every_epsilon_has_the_four_responses_and_every_step():
    found = [(track.clip_epsilon, (track.prompt, track.response)) for track in token_ratios.read()]
    wanted = [(e, pair) for e in token_ratios.EPSILONS for pair in token_ratios.RESPONSES]
    assert found == wanted
    for track in token_ratios.read():
        assert " ".join(track.words).replace(" .", ".") == track.response
        assert len(track.advantage) == len(track.words)
        assert len(track.log_prob) == token_ratios.NUM_GRADIENT_STEPS + 1
        assert {len(row) for row in track.log_prob} == {len(track.words)}
        assert max(max(row) for row in track.log_prob) <= 0


def test_the_first_stored_step_is_the_same_for_every_epsilon():
    """Where all ratios are 1 the clip changes nothing; from the second step on it does."""
    tracks = {(track.clip_epsilon, track.response): track for track in token_ratios.read()}
    for _, response in token_ratios.RESPONSES:
        several = [tracks[e, response] for e in token_ratios.EPSILONS]
        assert len({str(track.log_prob[:2]) for track in several}) == 1
        assert len({str(track.log_prob[2]) for track in several}) > 1
        assert len({str((track.advantage, track.score)) for track in several}) == 1


def test_steps_start_at_the_policy_that_wrote_the_rollout_and_leave_it_as_it_is(untrained):
    model, batch, _ = untrained
    before = copy.deepcopy(model.state_dict())
    log_prob = token_ratios.follow(model, batch, 0.2, num_gradient_steps=2)
    assert log_prob.shape == (3, *batch.said.token.shape) and log_prob.dtype == torch.float64
    real = batch.said.mask
    # The rollout's own are float32.
    assert torch.allclose(log_prob[0][real], batch.said.log_prob[real].double(), atol=1e-5)
    assert all(torch.equal(now, before[name]) for name, now in model.state_dict().items())


def test_one_step_follows_the_advantages(untrained):
    """To first order the step raises sum of A times the change of log pi."""
    model, batch, _ = untrained
    log_prob = token_ratios.follow(model, batch, 0.2, num_gradient_steps=1)
    change = (log_prob[1] - log_prob[0]) * batch.advantage
    assert float(change[batch.said.mask].mean()) > 0


def test_a_response_is_found_where_it_stands_in_the_rollout(untrained):
    batch = untrained[1]
    prompt = grammar.PROMPTS[int(batch.said.prompt[5])]
    k = token_ratios.find(batch, prompt, grammar.text(batch.said.token[5]))
    assert k <= 5 and int(batch.said.prompt[k]) == int(batch.said.prompt[5])
    assert grammar.text(batch.said.token[k]) == grammar.text(batch.said.token[5])


def test_a_response_that_nobody_gave_is_named(untrained):
    with pytest.raises(ValueError, match=r"'dog', got 'the king sleeps\.'"):
        token_ratios.find(untrained[1], "dog", "the king sleeps.")


def test_recording_gives_whole_tracks_that_are_read_as_they_were_written(
    untrained, monkeypatch, tmp_path
):
    said = untrained[1].said
    told = tuple((grammar.PROMPTS[int(said.prompt[k])], grammar.text(said.token[k]))
                 for k in (0, 1))  # fmt: skip
    monkeypatch.setattr(token_ratios, "pose", lambda seed: None)
    monkeypatch.setattr(token_ratios, "start", lambda problem: untrained)
    monkeypatch.setattr(token_ratios, "RESPONSES", told)
    monkeypatch.setattr(token_ratios, "EPSILONS", (0.1, 0.3))
    monkeypatch.setattr(token_ratios, "NUM_GRADIENT_STEPS", 1)
    token_ratios._beginning.cache_clear()
    token_ratios.write(tmp_path / "made.json", "here")
    token_ratios._beginning.cache_clear()
    made = token_ratios.read(tmp_path / "made.json")
    assert [(track.prompt, track.response) for track in made] == [*told, *told]
    assert all(len(track.log_prob) == 2 for track in made)
