"""The small transformer: its probabilities are a distribution, and what it draws is scored so."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Categorical

from ppo_lesson import maths
from ppo_lesson.language.model import (
    HEADS,
    LanguageModel,
    RewardModel,
    every_log_prob,
    every_score,
    respond,
    response_log_prob,
)
from ppo_lesson.worlds.grammar import MAX_LENGTH, PROMPTS, WORDS, sentence_index, sentences

EVERY = sentences()
SAMPLERS = [{}, {"temperature": 0.6}, {"top_k": 3}, {"temperature": 2.0, "top_k": 5}]


@pytest.fixture
def model() -> LanguageModel:
    model = LanguageModel(seed=0).double()
    with torch.no_grad():  # far from even, so that a slip shows
        model.actor_head.weight.mul_(5)
    return model


def some(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw prompts and responses evenly."""
    generator = torch.Generator().manual_seed(1)
    index = torch.randint(len(EVERY), (count,), generator=generator)
    return torch.randint(len(PROMPTS), (count,), generator=generator), EVERY.token[index]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
def test_the_probabilities_of_all_responses_sum_to_one(model, sampler):
    with torch.no_grad():
        total = every_log_prob(model, EVERY, **sampler).exp().sum(-1)
    torch.testing.assert_close(total, torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_response_has_the_same_probability_alone_and_in_the_list_of_all(model):
    prompt, token = some(64)
    with torch.no_grad():
        listed = every_log_prob(model, EVERY)[prompt, sentence_index(token)]
        torch.testing.assert_close(response_log_prob(model, prompt, token), listed)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=str)
def test_a_drawn_token_carries_the_log_probability_of_the_distribution_it_was_drawn_from(
    model, sampler
):
    prompt = torch.arange(3).repeat(40)
    said = respond(model.float(), prompt, torch.Generator().manual_seed(2), **sampler)
    with torch.no_grad():
        logits = model.logits(prompt, said.token)
    for row, token, mask, log_prob in zip(
        logits, said.token, said.mask, said.log_prob, strict=True
    ):
        kept = row / sampler.get("temperature", 1.0)
        forbidden = kept.argsort(dim=-1, descending=True)[:, sampler.get("top_k", len(WORDS)) :]
        oracle = Categorical(logits=kept.scatter(-1, forbidden, -torch.inf)).log_prob(token)
        torch.testing.assert_close(log_prob[mask], oracle[mask], rtol=1e-4, atol=1e-5)
        assert (log_prob[~mask] == 0).all() and (token[~mask] == 0).all()


def test_responses_come_as_often_as_their_probability_says(model):
    count = 20_000
    prompt = torch.full((count,), 1)
    said = respond(model.float(), prompt, torch.Generator().manual_seed(3))
    with torch.no_grad():
        prob = every_log_prob(model.double(), EVERY)[1].exp()
    common = prob.topk(20).indices
    frequency = torch.bincount(sentence_index(said.token), minlength=len(EVERY)) / count
    error = (prob * (1 - prob) / count).sqrt()
    # Twenty frequencies, five standard errors each.
    assert ((frequency - prob).abs()[common] < 5 * error[common]).all()


def test_attention_is_the_mean_of_values_by_the_softmax_of_products(model):
    """The formula of the block's docstring, head by head and place by place."""
    block, num_heads, width = model.actor.blocks[0], 4, 48
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(1, 3, width, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        found = block(hidden)[0]
        heads = block.query_key_value(block.attention_norm(hidden[0]))
        query, key, value = heads.view(3, 3, num_heads, -1).unbind(1)
        seen = torch.zeros(3, num_heads, width // num_heads, dtype=torch.float64)
        for t in range(3):
            for h in range(num_heads):
                product = key[: t + 1, h] @ query[t, h] / (width // num_heads) ** 0.5
                seen[t, h] = product.softmax(0) @ value[: t + 1, h]
        after = hidden[0] + block.output(seen.flatten(1))
        torch.testing.assert_close(found, after + block.thought(block.thought_norm(after)))


def test_what_is_said_later_changes_nothing_earlier(model):
    prompt, token = some(8)
    for t in range(MAX_LENGTH):
        other = token.clone()
        other[:, t:] = (other[:, t:] + 1) % len(WORDS)
        for read in (model.logits, model.value):
            before, after = read(prompt, token), read(prompt, other)
            torch.testing.assert_close(before[:, : t + 1], after[:, : t + 1])
            if t + 1 < MAX_LENGTH:
                assert not torch.allclose(before[:, t + 1 :], after[:, t + 1 :])


def test_the_prompt_and_every_earlier_word_change_what_comes_next(model):
    prompt, token = torch.tensor([0]), torch.tensor([[1, 2, 6, 0]])
    last = model.logits(prompt, token)[0, -1]
    assert not torch.allclose(model.logits(prompt + 1, token)[0, -1], last)
    for t in range(MAX_LENGTH - 1):
        other = token.clone()
        other[0, t] += 2
        assert not torch.allclose(model.logits(prompt, other)[0, -1], last)


def test_the_critic_shares_nothing_with_the_policy(model):
    model.value(*some(4)).sum().backward()
    moved = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None}
    assert moved == {"critic", "critic_head"}


def test_weights_come_from_the_seed_and_leave_the_global_state_alone():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, second, other = LanguageModel(0), LanguageModel(0), LanguageModel(1)
    assert torch.get_rng_state().equal(state)
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(a.equal(b) for a, b in pairs)
    assert not first.actor_head.weight.equal(other.actor_head.weight)
    assert {p.dtype for p in first.parameters()} == {torch.float32}


def test_the_default_dtype_changes_no_weight():
    """The notebooks' is float64, the record's float32: both mean the same seed 0."""
    models = []
    for dtype in (torch.float32, torch.float64):
        before = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            models.append((LanguageModel(0), RewardModel(0)))
            assert torch.get_default_dtype() == dtype
        finally:
            torch.set_default_dtype(before)
    for first, second in zip(*models, strict=True):
        pairs = zip(first.parameters(), second.parameters(), strict=True)
        assert all(a.equal(b) and a.dtype == b.dtype == torch.float32 for a, b in pairs)


@pytest.mark.parametrize("head", HEADS)
def test_a_score_does_not_hear_what_stands_behind_the_end(head):
    model = RewardModel(seed=0, head=head)
    token = torch.tensor([[1, 2, 6, 0], [3, 0, 5, 9], [1, 2, 3, 4]])
    other = torch.tensor([[1, 2, 6, 0], [3, 0, 1, 1], [1, 2, 3, 5]])
    with torch.no_grad():
        first, second = (model(torch.tensor([0, 1, 2]), x) for x in (token, other))
    torch.testing.assert_close(first[:2], second[:2])
    assert first[2] != second[2]


@pytest.mark.parametrize("head", HEADS)
def test_a_head_adds_up_all_real_tokens_or_reads_the_last_of_them(head):
    """Response by response, cut where it ends: padding is not even there."""
    model = RewardModel(seed=0, head=head)
    prompt = torch.tensor([0, 1, 2, 0])
    token = torch.tensor([[1, 2, 6, 0], [3, 0, 5, 9], [1, 2, 3, 4], [0, 7, 7, 7]])
    with torch.no_grad():
        found = model(prompt, token)
        for k, end in enumerate((4, 2, 4, 1)):
            read = model.readout(model.trunk(prompt[k : k + 1], token[k : k + 1, :end]))[0, 1:, 0]
            assert len(read) == end
            wanted = sum(read.tolist()) if head == "sum" else read[-1].item()
            assert found[k].item() == pytest.approx(wanted, abs=1e-5)


def test_both_heads_begin_with_the_same_weights_and_no_third_is_known():
    first, second = (RewardModel(seed=3, head=head).parameters() for head in HEADS)
    assert all(a.equal(b) for a, b in zip(first, second, strict=True))
    with pytest.raises(ValueError, match=r"^head: expected one of sum, last token, got 'mean'"):
        RewardModel(seed=0, head="mean")


@pytest.mark.parametrize("head", HEADS)
def test_every_score_is_the_score_of_each(head):
    model, (prompt, token) = RewardModel(seed=0, head=head), some(32)
    with torch.no_grad():
        listed = every_score(model, EVERY)[prompt, sentence_index(token)]
        torch.testing.assert_close(model(prompt, token), listed)


@pytest.mark.parametrize(
    ("sampler", "complaint"),
    [
        ({"temperature": 0.0}, "temperature: expected a number in"),
        ({"top_k": 0}, "top_k: expected 1 or more, got 0"),
        ({"top_k": 13}, "top_k: expected 12 or less, got 13"),
    ],
)
def test_a_sampler_that_cannot_be_is_refused(sampler, complaint):
    with pytest.raises(ValueError, match=complaint):
        respond(LanguageModel(0), torch.tensor([0]), torch.Generator(), **sampler)


def test_a_prompt_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="prompt: expected indices"):
        respond(LanguageModel(0), torch.tensor([3]), torch.Generator())


def test_log_probabilities_are_those_of_torch_distributions(model):
    prompt, token = some(16)
    oracle = Categorical(logits=model.logits(prompt, token)).log_prob(token)
    torch.testing.assert_close(model.log_prob(prompt, token), oracle)
    logits = model.logits(prompt, token)[:, 0]
    oracle = torch.distributions.kl_divergence(
        Categorical(logits=logits), Categorical(logits=logits.flip(-1))
    )
    torch.testing.assert_close(maths.kl_p_q(logits, logits.flip(-1)), oracle)
