"""Before the reinforcement learning: people's sentences, pairs, and the reward model."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from ppo_lesson.language.feedback import (
    SLIP,
    Pairs,
    collect_pairs,
    fit,
    fit_reward_model,
    mistype,
    pretrain,
)
from ppo_lesson.language.judge import Judge
from ppo_lesson.language.model import HEADS, LanguageModel, RewardModel
from ppo_lesson.worlds import grammar

REWARD = grammar.true_reward()


def test_the_reference_says_what_people_say():
    """KL(corpus || model) falls far below what even guesses have; their slips keep it above 0."""
    model = pretrain(seed=0, num_sentences=10_000, num_epochs=3)
    log_prob, corpus = Judge(model, RewardModel(0), 1.0).ref_log_prob, grammar.corpus()
    divergence = (torch.xlogy(corpus, corpus) - corpus * log_prob).sum(-1)
    assert (divergence > 0.04).all() and (divergence < 0.3).all()
    assert (log_prob > -60).all()  # nothing is impossible


def test_slips_come_as_often_as_they_should_and_put_in_every_word_alike():
    count, num_words = 60_000, len(grammar.WORDS)
    written = torch.tensor([grammar.WORDS.index(word) for word in ("the", "calm", "sea", "sings")])
    token = written.expand(count, -1)
    mistyped = mistype(token, torch.Generator().manual_seed(0))
    real = grammar.real_tokens(mistyped)
    assert (mistyped[~real] == grammar.STOP).all() and (~real).any()  # nothing behind a full stop
    put_in = mistyped[real & (mistyped != token)]
    # A slip may put in what stood there. Four standard errors each, of about 200 words of a kind.
    first = (mistyped[:, 0] != token[:, 0]).double().mean().item()
    share = SLIP * (num_words - 1) / num_words
    assert abs(first - share) < 4 * (share / count) ** 0.5
    counts = torch.bincount(mistyped[:, 0], minlength=num_words).double()
    counts[written[0]] = expected = count * SLIP / num_words
    assert (counts - expected).abs().max() < 4 * expected**0.5
    assert set(put_in.tolist()) == set(range(num_words))


def test_the_default_dtype_changes_neither_the_reference_nor_the_pairs():
    found = []
    for dtype in (torch.float32, torch.float64):
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            model = pretrain(seed=0, num_sentences=600, num_epochs=1)
            pairs = collect_pairs(model, 100, torch.Generator().manual_seed(1))
            found.append([*model.state_dict().values(), *vars(pairs).values()])
        finally:
            torch.set_default_dtype(before)
    assert all(a.equal(b) for a, b in zip(*found, strict=True))


def test_pairs_are_answers_to_one_prompt_chosen_as_the_annotator_chooses():
    model, count = LanguageModel(0), 4_000
    pairs = collect_pairs(model, count, torch.Generator().manual_seed(6))
    better, worse = (
        REWARD[pairs.prompt, grammar.sentence_index(x)] for x in (pairs.chosen, pairs.rejected)
    )
    apart = better != worse
    right = (better > worse)[apart].double()
    expected = grammar.prefers_first((better - worse).abs(), torch.zeros_like(better))[apart]
    error = (expected * (1 - expected)).sum().sqrt() / len(expected)
    assert (right.mean() - expected.mean()).abs() < 4 * error  # four standard errors
    assert set(pairs.prompt.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("head", HEADS)
def test_a_reward_model_learns_from_pairs(head):
    pairs = collect_pairs(LanguageModel(0), 2_000, torch.Generator().manual_seed(6))
    model, fresh = fit_reward_model(pairs, seed=0, head=head), RewardModel(seed=0, head=head)
    assert model.head == head
    with torch.no_grad():
        right = [
            (m(pairs.prompt, pairs.chosen) > m(pairs.prompt, pairs.rejected)).float().mean().item()
            for m in (model, fresh)
        ]
    assert right[0] > right[1] + 0.1


@pytest.mark.exhaustive
def test_a_reward_model_of_a_sure_annotator_is_right_four_times_out_of_five():
    pairs = collect_pairs(LanguageModel(0), 4_000, torch.Generator().manual_seed(6), noise=0.01)
    model = fit_reward_model(pairs, seed=0, num_epochs=8)
    judge = Judge(LanguageModel(0), model, 1.0)
    prob = judge.ref_log_prob.exp()
    assert grammar.accuracy(prob, judge.proxy, REWARD, 0.01) > 0.8


def test_pairs_are_selected_together():
    column = torch.arange(5)
    pairs = Pairs(column, column.unsqueeze(-1) + 10, column.unsqueeze(-1) + 20)
    some = pairs.select(torch.tensor([3, 1]))
    assert (some.prompt.tolist(), some.chosen.tolist(), some.rejected.tolist()) == (
        [3, 1],
        [[13], [11]],
        [[23], [21]],
    )
    assert (len(pairs), len(some)) == (5, 2)


def test_fitting_sees_every_sample_once_an_epoch_and_takes_shorter_and_shorter_steps():
    model, seen, steps = torch.nn.Linear(1, 1, bias=False), [], []
    start = model.weight.item()

    def loss(index: torch.Tensor) -> torch.Tensor:
        seen.extend(index.tolist())
        return model.weight.sum()

    generator = torch.Generator().manual_seed(0)
    fit(model, loss, 1_200, 2, generator, on_step=lambda: steps.append(model.weight.item()))
    assert sorted(seen) == sorted([*range(1_200)] * 2)
    moves = [before - after for before, after in zip([start, *steps], steps, strict=False)]
    assert moves == sorted(moves, reverse=True) and len(moves) == 6


def weights(model: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


def test_a_gradient_that_is_not_finite_ends_the_fit_with_the_weights_of_the_step_before():
    model, kept = nn.Linear(3, 1), []

    def loss(index: Tensor) -> Tensor:
        return model(torch.ones(3)).sum() * (math.nan if len(kept) == 2 else 1.0)

    with pytest.warns(RuntimeWarning) as caught:
        generator = torch.Generator().manual_seed(0)
        fit(model, loss, 100, 5, generator, on_step=lambda: kept.append(weights(model)))
    assert len(caught) == 1
    said = "training stopped: the gradient's norm is nan in step 3 of 5"
    assert str(caught[0].message) == said
    assert len(kept) == 2
    assert torch.equal(weights(model), kept[-1])


def test_pairs_are_not_drawn_from_a_model_that_is_not_finite():
    spoilt = LanguageModel(0)
    with torch.no_grad():
        spoilt.actor_head.weight[0, 0] = math.inf
    with pytest.raises(FloatingPointError, match="the policy's logits are not finite"):
        collect_pairs(spoilt, 10, torch.Generator().manual_seed(0))


def test_settings_of_a_fit_are_refused_by_name():
    model, generator = nn.Linear(1, 1), torch.Generator().manual_seed(0)
    for bad in (0.0, -1e-3, math.nan, math.inf, "3e-4", None, True):
        with pytest.raises(ValueError, match=r"^learning_rate: expected a number in .*, got"):
            fit(model, lambda index: model.bias.sum(), 4, 1, generator, learning_rate=bad)
    with pytest.raises(ValueError, match=r"^loss: expected a loss with a gradient, got a constant"):
        fit(model, lambda index: model.bias.detach().sum(), 4, 1, generator)
    with pytest.raises(ValueError, match=r"^noise: expected a number in"):
        collect_pairs(LanguageModel(0), 4, generator, noise=0.0)
