"""Right answers to the exercises of notebook 12; `right_answers.py` says what OPEN means.

Unlike most they were written by the author of the checker's cases, after them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch.nn.utils.rnn import pad_sequence

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


def responses_by_scatter(token_loss, mask):
    """Every token's loss goes to the sum of its response."""
    row, _ = mask.nonzero(as_tuple=True)
    total = torch.zeros(len(mask), dtype=token_loss.dtype).index_add(0, row, token_loss[mask])
    return (total / torch.bincount(row)).mean()


def responses_split(token_loss, mask):
    pieces = token_loss[mask].split(mask.sum(1).tolist())
    return sum(piece.mean() for piece in pieces) / len(pieces)


RIGHT["response_mean_loss"] = [
    responses_by_scatter,
    responses_split,
    lambda token_loss, mask: (token_loss * mask / mask.sum(1, keepdim=True)).sum(1).mean(),
    lambda token_loss, mask: torch.einsum(
        "bt,bt->", token_loss, mask.double() / mask.sum(1, keepdim=True) / mask.shape[0]
    ),
    lambda token_loss, mask: torch.stack(
        [torch.mean(token_loss[i, : int(mask[i].sum())]) for i in range(len(mask))]
    ).mean(),
    lambda token_loss, mask: (
        token_loss.cumsum(1).gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1) / mask.sum(1)
    ).mean(),
    lambda token_loss, mask: (
        (
            torch.where(mask, token_loss, 0.0).sum(-1) / (mask.sum(-1) + 1e-8)  # as verl divides
        ).mean()
    ),
]
RIGHT["token_mean_loss"] = [
    lambda token_loss, mask: torch.masked_select(token_loss, mask).mean(),
    lambda token_loss, mask: torch.where(mask, token_loss, 0).sum() / torch.sum(mask),
    lambda token_loss, mask: (token_loss.masked_fill(~mask, 0).sum(1) / mask.sum()).sum(),
    lambda token_loss, mask: token_loss.masked_fill(~mask, torch.nan).nanmean(),
    lambda token_loss, mask: (
        (token_loss * mask).sum(1) / mask.sum(1) @ (mask.sum(1) / mask.sum()).to(token_loss.dtype)
    ),
    lambda token_loss, mask: (token_loss * mask).sum(1).mean() / mask.sum(1).double().mean(),
    lambda token_loss, mask: torch.masked.mean(token_loss, mask=mask),
]


def sequence_in_float32(log_prob, old_log_prob, mask):
    log_ratio = (log_prob.float() - old_log_prob.float().detach()) * mask
    return torch.exp(log_ratio.sum(1) / mask.sum(1))


def sequence_of_pieces(log_prob, old_log_prob, mask):
    rows = [
        (new[real] - old[real]).mean().exp()
        for new, old, real in zip(log_prob, old_log_prob.detach(), mask, strict=True)
    ]
    return torch.stack(rows)


def sequence_of_padded_pieces(log_prob, old_log_prob, mask):
    ratios = (log_prob - old_log_prob.detach())[mask].split(mask.sum(1).tolist())
    return (pad_sequence(list(ratios), batch_first=True).sum(1) / mask.sum(1)).exp()


def sequence_by_roots_of_tokens(log_prob, old_log_prob, mask):
    """Each token's ratio to the power of 1 / length; nothing large or small is multiplied."""
    root = torch.exp((log_prob - old_log_prob.detach()) / mask.sum(1, keepdim=True))
    return root.masked_fill(~mask, 1.0).prod(1)


RIGHT["sequence_ratio"] = [
    sequence_by_roots_of_tokens,
    lambda log_prob, old_log_prob, mask: (  # verl's limit, above only
        ((log_prob - old_log_prob.detach()) * mask).sum(1).div(mask.sum(1)).clamp(max=10.0).exp()
    ),
    sequence_in_float32,
    sequence_of_pieces,
    sequence_of_padded_pieces,
    lambda log_prob, old_log_prob, mask: (
        (log_prob - old_log_prob.detach()).masked_fill(~mask, torch.nan).nanmean(1).exp()
    ),
    lambda log_prob, old_log_prob, mask: (
        torch.e ** ((log_prob - old_log_prob.detach()) * mask / mask.sum(1, keepdim=True)).sum(1)
    ),
]
RIGHT["truncated_weight"] = [
    lambda log_prob, behaviour_log_prob, cap: torch.exp(
        log_prob.detach() - behaviour_log_prob.detach()
    ).clamp(max=cap),
    lambda log_prob, behaviour_log_prob, cap: torch.minimum(
        torch.exp(log_prob - behaviour_log_prob), torch.tensor(cap, dtype=log_prob.dtype)
    ).detach(),
    lambda log_prob, behaviour_log_prob, cap: torch.clip(
        torch.exp(log_prob.data - behaviour_log_prob.data), max=cap
    ),
    lambda log_prob, behaviour_log_prob, cap: (
        (log_prob.float() - behaviour_log_prob.float()).exp().clamp(0, cap).detach()
    ),
    lambda log_prob, behaviour_log_prob, cap: (  # verl clamps the log-ratio as well
        (log_prob - behaviour_log_prob).clamp(-20.0, 20.0).exp().clamp(max=cap).detach()
    ),
    lambda log_prob, behaviour_log_prob, cap: (
        cap * torch.exp(-torch.relu(math.log(cap) - (log_prob - behaviour_log_prob))).detach()
    ),
    lambda log_prob, behaviour_log_prob, cap: torch.stack(
        [(p - q).exp().clamp(max=cap) for p, q in zip(log_prob, behaviour_log_prob, strict=True)]
    ).detach(),
]
