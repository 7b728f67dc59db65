"""Right answers to notebooks 04 and 05; `right_answers.py` says what OPEN means."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


def ratio_of(log_prob, old_log_prob):
    return torch.exp(log_prob - old_log_prob.detach())


def ratio_no_grad(log_prob, old_log_prob):
    with torch.no_grad():
        old = old_log_prob * 1
    return torch.exp(log_prob - old)


RIGHT["policy_ratio"] = [
    ratio_of,
    ratio_no_grad,
    lambda log_prob, old_log_prob: (log_prob - old_log_prob.data).exp(),
    lambda log_prob, old_log_prob: ratio_of(log_prob, old_log_prob.clone()),
    lambda log_prob, old_log_prob: (log_prob - old_log_prob.detach()).clamp(-20, 20).exp(),
    lambda log_prob, old_log_prob: torch.stack(
        [(p - q.item()).exp() for p, q in zip(log_prob, old_log_prob, strict=True)]
    ),
    lambda log_prob, old_log_prob: (
        torch.sigmoid(log_prob - old_log_prob.detach())
        / torch.sigmoid(old_log_prob.detach() - log_prob)
    ),
    lambda log_prob, old_log_prob: 1 + torch.expm1(log_prob - old_log_prob.detach()),
]


def surrogate_loop(log_prob, old_log_prob, advantage):
    gain = torch.zeros((), dtype=log_prob.dtype)
    for lp, old, a in zip(log_prob, old_log_prob.tolist(), advantage.tolist(), strict=True):
        gain = gain + (lp - old).exp() * a
    return -gain / log_prob.shape[0]


def surrogate_float32(log_prob, old_log_prob, advantage):
    old, adv = old_log_prob.detach().float(), advantage.detach().float()
    return -(torch.exp(log_prob.float() - old) * adv).mean().to(log_prob.dtype)


RIGHT["surrogate_loss"] = [
    surrogate_loop,
    surrogate_float32,
    lambda log_prob, old_log_prob, advantage: (
        -(ratio_of(log_prob, old_log_prob) * advantage.detach()).mean()
    ),
    lambda log_prob, old_log_prob, advantage: torch.mean(
        -advantage.detach() * ratio_of(log_prob, old_log_prob)
    ),
    lambda log_prob, old_log_prob, advantage: (
        -torch.einsum("n,n->", ratio_of(log_prob, old_log_prob), advantage.detach()) / len(log_prob)
    ),
    lambda log_prob, old_log_prob, advantage: (
        -ratio_of(log_prob, old_log_prob).dot(advantage.detach() / advantage.numel())
    ),
    lambda log_prob, old_log_prob, advantage: (
        -torch.mean((log_prob - old_log_prob.detach()).clamp(-20, 20).exp() * advantage.data)
    ),
    lambda log_prob, old_log_prob, advantage: (
        -advantage.detach() * torch.exp(log_prob - old_log_prob.detach())
    ).mean(),
]
OPEN["surrogate_loss"] = [
    (
        "old_log_prob not detached (a constant by the docstring, not by the table's row)",
        lambda log_prob, old_log_prob, advantage: (
            -(torch.exp(log_prob - old_log_prob) * advantage.detach()).mean()
        ),
    ),
]


def differences_eye(function, theta, step):
    base = theta.detach()
    rows = torch.eye(base.numel(), dtype=base.dtype).reshape(-1, *base.shape)
    slopes = [(function(base + step * e) - function(base - step * e)) / (2 * step) for e in rows]
    return torch.stack([torch.as_tensor(s, dtype=base.dtype) for s in slopes]).reshape(base.shape)


def differences_ndindex(function, theta, step):
    gradient = torch.zeros_like(theta, requires_grad=False)
    for index in np.ndindex(*theta.shape):
        up, down = theta.detach().clone(), theta.detach().clone()
        up[index] += step
        down[index] -= step
        gradient[index] = float(function(up) - function(down)) / (2.0 * step)
    return gradient


def differences_flat(function, theta, step):
    flat = theta.detach().reshape(-1)

    def at(k, shift):
        moved = [x + shift if j == k else x for j, x in enumerate(flat.tolist())]
        return float(function(torch.tensor(moved, dtype=theta.dtype).reshape(theta.shape)))

    slopes = [0.5 * (at(k, step) - at(k, -step)) / step for k in range(flat.numel())]
    return torch.tensor(slopes, dtype=theta.dtype).reshape(theta.shape)


@torch.no_grad()
def differences_two_halves(function, theta, step):
    grad = torch.empty(theta.numel(), dtype=theta.dtype)
    for i in range(theta.numel()):
        e = torch.zeros(theta.numel(), dtype=theta.dtype)
        e[i] = 1.0
        e = e.view(theta.shape)
        middle = function(theta)
        right = (function(theta + step * e) - middle) / step
        left = (middle - function(theta - step * e)) / step
        grad[i] = (right + left) / 2
    return grad.view(theta.shape)


RIGHT["finite_difference_gradient"] = [
    differences_eye,
    differences_ndindex,
    differences_flat,
    differences_two_halves,
]


def differences_restored(function, theta, step):
    out = torch.zeros(theta.shape, dtype=theta.dtype)
    with torch.no_grad():
        for index in np.ndindex(*theta.shape):
            kept = theta[index].clone()
            theta[index] = kept + step
            up = float(function(theta))
            theta[index] = kept - step
            down = float(function(theta))
            theta[index] = kept
            out[index] = (up - down) / (2 * step)
    return out


def differences_of_tensors(function, theta, step):
    e = step * torch.eye(theta.numel(), dtype=theta.dtype).reshape(-1, *theta.shape)
    slopes = [(function(theta + row) - function(theta - row)) / (2 * step) for row in e]
    return torch.stack(slopes).reshape(theta.shape)


OPEN["finite_difference_gradient"] = [
    ("works only for functions that return a tensor, not a number", differences_of_tensors),
    ("moves theta itself and puts every entry back exactly", differences_restored),
]


def count_of(top, n):
    return math.ceil(top * n - 1e-9)


def share_numpy(ratio, prob, advantage, top):
    size = np.sort(np.abs((ratio * (1 - prob) * advantage).detach().numpy()))[::-1]
    return torch.tensor(size[: count_of(top, len(size))].sum() / size.sum(), dtype=ratio.dtype)


def share_loop(ratio, prob, advantage, top):
    sizes = sorted((abs(x) for x in (ratio * (1 - prob) * advantage).tolist()), reverse=True)
    held = 0.0
    for i in range(count_of(top, len(sizes))):
        held += sizes[i]
    return torch.tensor(held / sum(sizes), dtype=ratio.dtype)


def share_cumulative(ratio, prob, advantage, top):
    size = (ratio * (1 - prob) * advantage).abs().sort(descending=True).values
    return (size.cumsum(0) / size.sum())[count_of(top, len(size)) - 1]


def share_rest(ratio, prob, advantage, top):
    size, _ = torch.sort(torch.abs(ratio - ratio * prob) * torch.abs(advantage))
    return 1 - size[: len(size) - count_of(top, len(size))].sum() / size.sum()


RIGHT["gradient_share"] = [
    share_numpy,
    share_loop,
    share_cumulative,
    share_rest,
    lambda ratio, prob, advantage, top: (
        (ratio * (1 - prob) * advantage).abs().topk(count_of(top, len(ratio))).values.sum()
        / (ratio * (1 - prob) * advantage).abs().sum()
    ),
]


def share_with(count):
    def answer(ratio, prob, advantage, top):
        size = (ratio * (1 - prob) * advantage).abs()
        return torch.topk(size, count(top, len(size))).values.sum() / size.sum()

    return answer


OPEN["gradient_share"] = [
    ("rounds top x N to the nearest count", share_with(lambda top, n: round(top * n))),
    ("rounds down, one sample at least", share_with(lambda top, n: max(1, int(top * n + 1e-9)))),
    ("rounds up without slack: 0.07 x 100 counts 8", share_with(lambda top, n: math.ceil(top * n))),
    (
        "rounds down without slack: 0.29 x 100 counts 28",
        share_with(lambda top, n: max(1, int(top * n))),
    ),
]
