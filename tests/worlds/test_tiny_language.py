from __future__ import annotations

import pytest
import torch

from ppo_lesson.maths import token_log_probs
from ppo_lesson.worlds.enumeration import trajectories, trajectory_log_prob
from ppo_lesson.worlds.mdp import objective
from ppo_lesson.worlds.tiny_language import (
    PROMPT,
    TEXTS,
    WORDS,
    language_logits,
    language_mdp,
    read,
)


def test_an_answer_is_a_trajectory_with_the_same_probability() -> None:
    mdp = language_mdp()
    logits = torch.randn(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    answers = trajectories(mdp)
    assert len(answers.action) == len(WORDS) ** 2
    log_prob = trajectory_log_prob(mdp, logits, answers.state, answers.action)
    assert float(log_prob.exp().sum()) == pytest.approx(1, abs=1e-12)
    for words, expected in zip(answers.action, log_prob, strict=True):
        tokens = torch.cat([torch.tensor(PROMPT), words])
        chosen = token_log_probs(read(logits, tokens), tokens, len(PROMPT))
        assert float(chosen.sum()) == pytest.approx(float(expected), abs=1e-12)


def test_the_state_is_the_text_read_so_far() -> None:
    answers = trajectories(language_mdp())
    for state, action in zip(answers.state.tolist(), answers.action.tolist(), strict=True):
        assert TEXTS[state[0]] == " ".join(WORDS[word] for word in PROMPT)
        assert TEXTS[state[1]] == f"{TEXTS[state[0]]} {WORDS[action[0]]}"


def test_the_expected_mark_is_the_sum_by_hand() -> None:
    first = torch.tensor([0.1, 0.1, 0.6, 0.2], dtype=torch.float64)
    ends = torch.tensor([0.3, 0.2, 0.6, 0.1], dtype=torch.float64)
    mark = torch.tensor([0.5, 0.5, 1.0, 0.5], dtype=torch.float64)
    expected = float((first * ends * mark).sum())
    assert float(objective(language_mdp(), language_logits())) == pytest.approx(expected)


def test_every_row_of_the_model_is_a_distribution_and_the_gradient_survives() -> None:
    logits = language_logits().requires_grad_()
    rows = read(logits, torch.tensor([0, 1, 2, 3]))
    assert torch.allclose(rows.exp().sum(1), torch.ones(4, dtype=torch.float64))
    rows.sum().backward()
    assert logits.grad is not None
    assert logits.grad.sum(1).tolist() == [4, 0, 0, 4, 0]  # "the cat" and "the cat sat"


@pytest.mark.parametrize(
    ("tokens", "complaint"), [([1, 0, 2, 3], "begin with"), ([0, 1, 2], "T"), ([0, 1, 2, 4], "4")]
)
def test_another_prompt_length_or_word_is_refused(tokens: list[int], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read(language_logits(), torch.tensor(tokens))
