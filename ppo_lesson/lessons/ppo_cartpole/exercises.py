"""Notebook 08: the policy's entropy."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property
from ppo_lesson.lessons.inputs import normal
from ppo_lesson.lessons.log_space import EXP_OF_LOGITS, LARGE_LOGITS


def _logits(label: str, *rows: list[float], edge: bool = False) -> Case:
    return Case({"logits": torch.tensor(rows, dtype=torch.float64)}, label, edge)


def _random_logits(label: str, seed: int, *shape: int) -> Case:
    return Case({"logits": 2 * normal(seed, *shape)}, label)


def _from_log_probs(log_prob: Tensor, prob: Tensor) -> Tensor:
    return -(prob * log_prob).sum(-1)


def _naive_entropy(logits: Tensor) -> Tensor:
    prob = torch.softmax(logits, -1)
    return _from_log_probs(prob.log(), prob)


def _entropy_of_quotients(logits: Tensor) -> Tensor:
    prob = logits.exp() / logits.exp().sum(-1, keepdim=True)
    return _from_log_probs(prob.log(), prob)


def _over_the_batch(logits: Tensor) -> Tensor:
    log_prob = torch.log_softmax(logits, 0)
    return _from_log_probs(log_prob, log_prob.exp())


def _of_raw_logits(logits: Tensor) -> Tensor:
    return _from_log_probs(logits, torch.softmax(logits, -1))


def _unweighted(logits: Tensor) -> Tensor:
    return -torch.log_softmax(logits, -1).sum(-1)


def _offset_changes_nothing(answer: Function) -> bool:
    logits = torch.tensor([[1.0, -0.5, 2.0], [0.0, 0.3, 0.1]], dtype=torch.float64)
    return torch.allclose(answer(logits=logits + 3), answer(logits=logits), atol=1e-4)


def _uniform_is_the_most(answer: Function) -> bool:
    even, uneven = torch.zeros(1, 4), torch.tensor([[0.0, 1.0, 0.5, -1.0]])
    most, less = (float(answer(logits=x.double())[0]) for x in (even, uneven))
    return most > less > 0


ENTROPY = Exercise(
    id="entropy",
    minutes=5,
    prompt=(
        "Write the entropy of a categorical policy, $H = -\\sum_k p_k \\log p_k$, in nats.\n\n"
        "`logits` has the shape (N, K), a row per sample and a column per action; softmax makes "
        "them probabilities. Return a tensor of shape (N,), one entropy per row. "
        "The gradient flows into `logits`."
    ),
    reference=maths.entropy,
    cases=(
        _logits("one row, two actions", [0.0, 1.0]),
        _logits("one row, three actions", [2.0, -1.0, 0.5]),
        _logits("two rows", [0.3, -0.4], [-2.0, 1.0]),
        _random_logits("as many rows as actions", 1, 3, 3),
        _random_logits("five rows of four actions", 2, 5, 4),
        _random_logits("eight rows of two actions", 3, 8, 2),
        _logits("two logits are a thousand apart", [1000.0, 0.0], edge=True),
        _logits(LARGE_LOGITS, [799.0, 800.5, 800.0], edge=True),
        _logits("the logits are near -800", [-800.5, -799.0], edge=True),
    ),
    hints=(
        "Two steps: from logits to probabilities and their logarithms, then a sum over actions.",
        "log_softmax over the last axis gives all log p_k, and exp gives the p_k. The entropy is "
        "minus the sum over actions of their product.",
        "With log_prob = logits.log_softmax(dim=-1): multiply log_prob.exp() by log_prob, sum over "
        "dim=-1, and mind the minus. Taking the logarithm of a softmax instead breaks where a "
        "probability rounds to 0.",
    ),
    mistakes=(
        Mistake(
            "A probability that rounds to 0 gives 0 times minus infinity, which is NaN. Take "
            "log_softmax of the logits instead of the logarithm of the probabilities.",
            _naive_entropy,
        ),
        Mistake(EXP_OF_LOGITS, _entropy_of_quotients),
        Mistake(
            "The minus is missing. A logarithm of a probability is never positive, and an entropy "
            "is never negative.",
            lambda logits: -maths.entropy(logits),
        ),
        Mistake(
            "You averaged over the samples. Return one entropy per row, (N,).",
            lambda logits: maths.entropy(logits).mean(),
        ),
        Mistake(
            "Your softmax runs over the samples. The probabilities of one row sum to one: use the "
            "last axis.",
            _over_the_batch,
        ),
        Mistake(
            "This is the entropy in bits. For nats, use the natural logarithm.",
            lambda logits: maths.entropy(logits) / torch.log(torch.tensor(2.0).double()),
        ),
        Mistake(
            "You used the logits as log-probabilities. log_softmax makes them so: it "
            "subtracts log sum exp.",
            _of_raw_logits,
        ),
        Mistake(
            "You took the mean over actions. An entropy is the sum over them: the probabilities "
            "are the weights.",
            lambda logits: maths.entropy(logits) / logits.shape[-1],
        ),
        Mistake(
            "You summed the log-probabilities without their weights p_k: rare actions would count "
            "most.",
            _unweighted,
        ),
        Mistake(
            "The number is right, but you cut the gradient of `logits`: as a bonus it would change "
            "nothing.",
            lambda logits: maths.entropy(logits.detach()),
        ),
    ),
    wrt=("logits",),
    properties=(
        Property(
            "A constant added to all logits of a row changes nothing.", _offset_changes_nothing
        ),
        Property(
            "Equal logits have the largest entropy, and no entropy is negative.",
            _uniform_is_the_most,
        ),
    ),
)
