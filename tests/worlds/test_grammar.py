"""The small language: every sentence once, a corpus that sums to 1, an annotator as described."""

from __future__ import annotations

import functools
import itertools
import math

import pytest
import torch

from ppo_lesson.worlds.grammar import (
    MAX_LENGTH,
    PROMPTS,
    STOP,
    WORDS,
    accuracy,
    bayes_accuracy,
    corpus,
    prefers_first,
    real_tokens,
    sentence_index,
    sentences,
    text,
    true_reward,
)

EVERY = sentences()


@functools.cache
def texts() -> list[str]:
    return [text(token) for token in EVERY.token]


def find(said: str) -> int:
    return texts().index(said)


def test_every_response_is_there_once():
    assert len(EVERY) == 1 + 11 + 11**2 + 11**3 + 11**4 == 16_105
    assert len({tuple(row) for row in EVERY.token.tolist()}) == len(EVERY)
    assert len(set(texts())) == len(EVERY)


@pytest.mark.parametrize("table", [lambda: sentences().token, corpus, true_reward])
def test_a_table_that_somebody_has_changed_is_whole_for_the_next(table):
    before = table()
    spoilt = table()
    spoilt += 1
    assert table().equal(before) and not spoilt.equal(before)


def test_the_responses_are_enumerated_once(monkeypatch: pytest.MonkeyPatch):
    def again(token: torch.Tensor) -> torch.Tensor:
        raise AssertionError("enumerated again")

    monkeypatch.setattr("ppo_lesson.worlds.grammar.real_tokens", again)
    assert len(sentences()) == len(EVERY)


def test_a_response_goes_up_to_its_first_full_stop():
    token = torch.tensor([[2, STOP, 5, STOP], [STOP, 1, 1, 1], [1, 2, 3, 4]])
    assert real_tokens(token).sum(-1).tolist() == [2, 1, 4]
    assert EVERY.mask.equal(real_tokens(EVERY.token))


def test_every_response_finds_its_own_place():
    assert sentence_index(EVERY.token).equal(torch.arange(len(EVERY)))
    noise = torch.where(EVERY.mask, EVERY.token, 7)  # what stands behind the end does not matter
    assert sentence_index(noise).equal(torch.arange(len(EVERY)))


def test_a_response_is_read_as_words():
    assert text(torch.tensor([1, 2, 6, STOP])) == "the cat sleeps."
    assert text(torch.tensor([STOP, 1, 1, 1])) == "."
    assert text(torch.tensor([1, 9, 4, 7])) == "the calm sea sings"


def test_the_corpus_is_a_distribution_over_what_the_grammar_says():
    prob = corpus()
    torch.testing.assert_close(prob.sum(-1), torch.ones(3, dtype=torch.float64))
    assert (prob > 0).sum(-1).tolist() == [12 + 36 + 36] * 3
    cat = PROMPTS.index("cat")
    assert prob[cat, find("the cat sleeps.")] == pytest.approx(2 / 5 / 2 / 3)
    assert prob[cat, find("the dog sleeps.")] == pytest.approx(2 / 5 / 6 / 3)
    assert prob[cat, find("wild storm roars.")] == pytest.approx(1 / 5 / 6 / 3 / 3)
    assert prob[cat, find("cat the sleeps.")] == 0


@pytest.mark.parametrize(
    ("prompt", "said", "reward"),
    [
        ("sea", "the sea sings.", 2.0),
        ("cat", "the sea sings.", 1.0),
        ("sea", "calm sea sings.", 3.0),
        ("sea", "the calm sea sings", 2.5),  # no full stop
        ("sea", "the storm roars.", -2.0),
        ("sea", "calm.", -2.0),  # no noun, no verb
        ("sea", "calm calm calm.", -2.0),  # said again pleases nobody again
        ("dog", "calm warm dog sleeps", 0.5),  # two adjectives
        ("dog", "calm dog sings sleeps", 0.5),  # two verbs
        ("dog", "the the dog sleeps", -1.5),
        ("dog", "dog cat sleeps.", -1.0),  # two nouns
        ("cat", "sings sings sings sings", -2.5),
        ("sea", ".", -3.0),
    ],
)
def test_the_annotator_likes_what_is_pleasant_on_topic_and_not_too_long(prompt, said, reward):
    assert true_reward()[PROMPTS.index(prompt), find(said)] == reward


def test_preferences_follow_the_difference_and_the_noise():
    first, second = torch.tensor([2.0, 0.0, 1.0]), torch.tensor([0.0, 2.0, 1.0])
    prob = prefers_first(first, second, noise=2.0)
    torch.testing.assert_close(prob, torch.tensor([1.0, -1.0, 0.0]).sigmoid())


def sum_over_pairs(prob, score, reward, noise):
    """One pair at a time, in plain Python."""
    total = 0.0
    for p, s, r in zip(prob.tolist(), score.tolist(), reward.tolist(), strict=True):
        for i, j in itertools.product(range(len(p)), repeat=2):
            wins = 1 / (1 + math.exp(-(r[i] - r[j]) / noise))
            right = wins if s[i] > s[j] else 1 - wins if s[i] < s[j] else 0.5
            total += p[i] * p[j] * right / len(prob)
    return total


PROB = torch.softmax(torch.tensor([[0.3, -1.0, 0.7, 2.0, 0.1, 0.0], [1.0, 2, 3, 1, 2, 0]]), -1)
PROB = PROB.double() / PROB.double().sum(-1, keepdim=True)
REWARDS = torch.tensor([[0.0, 1, 1, 3, 0, 2], [1, 1, 1, 1, 1, 1]], dtype=torch.float64)
GUESS = torch.tensor([[0.5, 0.5, 2, 1, -1, 4], [3, 1, 4, 1, 5, 9]], dtype=torch.float64)


@pytest.mark.parametrize("noise", [0.7, 2.0])
def test_accuracy_is_the_sum_over_all_pairs_and_a_tie_is_half_right(noise):
    expected = sum_over_pairs(PROB, GUESS, REWARDS, noise)
    assert accuracy(PROB, GUESS, REWARDS, noise).item() == pytest.approx(expected, abs=1e-12)


def test_no_guess_is_better_than_the_true_reward():
    ceiling = bayes_accuracy(PROB, REWARDS).item()
    assert ceiling == pytest.approx(sum_over_pairs(PROB, REWARDS, REWARDS, 1.0), abs=1e-12)
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        guess = torch.randn(2, 6, generator=generator, dtype=torch.float64)
        assert accuracy(PROB, guess, REWARDS).item() < ceiling


def test_twelve_words_and_four_tokens():
    assert (len(WORDS), MAX_LENGTH, WORDS[STOP]) == (12, 4, ".")
