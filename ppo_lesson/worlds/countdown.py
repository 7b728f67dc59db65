"""A small language of sums: write an expression that has the value you are asked for.

A prompt is a target, such as 7. A response is at most six tokens out of seven: the digits 1, 2 and
3, plus, minus, times, and a full stop, which ends it. "2 x 3 + 1 ." is right; whether a response
is right can be checked by a program, as in the Countdown puzzles on which reasoning is trained.
Responses have 1 to 6 tokens, and there are 55,987 of them: every expectation of notebook 12 is a
sum.

Sizes: P = 4 prompts, S = 55,987 responses, T = 6 tokens at most, V = 7 tokens, N = 9,331 texts
that may have been read when a token is chosen (the empty one included).
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import Sizes, check_floats, check_indices, check_integers
from ppo_lesson.worlds.grammar import STOP, Sentences, made_once, real_tokens

WORDS = (".", "1", "2", "3", "+", "-", "x")
"""The tokens by index. The full stop ends a response and fills the places behind it."""

TARGETS = (2, 4, 6, 8)
"""The prompts, from the easiest to the hardest for the reference."""

MAX_LENGTH = 6
"""T, tokens of the longest response, its full stop included."""

NUM_WORDS = len(WORDS)
DIGITS = (1, 2, 3)  # the token of a digit is the digit
PLUS, MINUS, TIMES = 4, 5, 6
LEVELS = tuple((NUM_WORDS - 1) ** t for t in range(MAX_LENGTH))
"""How many texts of t tokens may have been read, t = 0 to 5; N is their sum."""

NUM_READ = sum(LEVELS)
NUM_RESPONSES = sum(LEVELS[:-1]) + NUM_WORDS * LEVELS[-1]
BIAS = 0.1
"""What the proxy adds for each token."""


@made_once
def sentences() -> Sentences:
    """Enumerate every response: first those of one token, then those of two, and so on.

    Those of six tokens that do not end come where those that end would: after "1 1 1 1 1" come its
    seven continuations.
    """
    words = range(1, NUM_WORDS)
    rows = [
        (*start, *[STOP] * (MAX_LENGTH - length))
        for length in range(MAX_LENGTH - 1)
        for start in itertools.product(words, repeat=length)
    ]
    starts = itertools.product(words, repeat=MAX_LENGTH - 1)
    rows += [(*start, last) for start in starts for last in range(NUM_WORDS)]
    token = torch.tensor(rows)
    return Sentences(token, real_tokens(token))


@made_once
def read_before() -> Tensor:
    """Tell which text has been read before each token: (S, T) rows of the table, 0 is none.

    Behind the end of a response the row means nothing.
    """
    token, mask = sentences().token, sentences().mask
    within = torch.zeros(len(token), dtype=torch.long)  # place among the texts of t tokens
    first, rows = 0, []
    for t, size in enumerate(LEVELS):
        rows.append(torch.where(mask[:, t], first + within, 0))
        within = (NUM_WORDS - 1) * within + (token[:, t] - 1).clamp(min=0)
        first += size
    return torch.stack(rows, dim=-1)


@made_once
def length() -> Tensor:
    """Count the tokens of every response, its full stop included: (S,) float64, 1 to 6."""
    return sentences().mask.sum(-1).double()


@made_once
def values() -> Tensor:
    """Work out every response, times before plus and minus: (S,) float64.

    NaN where it is not an expression, digits and signs in turn, with a full stop behind it.
    """
    token, mask = sentences().token, sentences().mask
    digit_comes = torch.arange(MAX_LENGTH) % 2 == 0
    fits = torch.where(digit_comes, (token >= 1) & (token <= max(DIGITS)), token > max(DIGITS))
    ends = token.gather(-1, mask.sum(-1, keepdim=True) - 1).squeeze(-1) == STOP
    fits = (fits | ~mask | (token == STOP)).all(-1) & ends & (mask.sum(-1) % 2 == 0)
    found = torch.full((len(token),), float("nan"), dtype=torch.float64)
    for row in fits.nonzero().flatten().tolist():
        found[row] = _value(token[row].tolist())
    return found


def _value(said: list[int]) -> int:
    """Work out digits and signs in turn, up to the full stop."""
    said = said[: said.index(STOP)]
    total, product = 0, said[0]
    for sign, digit in zip(said[1::2], said[2::2], strict=True):
        if sign == TIMES:
            product *= digit
        else:
            total, product = total + product, digit if sign == PLUS else -digit
    return total + product


@made_once
def right() -> Tensor:
    """Check every response to every target: (P, S) float64, 1 if its value is the target, or 0."""
    return torch.stack([(values() == target).double() for target in TARGETS])


@made_once
def true_reward() -> Tensor:
    """Return what a teacher would give, (P, S): near misses count, and what is no expression costs.

    1 if right; else 1/2 if one off, 0 if further off, -1 if it is not an expression that ends.
    """
    miss = torch.stack([(values() - target).abs() for target in TARGETS])
    reward = torch.where(miss == 0, 1.0, torch.where(miss == 1, 0.5, 0.0)).double()
    return reward.masked_fill(miss.isnan(), -1.0)


@made_once
def proxy_reward() -> Tensor:
    """Return what a judge gives who takes length for care: true reward + BIAS x tokens, (P, S)."""
    return true_reward() + BIAS * length()


@made_once
def reference() -> Tensor:
    """Return the logits of a model that has read expressions and does not look at the target.

    It writes digits and signs in turn and ends after one, three or five tokens; one token in
    twenty is any of the seven. (P, N, V) log-probabilities, one table for each target, all alike.
    """
    stop = {1: 0.3, 3: 0.6, 5: 1.0}
    rows = []
    for t, size in enumerate(LEVELS):
        prob = torch.zeros(NUM_WORDS, dtype=torch.float64)
        if t % 2 == 0:
            prob[list(DIGITS)] = torch.tensor([0.4, 0.35, 0.25], dtype=torch.float64)
        else:
            signs = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
            prob[[PLUS, MINUS, TIMES]] = (1 - stop[t]) * signs
            prob[STOP] = stop[t]
        rows.append((0.95 * prob + 0.05 / NUM_WORDS).log().expand(size, -1))
    return torch.cat(rows).expand(len(TARGETS), -1, -1).clone()


def text(token: Tensor) -> str:
    """Write one response (T,) as a learner reads it, up to its end."""
    check_integers("T", token=token)
    check_indices(NUM_WORDS, token=token)
    kept = token[real_tokens(token.unsqueeze(0))[0]]
    return " ".join(WORDS[index] for index in kept.tolist())


def check_tables(**logits: Tensor) -> Sizes:
    """Check that logits are policies of this language: (P, N, V), all for the same P prompts.

    Args:
        logits: the arguments, by name.

    Returns:
        P, N, V, and S for numbers that belong to responses, as `check_floats` takes them.

    Raises:
        TypeError: an argument is no tensor.
        ValueError: a shape or dtype is wrong.
    """
    sizes = {"N": NUM_READ, "V": NUM_WORDS, "S": NUM_RESPONSES}
    return check_floats("P N V", sizes, **logits)


def check_said(said: Tensor, sizes: Sizes) -> Sizes:
    """Check that `said` tells responses by index: (P, B), B to each of the P prompts.

    Raises:
        TypeError: it is no tensor.
        ValueError: a shape or dtype is wrong, or an index is out of range.
    """
    sizes = check_integers("P B", sizes, said=said)
    check_indices(NUM_RESPONSES, said=said)
    return sizes
