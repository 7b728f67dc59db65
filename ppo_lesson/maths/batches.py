"""Dealing a batch into minibatches."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.maths.shapes import check_count


def minibatches(num_samples: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """Shuffle the indices of all samples and deal them out.

    Args:
        num_samples: how many samples there are, 1 or more.
        size: how many indices a minibatch holds, 1 or more; the last one holds what is left.
        generator: source of the shuffle; the same state gives the same minibatches.

    Returns:
        Index tensors, (size,) each, the last one perhaps shorter; every index stands in one.

    Raises:
        ValueError: num_samples or size is no whole number, or below 1.

    Source: Schulman et al. (2017), arXiv:1707.06347, algorithm 1.
    """
    num_samples, size = check_count("num_samples", num_samples), check_count("size", size)
    return list(torch.randperm(num_samples, generator=generator).split(size))
