from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor
from torch.distributions import Categorical

from ppo_lesson.maths.gradients import finite_difference_gradient
from ppo_lesson.maths.policies import (
    action_log_prob,
    behaviour_log_prob,
    entropy,
    score,
    token_log_probs,
)

few = settings(max_examples=25)
rows_of_logits = st.lists(st.floats(-20, 20), min_size=1, max_size=5)


def row(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def assert_equal(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


LOGITS = torch.stack([row(0.5, -1.0, 2.0), row(3.0, 3.0, -4.0)])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_log_probabilities_are_those_of_a_categorical(dtype: torch.dtype) -> None:
    for action in torch.cartesian_prod(torch.arange(3), torch.arange(3)):
        expected = Categorical(logits=LOGITS).log_prob(action)
        assert_equal(action_log_prob(LOGITS, action.to(dtype)), expected)


def test_log_probabilities_do_not_overflow() -> None:
    logits = row(1000.0, 0.0).reshape(1, 2)
    assert action_log_prob(logits, torch.tensor([0])).tolist() == [0.0]
    assert action_log_prob(logits, torch.tensor([1])).tolist() == [-1000.0]


@pytest.mark.parametrize("action", [-1, 3])
def test_an_action_that_does_not_exist_raises(action: int) -> None:
    with pytest.raises(ValueError, match=f"^action: expected indices from 0 to 2, got {action}"):
        action_log_prob(LOGITS[:1], torch.tensor([action]))
    with pytest.raises(ValueError, match=f"^action: expected indices from 0 to 2, got {action}"):
        score(LOGITS[0], torch.tensor(action))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_the_score_is_the_gradient_of_the_log_probability(dtype: torch.dtype) -> None:
    for action in range(3):
        numeric = finite_difference_gradient(
            lambda x, a=action: Categorical(logits=x).log_prob(torch.tensor(a)), LOGITS[0]
        )
        assert_equal(score(LOGITS[0], torch.tensor(action, dtype=dtype)), numeric, 1e-9)


@given(rows_of_logits)
@few
def test_the_score_has_mean_zero_under_the_policy(numbers: list[float]) -> None:
    logits = row(*numbers)
    scores = torch.stack([score(logits, torch.tensor(a)) for a in range(len(logits))])
    assert_equal(scores.sum(1), torch.zeros_like(logits))
    assert_equal(torch.softmax(logits, 0) @ scores, torch.zeros_like(logits))


def test_token_log_probs_score_the_response_and_add_up_to_the_sentence() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(5, 3, dtype=torch.float64, generator=generator)
    tokens = torch.tensor([2, 0, 1, 1, 2])
    log_prob = torch.log_softmax(logits, -1)
    # Token t is predicted from position t - 1; the last row of logits predicts what nobody said.
    every = torch.stack([log_prob[t - 1, tokens[t]] for t in range(1, 5)])
    for prompt_length in range(1, 5):
        response = token_log_probs(logits, tokens, prompt_length)
        assert response.shape == (5 - prompt_length,)
        assert_equal(response, every[prompt_length - 1 :])


def test_a_token_is_not_predicted_from_itself_or_the_future() -> None:
    logits = torch.zeros(4, 3, dtype=torch.float64, requires_grad=True)
    log_probs = token_log_probs(logits, torch.tensor([0, 1, 2, 0]), 2)
    for position, log_prob in enumerate(log_probs):
        (gradient,) = torch.autograd.grad(log_prob, logits, retain_graph=True)
        assert gradient.abs().sum(1).nonzero().flatten().tolist() == [position + 1]


def test_a_prompt_must_leave_a_token_before_and_after_it() -> None:
    logits, tokens = torch.zeros(3, 2), torch.tensor([0, 1, 1])
    for prompt_length in (0, 3):
        with pytest.raises(ValueError, match=f"^prompt_length: .*, got {prompt_length}"):
            token_log_probs(logits, tokens, prompt_length)
    with pytest.raises(ValueError, match=r"^tokens: expected indices from 0 to 1, got 0 to 2"):
        token_log_probs(logits, tokens + torch.tensor([0, 0, 1]), 1)


@given(rows_of_logits)
@few
def test_entropy_is_that_of_a_categorical_and_at_most_log_k(numbers: list[float]) -> None:
    logits = row(*numbers)
    result = entropy(logits.unsqueeze(0))
    assert_equal(result, Categorical(logits=logits).entropy().unsqueeze(0), 1e-10)
    assert -1e-12 <= float(result) <= math.log(len(logits)) + 1e-12


def test_entropy_of_a_uniform_and_of_a_certain_policy() -> None:
    logits = torch.stack([row(7.0, 7.0, 7.0), row(0.0, -900.0, -900.0)])
    assert_equal(entropy(logits), row(math.log(3), 0.0))


def test_an_impossible_action_adds_nothing_to_the_entropy_and_its_gradient_is_finite() -> None:
    logits = row(1.0, -math.inf, 0.0, -900.0).reshape(1, 4).requires_grad_()
    result = entropy(logits)
    assert_equal(result.detach(), entropy(row(1.0, 0.0).reshape(1, 2)))
    (gradient,) = torch.autograd.grad(result.sum(), logits)
    numeric = finite_difference_gradient(lambda x: entropy(x).sum(), row(1.0, 0.0).reshape(1, 2))
    assert_equal(gradient[:, [0, 2]], numeric, 1e-9)
    assert gradient[:, [1, 3]].tolist() == [[0.0, 0.0]]


OVER_WORDS = torch.tensor([[2.0, 0.5, -1.0, 1.0], [0.0, 3.0, 1.0, -2.0]], dtype=torch.float64)


@pytest.mark.parametrize(("temperature", "top_k"), [(1.0, 4), (0.5, 4), (2.0, 3), (0.7, 2)])
def test_what_was_sampled_is_a_distribution_over_the_tokens_that_stay(temperature, top_k):
    """Compared with torch.distributions on the largest logits alone."""
    for row in OVER_WORDS:
        kept = row.argsort(descending=True)[:top_k]
        reference = torch.distributions.Categorical(logits=row[kept] / temperature)
        tokens = torch.arange(len(row))
        found = behaviour_log_prob(row.expand(4, 4), tokens, temperature, top_k)
        torch.testing.assert_close(found[kept], reference.logits)
        assert torch.isneginf(found).sum() == len(row) - top_k


def test_without_temperature_and_top_k_it_is_the_policy():
    token = torch.tensor([3, 1])
    expected = action_log_prob(OVER_WORDS, token)
    torch.testing.assert_close(behaviour_log_prob(OVER_WORDS, token, 1.0, 4), expected)


def test_top_1_is_certain_and_has_no_gradient_that_is_not_finite():
    logits = OVER_WORDS.clone().requires_grad_()
    log_prob = behaviour_log_prob(logits, torch.tensor([0, 1]), 0.5, 1)
    assert log_prob.tolist() == [0, 0]
    log_prob.sum().backward()
    assert logits.grad is not None and (logits.grad == 0).all()


@pytest.mark.parametrize(
    ("temperature", "top_k", "says"),
    [(0.0, 4, "temperature"), (1.0, 0, "top_k"), (1.0, 5, "top_k")],
)
def test_impossible_ways_to_sample_are_named(temperature, top_k, says):
    with pytest.raises(ValueError, match=f"^{says}: expected .*, got"):
        behaviour_log_prob(OVER_WORDS, torch.tensor([0, 1]), temperature, top_k)
