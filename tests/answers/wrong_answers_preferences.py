"""Wrong answers to the exercises of notebooks 10 and 11; `wrong_answers.py` says how they are kept.

Unlike the others they were written by the author of the checker's cases, after them.
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


def behaviour(f):
    return lambda logits, token, temperature, top_k: f(logits, token, temperature, top_k)


def picked(logp, x):
    return logp.gather(1, x[:, None])[:, 0]


def cut(z, k):
    return z.masked_fill(z < z.topk(k).values[:, -1:], -math.inf)


def drawn(z, x, t, k):
    return picked((cut(z, k) / t).log_softmax(-1), x)


def behaviour_in_place(z, x, t, k):
    with torch.no_grad():
        z /= t
    return drawn(z, x, 1.0, k)


def behaviour_sampled_again(z, x, t, k):
    again = torch.multinomial((cut(z, k) / t).softmax(-1), 1)[:, 0]
    return drawn(z, again, t, k)


add(
    WRONG,
    "behaviour_log_prob",
    behaviour,
    {
        "plain softmax": lambda z, x, t, k: picked(z.log_softmax(-1), x),
        "temperature only": lambda z, x, t, k: picked((z / t).log_softmax(-1), x),
        "top-k only": lambda z, x, t, k: drawn(z, x, 1.0, k),
        "temperature multiplied": lambda z, x, t, k: drawn(z, x, 1 / t, k),
        "temperature squared": lambda z, x, t, k: drawn(z, x, t * t, k),
        "root of the temperature": lambda z, x, t, k: drawn(z, x, math.sqrt(t), k),
        "temperature subtracted": lambda z, x, t, k: drawn(z - t, x, 1.0, k),
        "temperature on the probabilities, not renormalised": lambda z, x, t, k: (
            drawn(z, x, 1.0, k) / t
        ),
        "softmax, then temperature, then softmax": lambda z, x, t, k: drawn(z.softmax(-1), x, t, k),
        "k - 1 words": lambda z, x, t, k: drawn(z, x, t, max(k - 1, 1)),
        "k + 1 words": lambda z, x, t, k: drawn(z, x, t, min(k + 1, z.shape[1])),
        "two words, whatever k": lambda z, x, t, k: drawn(z, x, t, 2),
        "the k first words": lambda z, x, t, k: picked((z[:, :k] / t).log_softmax(-1), x % k),
        "k of the whole batch": lambda z, x, t, k: picked(
            (z.masked_fill(z < z.flatten().topk(k).values[-1], -math.inf) / t).log_softmax(-1), x
        ),
        "forbidden logits 0": lambda z, x, t, k: picked(
            (cut(z, k) / t).nan_to_num(neginf=0.0).log_softmax(-1), x
        ),
        "softmax over the batch": lambda z, x, t, k: picked((cut(z, k) / t).log_softmax(0), x),
        "logits": lambda z, x, t, k: picked(z / t, x),
        "probabilities": lambda z, x, t, k: drawn(z, x, t, k).exp(),
        "sign": lambda z, x, t, k: -drawn(z, x, t, k),
        "base two": lambda z, x, t, k: drawn(z, x, t, k) / math.log(2),
        "summed": lambda z, x, t, k: drawn(z, x, t, k).sum(),
        "mean": lambda z, x, t, k: drawn(z, x, t, k).mean(),
        "all words": lambda z, x, t, k: (cut(z, k) / t).log_softmax(-1),
        "shape (N, 1)": lambda z, x, t, k: drawn(z, x, t, k)[:, None],
        "the likeliest word": lambda z, x, t, k: (cut(z, k) / t).log_softmax(-1).amax(-1),
        "the first row's word": lambda z, x, t, k: (cut(z, k) / t).log_softmax(-1)[:, x[0]],
        "no gradient": lambda z, x, t, k: drawn(z, x, t, k).detach(),
        "log of softmax: a gradient of 0 / 0": lambda z, x, t, k: picked(
            (cut(z, k) / t).softmax(-1).log(), x
        ),
        "normaliser detached": lambda z, x, t, k: (
            picked(z / t, x) - (cut(z, k) / t).logsumexp(-1).detach()
        ),
        "changes the logits": behaviour_in_place,
        "draws again": behaviour_sampled_again,
        "divides by the probability that stays, without a log": lambda z, x, t, k: (
            picked((z / t).log_softmax(-1), x) / (z / t).softmax(-1).topk(k).values.sum(-1)
        ),
    },
)


def choice(f):
    return lambda chosen_reward, rejected_reward: f(chosen_reward, rejected_reward)


add(
    WRONG,
    "bradley_terry_loss",
    choice,
    {
        "sum": lambda c, r: F.softplus(r - c).sum(),
        "no reduction": lambda c, r: F.softplus(r - c),
        "shape (1,)": lambda c, r: F.softplus(r - c).mean()[None],
        "sign": lambda c, r: F.logsigmoid(c - r).mean(),
        "swapped": lambda c, r: F.softplus(c - r).mean(),
        "both slips": lambda c, r: F.logsigmoid(r - c).mean(),
        "no log": lambda c, r: -torch.sigmoid(c - r).mean(),
        "probability of the other": lambda c, r: torch.sigmoid(r - c).mean(),
        "log of the mean": lambda c, r: -torch.sigmoid(c - r).mean().log(),
        "mean of the differences": lambda c, r: F.softplus((r - c).mean()),
        "difference of log sigmoids": lambda c, r: (F.logsigmoid(r) - F.logsigmoid(c)).mean(),
        "chosen alone": lambda c, r: F.softplus(-c).mean(),
        "two classifications": lambda c, r: (F.softplus(-c) + F.softplus(r)).mean(),
        "hinge": lambda c, r: F.relu(1 - (c - r)).mean(),
        "square": lambda c, r: ((c - r - 1) ** 2).mean(),
        "no sigmoid": lambda c, r: (r - c).mean(),
        "absolute difference": lambda c, r: F.softplus(-(c - r).abs()).mean(),
        "quotient": lambda c, r: -(c / (c + r)).log().mean(),
        "all with all": lambda c, r: F.softplus(r[None] - c[:, None]).mean(),
        "base two": lambda c, r: F.softplus(r - c).mean() / math.log(2),
        "a half": lambda c, r: F.softplus(r - c).mean() / 2,
        "no gradient": lambda c, r: F.softplus(r - c).mean().detach(),
        "gradient to the chosen alone": lambda c, r: F.softplus(r.detach() - c).mean(),
        "gradient to the rejected alone": lambda c, r: F.softplus(r - c.detach()).mean(),
        "a Python number": lambda c, r: F.softplus(r - c).mean().item(),
        "clamped at 1": lambda c, r: F.softplus((r - c).clamp(-1, 1)).mean(),
        "last pair lost": lambda c, r: F.softplus(r - c)[:-1].sum() / len(c),
    },
)
add(
    FRAGILE,
    "bradley_terry_loss",
    choice,
    {
        "log of sigmoid": lambda c, r: -torch.sigmoid(c - r).log().mean(),
        "log of 1 + exp": lambda c, r: torch.log1p(torch.exp(r - c)).mean(),
        "quotient of exponentials": lambda c, r: -(c.exp() / (c.exp() + r.exp())).log().mean(),
        "clamped probability": lambda c, r: -torch.sigmoid(c - r).clamp(min=1e-7).log().mean(),
        "torch's own margin loss, which is naive": lambda c, r: F.soft_margin_loss(
            c - r, torch.ones_like(c)
        ),
        "clamped difference": lambda c, r: F.softplus((r - c).clamp(-50, 50)).mean(),
    },
)


def shaped(f):
    """The slip takes score as (B, 1), the log-ratio with 0 on padding, mask and beta."""
    return lambda score, log_prob, ref_log_prob, mask, beta: f(
        score[:, None], (log_prob - ref_log_prob) * mask, mask, beta
    )


def shaped_raw(f):
    return lambda score, log_prob, ref_log_prob, mask, beta: f(
        score, log_prob, ref_log_prob, mask, beta
    )


def last(m):
    return F.one_hot(m.sum(-1) - 1, m.shape[1])


def column(m, k):
    return F.one_hot(torch.full((len(m),), k % m.shape[1]), m.shape[1])


def before_last(m):
    return F.one_hot((m.sum(-1) - 2).clamp(min=0), m.shape[1])


def shaped_in_place(s, p, q, m, b):
    p -= q
    return last(m) * s[:, None] - b * p * m


def shaped_first_row_length(s, p, q, m, b):
    out = -b * (p - q) * m
    out[:, int(m[0].sum()) - 1] += s
    return out


def shaped_longest_length(s, p, q, m, b):
    out = -b * (p - q) * m
    out[:, int(m.sum(-1).max()) - 1] += s
    return out


add(
    WRONG,
    "shaped_reward",
    shaped,
    {
        "score on each real token": lambda s, d, m, b: s * m - b * d,
        "score on each column": lambda s, d, m, b: s - b * d,
        "score in equal parts": lambda s, d, m, b: s * m / m.sum(-1, keepdim=True) - b * d,
        "score in the last column": lambda s, d, m, b: s * column(m, -1) - b * d,
        "score in the last column, masked": lambda s, d, m, b: (s * column(m, -1) - b * d) * m,
        "score in the first column": lambda s, d, m, b: s * column(m, 0) - b * d,
        "score one too early": lambda s, d, m, b: s * before_last(m) - b * d,
        "sign of the price": lambda s, d, m, b: s * last(m) + b * d,
        "sign of the score": lambda s, d, m, b: -s * last(m) - b * d,
        "all at the end": lambda s, d, m, b: last(m) * (s - b * d.sum(-1, keepdim=True)),
        "one number per row": lambda s, d, m, b: s[:, 0] - b * d.sum(-1),
        "beta on the score, too": lambda s, d, m, b: b * (s * last(m) - d),
        "beta on the score alone": lambda s, d, m, b: b * s * last(m) - d,
        "no beta": lambda s, d, m, b: s * last(m) - d,
        "divided by beta": lambda s, d, m, b: s * last(m) - d / (b + 1e-8),
        "beta as a share": lambda s, d, m, b: (1 - b) * s * last(m) - b * d,
        "no price": lambda s, d, m, b: s * last(m) + 0 * d,
        "no score": lambda s, d, m, b: -b * d,
        "score overwrites": lambda s, d, m, b: torch.where(last(m) == 1, s, -b * d),
        "absolute": lambda s, d, m, b: s * last(m) - b * d.abs(),
        "square, k2": lambda s, d, m, b: s * last(m) - b * d**2 / 2,
        "k3": lambda s, d, m, b: s * last(m) - b * ((-d).exp() - 1 + d),
        "ratio": lambda s, d, m, b: s * last(m) - b * d.exp() * m,
        "only what is positive": lambda s, d, m, b: s * last(m) - b * d.relu(),
        "clipped score": lambda s, d, m, b: s.clamp(-1, 1) * last(m) - b * d,
        "normalised score": lambda s, d, m, b: (s - s.mean()) * last(m) - b * d,
        "price by length": lambda s, d, m, b: s * last(m) - b * d / m.sum(-1, keepdim=True),
        "running price": lambda s, d, m, b: (s * last(m) - b * d.cumsum(-1)) * m,
        "returns": lambda s, d, m, b: (s * last(m) - b * d).flip(1).cumsum(1).flip(1),
        "mean price of the batch": lambda s, d, m, b: s * last(m) - b * d.mean() * m,
        "first row for all": lambda s, d, m, b: s[:1] * last(m) - b * d,
        "transposed": lambda s, d, m, b: (s * last(m) - b * d).T,
    },
)
add(
    WRONG,
    "shaped_reward",
    shaped_raw,
    {
        "no mask": lambda s, p, q, m, b: last(m) * s[:, None] - b * (p - q),
        "no mask, score in the last column": lambda s, p, q, m, b: (
            column(m, -1) * s[:, None] - b * (p - q)
        ),
        "reference missing": lambda s, p, q, m, b: last(m) * s[:, None] - b * p * m,
        "policy missing": lambda s, p, q, m, b: last(m) * s[:, None] + b * q * m,
        "probabilities": lambda s, p, q, m, b: (
            last(m) * s[:, None] - b * torch.where(m, p.exp() - q.exp(), 0.0)
        ),
        "changes log_prob": shaped_in_place,
        "first row's length": shaped_first_row_length,
        "longest row's length": shaped_longest_length,
        "mask turned round": lambda s, p, q, m, b: last(m) * s[:, None] - b * (p - q) * ~m,
        "NaN on padding": lambda s, p, q, m, b: torch.where(
            m, last(m) * s[:, None] - b * (p - q), math.nan
        ),
    },
)


def optimum(f):
    return lambda ref_prob, reward, beta: f(ref_prob, reward, beta)


def share(w):
    return w / w.sum()


add(
    WRONG,
    "rlhf_optimum",
    optimum,
    {
        "no reference": lambda p, r, b: (r / b).softmax(0),
        "no reward": lambda p, r, b: p.clone(),
        "no beta": lambda p, r, b: (p.log() + r).softmax(0),
        "times beta": lambda p, r, b: (p.log() + r * b).softmax(0),
        "beta on both": lambda p, r, b: ((p.log() + r) / b).softmax(0),
        "beta on the reference": lambda p, r, b: (p.log() / b + r).softmax(0),
        "not normalised": lambda p, r, b: p * (r / b).exp(),
        "normalised by the sum of exponentials": lambda p, r, b: p * (r / b).softmax(0),
        "divided by the largest": lambda p, r, b: p * (r / b).exp() / (p * (r / b).exp()).max(),
        "rewards normalised": lambda p, r, b: (p.log() + (r - r.mean()) / r.std() / b).softmax(0),
        "rewards divided by the largest": lambda p, r, b: (p.log() + r / r.abs().max() / b).softmax(
            0
        ),
        "reference squared": lambda p, r, b: (2 * p.log() + r / b).softmax(0),
        "root of the reference": lambda p, r, b: (p.log() / 2 + r / b).softmax(0),
        "log forgotten": lambda p, r, b: (p + r / b).softmax(0),
        "sign": lambda p, r, b: (p.log() - r / b).softmax(0),
        "divided by the reference": lambda p, r, b: share((r / b).exp() / (p + 1e-3)),
        "logs": lambda p, r, b: (p.log() + r / b).log_softmax(0),
        "two to the power of": lambda p, r, b: share(p * 2 ** (r / b)),
        "linear": lambda p, r, b: share(p * (1 + r / b)),
        "positive part": lambda p, r, b: share(p * (r / b).relu()),
        "the best alone": lambda p, r, b: F.one_hot((p.log() + r / b).argmax(), len(p)).to(p.dtype),
        "a mixture": lambda p, r, b: (p + (r / b).softmax(0)) / 2,
        "advantage over the reference": lambda p, r, b: share(p * (r - (p * r).sum()).exp()),
        "standard form for two": lambda p, r, b: torch.sigmoid(p.log() + r / b),
        "the normaliser": lambda p, r, b: (p * (r / b).exp()).sum(),
        "changes the rewards": lambda p, r, b: (p.log() + r.div_(b)).softmax(0),
        "support invented": lambda p, r, b: ((p + 0.01).log() + r / b).softmax(0),
    },
)
add(
    FRAGILE,
    "rlhf_optimum",
    optimum,
    {
        "plain": lambda p, r, b: share(p * (r / b).exp()),
        "clamped": lambda p, r, b: share(p * (r / b).clamp(max=50).exp()),
        "a small number below the line": lambda p, r, b: (
            p * (r / b).exp() / ((p * (r / b).exp()).sum() + 1e-12)
        ),
        "NaN to zero": lambda p, r, b: share(p * (r / b).exp()).nan_to_num(),
    },
)


def implicit(f):
    return lambda log_prob, ref_log_prob, beta: f(log_prob, ref_log_prob, beta)


add(
    WRONG,
    "implicit_reward",
    implicit,
    {
        "no reference": lambda p, q, b: b * p,
        "reference only": lambda p, q, b: -b * q + 0 * p,
        "sign": lambda p, q, b: b * (q - p),
        "sum of logs": lambda p, q, b: b * (p + q),
        "divided by beta": lambda p, q, b: (p - q) / b,
        "no beta": lambda p, q, b: p - q,
        "beta squared": lambda p, q, b: b**2 * (p - q),
        "beta on one": lambda p, q, b: b * p - q,
        "beta added": lambda p, q, b: b + p - q,
        "ratio": lambda p, q, b: b * (p - q).exp(),
        "ratio minus one": lambda p, q, b: b * ((p - q).exp() - 1),
        "difference of probabilities": lambda p, q, b: b * (p.exp() - q.exp()),
        "quotient of logs": lambda p, q, b: b * p / q,
        "absolute": lambda p, q, b: b * (p - q).abs(),
        "squared": lambda p, q, b: b * (p - q) ** 2,
        "sigmoid": lambda p, q, b: torch.sigmoid(b * (p - q)),
        "log sigmoid": lambda p, q, b: F.logsigmoid(b * (p - q)),
        "mean": lambda p, q, b: b * (p - q).mean(),
        "sum": lambda p, q, b: b * (p - q).sum(),
        "centred": lambda p, q, b: b * (p - q - (p - q).mean()),
        "shape (N, 1)": lambda p, q, b: b * (p - q)[:, None],
        "no gradient": lambda p, q, b: b * (p - q).detach(),
        "policy detached": lambda p, q, b: b * (p.detach() - q),
        "changes the reference": lambda p, q, b: b * (p + q.neg_()),
        "weighted by the policy": lambda p, q, b: b * p.exp() * (p - q),
    },
)


def dpo(f):
    def answer(
        chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
    ):
        reference = (ref_chosen_log_prob, ref_rejected_log_prob)
        return f(chosen_log_prob, rejected_log_prob, *reference, beta)

    return answer


def fit(margin):
    return F.softplus(-margin).mean()


add(
    WRONG,
    "dpo_loss",
    dpo,
    {
        "sum": lambda c, r, rc, rr, b: F.softplus(-b * (c - rc - r + rr)).sum(),
        "no reduction": lambda c, r, rc, rr, b: F.softplus(-b * (c - rc - r + rr)),
        "sign": lambda c, r, rc, rr, b: -fit(b * (c - rc - r + rr)),
        "swapped": lambda c, r, rc, rr, b: fit(b * (r - rr - c + rc)),
        "policy swapped, reference not": lambda c, r, rc, rr, b: fit(b * (r - c - rc + rr)),
        "references exchanged": lambda c, r, rc, rr, b: fit(b * (c - rr - r + rc)),
        "no reference": lambda c, r, rc, rr, b: fit(b * (c - r)),
        "reference of the chosen alone": lambda c, r, rc, rr, b: fit(b * (c - rc - r)),
        "reference of the rejected alone": lambda c, r, rc, rr, b: fit(b * (c - r + rr)),
        "no beta": lambda c, r, rc, rr, b: fit(c - rc - r + rr),
        "beta outside": lambda c, r, rc, rr, b: b * fit(c - rc - r + rr),
        "beta inside and outside": lambda c, r, rc, rr, b: b * fit(b * (c - rc - r + rr)),
        "outside divided": lambda c, r, rc, rr, b: fit(b * (c - rc - r + rr)) / b,
        "divided by beta": lambda c, r, rc, rr, b: fit((c - rc - r + rr) / b),
        "beta on the policy alone": lambda c, r, rc, rr, b: fit(b * (c - r) - rc + rr),
        "no log": lambda c, r, rc, rr, b: -torch.sigmoid(b * (c - rc - r + rr)).mean(),
        "no sigmoid": lambda c, r, rc, rr, b: -b * (c - rc - r + rr).mean(),
        "log of the mean": lambda c, r, rc, rr, b: (
            -torch.sigmoid(b * (c - rc - r + rr)).mean().log()
        ),
        "mean of the margins": lambda c, r, rc, rr, b: fit((b * (c - rc - r + rr)).mean()[None]),
        "hinge": lambda c, r, rc, rr, b: F.relu(1 - b * (c - rc - r + rr)).mean(),
        "squared, as IPO has it": lambda c, r, rc, rr, b: (
            ((c - rc - r + rr) - 1 / (2 * b)) ** 2
        ).mean(),
        "chosen alone": lambda c, r, rc, rr, b: fit(b * (c - rc)),
        "fine-tuning on the chosen": lambda c, r, rc, rr, b: -c.mean() + 0 * r.sum(),
        "two classifications": lambda c, r, rc, rr, b: fit(b * (c - rc)) + fit(b * (rr - r)),
        "probabilities": lambda c, r, rc, rr, b: fit(b * (c.exp() - rc.exp() - r.exp() + rr.exp())),
        "ratios": lambda c, r, rc, rr, b: fit(b * ((c - rc).exp() - (r - rr).exp())),
        "no gradient": lambda c, r, rc, rr, b: fit(b * (c - rc - r + rr)).detach(),
        "rejected detached": lambda c, r, rc, rr, b: fit(b * (c - rc - r.detach() + rr)),
        "chosen detached": lambda c, r, rc, rr, b: fit(b * (c.detach() - rc - r + rr)),
        "all with all": lambda c, r, rc, rr, b: fit(b * ((c - rc)[:, None] - (r - rr)[None])),
        "label smoothing": lambda c, r, rc, rr, b: (
            0.9 * fit(b * (c - rc - r + rr)) + 0.1 * fit(-b * (c - rc - r + rr))
        ),
    },
)
add(
    FRAGILE,
    "dpo_loss",
    dpo,
    {
        "log of sigmoid": lambda c, r, rc, rr, b: (
            -torch.sigmoid(b * (c - rc - r + rr)).log().mean()
        ),
        "log of 1 + exp": lambda c, r, rc, rr, b: (1 + (-b * (c - rc - r + rr)).exp()).log().mean(),
        "clamped": lambda c, r, rc, rr, b: fit((b * (c - rc - r + rr)).clamp(-100, 100)),
        "a small number inside the log": lambda c, r, rc, rr, b: (
            -(torch.sigmoid(b * (c - rc - r + rr)) + 1e-9).log().mean()
        ),
    },
)


def group(f):
    return lambda reward: f(reward)


def mean(r):
    return r.mean(1, keepdim=True)


def std(r):
    return r.std(1, keepdim=True) + 1e-8


add(
    WRONG,
    "group_relative_advantage",
    group,
    {
        "whole batch": lambda r: (r - r.mean()) / (r.std() + 1e-8),
        "mean of the group, spread of the batch": lambda r: (r - mean(r)) / (r.std() + 1e-8),
        "mean of the batch, spread of the group": lambda r: (r - r.mean()) / std(r),
        "over prompts": lambda r: (r - r.mean(0)) / (r.std(0, correction=0) + 1e-8),
        "spread over prompts": lambda r: (r - mean(r)) / (r.std(0, correction=0) + 1e-8),
        "not scaled": lambda r: r - mean(r),
        "not centred": lambda r: r / std(r),
        "variance": lambda r: (r - mean(r)) / (r.var(1, keepdim=True) + 1e-8),
        "sign": lambda r: (mean(r) - r) / std(r),
        "median": lambda r: (r - r.median(1, keepdim=True).values) / std(r),
        "best as the baseline": lambda r: (r - r.amax(1, keepdim=True)) / std(r),
        "min-max": lambda r: (
            (r - r.amin(1, keepdim=True)) / (r.amax(1, True) - r.amin(1, True) + 1e-8)
        ),
        "mean absolute deviation": lambda r: (
            (r - mean(r)) / ((r - mean(r)).abs().mean(1, keepdim=True) + 1e-8)
        ),
        "leave one out": lambda r: r - (r.sum(1, keepdim=True) - r) / (r.shape[1] - 1),
        "leave one out, scaled": lambda r: (
            (r - (r.sum(1, keepdim=True) - r) / (r.shape[1] - 1)) / std(r)
        ),
        "softmax": lambda r: r.softmax(1),
        "best against the rest": lambda r: (r == r.amax(1, keepdim=True)).to(r.dtype) * 2 - 1,
        "signs": lambda r: (r - mean(r)).sign(),
        "ranks": lambda r: r.argsort(1).argsort(1).to(r.dtype),
        "clipped at 1": lambda r: ((r - mean(r)) / std(r)).clamp(-1, 1),
        "a large floor": lambda r: (r - mean(r)) / (std(r) + 0.1),
        "floor in the wrong place": lambda r: (r - mean(r)) / std(r) + 1,
        "sorted": lambda r: ((r - mean(r)) / std(r)).sort(1).values,
        "flattened": lambda r: ((r - mean(r)) / std(r)).flatten(),
        "transposed": lambda r: ((r - mean(r)) / std(r)).T,
        "brackets": lambda r: r - mean(r) / std(r),
        "changes the rewards": lambda r: r.sub_(mean(r)) / std(r),
        "divided by the root of K": lambda r: (r - mean(r)) / std(r) / r.shape[1] ** 0.5,
    },
)
add(
    FRAGILE,
    "group_relative_advantage",
    group,
    {
        "no floor": lambda r: (r - mean(r)) / r.std(1, keepdim=True),
        "no floor, with n": lambda r: (r - mean(r)) / r.std(1, correction=0, keepdim=True),
        "equal groups give 1": lambda r: ((r - mean(r)) / r.std(1, keepdim=True)).nan_to_num(1.0),
        "equal groups left as they are": lambda r: torch.where(
            r.std(1, keepdim=True) > 0, (r - mean(r)) / std(r), r
        ),
    },
)
