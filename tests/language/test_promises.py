"""Promises against a slow loop and against the gain itself; every sum is over all responses."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.language.model import LanguageModel, every_log_prob
from ppo_lesson.language.promises import beginning_values, every_token_log_prob, promises
from ppo_lesson.worlds import grammar

EVERY, SEA = grammar.sentences(), 2
REWARD = grammar.true_reward()[SEA]


@pytest.fixture(scope="module")
def models() -> list[LanguageModel]:
    return [LanguageModel(seed).double() for seed in (0, 1)]


@pytest.fixture(scope="module")
def old_and_new(models: list[LanguageModel]) -> list[torch.Tensor]:
    return [every_token_log_prob(model, SEA, EVERY) for model in models]


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_the_tokens_of_a_response_add_up_to_it(
    models: list[LanguageModel], temperature: float
) -> None:
    with torch.no_grad():
        whole = every_log_prob(models[0], EVERY, temperature=temperature)[SEA]
    each = every_token_log_prob(models[0], SEA, EVERY, temperature=temperature)
    assert torch.allclose(each.sum(-1), whole) and (each[~EVERY.mask] == 0).all()


def test_the_value_of_a_beginning_is_the_mean_over_its_endings(old_and_new) -> None:
    prob = old_and_new[0].sum(-1).exp()
    value = beginning_values(prob, REWARD, EVERY)
    begins = (EVERY.token[:, :2] == torch.tensor([1, 4])).all(-1)  # "the sea"
    wanted = (prob * REWARD)[begins].sum() / prob[begins].sum()
    assert torch.allclose(value[begins, 2], wanted)
    assert torch.allclose(value[:, 0], prob @ REWARD) and torch.allclose(value[:, -1], REWARD)


def test_products_promise_the_gain_and_single_ratios_another_number(old_and_new) -> None:
    old, new = old_and_new
    found = promises(old, new, REWARD, EVERY)
    assert found.gain == pytest.approx(float((new.sum(-1).exp() - old.sum(-1).exp()) @ REWARD))
    assert found.by_products == pytest.approx(found.gain)
    assert abs(found.by_ratios - found.gain) > 1e-3
    assert 0 < found.tokens_outside < found.responses_outside <= 1


def test_the_old_policy_promises_itself_nothing(old_and_new) -> None:
    assert promises(old_and_new[0], old_and_new[0], REWARD, EVERY) == pytest.approx(
        (0, 0, 0, 0, 0), abs=1e-9
    )


def test_arguments_out_of_range_are_refused(models: list[LanguageModel], old_and_new) -> None:
    with pytest.raises(ValueError, match="temperature"):
        every_token_log_prob(models[0], SEA, EVERY, temperature=0.0)
    with pytest.raises(ValueError, match="prompt"):
        every_token_log_prob(models[0], 3, EVERY)
    with pytest.raises(ValueError, match="reward"):
        promises(*old_and_new, REWARD[:5], EVERY)


def test_sentences_and_their_numbers_belong_together(old_and_new) -> None:
    old, new = old_and_new
    every, reward = grammar.sentences(), torch.ones(len(old), dtype=torch.float64)
    with pytest.raises(ValueError, match=r"^prob: expected shape \(S,\) = \(16105,\), got \(5,\)"):
        beginning_values(old.sum(-1).exp()[:5], reward[:5], every)
    with pytest.raises(ValueError, match=r"^old: expected shape"):
        promises(old[:, :2], new[:, :2], reward, every)
    mixed = promises(old.float(), new.double(), reward, every)
    assert mixed.gain == pytest.approx(promises(old, new, reward, every).gain, abs=1e-5)
