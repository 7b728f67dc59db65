"""Notebook 10: the log-probability of each token that a language model chose."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import floats
from ppo_lesson.lessons.log_space import LARGE_LOGITS, VERY_UNLIKELY, look_up, spelt_log_probs
from ppo_lesson.maths import token_log_probs


def _case(label: str, seed: int, num_words: int, tokens: list[int], prompt_length: int) -> Case:
    generator = torch.Generator().manual_seed(seed)
    shape = (len(tokens), num_words)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64)
    inputs = {"logits": logits, "tokens": torch.tensor(tokens), "prompt_length": prompt_length}
    return Case(inputs, label)


_SMALLEST = _case("one token of prompt, one of response", 1, 2, [0, 1], 1)
_LATE = _case("three tokens of prompt, two of response", 3, 4, [2, 0, 3, 3, 1], 3)


def _label_leak(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    return look_up(logits.log_softmax(dim=1), tokens)[prompt_length:]


def _with_prompt(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    return token_log_probs(logits, tokens, 1)


def _first_token_lost(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    return token_log_probs(logits, tokens, prompt_length)[1:]


def _raw_logits(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    return look_up(logits[:-1], tokens[1:])[prompt_length - 1 :]


def _over_positions(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    return look_up(logits.log_softmax(dim=0)[:-1], tokens[1:])[prompt_length - 1 :]


def _cross_entropy(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    return -token_log_probs(logits, tokens, prompt_length)


def _probabilities(logits: Tensor, tokens: Tensor, prompt_length: int) -> Tensor:
    return token_log_probs(logits, tokens, prompt_length).exp()


def _spelt(log_prob: Function) -> Function:
    """Build an answer from a function of logits (N, V) and tokens (N,)."""
    return lambda logits, tokens, prompt_length: log_prob(logits[:-1], tokens[1:])[
        prompt_length - 1 :
    ]


def _edge(label: str, *row: float) -> Case:
    """Let one row of logits predict the second of its words."""
    logits = floats(*row).expand(2, -1).clone()
    inputs = {"logits": logits, "tokens": torch.tensor([0, 1]), "prompt_length": 1}
    return Case(inputs, label, edge=True)


def _last_logits_are_silent(answer: Function) -> bool:
    inputs = dict(_LATE.inputs)
    changed = inputs["logits"].clone()
    changed[-1] = changed[-1].flip(0) + torch.arange(4)
    return torch.allclose(answer(**inputs), answer(**{**inputs, "logits": changed}))


def _words_share_one(answer: Function) -> bool:
    logits, tokens = _SMALLEST.inputs["logits"], torch.tensor([[0, 0], [0, 1]])
    rows = [answer(logits=logits, tokens=row, prompt_length=1).exp().sum() for row in tokens]
    return abs(float(sum(rows)) - 1) < 1e-6


def _level_does_not_matter(answer: Function) -> bool:
    inputs = dict(_LATE.inputs)
    raised = inputs["logits"] + torch.arange(5, dtype=torch.float64).unsqueeze(1)
    return torch.allclose(answer(**inputs), answer(**{**inputs, "logits": raised}))


TOKEN_LOG_PROBS = Exercise(
    id="token_log_probs",
    minutes=8,
    prompt="""\
A language model reads `tokens` and puts out one row of `logits` per position. It is a policy: the
state is everything read so far, the action is the next token. Write the log-probability of each
token of the **response**, the part that the model chose. The prompt was given to it.

- `logits`: `(T, V)`. Row t has seen tokens 0 to t and predicts `tokens[t + 1]`.
- `tokens`: `(T,)`, prompt and response, integer indices from 0 to V - 1.
- `prompt_length`: number of tokens in the prompt, from 1 to T - 1.
- Return `(T - prompt_length,)`: one log-probability per response token, in nats (natural
  logarithms), in their order. The gradient with respect to `logits` must survive.""",
    reference=token_log_probs,
    cases=(
        _SMALLEST,
        _case("one token of prompt, three of response", 2, 3, [2, 0, 1, 1], 1),
        _LATE,
        _case("only the last token is response", 4, 4, [1, 3, 0, 2, 2], 4),
        _case("three tokens of prompt, five of response", 5, 5, [4, 1, 0, 2, 3, 3, 0, 4], 3),
        _edge(VERY_UNLIKELY, 0.5, -800.0, 0.2),
        _edge(LARGE_LOGITS, 799.0, 800.5, 800.0),
    ),
    hints=(
        "Write tokens and rows of logits under each other and draw an arrow from each row to the "
        "token that it predicts. Which row has no arrow, and which token gets none?",
        "Turn each row into log-probabilities over the V words; pair rows 0 to T - 2 with tokens "
        "1 to T - 1; keep the pairs whose token belongs to the response.",
        "The token at position prompt_length is the first of the response, and the row before it "
        "predicts it. Drop the last row and the first token, look up one entry per row (gather), "
        "then skip the first prompt_length - 1 entries.",
    ),
    mistakes=(
        Mistake(
            "Label leak, off by one: you read each token's probability in its own row, and that "
            "row has already seen the token. The row before it is the one that predicts it.",
            _label_leak,
        ),
        Mistake(
            "The prompt is in your answer. Nobody chose its tokens, so the policy is neither "
            "praised nor blamed for them: keep the response only.",
            _with_prompt,
        ),
        Mistake(
            "The first token of the response is lost: after the shift by one, it is found in the "
            "row of the last prompt token.",
            _first_token_lost,
        ),
        Mistake(
            "These are raw logits. Only after a log-softmax over the words do they become "
            "log-probabilities.",
            _raw_logits,
        ),
        Mistake(
            "Your softmax runs along the positions. The words compete with each other at one "
            "position, so each row must be normalised by itself.",
            _over_positions,
        ),
        Mistake(
            "Your sign is that of the cross-entropy, a loss: a log-probability is never positive.",
            _cross_entropy,
        ),
        Mistake(
            "These are probabilities; their logarithms are asked for. They add up where "
            "probabilities multiply, and a long response does not underflow.",
            _probabilities,
        ),
        *spelt_log_probs(_spelt),
    ),
    wrt=("logits",),
    properties=(
        Property(
            "The last row of logits has no influence: the token that it predicts is not there.",
            _last_logits_are_silent,
        ),
        Property(
            "Adding the same number to all logits of one position changes nothing.",
            _level_does_not_matter,
        ),
        Property(
            "With one token of prompt and one of response, the probabilities of all possible "
            "responses sum to one.",
            _words_share_one,
        ),
    ),
)
