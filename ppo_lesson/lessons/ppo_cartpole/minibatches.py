"""Notebook 08: splitting a rollout into minibatches; many right answers, so rules of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, Function, Mistake, Property

MANY = 30  # a right shuffle of so many is in order once in 30! times


def _deal(num_samples: int, size: int, seed: int, label: str) -> Case:
    generator = torch.Generator().manual_seed(seed)
    return Case({"num_samples": num_samples, "size": size, "generator": generator}, label)


def objection_to_minibatches(inputs: Mapping[str, Any], batches: Any) -> str:
    """Tell what is wrong with dealt minibatches, "" where nothing is; any right shuffle is."""
    num_samples, size = inputs["num_samples"], inputs["size"]
    batches = list(batches)
    problem = _form_problem(batches)
    if problem:
        return problem
    indices = [index for batch in batches for index in batch.tolist()]
    if sorted(indices) != list(range(num_samples)):
        return _count_problem(indices, num_samples)
    sizes = [len(batch) for batch in batches]
    if 0 in sizes:
        return "One of your minibatches is empty: its loss would be the mean of nothing, NaN."
    if any(came != size for came in sizes[:-1]) or sizes[-1] > size:
        return (
            f"Your minibatches have the sizes {sizes}. Each should hold {size} indices, and only "
            "the last one fewer, if fewer are left."
        )
    return _order_problem(indices, size) if num_samples >= MANY else ""


def _form_problem(batches: list[Any]) -> str:
    for batch in batches:
        if not isinstance(batch, Tensor):
            return "Your minibatches should be tensors of indices: one of them is not a tensor."
        if batch.ndim != 1:
            return f"A minibatch should have one axis; one of yours has {batch.ndim}."
        if batch.dtype != torch.int64:
            name = str(batch.dtype).removeprefix("torch.")
            return f"Indices are int64 in torch; yours are {name}."
    return ""


def _count_problem(indices: list[int], num_samples: int) -> str:
    if any(not 0 <= index < num_samples for index in indices):
        return f"You dealt an index outside 0 to {num_samples - 1}, the last sample."
    if len(set(indices)) < len(indices):
        return (
            "Some index was dealt more than once. An epoch uses every sample once: shuffle the "
            "indices instead of drawing them."
        )
    return (
        f"Only {len(indices)} of {num_samples} indices were dealt, and an epoch uses every sample. "
        "What is left at the end makes a last, shorter minibatch."
    )


def _order_problem(indices: list[int], size: int) -> str:
    differences = Counter((b - a) % len(indices) for a, b in pairwise(indices))
    if max(differences.values()) > len(indices) / 2:  # in order, reversed, rotated, every k-th
        return (
            "The indices were dealt in order. Neighbours in time are alike: shuffle before dealing."
        )
    parts = [indices[k : k + size] for k in range(0, len(indices), size)]
    if 1 < size < len(indices) and all(max(part) - min(part) < len(part) for part in parts):
        return (
            "Each of your minibatches holds neighbours. Shuffle all indices first, then deal them."
        )
    return ""


def _dealt(answer: Function, generator: torch.Generator) -> list[int]:
    return torch.cat(list(answer(num_samples=40, size=8, generator=generator))).tolist()


def _another_state_deals_otherwise(answer: Function) -> bool:
    one, other = (_dealt(answer, torch.Generator().manual_seed(seed)) for seed in (5, 6))
    return one != other


def _each_epoch_is_shuffled_anew(answer: Function) -> bool:
    generator = torch.Generator().manual_seed(5)
    return _dealt(answer, generator) != _dealt(answer, generator)


def _without_the_last(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    batches = maths.minibatches(num_samples, size, generator)
    return [batch for batch in batches if len(batch) == size]


def _in_order(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.arange(num_samples).split(size))


def _with_replacement(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    drawn = torch.randint(num_samples, (num_samples,), generator=generator)
    return list(drawn.split(size))


def _global_shuffle(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.randperm(num_samples).split(size))


def _inside_chunks(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    chunks = torch.arange(num_samples).split(size)
    return [chunk[torch.randperm(len(chunk), generator=generator)] for chunk in chunks]


def _size_as_number(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    return list(torch.randperm(num_samples, generator=generator).chunk(size))


MINIBATCHES = Exercise(
    id="minibatches",
    minutes=5,
    prompt=(
        "Write the function that splits a rollout into minibatches: shuffle the indices 0 to "
        "`num_samples` - 1, then deal them out, `size` to a minibatch. Every index is in exactly "
        "one; the last minibatch is shorter if `size` does not divide `num_samples`.\n\n"
        "Return a list of int64 tensors, each with one axis. All randomness comes from "
        "`generator`; torch's global random state is neither used nor changed."
    ),
    reference=maths.minibatches,
    cases=(
        _deal(1, 1, 1, "one sample"),
        _deal(3, 2, 2, "the last minibatch is shorter"),
        _deal(4, 2, 3, "two minibatches"),
        _deal(5, 8, 4, "fewer samples than a minibatch holds"),
        _deal(32, 8, 5, "four equal minibatches"),
        _deal(40, 7, 6, "forty samples, dealt by seven"),
        _deal(30, 30, 7, "one minibatch holds all"),
        _deal(33, 1, 8, "minibatches of one sample"),
    ),
    hints=(
        "Think of a pack of cards: shuffle the whole pack once, then deal it out from the top.",
        "A random order of all indices is one call in torch (or: random numbers, and their "
        "argsort). Then cut that tensor into pieces of `size`.",
        "torch.randperm takes the number of samples and generator=generator. A tensor's .split "
        "takes the size of the pieces, and the last piece is what is left; list() makes a list of "
        "them.",
    ),
    mistakes=(
        Mistake(
            "You dropped the last, shorter minibatch. Its samples would never be used in this "
            "epoch: deal them too.",
            _without_the_last,
        ),
        Mistake(
            "You dealt without shuffling. Neighbours in time are alike, so a minibatch of them "
            "says little about the rest.",
            _in_order,
        ),
        Mistake(
            "You drew indices with replacement: some stand in several minibatches and others in "
            "none. Shuffle them instead.",
            _with_replacement,
        ),
        Mistake(
            "You ignored the generator and drew from torch's global random state: the same state "
            "of the generator must give the same minibatches. Hand it on.",
            _global_shuffle,
        ),
        Mistake(
            "You shuffled inside each minibatch only, so the same neighbours always meet. Shuffle "
            "all indices first, then deal.",
            _inside_chunks,
        ),
        Mistake(
            "You made `size` minibatches. `size` is how many indices each one holds.",
            _size_as_number,
        ),
    ),
    properties=(
        Property(
            "Two generators in different states must deal different minibatches.",
            _another_state_deals_otherwise,
        ),
        Property(
            "Dealing twice from one generator must give two different deals: every epoch is "
            "shuffled anew.",
            _each_epoch_is_shuffled_anew,
        ),
    ),
    objection=objection_to_minibatches,
)
