"""Wrong answers to the exercises of notebooks 02 and 03; `wrong_answers.py` says how they are kept.

Each block gives the pinned signature once and then the slips, with short names for the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}


def add(kept: dict, exercise: str, signature: Callable, slips: dict[str, Callable]) -> None:
    kept.setdefault(exercise, []).extend((why, signature(f)) for why, f in slips.items())


def weights_of(f):
    return lambda log_target, log_proposal: f(log_target, log_proposal)


def weights_in_place(p, q):
    with torch.no_grad():
        p -= q
    return p.exp()


add(
    WRONG,
    "importance_weights",
    weights_of,
    {
        "upside down": lambda p, q: (q - p).exp(),
        "difference of probabilities": lambda p, q: p.exp() - q.exp(),
        "no exp": lambda p, q: p - q,
        "normalised to sum one": lambda p, q: (p - q).softmax(0),
        "normalised to mean one": lambda p, q: (p - q).softmax(0) * len(p),
        "scaled to a largest weight of one": lambda p, q: (p - q - (p - q).max()).exp(),
        "quotient of the logs": lambda p, q: p / q,
        "exp of the quotient": lambda p, q: (p / q).exp(),
        "product": lambda p, q: (p + q).exp(),
        "target alone": lambda p, q: p.exp(),
        "one over the proposal": lambda p, q: (-q).exp(),
        "truncated at one": lambda p, q: (p - q).exp().clamp(max=1),
        "never below one": lambda p, q: (p - q).abs().exp(),
        "base two": lambda p, q: torch.exp2(p - q),
        "base ten": lambda p, q: 10 ** (p - q),
        "minus one": lambda p, q: torch.expm1(p - q),
        "first order only": lambda p, q: 1 + p - q,
        "divided by N": lambda p, q: (p - q).exp() / len(p),
        "broadcast to (N, N)": lambda p, q: (p[:, None] - q).exp(),
        "shape (N, 1)": lambda p, q: (p - q).exp()[:, None],
        "product over the samples": lambda p, q: (p - q).cumsum(0).exp(),
        "mean of the weights": lambda p, q: (p - q).exp().mean(),
        "squared": lambda p, q: (2 * (p - q)).exp(),
        "square root": lambda p, q: ((p - q) / 2).exp(),
        "integers": lambda p, q: (p - q).exp().long(),
        "weight of the first sample for all": lambda p, q: (p - q)[:1].exp().expand(len(p)),
        "subtracts in place": weights_in_place,
    },
)


def estimate(f):
    return lambda value, weight: f(value, weight)


def estimate_in_place(f, w):
    f = f.detach()
    f *= w.detach()
    return f.mean()


add(
    WRONG,
    "importance_estimate",
    estimate,
    {
        "divides by the sum of weights": lambda f, w: (w * f).sum() / w.sum(),
        "weights made to sum to N": lambda f, w: (w / w.mean() * f).mean(),
        "forgets the value": lambda f, w: w.mean(),
        "forgets the weight": lambda f, w: f.mean(),
        "sum for mean": lambda f, w: (w * f).sum(),
        "product of the means": lambda f, w: w.mean() * f.mean(),
        "broadcast to (N, N)": lambda f, w: (w[:, None] * f).mean(),
        "divides by the weight": lambda f, w: (f / w).mean(),
        "adds the weight": lambda f, w: (f + w).mean(),
        "absolute value": lambda f, w: (w * f.abs()).mean(),
        "right for positive values only": lambda f, w: (w * f.relu()).mean(),
        "squared weight": lambda f, w: (w * w * f).mean(),
        "divides by N - 1": lambda f, w: (w * f).sum() / max(len(f) - 1, 0.5),
        "median": lambda f, w: (w * f).median(),
        "takes the weight for its log": lambda f, w: (w.exp() * f).mean(),
        "softmax of the weights": lambda f, w: (w.softmax(0) * f).sum(),
        "weights truncated at one": lambda f, w: (w.clamp(max=1) * f).mean(),
        "one number per sample": lambda f, w: w * f,
        "shape (1,)": lambda f, w: (w * f).mean(0, keepdim=True),
        "a Python float": lambda f, w: float((w * f).mean()),
        "right for two samples only": lambda f, w: (w * f).sum() / 2,
        "only heavy samples are counted below": lambda f, w: (
            (w * f).sum() / (w > 1).sum().clamp(min=1)
        ),
        "loses the first sample": lambda f, w: (w * f)[1:].sum() / len(f),
        "values centred": lambda f, w: (w * (f - f.mean())).mean(),
        "multiplies in place": estimate_in_place,
    },
)


def normalised(f):
    return lambda value, log_weight: f(value, log_weight)


def normalised_in_place(f, lw):
    with torch.no_grad():
        lw -= lw.max()
    return (lw.exp() * f).sum() / lw.exp().sum()


add(
    WRONG,
    "self_normalised_estimate",
    normalised,
    {
        "plain importance sampling": lambda f, lw: (lw.exp() * f).mean(),
        "not divided at all": lambda f, lw: (lw.exp() * f).sum(),
        "mean of the weights forgotten, logs shifted": lambda f, lw: (
            (lw - lw.max()).exp() * f
        ).mean(),
        "sum over mean": lambda f, lw: (lw.exp() * f).sum() / lw.exp().mean(),
        "mean over sum": lambda f, lw: (lw.softmax(0) * f).mean(),
        "log weights taken for weights": lambda f, lw: (lw * f).sum() / lw.sum(),
        "divides by the sum of values": lambda f, lw: (lw.exp() * f).sum() / f.sum(),
        "weights upside down": lambda f, lw: ((-lw).softmax(0) * f).sum(),
        "squared weights": lambda f, lw: ((2 * lw).softmax(0) * f).sum(),
        "shift in the numerator only": lambda f, lw: (
            ((lw - lw.max()).exp() * f).sum() / lw.exp().sum()
        ),
        "plain mean": lambda f, lw: f.mean(),
        "value of the heaviest sample": lambda f, lw: f[lw.argmax()],
        "absolute value": lambda f, lw: (lw.softmax(0) * f.abs()).sum(),
        "by logs of the values: NaN below zero": lambda f, lw: (
            (lw + f.log()).logsumexp(0) - lw.logsumexp(0)
        ).exp(),
        "weights truncated at one": lambda f, lw: (
            (lw.exp().clamp(max=1) * f).sum() / lw.exp().clamp(max=1).sum()
        ),
        "softmax of the weights": lambda f, lw: (lw.exp().softmax(0) * f).sum(),
        "softmax of the values": lambda f, lw: (f.softmax(0) * lw).sum(),
        "broadcast to (N, N)": lambda f, lw: (lw.softmax(0)[:, None] * f).sum() / len(f),
        "divides by the square root of the summed squares": lambda f, lw: (
            (lw.exp() * f).sum() / lw.exp().norm()
        ),
        "one number per sample": lambda f, lw: lw.softmax(0) * f,
        "shape (1,)": lambda f, lw: (lw.softmax(0) * f).sum(0, keepdim=True),
        "a Python float": lambda f, lw: float((lw.softmax(0) * f).sum()),
        "jackknifed": lambda f, lw: (lw.softmax(0) * f).sum() * len(f) / (len(f) + 1),
        "shifts the log weights in place": normalised_in_place,
    },
)
add(
    FRAGILE,
    "self_normalised_estimate",
    normalised,
    {
        "overflows for large log weights": lambda f, lw: (lw.exp() * f).sum() / lw.exp().sum(),
        "overflows, spelt with means": lambda f, lw: (lw.exp() * f).mean() / lw.exp().mean(),
        "shift by the mean: overflows where one weight stands out": lambda f, lw: (
            ((lw - lw.mean()).exp() * f).sum() / (lw - lw.mean()).exp().sum()
        ),
        "shift by the least": lambda f, lw: (
            ((lw - lw.min()).exp() * f).sum() / (lw - lw.min()).exp().sum()
        ),
        "log weights capped at 20": lambda f, lw: (lw.clamp(-20, 20).softmax(0) * f).sum(),
        "a small number in the denominator": lambda f, lw: (
            (lw.exp() * f).sum() / (lw.exp().sum() + 1e-12)
        ),
        "NaN replaced by zero": lambda f, lw: torch.nan_to_num(
            (lw.exp() * f).sum() / lw.exp().sum()
        ),
    },
)


def size(f):
    return lambda log_weight: f(log_weight)


def size_in_place(lw):
    w = lw.detach().sub_(lw.detach().max()).exp_()  # both write into the argument
    return w.sum() ** 2 / w.square().sum()


add(
    WRONG,
    "effective_sample_size",
    size,
    {
        "a share instead of a count": lambda lw: 1 / lw.softmax(0).square().sum() / len(lw),
        "upside down": lambda lw: lw.softmax(0).square().sum(),
        "N / (1 + variance) of weights that are not normalised": lambda lw: (
            len(lw) / (1 + lw.exp().var(correction=0))
        ),
        "the same with n - 1": lambda lw: (
            len(lw) / (1 + (lw.softmax(0) * len(lw)).var(correction=int(len(lw) > 1)))
        ),
        "N / variance": lambda lw: len(lw) / (lw.softmax(0) * len(lw)).var(correction=0),
        "one over the largest weight": lambda lw: 1 / lw.softmax(0).max(),
        "exp of the entropy": lambda lw: (-(lw.softmax(0) * lw.log_softmax(0)).sum()).exp(),
        "square of the sum forgotten": lambda lw: lw.exp().sum() / lw.exp().square().sum(),
        "square of the sum forgotten, logs shifted": lambda lw: (
            (lw - lw.max()).exp().sum() / (2 * (lw - lw.max())).exp().sum()
        ),
        "sum of the weights": lambda lw: lw.exp().sum(),
        "sum of weights over the largest": lambda lw: (lw - lw.max()).exp().sum(),
        "squares of the logs": lambda lw: lw.sum() ** 2 / lw.square().sum(),
        "log of the count": lambda lw: 2 * lw.logsumexp(0) - (2 * lw).logsumexp(0),
        "sum of squares over square of sum, times N": lambda lw: (
            lw.softmax(0).square().sum() * len(lw)
        ),
        "mean for sum above": lambda lw: lw.exp().mean() ** 2 / lw.exp().square().sum(),
        "root": lambda lw: lw.softmax(0).square().sum() ** -0.5,
        "samples above the mean weight": lambda lw: (
            (lw.softmax(0) * len(lw) >= 1).sum().to(lw.dtype)
        ),
        "number of samples": lambda lw: torch.full_like(lw[0], len(lw)),
        "rounded to a whole number": lambda lw: (1 / lw.softmax(0).square().sum()).round(),
        "a Python float": lambda lw: 1 / float(lw.softmax(0).square().sum()),
        "shape (1,)": lambda lw: 1 / lw.softmax(0).square().sum(0, keepdim=True),
        "minus one": lambda lw: 1 / lw.softmax(0).square().sum() - 1,
        "weights truncated at one": lambda lw: (
            lw.exp().clamp(max=1).sum() ** 2 / lw.exp().clamp(max=1).square().sum()
        ),
        "shifts the log weights in place": size_in_place,
    },
)
add(
    FRAGILE,
    "effective_sample_size",
    size,
    {
        "overflows for large log weights": lambda lw: lw.exp().sum() ** 2 / lw.exp().square().sum(),
        "overflows in the square only": lambda lw: lw.exp().sum() ** 2 / (2 * lw).exp().sum(),
        "shift by the mean: overflows where one weight stands out": lambda lw: (
            (lw - lw.mean()).exp().sum() ** 2 / (2 * (lw - lw.mean())).exp().sum()
        ),
        "log weights capped at 20": lambda lw: 1 / lw.clamp(-20, 20).softmax(0).square().sum(),
        "exp of logs without a shift": lambda lw: (
            lw.exp().sum().log() * 2 - (2 * lw).exp().sum().log()
        ).exp(),
        "N / (1 + variance), normalised by an overflowing mean": lambda lw: (
            len(lw) / (1 + (lw.exp() / lw.exp().mean()).var(correction=0))
        ),
    },
)


def marks(f):
    return lambda target, proposal, value: f(target, proposal, value)


def marks_in_place(p, q, f):
    p.mul_(f)
    return (q == 0) & (p != 0)


add(
    WRONG,
    "unsupported",
    marks,
    {
        "proposal larger than the target": lambda p, q, f: q > p,
        "proposal smaller than the target": lambda p, q, f: q < p,
        "ignores the value": lambda p, q, f: (q == 0) & (p > 0),
        "ignores the target": lambda p, q, f: (q == 0) & (f != 0),
        "proposal alone": lambda p, q, f: q == 0,
        "right for positive values only": lambda p, q, f: (q == 0) & (p * f > 0),
        "right for negative values only": lambda p, q, f: (q == 0) & (p * f < 0),
        "upside down: target zero, proposal not": lambda p, q, f: (p == 0) & (q * f != 0),
        "the supported ones": lambda p, q, f: (q != 0) | (p * f == 0),
        "proposal above zero and the outcome counts": lambda p, q, f: (q > 0) & (p * f != 0),
        "or for and": lambda p, q, f: (q == 0) | (p * f != 0),
        "value or target for value and target": lambda p, q, f: (q == 0) & ((p != 0) | (f != 0)),
        "indices instead of marks": lambda p, q, f: ((q == 0) & (p * f != 0)).nonzero()[:, 0],
        "any of them": lambda p, q, f: ((q == 0) & (p * f != 0)).any(),
        "how many": lambda p, q, f: ((q == 0) & (p * f != 0)).sum(),
        "zeros and ones instead of bool": lambda p, q, f: ((q == 0) & (p * f != 0)).to(p.dtype),
        "integers instead of bool": lambda p, q, f: ((q == 0) & (p * f != 0)).int(),
        "a list": lambda p, q, f: ((q == 0) & (p * f != 0)).tolist(),
        "small is taken for zero": lambda p, q, f: (q < 0.05) & (p * f != 0),
        "tiny is taken for zero": lambda p, q, f: (q < 1e-6) & (p * f != 0),
        "close to zero is taken for zero": lambda p, q, f: (
            torch.isclose(q, torch.zeros_like(q)) & (p * f != 0)
        ),
        "proposal below the mean": lambda p, q, f: (q < q.mean()) & (p * f != 0),
        "product of all three": lambda p, q, f: p * q * f == 0,
        "smaller than the product": lambda p, q, f: q < (p * f).abs(),
        "shape (1, K)": lambda p, q, f: ((q == 0) & (p * f != 0))[None],
        "broadcast to (K, K)": lambda p, q, f: (q == 0)[:, None] & (p * f != 0),
        "expected value instead of each outcome's": lambda p, q, f: (q == 0) & ((p * f).sum() != 0),
        "multiplies the target in place": marks_in_place,
    },
)


def truncated(f):
    return lambda value, log_weight, limit: f(value, log_weight, limit)


def truncated_in_place(f, lw, c):
    with torch.no_grad():
        lw.clamp_(max=math.log(c))
    return (lw.exp() * f).mean()


add(
    WRONG,
    "truncated_estimate",
    truncated,
    {
        "no weight is cut off": lambda f, lw, c: (lw.exp() * f).mean(),
        "cut off at both ends": lambda f, lw, c: (
            lw.exp().clamp(min(c, 1 / c), max(c, 1 / c)) * f
        ).mean(),
        "large weights set to 0": lambda f, lw, c: (
            torch.where(lw.exp() > c, 0.0, lw.exp()) * f
        ).mean(),
        "large weights set to 1": lambda f, lw, c: (
            torch.where(lw.exp() > c, 1.0, lw.exp()) * f
        ).mean(),
        "large weights left out": lambda f, lw, c: (lw.exp() * f)[lw.exp() <= c].mean(),
        "weight times value cut off": lambda f, lw, c: (lw.exp() * f).clamp(max=c).mean(),
        "weight times value cut off at both ends": lambda f, lw, c: (
            (lw.exp() * f).clamp(-c, c).mean()
        ),
        "divided by the sum of the truncated": lambda f, lw, c: (
            (lw.exp().clamp(max=c) * f).sum() / lw.exp().clamp(max=c).sum()
        ),
        "divided by the sum of all weights": lambda f, lw, c: (
            (lw.exp().clamp(max=c) * f).sum() / lw.exp().sum()
        ),
        "shares truncated": lambda f, lw, c: (lw.softmax(0).clamp(max=c) * f).sum(),
        "normalised to mean one, then cut off": lambda f, lw, c: (
            (lw.softmax(0) * len(lw)).clamp(max=c) * f
        ).mean(),
        "log weight against the limit": lambda f, lw, c: (lw.clamp(max=c).exp() * f).mean(),
        "weight against the log of the limit": lambda f, lw, c: (
            lw.exp().clamp(max=math.log(c)) * f
        ).mean(),
        "the larger of the two": lambda f, lw, c: (lw.exp().clamp(min=c) * f).mean(),
        "a sum": lambda f, lw, c: (lw.exp().clamp(max=c) * f).sum(),
        "logs without exp": lambda f, lw, c: (lw.clamp(max=math.log(c)) * f).mean(),
        "limit on the value": lambda f, lw, c: (lw.exp() * f.clamp(max=c)).mean(),
        "all weights are the limit": lambda f, lw, c: (c * f).mean(),
        "weights above the limit only": lambda f, lw, c: (
            torch.where(lw.exp() > c, c, 0.0) * f
        ).mean(),
        "mean of the weights times mean of the values": lambda f, lw, c: (
            lw.exp().clamp(max=c).mean() * f.mean()
        ),
        "estimate cut off": lambda f, lw, c: (lw.exp() * f).mean().clamp(max=c),
        "no weights": lambda f, lw, c: f.mean(),
        "divided by the limit": lambda f, lw, c: (lw.exp().clamp(max=c) / c * f).mean(),
        "as the clip of PPO, at 1 + limit": lambda f, lw, c: (
            lw.exp().clamp(1 - c, 1 + c) * f
        ).mean(),
        "not averaged": lambda f, lw, c: lw.exp().clamp(max=c) * f,
        "a Python float": lambda f, lw, c: float((lw.exp().clamp(max=c) * f).mean()),
        "shape (1,)": lambda f, lw, c: (lw.exp().clamp(max=c) * f).mean(0, keepdim=True),
        "cuts off the log weights in place": truncated_in_place,
    },
)
add(
    FRAGILE,
    "truncated_estimate",
    truncated,
    {
        "masks that multiply": lambda f, lw, c: (
            (lw.exp() * (lw.exp() < c) + c * (lw.exp() >= c)) * f
        ).mean(),
        "the excess taken away": lambda f, lw, c: ((lw.exp() - F.relu(lw.exp() - c)) * f).mean(),
        "smaller of two by the absolute difference": lambda f, lw, c: (
            (lw.exp() + c - (lw.exp() - c).abs()) / 2 * f
        ).mean(),
    },
)


def decisions(f):
    return lambda log_ratio: f(log_ratio)


def decisions_in_place(x):
    for t in range(1, len(x)):
        x.data[t] += x.data[t - 1]
    return x


add(
    WRONG,
    "per_decision_log_weight",
    decisions,
    {
        "total for all": lambda x: x.sum().expand(len(x)),
        "future ratios": lambda x: x.flip(0).cumsum(0).flip(0),
        "future ratios without its own": lambda x: x.sum() - x.cumsum(0),
        "from the end": lambda x: x.flip(0).cumsum(0),
        "mean so far": lambda x: x.cumsum(0) / torch.arange(1, len(x) + 1),
        "divided by T": lambda x: x.cumsum(0) / len(x),
        "without its own ratio": lambda x: x.cumsum(0) - x,
        "with the next ratio too": lambda x: x.cumsum(0) + F.pad(x, (0, 1))[1:],
        "weights instead of their logs": lambda x: x.cumsum(0).exp(),
        "product of the logs": lambda x: x.cumprod(0),
        "each step's own": lambda x: x + 0,
        "log of the sum of ratios": lambda x: x.logcumsumexp(0),
        "two steps only": lambda x: x + F.pad(x, (1, 0))[:-1],
        "running maximum": lambda x: x.cummax(0).values,
        "adds absolute values": lambda x: x.abs().cumsum(0),
        "discounted": lambda x: (x * 0.99 ** torch.arange(len(x))).cumsum(0),
        "total only": lambda x: x.sum(),
        "negative": lambda x: -x.cumsum(0),
        "twice summed": lambda x: x.cumsum(0).cumsum(0),
        "first step left out": lambda x: x.cumsum(0) - x[0],
        "one entry too many, a leading zero": lambda x: F.pad(x, (1, 0)).cumsum(0),
        "shape (T, 1)": lambda x: x.cumsum(0)[:, None],
        "clamped to +-1": lambda x: x.cumsum(0).clamp(-1, 1),
        "a list": lambda x: x.cumsum(0).tolist(),
        "in place": lambda x: x.detach().cumsum_(0),
        "in place, by a loop": decisions_in_place,
    },
)
