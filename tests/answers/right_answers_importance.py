"""Right answers to notebooks 02 and 03; `right_answers.py` says what OPEN means."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Categorical

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


RIGHT["importance_weights"] = [
    lambda log_target, log_proposal: (log_target - log_proposal).exp(),
    lambda log_target, log_proposal: torch.exp(torch.sub(log_target, log_proposal)),
    lambda log_target, log_proposal: 1 / torch.exp(log_proposal - log_target),
    lambda log_target, log_proposal: torch.tensor(
        [math.exp(p - q) for p, q in zip(log_target.tolist(), log_proposal.tolist(), strict=True)],
        dtype=log_target.dtype,
    ),
    lambda log_target, log_proposal: torch.exp2((log_target - log_proposal) / math.log(2)),
    lambda log_target, log_proposal: torch.expm1(log_target - log_proposal) + 1,
    lambda log_target, log_proposal: torch.from_numpy(
        np.exp(log_target.detach().numpy() - log_proposal.detach().numpy())
    ),
    lambda log_target, log_proposal: torch.stack(
        [torch.exp(p - q) for p, q in zip(log_target, log_proposal, strict=True)]
    ),
]
OPEN["importance_weights"] = [
    (
        "quotient of two exps: 0 / 0 at log densities of -800",
        lambda log_target, log_proposal: log_target.exp() / log_proposal.exp(),
    ),
    (
        "log-ratio clamped to +-20, as policy_ratio is",
        lambda log_target, log_proposal: (log_target - log_proposal).clamp(-20, 20).exp(),
    ),
]

RIGHT["importance_estimate"] = [
    lambda value, weight: (weight * value).mean(),
    lambda value, weight: weight @ value / len(value),
    lambda value, weight: torch.einsum("n,n->", value, weight) / value.numel(),
    lambda value, weight: sum(w * f for w, f in zip(weight, value, strict=True)) / value.shape[0],
    lambda value, weight: torch.tensor(
        float(np.mean(value.detach().numpy() * weight.detach().numpy())), dtype=value.dtype
    ),
    lambda value, weight: torch.mean(value.double() * weight.double()).to(value.dtype),
    lambda value, weight: (value * weight).cumsum(0)[-1] / len(weight),
    lambda value, weight: F.linear(value, (weight / weight.numel())[None])[0],
]


def self_normalised_shift(value, log_weight):
    w = torch.exp(log_weight - log_weight.max())
    return torch.sum(w * value) / torch.sum(w)


def self_normalised_loop(value, log_weight):
    top = max(log_weight.tolist())
    above = below = 0.0
    for f, lw in zip(value.tolist(), log_weight.tolist(), strict=True):
        w = math.exp(lw - top)
        above, below = above + w * f, below + w
    return torch.tensor(above / below, dtype=value.dtype)


def self_normalised_numpy(value, log_weight):
    lw = log_weight.detach().numpy()
    w = np.exp(lw - lw.max())
    return torch.as_tensor(np.average(value.detach().numpy(), weights=w), dtype=value.dtype)


RIGHT["self_normalised_estimate"] = [
    lambda value, log_weight: (torch.softmax(log_weight, 0) * value).sum(),
    lambda value, log_weight: torch.dot(F.softmax(log_weight, dim=-1), value),
    lambda value, log_weight: torch.exp(log_weight - torch.logsumexp(log_weight, 0)) @ value,
    lambda value, log_weight: Categorical(logits=log_weight).probs.mul(value).sum(),
    lambda value, log_weight: (log_weight.log_softmax(0).exp() * value).mean() * len(value),
    self_normalised_shift,
    self_normalised_loop,
    self_normalised_numpy,
]


def size_shift(log_weight):
    w = (log_weight - log_weight.max()).exp()
    return w.sum() ** 2 / (w * w).sum()


def size_variation(log_weight):
    w = (log_weight - log_weight.max()).exp()
    w = w / w.mean()
    return len(w) / (1 + w.var(unbiased=False))


def size_loop(log_weight):
    top = log_weight.max().item()
    w = [math.exp(x - top) for x in log_weight.tolist()]
    return torch.tensor(sum(w) ** 2 / sum(x * x for x in w), dtype=log_weight.dtype)


RIGHT["effective_sample_size"] = [
    lambda log_weight: 1 / log_weight.softmax(0).square().sum(),
    lambda log_weight: torch.exp(2 * log_weight.logsumexp(0) - (2 * log_weight).logsumexp(0)),
    lambda log_weight: log_weight.softmax(-1).norm() ** -2,
    lambda log_weight: 1.0 / torch.einsum("i,i", log_weight.softmax(0), log_weight.softmax(0)),
    lambda log_weight: torch.reciprocal(torch.exp(2 * log_weight.log_softmax(0)).sum()),
    size_shift,
    size_variation,
    size_loop,
]


def unsupported_loop(target, proposal, value):
    marks = torch.zeros(len(target), dtype=torch.bool)
    for k in range(len(target)):
        if proposal[k] == 0 and target[k] * value[k] != 0:
            marks[k] = True
    return marks


RIGHT["unsupported"] = [
    lambda target, proposal, value: (proposal == 0) & (target * value != 0),
    lambda target, proposal, value: (proposal == 0) & (target > 0) & (value != 0),
    lambda target, proposal, value: torch.logical_and(proposal.eq(0), (target * value).ne(0)),
    lambda target, proposal, value: ~proposal.bool() & target.bool() & value.bool(),
    lambda target, proposal, value: ~((proposal != 0) | (target == 0) | (value == 0)),
    lambda target, proposal, value: (
        torch.where(proposal > 0, torch.zeros_like(target), (target * value).abs()) > 0
    ),
    lambda target, proposal, value: torch.tensor(
        [
            q == 0.0 and p * f != 0.0
            for p, q, f in zip(target.tolist(), proposal.tolist(), value.tolist(), strict=True)
        ]
    ),
    unsupported_loop,
]
OPEN["unsupported"] = [
    (
        "below 1e-12 counts as zero",
        lambda target, proposal, value: (proposal < 1e-12) & ((target * value).abs() > 1e-12),
    ),
]


RIGHT["truncated_estimate"] = [
    lambda value, log_weight, limit: (log_weight.exp().clamp(max=limit) * value).mean(),
    lambda value, log_weight, limit: (
        log_weight.clamp(max=math.log(limit)).exp().dot(value) / len(value)
    ),
    lambda value, log_weight, limit: (
        torch.minimum(log_weight.exp(), torch.tensor(limit)).mul(value).sum() / value.shape[0]
    ),
    lambda value, log_weight, limit: torch.mean(
        value * torch.where(log_weight.exp() < limit, log_weight.exp(), limit)
    ),
    lambda value, log_weight, limit: torch.from_numpy(
        np.minimum(np.exp(np.minimum(log_weight.detach().numpy(), 700)), limit)
        * value.detach().numpy()
    ).mean(),
    lambda value, log_weight, limit: (
        limit * ((log_weight - math.log(limit)).clamp(max=0).exp() * value).mean()
    ),
    lambda value, log_weight, limit: (
        sum(min(math.exp(min(x, 50)), limit) * f for x, f in zip(log_weight, value, strict=True))
        / len(value)
    ),
    lambda value, log_weight, limit: (
        -torch.maximum(-log_weight.exp(), torch.full_like(value, -limit)) @ value / value.numel()
    ),
]


def per_decision_loop(log_ratio):
    total, rows = 0.0, []
    for x in log_ratio:
        total = total + x
        rows.append(total)
    return torch.stack(rows)


RIGHT["per_decision_log_weight"] = [
    lambda log_ratio: log_ratio.cumsum(0),
    lambda log_ratio: (
        torch.ones(len(log_ratio), len(log_ratio), dtype=log_ratio.dtype).tril() @ log_ratio
    ),
    lambda log_ratio: torch.stack([log_ratio[: t + 1].sum() for t in range(len(log_ratio))]),
    lambda log_ratio: torch.tensor(
        list(itertools.accumulate(log_ratio.tolist())), dtype=log_ratio.dtype
    ),
    lambda log_ratio: log_ratio.sum() - log_ratio.flip(0).cumsum(0).flip(0) + log_ratio,
    lambda log_ratio: torch.from_numpy(np.cumsum(log_ratio.detach().numpy())),
    lambda log_ratio: F.conv1d(
        F.pad(log_ratio, (len(log_ratio) - 1, 0))[None, None],
        torch.ones(1, 1, len(log_ratio), dtype=log_ratio.dtype),
    )[0, 0],
    per_decision_loop,
]
OPEN["per_decision_log_weight"] = [
    (
        "log of the product of the ratios: overflows for long trajectories",
        lambda log_ratio: log_ratio.exp().cumprod(0).log(),
    ),
]
