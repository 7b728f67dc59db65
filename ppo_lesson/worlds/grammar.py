"""A language small enough to write down every sentence, and an annotator who has a known taste.

A prompt asks for something about the cat, the dog or the sea. A response is at most four words out
of twelve, of which one is the full stop; it ends with the full stop, or where the four are used up.
That makes 16,105 responses to each prompt: every expectation of notebooks 10 and 11 is a sum.
"""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_floats, check_indices, check_integers, check_positive

STOP = 0
WORDS = (
    ".", "the", "cat", "dog", "sea", "storm", "sleeps", "sings", "roars", "calm", "warm", "wild"
)  # fmt: skip
"""V = 12 words by index. The full stop ends a response and fills the places behind it."""

PROMPTS = ("cat", "dog", "sea")
"""P = 3 prompts: what a response is to be about."""

MAX_LENGTH = 4
"""T, tokens of the longest response."""

NOUNS, VERBS = ("cat", "dog", "sea", "storm"), ("sleeps", "sings", "roars")
ADJECTIVES = ("calm", "warm", "wild")
PLEASANT, UNPLEASANT = ("sleeps", "sings", "calm", "warm"), ("storm", "roars", "wild")


Table = TypeVar("Table")


def made_once(make: Callable[[], Table]) -> Callable[[], Table]:
    """Compute a table at the first call; hand out copies, so that nobody spoils it for others."""
    made = functools.cache(make)
    return functools.wraps(make)(lambda: copy.deepcopy(made()))


@dataclass(frozen=True, eq=False)
class Sentences:
    """Every response that can be given, S = 16,105 of them.

    Args:
        token: (S, T) integers; full stops fill the places behind the end.
        mask: (S, T) bool, true up to the end, the first full stop included.
    """

    token: Tensor
    mask: Tensor

    def __len__(self) -> int:
        """Count them."""
        return len(self.token)


@made_once
def sentences() -> Sentences:
    """Enumerate every response, in the order of their tokens read as a number to the base V."""
    words = range(1, len(WORDS))
    rows = [
        row
        for length in range(MAX_LENGTH)
        for start in itertools.product(words, repeat=length)
        for row in [start + (STOP,) * (MAX_LENGTH - length)]
    ] + list(itertools.product(words, repeat=MAX_LENGTH))
    token = torch.tensor(sorted(rows))
    return Sentences(token, real_tokens(token))


def real_tokens(token: Tensor) -> Tensor:
    """Tell which tokens belong to the response: all up to the first full stop, that included.

    Args:
        token: (B, T) integers.

    Returns:
        (B, T) bool.
    """
    check_integers("B T", token=token)
    ended = (token == STOP).cumsum(-1) - (token == STOP).long()
    return ended == 0


def sentence_index(token: Tensor) -> Tensor:
    """Find responses in `sentences`.

    Args:
        token: (B, T) integers; what stands behind a full stop is not looked at.

    Returns:
        (B,) index of each.
    """
    check_integers("B T", {"T": MAX_LENGTH}, token=token)
    check_indices(len(WORDS), token=token)
    real = real_tokens(token)
    token = token.masked_fill(~real, STOP)
    index = torch.zeros(len(token), dtype=torch.long)
    for t in range(MAX_LENGTH):
        # Of the responses that agree so far, those with a smaller token at t come first; a full
        # stop begins one response, each word as many as there are endings.
        endings = _num_responses(MAX_LENGTH - t - 1)
        here = token[:, t]
        before = torch.where(here > STOP, 1 + (here - 1) * endings, 0)
        index += before * real[:, t]
    return index


def _num_responses(length: int) -> int:
    """Count the responses of at most so many tokens; one where there is nothing left to say."""
    count = 1
    for _ in range(length):
        count = 1 + (len(WORDS) - 1) * count
    return count


def text(token: Tensor) -> str:
    """Write one response (T,) as a learner reads it, up to its end."""
    check_integers("T", token=token)
    kept = token[real_tokens(token.unsqueeze(0))[0]]
    return " ".join(WORDS[index] for index in kept.tolist()).replace(" .", ".")


@made_once
def corpus() -> Tensor:
    """Return the distribution of what people write, one row per prompt: (P, S) probabilities.

    "the N V." (2 of 5), "the A N V" (2 of 5) and "A N V." (1 of 5); the noun N is the prompt's half
    of the time and each of the others a sixth; verb V and adjective A are drawn evenly.
    """
    prob = torch.zeros(len(PROMPTS), len(sentences()), dtype=torch.float64)
    for row, prompt in zip(prob, PROMPTS, strict=True):
        for noun, verb in itertools.product(NOUNS, VERBS):
            share = (1 / 2 if noun == prompt else 1 / 6) / len(VERBS)
            row[_find("the", noun, verb, ".")] += share * 2 / 5
            for adjective in ADJECTIVES:
                row[_find("the", adjective, noun, verb)] += share * 2 / 5 / len(ADJECTIVES)
                row[_find(adjective, noun, verb, ".")] += share * 1 / 5 / len(ADJECTIVES)
    return prob


def _find(*words: str) -> int:
    return int(sentence_index(torch.tensor([[WORDS.index(word) for word in words]]))[0])


@made_once
def true_reward() -> Tensor:
    """Return what the annotator really likes, one row per prompt: (P, S) rewards.

    +1 for each different pleasant word, -1 for each different unpleasant one, +1 if the prompt's
    noun is there, -1/2 if the response does not come to an end, and -3 if it is no sentence: one
    noun, one verb, at most one adjective and at most one "the".
    """
    token = sentences().token
    count = torch.nn.functional.one_hot(token, len(WORDS)).sum(-2).double()  # (S, V)

    def number_of(words: tuple[str, ...], times: Tensor = count) -> Tensor:
        return times[:, [WORDS.index(word) for word in words]].sum(-1)

    is_sentence = (
        (number_of(NOUNS) == 1)
        & (number_of(VERBS) == 1)
        & (number_of(ADJECTIVES) <= 1)
        & (number_of(("the",)) <= 1)
    )
    different = count.clamp(max=1)
    taste = number_of(PLEASANT, different) - number_of(UNPLEASANT, different)
    goes_on = token[:, -1] != STOP
    shared = taste - 0.5 * goes_on - 3 * (~is_sentence).double()
    return torch.stack([shared + number_of((prompt,), different) for prompt in PROMPTS])


def prefers_first(first_reward: Tensor, second_reward: Tensor, noise: float = 1.0) -> Tensor:
    """Tell how probable it is that the annotator prefers the first of two responses.

    P = sigmoid((R_first - R_second) / noise)

    Args:
        first_reward: (N,) true reward.
        second_reward: (N,) true reward of the other.
        noise: how large a difference must be to be seen well, above 0.

    Returns:
        (N,) probabilities.

    Source: Bradley and Terry (1952).
    """
    check_floats("N", first_reward=first_reward, second_reward=second_reward)
    check_positive(noise=noise)
    return torch.sigmoid((first_reward - second_reward) / noise)


def accuracy(prob: Tensor, score: Tensor, reward: Tensor, noise: float = 1.0) -> Tensor:
    """Tell how often a score guesses the annotator's choice, over all pairs of responses.

    sum over pairs of prob prob' P(the one with the higher score is preferred); 1/2 where scores tie

    Args:
        prob: (P, S) probability of each response to each prompt; the two of a pair are drawn
            independently, prompts evenly.
        score: (P, S) the guess: the response with the higher one will be preferred.
        reward: (P, S) true reward.
        noise: as in `prefers_first`.

    Returns:
        () share from 0 to 1.
    """
    check_floats("P S", prob=prob, score=score, reward=reward)
    check_positive(noise=noise)
    total = torch.zeros((), dtype=prob.dtype)
    for row, scores, rewards in zip(prob, score, reward, strict=True):
        # Rewards take few values, so mass[i, j] of the i-th lowest score and the j-th reward is
        # small enough for sums over all pairs.
        (place, rank), (level, which) = (x.unique(return_inverse=True) for x in (scores, rewards))
        mass = torch.zeros(len(place), len(level), dtype=row.dtype)
        mass.index_put_((rank, which), row, accumulate=True)
        below = mass.cumsum(0) - mass
        preferred = torch.sigmoid((level.unsqueeze(1) - level) / noise)
        ties = mass.sum(-1).square().sum() / 2
        total += 2 * ((mass @ preferred) * below).sum() + ties
    return total / len(prob)


def bayes_accuracy(prob: Tensor, reward: Tensor) -> Tensor:
    """Tell how often the best guess at the annotator's choice is right: nobody can do better.

    sum over pairs of prob prob' max(P, 1 - P): the guess that goes by the true reward

    Args:
        prob: (P, S) as in `accuracy`.
        reward: (P, S) true reward.

    Returns:
        () share from 1/2 to 1.
    """
    return accuracy(prob, reward, reward)
