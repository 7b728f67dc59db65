"""Wrong answers to the exercises of notebooks 04 and 05; `wrong_answers.py` says how they are kept.

Each block gives the pinned signature once and then the slips, with short names for the arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}


def add(kept: dict, exercise: str, signature: Callable, slips: dict[str, Callable]) -> None:
    kept.setdefault(exercise, []).extend((why, signature(f)) for why, f in slips.items())


def ratio(f):
    """The slip takes both log-probabilities as they come."""
    return lambda log_prob, old_log_prob: f(log_prob, old_log_prob)


def ratio_in_place(p, q):
    with torch.no_grad():
        q -= p
    return (-q).exp()


add(
    WRONG,
    "policy_ratio",
    ratio,
    {
        "upside down": lambda p, q: (q.detach() - p).exp(),
        "quotient of the logs": lambda p, q: p / q.detach(),
        "exp of the quotient": lambda p, q: (p / q.detach()).exp(),
        "gradient through old_log_prob too": lambda p, q: (p - q).exp(),
        "gradient through old_log_prob, as a quotient": lambda p, q: p.exp() / q.exp(),
        "gradient through old_log_prob only": lambda p, q: (p.detach() - q).exp(),
        "detached altogether": lambda p, q: (p - q).exp().detach(),
        "no exp": lambda p, q: p - q.detach(),
        "difference of probabilities": lambda p, q: p.exp() - q.detach().exp(),
        "product of probabilities": lambda p, q: (p + q.detach()).exp(),
        "current probability alone": lambda p, q: p.exp(),
        "minus one": lambda p, q: torch.expm1(p - q.detach()),
        "first order only": lambda p, q: 1 + (p - q.detach()),
        "second order only": lambda p, q: 1 + (p - q.detach()) + (p - q.detach()) ** 2 / 2,
        "clipped to 0.8 .. 1.2": lambda p, q: (p - q.detach()).exp().clamp(0.8, 1.2),
        "log-ratio clamped to +-1": lambda p, q: (p - q.detach()).clamp(-1, 1).exp(),
        "never above one": lambda p, q: (p - q.detach()).exp().clamp(max=1),
        "never below one": lambda p, q: (p - q.detach()).abs().exp(),
        "base two": lambda p, q: torch.exp2(p - q.detach()),
        "right value, gradient of the log": lambda p, q: (p - q).exp().detach() + p - p.detach(),
        "right value, gradient doubled": lambda p, q: (
            2 * (p - q.detach()).exp() - (p - q).exp().detach()
        ),
        "broadcast to (N, N)": lambda p, q: (p[:, None] - q.detach()).exp(),
        "shape (N, 1)": lambda p, q: (p - q.detach()).exp()[:, None],
        "mean": lambda p, q: (p - q.detach()).exp().mean(),
        "normalised to mean one": lambda p, q: (p - q.detach()).softmax(0) * len(p),
        "product over the samples": lambda p, q: (p - q.detach()).cumsum(0).exp(),
        "half precision": lambda p, q: (p - q.detach()).exp().half(),
        "a list": lambda p, q: (p - q).exp().tolist(),
        "changes old_log_prob in place": ratio_in_place,
    },
)


def surrogate(f):
    """The slip takes a ratio with the right gradient, and an advantage that is a constant."""
    return lambda log_prob, old_log_prob, advantage: f(
        (log_prob - old_log_prob.detach()).exp(), advantage.detach()
    )


def surrogate_raw(f):
    return lambda log_prob, old_log_prob, advantage: f(log_prob, old_log_prob, advantage)


def surrogate_normalised_in_place(p, q, a):
    with torch.no_grad():
        a -= a.mean()
        a /= a.std(correction=0) + 1e-8
    return -((p - q).exp() * a).mean()


def surrogate_times_in_place(p, q, a):
    loss = a.detach()
    loss *= -(p - q).exp().detach()
    return loss.mean() + 0 * p.sum()


add(
    WRONG,
    "surrogate_loss",
    surrogate,
    {
        "sign": lambda r, a: (r * a).mean(),
        "sum for mean": lambda r, a: -(r * a).sum(),
        "detached ratio: right value, no gradient": lambda r, a: -(r.detach() * a).mean(),
        "log-ratio for ratio": lambda r, a: -(r.log() * a).mean(),
        "ratio upside down": lambda r, a: -(a / r).mean(),
        "ratio minus one": lambda r, a: -((r - 1) * a).mean(),
        "product of the means": lambda r, a: -r.mean() * a.mean(),
        "broadcast to (N, N)": lambda r, a: -(r[:, None] * a).mean(),
        "divided by the sum of ratios": lambda r, a: -(r * a).sum() / r.sum(),
        "divided by the detached sum of ratios": lambda r, a: -(r * a).sum() / r.sum().detach(),
        "right for positive advantages only": lambda r, a: -(r * a.relu()).mean(),
        "right for negative advantages only": lambda r, a: -(r * -(-a).relu()).mean(),
        "absolute advantage": lambda r, a: -(r * a.abs()).mean(),
        "sign wrong where the advantage is negative": lambda r, a: -(r * a.abs()).mean(),
        "ratio upside down where the advantage is negative": lambda r, a: (
            -(torch.where(a > 0, r, 1 / r) * a).mean()
        ),
        "clipped to 0.8 .. 1.2": lambda r, a: -torch.minimum(r * a, r.clamp(0.8, 1.2) * a).mean(),
        "log-ratio clamped to +-1": lambda r, a: -(r.clamp(math.exp(-1), math.e) * a).mean(),
        "advantages normalised": lambda r, a: (
            -(r * (a - a.mean()) / (a.std(correction=0) + 1e-8)).mean()
        ),
        "advantages centred": lambda r, a: -(r * (a - a.mean())).mean(),
        "one number per sample": lambda r, a: -r * a,
        "shape (1,)": lambda r, a: -(r * a).mean(0, keepdim=True),
        "a Python float": lambda r, a: -float((r * a).detach().mean()),
        "ignores the ratio": lambda r, a: -a.mean() + 0 * r.sum(),
        "ignores the advantage": lambda r, a: -r.mean(),
        "divides by N - 1": lambda r, a: -(r * a).sum() / max(len(r) - 1, 0.5),
        "squared ratio": lambda r, a: -(r**2 * a).mean(),
        "half of it": lambda r, a: -(r * a).mean() / 2,
        "loses the last sample": lambda r, a: -(r * a)[:-1].sum() / len(r),
        "product of all ratios": lambda r, a: -(r.prod() * a).mean(),
        "right value, gradient of the log": lambda r, a: (
            -((r * a).mean().detach() + ((r.log() - r.log().detach()) * a).mean())
        ),
    },
)
add(
    WRONG,
    "surrogate_loss",
    surrogate_raw,
    {
        "both detached": lambda p, q, a: -((p - q).exp() * a).mean().detach(),
        "gradient into the advantage": lambda p, q, a: -((p - q.detach()).exp() * a).mean(),
        "gradient into the advantage, ratio detached": lambda p, q, a: (
            -((p - q).exp().detach() * a).mean()
        ),
        "REINFORCE: old_log_prob ignored": lambda p, q, a: -(p * a.detach()).mean(),
        "probability for ratio": lambda p, q, a: -(p.exp() * a.detach()).mean(),
        "difference of probabilities": lambda p, q, a: (
            -((p.exp() - q.detach().exp()) * a.detach()).mean()
        ),
        "quotient of the logs": lambda p, q, a: -(p / q.detach() * a.detach()).mean(),
        "current and old both current": lambda p, q, a: (
            -((p - p.detach()).exp() * a.detach()).mean()
        ),
        "normalises the advantage in place": surrogate_normalised_in_place,
        "multiplies the advantage in place": surrogate_times_in_place,
    },
)


def differences(f):
    return lambda function, theta, step: f(function, theta, step)


def by_entry(slope, shift=lambda base, k, h: h):
    """Build an answer from a slope: (f, base, direction scaled to the step, step) -> number."""

    def answer(f, theta, h):
        base = theta.detach().clone()
        out = torch.zeros(base.numel(), dtype=base.dtype)
        for k in range(base.numel()):
            e = torch.zeros(base.numel(), dtype=base.dtype)
            e[k] = shift(base.reshape(-1), k, h)
            out[k] = float(slope(f, base, e.reshape(base.shape), h))
        return out.reshape(base.shape)

    return answer


def central(f, x, e, h):
    return (f(x + e) - f(x - e)) / (2 * h)


def differences_in_place(f, theta, h):
    out = torch.zeros(theta.shape, dtype=theta.dtype)
    with torch.no_grad():
        for k in np.ndindex(*theta.shape):
            before = float(f(theta))
            theta[k] += h
            out[k] = (float(f(theta)) - before) / h
            theta[k] -= h
    return out


def differences_not_put_back(f, theta, h):
    out = torch.zeros(theta.shape, dtype=theta.dtype)
    with torch.no_grad():
        for k in np.ndindex(*theta.shape):
            theta[k] += h
            up = float(f(theta))
            theta[k] -= 2 * h
            out[k] = (up - float(f(theta))) / (2 * h)
    return out


def differences_copy_not_reset(f, theta, h):
    moved = theta.detach().clone()
    out = torch.zeros(theta.shape, dtype=theta.dtype)
    for k in np.ndindex(*theta.shape):
        moved[k] += h
        up = float(f(moved))
        moved[k] -= 2 * h
        out[k] = (up - float(f(moved))) / (2 * h)
    return out


def differences_rows(f, theta, h):
    rows = torch.eye(len(theta), dtype=theta.dtype)
    return torch.stack([(f(theta + h * e) - f(theta - h * e)) / (2 * h) for e in rows])


def differences_first_entry(f, theta, h):
    out = torch.zeros(theta.shape, dtype=theta.dtype)
    first = (0,) * theta.ndim
    e = out.clone()
    e[first] = h
    out[first] = float(central(f, theta.detach(), e, h))
    return out


def differences_transposed(f, theta, h):
    g = by_entry(central)(f, theta, h)
    return g.reshape(-1).flip(0).reshape(g.shape)


add(
    WRONG,
    "finite_difference_gradient",
    differences,
    {
        "one-sided, forward": by_entry(lambda f, x, e, h: (f(x + e) - f(x)) / h),
        "one-sided, backward": by_entry(lambda f, x, e, h: (f(x) - f(x - e)) / h),
        "one-sided, and divided by 2 h": by_entry(lambda f, x, e, h: (f(x + e) - f(x)) / (2 * h)),
        "forgets the 2": by_entry(lambda f, x, e, h: (f(x + e) - f(x - e)) / h),
        "forgets to divide": by_entry(lambda f, x, e, h: f(x + e) - f(x - e)),
        "divides by 2 only": by_entry(lambda f, x, e, h: (f(x + e) - f(x - e)) / 2),
        "multiplies by the step": by_entry(lambda f, x, e, h: (f(x + e) - f(x - e)) / 2 * h),
        "step squared": by_entry(lambda f, x, e, h: central(f, x, e, h) / h),
        "sign": by_entry(lambda f, x, e, h: -central(f, x, e, h)),
        "adds the two": by_entry(lambda f, x, e, h: (f(x + e) + f(x - e)) / (2 * h)),
        "absolute value": by_entry(lambda f, x, e, h: abs(central(f, x, e, h))),
        "second derivative": by_entry(lambda f, x, e, h: (f(x + e) - 2 * f(x) + f(x - e)) / h**2),
        "half steps, divided by whole ones twice": by_entry(
            lambda f, x, e, h: (f(x + e / 2) - f(x - e / 2)) / (2 * h)
        ),
        "ignores the step: always 1e-2": by_entry(
            lambda f, x, e, h: central(f, x, e / h * 1e-2, 1e-2)
        ),
        "ignores the step: always 1": by_entry(lambda f, x, e, h: central(f, x, e / h, 1.0)),
        "step relative to theta, divided by the absolute one": by_entry(
            central, shift=lambda base, k, h: h * base[k]
        ),
        "moves every entry at once": by_entry(central, shift=lambda base, k, h: 0.0 * h),
        "moves all entries together": lambda f, theta, h: torch.full(
            theta.shape,
            float(central(f, theta.detach(), torch.full_like(theta.detach(), h), h)),
            dtype=theta.dtype,
        ),
        "first entry only": differences_first_entry,
        "entries in the wrong order": differences_transposed,
        "flattened, with one entry too many": lambda f, theta, h: F.pad(
            by_entry(central)(f, theta, h).reshape(-1), (0, 1)
        ),
        "an extra axis": lambda f, theta, h: by_entry(central)(f, theta, h)[None],
        "mean slope": lambda f, theta, h: by_entry(central)(f, theta, h).mean(),
        "integers": lambda f, theta, h: by_entry(central)(f, theta, h).long(),
        "a list": lambda f, theta, h: by_entry(central)(f, theta, h).tolist(),
        "value instead of slope": by_entry(lambda f, x, e, h: f(x)),
        "the copy is not put back between entries": differences_copy_not_reset,
        "changes theta in place, one-sided": differences_in_place,
        "changes theta in place, not put back": differences_not_put_back,
        "works only on one axis: moves whole rows": differences_rows,
        "always flat": lambda f, theta, h: by_entry(central)(f, theta, h).reshape(-1),
    },
)


def gradient_by_autograd(f, theta, h):
    with torch.enable_grad():
        x = theta.detach().clone().requires_grad_()
        return torch.autograd.grad(f(x), x)[0]


def differences_drift(f, theta, h):
    """Put theta back by arithmetic, which rounds: 0.1 + h - 2 h + h is not always 0.1."""
    out = torch.zeros(theta.shape, dtype=theta.dtype)
    with torch.no_grad():
        for k in np.ndindex(*theta.shape):
            theta[k] += h
            up = float(f(theta))
            theta[k] -= 2 * h
            down = float(f(theta))
            theta[k] += h
            out[k] = (up - down) / (2 * h)
    return out


add(
    FRAGILE,
    "finite_difference_gradient",
    differences,
    {
        "autograd: equal only in the limit of small steps": gradient_by_autograd,
        "always 1e-5, whatever the step": by_entry(
            lambda f, x, e, h: central(f, x, e / h * 1e-5, 1e-5)
        ),
        "theta put back by arithmetic": differences_drift,
    },
)


def share(f):
    return lambda ratio, prob, advantage, top: f(ratio, prob, advantage, top)


def count(top, n):
    return math.ceil(top * n - 1e-9)


def held(sizes, top):
    """The right formula for sizes that are wrong."""
    return sizes.topk(count(top, len(sizes))).values.sum() / sizes.sum()


def pull(r, p, a):
    return r * (1 - p) * a


def share_in_place(r, p, a, top):
    sizes = r.detach().mul_(1 - p).mul_(a).abs_()
    return held(sizes, top)


def share_sorted_by(key):
    def answer(r, p, a, top):
        order = key(r, a).argsort(descending=True)[: count(top, len(r))]
        sizes = pull(r, p, a).abs()
        return sizes[order].sum() / sizes.sum()

    return answer


def held_by(size, count):
    return size.abs().topk(count).values.sum() / size.abs().sum()


add(
    WRONG,
    "gradient_share",
    share,
    {
        "share of samples": lambda r, p, a, top: r.new_tensor(top),
        "int": lambda r, p, a, top: held_by(pull(r, p, a), int(top * len(r))),
        "max(1, int)": lambda r, p, a, top: held_by(pull(r, p, a), max(1, int(len(r) * top))),
        "floor": lambda r, p, a, top: held_by(pull(r, p, a), math.floor(top * len(r))),
        "//": lambda r, p, a, top: held_by(pull(r, p, a), int(top * len(r) // 1)),
        "ceil": lambda r, p, a, top: held_by(pull(r, p, a), math.ceil(top * len(r))),
        "int plus one": lambda r, p, a, top: held_by(pull(r, p, a), int(top * len(r)) + 1),
        "share of the ratio alone": lambda r, p, a, top: held(r, top),
        "without the score": lambda r, p, a, top: held((r * a).abs(), top),
        "prob for 1 - prob": lambda r, p, a, top: held((r * p * a).abs(), top),
        "the score squared": lambda r, p, a, top: held((r * (1 - p) ** 2 * a).abs(), top),
        "the score in logarithms": lambda r, p, a, top: held((r * p.log() * a).abs(), top),
        "without the ratio": lambda r, p, a, top: held(((1 - p) * a).abs(), top),
        "without the advantage": lambda r, p, a, top: held(r * (1 - p), top),
        "share of the advantage alone": lambda r, p, a, top: held(a.abs(), top),
        "without absolute value": lambda r, p, a, top: held(pull(r, p, a), top),
        "absolute value above only": lambda r, p, a, top: (
            pull(r, p, a).abs().topk(count(top, len(r))).values.sum() / pull(r, p, a).sum()
        ),
        "absolute value below only": lambda r, p, a, top: (
            pull(r, p, a).topk(count(top, len(r))).values.sum() / pull(r, p, a).abs().sum()
        ),
        "absolute value of the sums": lambda r, p, a, top: held(pull(r, p, a), top).abs(),
        "right for positive advantages only": lambda r, p, a, top: held(pull(r, p, a).relu(), top),
        "squares": lambda r, p, a, top: held(pull(r, p, a) ** 2, top),
        "log-ratio": lambda r, p, a, top: held((r.log() * (1 - p) * a).abs(), top),
        "distance of the ratio from one": lambda r, p, a, top: held(
            ((r - 1) * (1 - p) * a).abs(), top
        ),
        "the smallest ones": lambda r, p, a, top: (
            pull(r, p, a).abs().sort().values[: count(top, len(r))].sum()
            / pull(r, p, a).abs().sum()
        ),
        "the others' share": lambda r, p, a, top: 1 - held(pull(r, p, a).abs(), top),
        "largest by ratio": share_sorted_by(lambda r, a: r),
        "largest by advantage": share_sorted_by(lambda r, a: a.abs()),
        "largest by sign": share_sorted_by(lambda r, a: r * a),
        "the first ones": share_sorted_by(lambda r, a: -torch.arange(len(r))),
        "top in percent": lambda r, p, a, top: held(pull(r, p, a).abs(), top / 100),
        "top 1 % whatever is asked": lambda r, p, a, top: held(pull(r, p, a).abs(), 0.01),
        "always the largest sample": lambda r, p, a, top: (
            pull(r, p, a).abs().max() / pull(r, p, a).abs().sum()
        ),
        "one sample too many": lambda r, p, a, top: (
            pull(r, p, a).abs().topk(min(count(top, len(r)) + 1, len(r))).values.sum()
            / pull(r, p, a).abs().sum()
        ),
        "one sample too few": lambda r, p, a, top: (
            pull(r, p, a).abs().topk(count(top, len(r)) - 1).values.sum()
            / pull(r, p, a).abs().sum()
        ),
        "mean over mean": lambda r, p, a, top: (
            pull(r, p, a).abs().topk(count(top, len(r))).values.mean() / pull(r, p, a).abs().mean()
        ),
        "sum, not a share": lambda r, p, a, top: (
            pull(r, p, a).abs().topk(count(top, len(r))).values.sum()
        ),
        "in percent": lambda r, p, a, top: 100 * held(pull(r, p, a).abs(), top),
        "above top times the largest": lambda r, p, a, top: (
            (s := pull(r, p, a).abs())[s >= top * s.max()].sum() / s.sum()
        ),
        "a Python float": lambda r, p, a, top: float(held(pull(r, p, a).abs(), top)),
        "shape (1,)": lambda r, p, a, top: held(pull(r, p, a).abs(), top)[None],
        "broadcast to (N, N)": lambda r, p, a, top: held(
            ((r * (1 - p))[:, None] * a).abs().flatten(), top
        ),
        "multiplies the ratio in place": share_in_place,
    },
)
