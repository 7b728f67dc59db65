"""Wrong answers to the exercises of notebook 06; `wrong_answers.py` says how they are kept.

Each block gives the pinned signature once and then the slips, with short names for the arguments.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}


def add(kept: dict, exercise: str, signature: Callable, slips: dict[str, Callable]) -> None:
    kept.setdefault(exercise, []).extend((why, signature(f)) for why, f in slips.items())


def clipped(f):
    """The slip takes a ratio with the right gradient, a constant advantage, and epsilon."""
    return lambda log_prob, old_log_prob, advantage, clip_epsilon: f(
        (log_prob - old_log_prob.detach()).exp(), advantage.detach(), clip_epsilon
    )


def clipped_raw(f):
    return lambda log_prob, old_log_prob, advantage, clip_epsilon: f(
        log_prob, old_log_prob, advantage, clip_epsilon
    )


def clip(r, e):
    return r.clamp(1 - e, 1 + e)


def gain(r, a, e):
    return torch.minimum(r * a, clip(r, e) * a)


def clipped_normalised_in_place(p, q, a, e):
    with torch.no_grad():
        a -= a.mean()
        a /= a.std(correction=0) + 1e-8
    return -gain((p - q).exp(), a, e).mean()


def clipped_in_place(p, q, a, e):
    loss = -gain((p - q.detach()).exp(), a.detach(), e).mean()
    q.detach().copy_(p.detach())
    return loss


def straight_through(r, a, e):
    """Right value; the gradient ignores the clip."""
    return -(gain(r, a, e).detach() + (r - r.detach()) * a).mean()


add(
    WRONG,
    "clipped_surrogate_loss",
    clipped,
    {
        "no clip": lambda r, a, e: -(r * a).mean(),
        "clip without min": lambda r, a, e: -(clip(r, e) * a).mean(),
        "max for min": lambda r, a, e: -torch.maximum(r * a, clip(r, e) * a).mean(),
        "min of the losses: minus inside, min kept": lambda r, a, e: torch.minimum(
            -r * a, -clip(r, e) * a
        ).mean(),
        "min of the ratios, then the advantage": lambda r, a, e: (
            -(torch.minimum(r, clip(r, e)) * a).mean()
        ),
        "clip of the product": lambda r, a, e: -torch.minimum(r * a, clip(r * a, e)).mean(),
        "negated": lambda r, a, e: gain(r, a, e).mean(),
        "min of means": lambda r, a, e: -torch.minimum((r * a).mean(), (clip(r, e) * a).mean()),
        "sum for mean": lambda r, a, e: -gain(r, a, e).sum(),
        "detached": lambda r, a, e: -gain(r, a, e).mean().detach(),
        "ratio detached": lambda r, a, e: -gain(r.detach(), a, e).mean() + 0 * r.sum(),
        "clipped branch detached by mistake for the other": lambda r, a, e: (
            -torch.minimum(r.detach() * a, clip(r, e) * a).mean()
        ),
        "clipped log-ratio": lambda r, a, e: (
            -torch.minimum(r * a, r.log().clamp(-e, e).exp() * a).mean()
        ),
        "log-ratio clipped to 1 +- epsilon": lambda r, a, e: (
            -torch.minimum(r * a, clip(r.log(), e) * a).mean()
        ),
        "log-ratio for ratio": lambda r, a, e: (
            -torch.minimum(r.log() * a, r.log().clamp(-e, e) * a).mean()
        ),
        "epsilon 0.2 whatever is asked": lambda r, a, e: -gain(r, a, 0.2).mean(),
        "only the upper limit": lambda r, a, e: (
            -torch.minimum(r * a, r.clamp(max=1 + e) * a).mean()
        ),
        "only the lower limit": lambda r, a, e: (
            -torch.minimum(r * a, r.clamp(min=1 - e) * a).mean()
        ),
        "right for positive advantages only": lambda r, a, e: -(r.clamp(max=1 + e) * a).mean(),
        "right for negative advantages only": lambda r, a, e: -(r.clamp(min=1 - e) * a).mean(),
        "branches of the sign swapped": lambda r, a, e: (
            -(torch.where(a > 0, r.clamp(min=1 - e), r.clamp(max=1 + e)) * a).mean()
        ),
        "absolute advantage": lambda r, a, e: -gain(r, a.abs(), e).mean(),
        "sign lost where the advantage is negative": lambda r, a, e: (
            -(torch.where(a > 0, r.clamp(max=1 + e), -r.clamp(min=1 - e)) * a).mean()
        ),
        "1 / (1 + epsilon) below": lambda r, a, e: (
            -torch.minimum(r * a, r.clamp(1 / (1 + e), 1 + e) * a).mean()
        ),
        "0 .. epsilon": lambda r, a, e: -torch.minimum(r * a, r.clamp(0, e) * a).mean(),
        "+- epsilon": lambda r, a, e: -torch.minimum(r * a, r.clamp(-e, e) * a).mean(),
        "epsilon twice": lambda r, a, e: -gain(r, a, 2 * e).mean(),
        "half of epsilon": lambda r, a, e: -gain(r, a, e / 2).mean(),
        "ratio upside down": lambda r, a, e: -gain(1 / r, a, e).mean(),
        "ratio upside down in the clipped branch": lambda r, a, e: (
            -torch.minimum(r * a, clip(1 / r, e) * a).mean()
        ),
        "dual clip on top": lambda r, a, e: (
            -torch.where(a < 0, torch.maximum(gain(r, a, e), 1.5 * a), gain(r, a, e)).mean()
        ),
        "clipped samples left out": lambda r, a, e: -(r * a * ((r - 1).abs() <= e)).mean(),
        "mean over unclipped samples": lambda r, a, e: (
            -(r * a * ((r - 1).abs() <= e)).sum() / (((r - 1).abs() <= e).sum() + 1e-8)
        ),
        "broadcast to (N, N)": lambda r, a, e: -gain(r[:, None], a, e).mean(),
        "broadcast in the clipped branch": lambda r, a, e: (
            -torch.minimum(r * a, clip(r, e)[:, None] * a).mean()
        ),
        "one number per sample": lambda r, a, e: -gain(r, a, e),
        "shape (1,)": lambda r, a, e: -gain(r, a, e).mean(0, keepdim=True),
        "a Python float": lambda r, a, e: float(-gain(r, a, e).detach().mean()),
        "advantages normalised": lambda r, a, e: (
            -gain(r, (a - a.mean()) / (a.std(correction=0) + 1e-8), e).mean()
        ),
        "divides by N - 1": lambda r, a, e: -gain(r, a, e).sum() / max(len(r) - 1, 0.5),
        "right value, gradient not clipped": straight_through,
        "mean of both branches": lambda r, a, e: -(r * a + clip(r, e) * a).mean() / 2,
        "ratio minus one": lambda r, a, e: -(gain(r, a, e) - a).mean(),
        "smooth squashing for a clip": lambda r, a, e: (
            -torch.minimum(r * a, (1 + e * torch.tanh((r - 1) / e)) * a).mean()
        ),
        "gone outside on the good side as well as the bad": lambda r, a, e: (
            -(torch.where((r - 1).abs() > e, (1 + e * a.sign()) * a, r * a)).mean()
        ),
    },
)
add(
    WRONG,
    "clipped_surrogate_loss",
    clipped_raw,
    {
        "difference of probabilities": lambda p, q, a, e: (
            -gain(1 + p.exp() - q.detach().exp(), a.detach(), e).mean()
        ),
        "quotient of the logs": lambda p, q, a, e: -gain(p / q.detach(), a.detach(), e).mean(),
        "old_log_prob ignored": lambda p, q, a, e: -gain(p.exp(), a.detach(), e).mean(),
        "gradient through old_log_prob only": lambda p, q, a, e: (
            -gain((p.detach() - q).exp(), a.detach(), e).mean()
        ),
        "normalises the advantage in place": clipped_normalised_in_place,
        "overwrites old_log_prob for the next update": clipped_in_place,
    },
)


def kl(number):
    """The slip takes the log-ratio new minus old, with the right gradient, to k1, k2 or k3."""
    return lambda f: kl_raw(number)(lambda p, q: f(p - q.detach()))


def kl_raw(number):
    """The slip takes both log-probabilities to k1, k2 or k3; the other two are right."""

    def signature(f):
        def answer(log_prob, old_log_prob):
            d = log_prob - old_log_prob.detach()
            parts = [-d.mean(), d.square().mean() / 2, k3(d).mean()]
            parts[number - 1] = f(log_prob, old_log_prob)
            return torch.stack(parts)

        return answer

    return signature


def k3(d):
    return torch.expm1(d) - d


def kl_in_place(estimate):
    def answer(p, q):
        q.data -= p.data
        return estimate(p - p.detach() - q.detach())

    return answer


SHAPES = {
    "sum for mean": lambda k: lambda d: k(d).sum(),
    "one number per sample": lambda k: lambda d: k(d),
    "shape (1,)": lambda k: lambda d: k(d).mean(0, keepdim=True),
    "a Python float": lambda k: lambda d: float(k(d).detach().mean()),
    "sign": lambda k: lambda d: -k(d).mean(),
    "reversed direction": lambda k: lambda d: k(-d).mean(),
    "divides by N - 1": lambda k: lambda d: k(d).sum() / max(len(d) - 1, 0.5),
    "weighted by the ratio": lambda k: lambda d: (d.exp() * k(d)).mean(),
    "halved": lambda k: lambda d: k(d).mean() / 2,
    "in bits": lambda k: lambda d: k(d).mean() / 0.6931471805599453,
    "median": lambda k: lambda d: k(d).median(),
}
for _number, _k in {1: lambda d: -d, 2: lambda d: d**2 / 2, 3: k3}.items():
    _bad = {why: spoil(_k) for why, spoil in SHAPES.items()}
    if _number == 1:
        del _bad["reversed direction"]  # the same as the sign
    if _number == 2:
        del _bad["reversed direction"]  # k2 has no direction
    add(WRONG, "kl_estimates", kl(_number), _bad)
    add(
        WRONG,
        "kl_estimates",
        kl_raw(_number),
        {
            "changes old_log_prob in place": kl_in_place(lambda d, _k=_k: _k(d).mean()),
            "broadcast to (N, N), squared": lambda p, q, _k=_k: (
                _k(p[:, None] - q.detach()) ** 2
            ).mean(),
            "works only for log-probabilities of two samples": lambda p, q, _k=_k: _k(
                (p - q.detach())[[0, -1]]
            ).mean(),
            "forgets the first sample": lambda p, q, _k=_k: _k(p - q.detach())[1:].sum() / len(p),
            "forgets old_log_prob": lambda p, q, _k=_k: _k(p).mean(),
            "forgets log_prob": lambda p, q, _k=_k: _k(q.detach()).mean() + 0 * p.sum(),
            "difference of probabilities": lambda p, q, _k=_k: _k(
                p.exp() - q.detach().exp()
            ).mean(),
        },
    )
add(
    WRONG,
    "kl_estimates",
    kl(1),
    {
        "k2 for k1": lambda d: d.square().mean() / 2,
        "k3 for k1": lambda d: k3(d).mean(),
        "absolute value": lambda d: d.abs().mean(),
        "clamped at zero": lambda d: (-d).mean().clamp(min=0),
        "absolute value of the mean": lambda d: d.mean().abs(),
        "ratio for log-ratio": lambda d: d.exp().mean(),
        "one minus the ratio": lambda d: 1 - d.exp().mean(),
        "log of the mean ratio": lambda d: -d.exp().mean().log(),
    },
)
add(
    WRONG,
    "kl_estimates",
    kl_raw(1),
    {
        "weighted by the current probability": lambda p, q: (p.exp() * (p - q.detach())).sum(),
        "torch's kl_div, which weighs by the target": lambda p, q: F.kl_div(
            p, q.detach(), log_target=True, reduction="batchmean"
        ),
    },
)
add(
    WRONG,
    "kl_estimates",
    kl(2),
    {
        "half forgotten": lambda d: d.square().mean(),
        "square of the mean": lambda d: d.mean().square() / 2,
        "half of the absolute value": lambda d: d.abs().mean() / 2,
        "k1 for k2": lambda d: -d.mean(),
        "k3 for k2": lambda d: k3(d).mean(),
        "squared ratio minus one": lambda d: torch.expm1(d).square().mean() / 2,
        "variance": lambda d: d.var(correction=0) / 2,
        "not squared": lambda d: d.mean() / 2,
        "a cube": lambda d: d.abs().pow(3).mean() / 2,
    },
)
add(
    WRONG,
    "kl_estimates",
    kl(3),
    {
        "k2 for k3": lambda d: d.square().mean() / 2,
        "k1 for k3": lambda d: -d.mean(),
        "minus one forgotten": lambda d: (d.exp() - d).mean(),
        "plus the log-ratio": lambda d: (d.exp() - 1 + d).mean(),
        "ratio minus one only": lambda d: torch.expm1(d).mean(),
        "reversed in the ratio only": lambda d: (torch.expm1(-d) - d).mean(),
        "reversed in the log only": lambda d: (torch.expm1(d) + d).mean(),
        "one minus the ratio": lambda d: (1 - d.exp() - d).mean(),
        "log of the mean ratio": lambda d: d.exp().mean() - 1 - d.exp().mean().log(),
        "ratio detached": lambda d: (d.exp().detach() - 1 - d).mean(),
        "log-ratio detached": lambda d: (d.exp() - 1 - d.detach()).mean(),
        "k1 clamped at zero, sample by sample": lambda d: F.relu(-d).mean(),
    },
)


def penalised(f):
    """The slip takes the log-ratio with the right gradient, a constant advantage, and beta."""
    return lambda log_prob, old_log_prob, advantage, beta: f(
        log_prob - old_log_prob.detach(), advantage.detach(), beta
    )


def penalised_raw(f):
    return lambda log_prob, old_log_prob, advantage, beta: f(
        log_prob, old_log_prob, advantage, beta
    )


def priced(d, a):
    return -(d.exp() * a).mean()


def penalised_in_place(p, q, a, beta):
    d = p - q.detach()
    a.detach().sub_(beta)
    return -(d.exp() * a.detach()).mean() - beta - beta * d.mean()


add(
    WRONG,
    "kl_penalised_loss",
    penalised,
    {
        "sign of the penalty": lambda d, a, b: priced(d, a) - b * k3(d).mean(),
        "sign of the surrogate": lambda d, a, b: -priced(d, a) + b * k3(d).mean(),
        "sign of both": lambda d, a, b: -priced(d, a) - b * k3(d).mean(),
        "the objective": lambda d, a, b: (d.exp() * a).mean() - b * k3(d).mean(),
        "no penalty": lambda d, a, b: priced(d, a),
        "penalty only": lambda d, a, b: b * k3(d).mean(),
        "beta forgotten": lambda d, a, b: priced(d, a) + k3(d).mean(),
        "beta on both": lambda d, a, b: b * (priced(d, a) + k3(d).mean()),
        "beta on the surrogate": lambda d, a, b: b * priced(d, a) + k3(d).mean(),
        "beta squared": lambda d, a, b: priced(d, a) + b * b * k3(d).mean(),
        "divides by beta": lambda d, a, b: priced(d, a) + k3(d).mean() / b,
        "k1 for k3": lambda d, a, b: priced(d, a) - b * d.mean(),
        "k2 for k3": lambda d, a, b: priced(d, a) + b * d.square().mean() / 2,
        "k3 of the other direction": lambda d, a, b: priced(d, a) + b * k3(-d).mean(),
        "k3 without gradient": lambda d, a, b: priced(d, a) + b * k3(d).mean().detach(),
        "surrogate without gradient": lambda d, a, b: priced(d, a).detach() + b * k3(d).mean(),
        "sum for mean": lambda d, a, b: -(d.exp() * a).sum() + b * k3(d).sum(),
        "sum for mean in the penalty": lambda d, a, b: priced(d, a) + b * k3(d).sum(),
        "sum for mean in the surrogate": lambda d, a, b: -(d.exp() * a).sum() + b * k3(d).mean(),
        "log-ratio for ratio": lambda d, a, b: -(d * a).mean() + b * k3(d).mean(),
        "penalty weighted by the advantage": lambda d, a, b: (
            -d.exp() * a + b * k3(d) * a.abs()
        ).mean(),
        "penalty inside the advantage, detached": lambda d, a, b: (
            -(d.exp() * (a - b * k3(d).detach())).mean()
        ),
        "penalty subtracted from the ratio": lambda d, a, b: -((d.exp() - b * k3(d)) * a).mean(),
        "clipped as well": lambda d, a, b: (
            -torch.minimum(d.exp() * a, d.exp().clamp(0.8, 1.2) * a).mean() + b * k3(d).mean()
        ),
        "right for positive advantages only": lambda d, a, b: priced(d, a.abs()) + b * k3(d).mean(),
        "one number per sample": lambda d, a, b: -d.exp() * a + b * k3(d),
        "shape (1,)": lambda d, a, b: (-d.exp() * a + b * k3(d)).mean(0, keepdim=True),
        "a Python float": lambda d, a, b: float((-d.exp() * a + b * k3(d)).detach().mean()),
        "detached": lambda d, a, b: (-d.exp() * a + b * k3(d)).mean().detach(),
        "broadcast to (N, N)": lambda d, a, b: (-d.exp()[:, None] * a).mean() + b * k3(d).mean(),
        "beta 0.01 whatever is asked": lambda d, a, b: priced(d, a) + 0.01 * k3(d).mean(),
        "minus one forgotten": lambda d, a, b: priced(d, a) + b * (d.exp() - d).mean(),
    },
)
add(
    WRONG,
    "kl_penalised_loss",
    penalised_raw,
    {
        "REINFORCE plus the penalty": lambda p, q, a, b: (
            -(p * a.detach()).mean() + b * k3(p - q.detach()).mean()
        ),
        "ratio upside down": lambda p, q, a, b: (
            -((q.detach() - p).exp() * a.detach()).mean() + b * k3(p - q.detach()).mean()
        ),
        "changes the advantage in place": penalised_in_place,
    },
)


def price(f):
    return lambda beta, kl, target_kl: f(beta, kl, target_kl)


def three(above, below, up=2.0, down=0.5):
    return lambda b, k, t: b * up if k > above * t else b * down if k < below * t else b


add(
    WRONG,
    "adaptive_beta",
    price,
    {
        "direction inverted": three(1.5, 1 / 1.5, up=0.5, down=2.0),
        "no dead zone": three(1.0, 1.0),
        "dead zone above only": three(1.5, 1.0),
        "dead zone below only": three(1.0, 1 / 1.5),
        "dead zone to 2 x target": three(2.0, 0.5),
        "halved below half of the target": three(1.5, 0.5),
        "halved below 1.5 x target": lambda b, k, t: b / 2 if k < 1.5 * t else 2 * b,
        "doubled above target / 1.5": lambda b, k, t: 2 * b if k > t / 1.5 else b / 2,
        "never halved": three(1.5, -1e9),
        "never doubled": three(1e9, 1 / 1.5),
        "times 1.5": three(1.5, 1 / 1.5, up=1.5, down=1 / 1.5),
        "divided by four": three(1.5, 1 / 1.5, down=0.25),
        "halved to zero": three(1.5, 1 / 1.5, down=0.0),
        "adds instead of doubling": lambda b, k, t: (
            b + 1 if k > 1.5 * t else (b / 2 if k < t / 1.5 else b)
        ),
        "proportional": lambda b, k, t: b * k / t,
        "always doubled": lambda b, k, t: 2 * b,
        "kept": lambda b, k, t: b,
        "size of the estimate": lambda b, k, t: three(1.5, 1 / 1.5)(b, abs(k), t),
        "target 0.01 whatever is asked": lambda b, k, t: three(1.5, 1 / 1.5)(b, k, 0.01),
        "target and distance swapped": lambda b, k, t: three(1.5, 1 / 1.5)(b, t, k),
        "nothing returned in the dead zone": lambda b, k, t: (
            2 * b if k > 1.5 * t else (b / 2 if k < t / 1.5 else None)
        ),
        "the factor instead of the price": lambda b, k, t: three(1.5, 1 / 1.5)(1.0, k, t),
        "whole numbers": lambda b, k, t: 2 * b if k > 1.5 * t else b // 2 if k < t / 1.5 else b,
        "starts again from one": lambda b, k, t: 2.0 if k > 1.5 * t else 0.5 if k < t / 1.5 else b,
        "kept between 0.5 and 2": lambda b, k, t: min(max(three(1.5, 1 / 1.5)(b, k, t), 0.5), 2.0),
        "limit as a distance, not a factor": lambda b, k, t: (
            2 * b if k > t + 1.5 else (b / 2 if k < t - 1.5 else b)
        ),
        "both steps, one after the other": lambda b, k, t: (
            b * (2 if k > 1.5 * t else 1) * (0.5 if k > t / 1.5 else 1)
        ),
        "a string": lambda b, k, t: str(three(1.5, 1 / 1.5)(b, k, t)),
    },
)


def fraction(f):
    return lambda ratio, advantage, clip_epsilon: f(ratio, advantage, clip_epsilon)


def dead(r, a, e):
    return (((a > 0) & (r > 1 + e)) | ((a < 0) & (r < 1 - e))).to(r.dtype)


def fraction_in_place(r, a, e):
    r.detach().sub_(1)
    return (r.detach() * a.sign() > e).to(r.dtype).mean()


add(
    WRONG,
    "active_clip_fraction",
    fraction,
    {
        "the logged form": lambda r, a, e: ((r - 1).abs() > e).to(r.dtype).mean(),
        "half of the logged form": lambda r, a, e: ((r - 1).abs() > e).to(r.dtype).mean() / 2,
        "above only": lambda r, a, e: ((a > 0) & (r > 1 + e)).to(r.dtype).mean(),
        "below only": lambda r, a, e: ((a < 0) & (r < 1 - e)).to(r.dtype).mean(),
        "sides swapped": lambda r, a, e: dead(r, -a, e).mean(),
        "sign of the advantage ignored above": lambda r, a, e: (
            ((r > 1 + e) | ((a < 0) & (r < 1 - e))).to(r.dtype).mean()
        ),
        "sign of the advantage ignored below": lambda r, a, e: (
            ((r < 1 - e) | ((a > 0) & (r > 1 + e))).to(r.dtype).mean()
        ),
        "and for or": lambda r, a, e: (
            ((a > 0) & (r > 1 + e) & (a < 0) & (r < 1 - e)).to(r.dtype).mean()
        ),
        "inside the interval": lambda r, a, e: ((r - 1).abs() <= e).to(r.dtype).mean(),
        "samples that keep a gradient": lambda r, a, e: 1 - dead(r, a, e).mean(),
        "a count": lambda r, a, e: dead(r, a, e).sum(),
        "share of the clipped ones": lambda r, a, e: (
            dead(r, a, e).sum() / (((r - 1).abs() > e).sum() + 1e-8)
        ),
        "share of |A|": lambda r, a, e: (dead(r, a, e) * a.abs()).sum() / a.abs().sum(),
        "share of the positive advantages": lambda r, a, e: (
            dead(r, a, e).sum() / ((a > 0).sum() + 1e-8)
        ),
        "epsilon 0.2 whatever is asked": lambda r, a, e: dead(r, a, 0.2).mean(),
        "epsilon twice": lambda r, a, e: dead(r, a, 2 * e).mean(),
        "ratio above one": lambda r, a, e: dead(r, a, 0.0).mean(),
        "epsilon for 1 + epsilon": lambda r, a, e: (
            (((a > 0) & (r > e)) | ((a < 0) & (r < e))).to(r.dtype).mean()
        ),
        "log-ratio": lambda r, a, e: dead(1 + r.log(), a, e).mean(),
        "1 / (1 + epsilon) below": lambda r, a, e: (
            (((a > 0) & (r > 1 + e)) | ((a < 0) & (r < 1 / (1 + e)))).to(r.dtype).mean()
        ),
        "one mark per sample": lambda r, a, e: dead(r, a, e),
        "a Python float": lambda r, a, e: float(dead(r, a, e).mean()),
        "shape (1,)": lambda r, a, e: dead(r, a, e).mean(0, keepdim=True),
        "in percent": lambda r, a, e: 100 * dead(r, a, e).mean(),
        "whole numbers": lambda r, a, e: dead(r, a, e).long().sum() // len(r),
        "broadcast to (N, N)": lambda r, a, e: dead(r[:, None], a, e).mean(),
        "clip of the product": lambda r, a, e: (clip(r * a, e) < r * a).to(r.dtype).mean(),
        "max for min": lambda r, a, e: (clip(r, e) * a > r * a).to(r.dtype).mean(),
        "changes the ratio in place": fraction_in_place,
    },
)
