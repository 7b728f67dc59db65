"""A language model of four words as a policy: every answer can be listed, and so summed over.

The prompt is "the cat", an answer has two words. State: the words read so far. Action: the next
word. Reward: a reader's mark, paid with the last word. All functions of `mdp` and `trajectories`
work on it, since it is a `TabularMDP` like the others.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_floats, check_indices, check_integers
from ppo_lesson.worlds.mdp import TabularMDP

WORDS = ("the", "cat", "sat", ".")
PROMPT = (0, 1)  # "the cat"
TEXTS = ("the cat", *(f"the cat {word}" for word in WORDS))
"""What may have been read when a word is chosen; the states, by index."""


def language_mdp() -> TabularMDP:
    """Make the world in which the model writes: it does no more than append the word chosen.

    A reader gives 1 to "sat .", 0.5 to any other answer that ends with ".", and 0 to all others.
    """
    num_words, end = len(WORDS), WORDS.index(".")
    transition = torch.zeros(len(TEXTS), num_words, len(TEXTS), dtype=torch.float64)
    for word in range(num_words):
        transition[0, word, 1 + word] = 1.0
        transition[1:, word, 0] = 1.0  # the answer is complete; this step is never taken
    reward = torch.zeros(len(TEXTS), num_words, dtype=torch.float64)
    reward[1:, end] = 0.5
    reward[TEXTS.index("the cat sat"), end] = 1.0
    initial = torch.zeros(len(TEXTS), dtype=torch.float64)
    initial[0] = 1.0
    return TabularMDP(initial, transition, reward, horizon=2)


def language_logits() -> Tensor:
    """Build the model: (5, 4) one row of logits per text of TEXTS, one column per word.

    After "the" it would go on with "cat", after "the cat the" hardly: it reads the whole text.
    """
    probability = torch.tensor(
        [
            [0.1, 0.1, 0.6, 0.2],  # the cat
            [0.1, 0.2, 0.4, 0.3],  # the cat the
            [0.2, 0.1, 0.5, 0.2],  # the cat cat
            [0.2, 0.1, 0.1, 0.6],  # the cat sat
            [0.7, 0.1, 0.1, 0.1],  # the cat .
        ],
        dtype=torch.float64,
    )
    return probability.log()


def read(logits: Tensor, tokens: Tensor) -> Tensor:
    """Put out one row of logits per position, as a transformer does: row t has seen tokens 0 to t.

    The first row saw half a prompt and the last one a complete answer. Nobody acts on either; a
    model puts them out all the same.

    Args:
        logits: (5, 4) of the model, as of `language_logits`.
        tokens: (4,) the prompt and an answer of two words, indices into WORDS.

    Returns:
        (4, 4) logits, differentiable in the model's.

    Raises:
        ValueError: a shape or dtype is wrong, a token is no index, or the prompt is another one.
    """
    check_floats("S V", {"S": len(TEXTS), "V": len(WORDS)}, logits=logits)
    check_integers("T", {"T": len(PROMPT) + 2}, tokens=tokens)
    check_indices(len(WORDS), tokens=tokens)
    if tuple(tokens[: len(PROMPT)].tolist()) != PROMPT:
        raise ValueError(f"tokens: expected to begin with {PROMPT}, got {tokens.tolist()}")
    after_the = logits.new_tensor([0.1, 0.6, 0.2, 0.1]).log()
    after_answer = logits.new_tensor([0.4, 0.2, 0.2, 0.2]).log()
    return torch.stack([after_the, logits[0], logits[1 + int(tokens[2])], after_answer])
