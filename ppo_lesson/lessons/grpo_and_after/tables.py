"""Batches of responses whose lengths differ: tables whose padding holds rubbish."""

from __future__ import annotations

import torch
from torch import Tensor

from ppo_lesson.lessons.inputs import normal


def real_tokens(lengths: list[int], num_columns: int) -> Tensor:
    """Mark the tokens of each response, which come first; padding follows: (B, T) bool."""
    return torch.arange(num_columns) < torch.tensor(lengths).unsqueeze(1)


def token_losses(lengths: list[int], num_columns: int, seed: int) -> dict[str, Tensor]:
    """Draw the losses of all tokens, of either sign; the first of the last response is 0."""
    mask = real_tokens(lengths, num_columns)
    loss = 2 * normal(seed, *mask.shape) + 0.5
    loss[-1, 0] = 0.0  # as in a group that teaches nothing: a token all the same
    rubbish = 300 * normal(seed + 100, *mask.shape)
    return {"token_loss": torch.where(mask, loss, rubbish), "mask": mask}


def two_policies(lengths: list[int], num_columns: int, seed: int) -> dict[str, Tensor]:
    """Draw log-probabilities of all tokens under two policies that are not far apart."""
    mask = real_tokens(lengths, num_columns)
    old = -0.4 - normal(seed, *mask.shape).abs()
    new = (old + 0.4 * normal(seed + 50, *mask.shape)).clamp(max=-0.02)
    rubbish = -1 - 4 * normal(seed + 100, 2, *mask.shape).abs()
    return {
        "log_prob": torch.where(mask, new, rubbish[0]),
        "old_log_prob": torch.where(mask, old, rubbish[1]),
        "mask": mask,
    }
