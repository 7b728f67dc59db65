"""Notebook 10: the log-probability of a token under the distribution that it was drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import agree, floats, normal
from ppo_lesson.lessons.log_space import LARGE_LOGITS, VERY_UNLIKELY, look_up, spelt_log_probs
from ppo_lesson.maths import action_log_prob, behaviour_log_prob, behaviour_logits


def _case(
    label: str,
    logits: Tensor,
    rank: Sequence[int],
    temperature: float,
    top_k: int,
    *,
    edge: bool = False,
) -> Case:
    """Take from each row the token of the given rank, 0 for the likeliest."""
    order = logits.argsort(dim=-1, descending=True)
    token = order[torch.arange(len(rank)), torch.tensor(rank)]
    inputs = {"logits": logits, "token": token, "temperature": temperature, "top_k": top_k}
    return Case(inputs, label, edge)


_ROW = floats(1.0, -0.5, 2.0).unsqueeze(0)


def _plain_softmax(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return action_log_prob(logits, token)


def _all_words(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return action_log_prob(logits / temperature, token)


def _multiplied(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return behaviour_log_prob(logits, token, 1 / temperature, top_k)


def _without_temperature(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return behaviour_log_prob(logits, token, 1.0, top_k)


def _divided_afterwards(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return behaviour_log_prob(logits, token, 1.0, top_k) / temperature


def _one_word_short(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    smallest = logits.topk(top_k).values[:, -1:]
    kept = logits.masked_fill(logits <= smallest, -torch.inf)
    return action_log_prob(kept / temperature, token)


def _smallest_kept(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    largest = logits.topk(top_k, largest=False).values[:, -1:]
    kept = logits.masked_fill(logits > largest, -torch.inf)
    return action_log_prob(kept / temperature, token)


def _set_to_zero(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    smallest = logits.topk(top_k).values[:, -1:]
    return action_log_prob(logits.masked_fill(logits < smallest, 0.0) / temperature, token)


def _over_the_batch(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return look_up(behaviour_logits(logits, temperature, top_k).log_softmax(dim=0), token)


def _raw(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return look_up(logits / temperature, token)


def _log_of_softmax(logits: Tensor, token: Tensor, temperature: float, top_k: int) -> Tensor:
    return look_up(behaviour_logits(logits, temperature, top_k).softmax(-1).log(), token)


def _spelt(log_prob: Function) -> Function:
    """Build an answer from a function of logits (N, V) and tokens (N,)."""
    return lambda logits, token, temperature, top_k: log_prob(
        behaviour_logits(logits, temperature, top_k), token
    )


def _words_that_stay_share_one(answer: Function) -> bool:
    logits, kept = normal(11, 5), 3
    token = logits.topk(kept).indices
    rows = logits.expand(kept, -1).clone()
    log_prob = answer(logits=rows, token=token, temperature=0.8, top_k=kept)
    return abs(float(log_prob.exp().sum()) - 1) < 1e-5


def _half_as_warm_is_twice_the_logits(answer: Function) -> bool:
    logits = normal(12, 3, 4)
    token = logits.argmax(-1)
    cold = answer(logits=logits, token=token, temperature=0.7, top_k=2)
    return agree(cold, answer(logits=2 * logits, token=token, temperature=1.4, top_k=2))


def _forbidden_words_do_not_matter(answer: Function) -> bool:
    logits, token = normal(13, 1, 5), torch.tensor([2])
    logits[0, 2] = 4.0
    lower = torch.where(logits < logits.topk(2).values[:, -1:], logits - 3, logits)
    one, other = (answer(logits=z, token=token, temperature=1.5, top_k=2) for z in (logits, lower))
    return agree(one, other)


BEHAVIOUR_LOG_PROB = Exercise(
    id="behaviour_log_prob",
    minutes=8,
    prompt="""\
Tokens are rarely drawn from the plain softmax: a *temperature* divides the logits, and *top-k*
forbids all words but the `top_k` likeliest. What draws then is another distribution, the behaviour
policy. Write the log-probability of each token **under the distribution that it was drawn from**.

- `logits`: `(N, V)`, one row for each token, as they come out of the model.
- `token`: `(N,)`, integer indices from 0 to V - 1, each one of the `top_k` of its row.
- `temperature`: a number above 0. 1 changes nothing, less makes likely words likelier.
- `top_k`: a whole number from 1 to V. V forbids nothing. No two logits of a row are equal.
- Return `(N,)`: log-probabilities in nats. The words that could be drawn share the whole
  probability among them. The gradient with respect to `logits` must survive.""",
    reference=behaviour_log_prob,
    cases=(
        _case("two words of three can be drawn, the second was", _ROW, [1], 1.0, 2),
        _case("all words can be drawn, temperature above 1", _ROW, [2], 2.0, 3),
        _case("all words can be drawn, temperature below 1", _ROW, [1], 0.5, 3),
        _case("neither temperature nor top-k changes anything", normal(1, 2, 3), [0, 2], 1.0, 3),
        _case("one word can be drawn", normal(2, 2, 4), [0, 0], 1.3, 1),
        _case("three words of four can be drawn, cold", normal(3, 3, 4), [2, 0, 1], 0.6, 3),
        _case("four words of six can be drawn, warm", normal(4, 5, 6), [3, 0, 1, 2, 1], 1.7, 4),
        _case("five words of twelve can be drawn, cold", normal(5, 3, 12), [4, 1, 0], 0.7, 5),
        _case(VERY_UNLIKELY, floats(0.5, -800.0, 0.2).unsqueeze(0), [2], 1.0, 3, edge=True),
        _case(LARGE_LOGITS, normal(6, 2, 4) + 800, [1, 0], 1.0, 2, edge=True),
        _case("the logits are near -800", normal(6, 2, 4) - 800, [1, 0], 1.0, 2, edge=True),
    ),
    hints=(
        "Ask how the token came about: which numbers went into the softmax that it was drawn "
        "from, and which words took part? Only they share the probability.",
        "Three steps in this order: divide the logits by the temperature; take the words that are "
        "not among the top_k out; then log-softmax over the words that stay, and look the token "
        "up.",
        "logits.topk(top_k).values[:, -1:] is the smallest logit that stays, one per row. What "
        "lies below it becomes -inf (masked_fill), and a softmax gives -inf the probability 0. "
        "Then .log_softmax(-1) and .gather.",
    ),
    mistakes=(
        Mistake(
            "You gave the words that cannot be drawn a finite logit. Where all logits lie below "
            "it, they share the whole probability among them: minus infinity forbids.",
            lambda logits, token, temperature, top_k: action_log_prob(
                torch.where(logits < logits.topk(top_k).values[:, -1:], -100.0, logits)
                / temperature,
                token,
            ),
        ),
        Mistake(
            "You scored the tokens under the model's plain softmax, but they were not drawn from "
            "it. With these numbers the ratio does not start at 1, and a logged KL can be "
            "negative.",
            _plain_softmax,
        ),
        Mistake(
            "Your probabilities are shared with words that could not be drawn: top_k is left out, "
            "or words are cut after the softmax. Cut before it, so that those that stay sum to "
            "one.",
            _all_words,
        ),
        Mistake(
            "You multiplied by the temperature. It divides: a high temperature makes the words "
            "more alike, a low one picks the likeliest.",
            _multiplied,
        ),
        Mistake(
            "The temperature is left out. It divided the logits before the token was drawn, so it "
            "belongs into the score as well.",
            _without_temperature,
        ),
        Mistake(
            "You divided the log-probability by the temperature. Then the words no longer sum to "
            "one: divide the logits, before the softmax.",
            _divided_afterwards,
        ),
        Mistake(
            "One word too few stays: the smallest of the top_k belongs to those that can be drawn. "
            "Forbid what is below it, not what is equal to it.",
            _one_word_short,
        ),
        Mistake(
            "You kept the least likely words. Top-k keeps the largest logits.",
            _smallest_kept,
        ),
        Mistake(
            "You set the forbidden logits to 0. A logit of 0 is one like any other, and its word "
            "takes part; one of minus infinity gives the probability 0.",
            _set_to_zero,
        ),
        Mistake(
            "Your softmax runs over the batch. The words of one row compete with each other: it "
            "runs along the last axis.",
            _over_the_batch,
        ),
        Mistake(
            "These are logits. Only after a log-softmax do they become log-probabilities.",
            _raw,
        ),
        Mistake(
            "Your sign is that of a loss: a log-probability is never positive.",
            lambda logits, token, temperature, top_k: (
                -behaviour_log_prob(logits, token, temperature, top_k)
            ),
        ),
        Mistake(
            "These are probabilities; their logarithms are asked for.",
            lambda logits, token, temperature, top_k: behaviour_log_prob(
                logits, token, temperature, top_k
            ).exp(),
        ),
        Mistake(
            "The value is right, but the gradient is NaN: you took the logarithm of a softmax, and "
            "for a forbidden word that has an infinite slope. Use log_softmax, which does both in "
            "one step.",
            _log_of_softmax,
        ),
        Mistake(
            "The value is right, but no gradient comes back to the logits: with it in the loss, "
            "the model would never learn.",
            lambda logits, token, temperature, top_k: behaviour_log_prob(
                logits.detach(), token, temperature, top_k
            ),
        ),
        *spelt_log_probs(_spelt),
    ),
    wrt=("logits",),
    properties=(
        Property(
            "The probabilities of the words that can be drawn sum to one.",
            _words_that_stay_share_one,
        ),
        Property(
            "Half the temperature does the same as logits twice as large.",
            _half_as_warm_is_twice_the_logits,
        ),
        Property(
            "The logits of words that cannot be drawn have no influence, as long as they stay the "
            "smallest.",
            _forbidden_words_do_not_matter,
        ),
    ),
)
