"""Inputs of cases, always float64: listed numbers, seeded noise, samples of an old policy."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def floats(*numbers: float) -> Tensor:
    """Put numbers into a (N,) tensor of float64, whatever torch's default is."""
    return torch.tensor(numbers, dtype=torch.float64)


def normal(seed: int, *shape: int) -> Tensor:
    """Draw a tensor of standard normal numbers, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def samples(ratio: Sequence[float], advantage: Sequence[float] | None = None) -> dict[str, Tensor]:
    """Make samples with the given ratios; the old policy gave each action 0.3.

    Args:
        ratio: (N,) ratio of each sample, current over old, below 1 / 0.3.
        advantage: (N,) advantage of each sample; left out of the result if None.

    Returns:
        log_prob, old_log_prob and, where given, advantage: (N,) each.
    """
    old_log_prob = torch.full((len(ratio),), 0.3, dtype=torch.float64).log()
    batch = {"log_prob": old_log_prob + floats(*ratio).log(), "old_log_prob": old_log_prob}
    return batch if advantage is None else {**batch, "advantage": floats(*advantage)}


def drawn_samples(num_samples: int, seed: int, *, with_advantage: bool = True) -> dict[str, Tensor]:
    """Draw samples whose ratios lie between 0.4 and 2.5, with advantages of both signs.

    Args:
        num_samples: N.
        seed: of the draw.
        with_advantage: whether there are advantages in the result.

    Returns:
        log_prob, old_log_prob and, where wanted, advantage: (N,) each.
    """
    generator = torch.Generator().manual_seed(seed)
    log_prob = -1 - 2 * torch.rand(num_samples, generator=generator, dtype=torch.float64)
    log_ratio = 1.8 * torch.rand(num_samples, generator=generator, dtype=torch.float64) - 0.9
    advantage = torch.randn(num_samples, generator=generator, dtype=torch.float64)
    batch = {"log_prob": log_prob, "old_log_prob": log_prob - log_ratio}
    return {**batch, "advantage": advantage} if with_advantage else batch


def far_samples(*, with_advantage: bool = True) -> dict[str, Tensor]:
    """Make four samples whose log-ratios are about 4, -4, 2 and -2; advantages of both signs."""
    batch = {
        "log_prob": floats(-0.2, -4.6, -0.3, -2.9),
        "old_log_prob": floats(-4.1, -0.5, -2.4, -0.8),
    }
    advantage = {"advantage": floats(0.7, -1.4, -0.6, 1.1)}
    return {**batch, **advantage} if with_advantage else batch


def agree(one: Tensor, other: Tensor) -> bool:
    """Tell whether two results are equal up to rounding; float32 results count as well."""
    one, other = torch.as_tensor(one).double(), torch.as_tensor(other).double()
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-5, atol=1e-6)
