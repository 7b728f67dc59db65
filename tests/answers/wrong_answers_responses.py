"""Wrong answers to the exercises of notebook 12; `wrong_answers.py` says how they are kept.

Unlike most they were written by the author of the checker's cases, after them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}


def add(kept: dict, exercise: str, signature: Callable, slips: dict[str, Callable]) -> None:
    kept.setdefault(exercise, []).extend((why, signature(f)) for why, f in slips.items())


def loss(f):
    return lambda token_loss, mask: f(token_loss, mask)


def clear(x, m):
    return torch.where(m, x, 0.0)


def length(m):
    return m.sum(1)


IN_BOTH = {
    "no mask": lambda x, m: x.mean(),
    "no mask in the sum": lambda x, m: x.sum() / m.sum(),
    "no mask in the rows' sums": lambda x, m: (x.sum(1) / length(m)).mean(),
    "width": lambda x, m: clear(x, m).mean(),
    "divided twice": lambda x, m: (clear(x, m) / m.sum()).mean(),
    "divided twice, by row": lambda x, m: (clear(x, m) / length(m)[:, None]).mean(),
    "sum": lambda x, m: clear(x, m).sum(),
    "over responses": lambda x, m: clear(x, m).sum() / len(m),
    "longest": lambda x, m: clear(x, m).sum() / (len(m) * length(m).max()),
    "first token": lambda x, m: x[:, 0].mean(),
    "last token": lambda x, m: x[torch.arange(len(m)), length(m) - 1].mean(),
    "one token too few": lambda x, m: (clear(x, m).sum(1) / (length(m) - 1).clamp(min=1)).mean(),
    "one token too many": lambda x, m: clear(x, m).sum() / (m.sum() + 1),
    "root of the length": lambda x, m: (clear(x, m).sum(1) / length(m).sqrt()).mean(),
    "squared": lambda x, m: clear(x, m).square().sum() / m.sum(),
    "absolute": lambda x, m: clear(x, m).abs().sum() / m.sum(),
    "median": lambda x, m: x[m].median(),
    "largest": lambda x, m: x[m].max(),
    "padding": lambda x, m: x[~m].sum() / m.sum(),
    "a number": lambda x, m: float(x[m].sum()) / int(m.sum()),
    "a column": lambda x, m: clear(x, m).sum(1, keepdim=True) / length(m)[:, None],
    "length against rows": lambda x, m: (clear(x, m).sum(0) / m.sum(0).clamp(min=1)).mean(),
    "detached": lambda x, m: x.detach()[m].mean(),
    "changes the losses": lambda x, m: x.masked_fill_(~m, 0.0).sum() / m.sum(),
    "small constant below": lambda x, m: clear(x, m).sum() / (m.sum() + 0.1),
}
add(
    WRONG,
    "response_mean_loss",
    loss,
    {
        **IN_BOTH,
        "pooled": lambda x, m: x[m].mean(),
        "sum of means": lambda x, m: (clear(x, m).sum(1) / length(m)).sum(),
        "no last mean": lambda x, m: clear(x, m).sum(1) / length(m),
        "weighted by length": lambda x, m: clear(x, m).sum(1) @ length(m).to(x.dtype) / m.sum(),
        "sign": lambda x, m: -(clear(x, m).sum(1) / length(m)).mean(),
    },
)
add(
    WRONG,
    "token_mean_loss",
    loss,
    {
        **IN_BOTH,
        "mean of means": lambda x, m: (clear(x, m).sum(1) / length(m)).mean(),
        "mean length": lambda x, m: clear(x, m).sum() / length(m).double().mean(),
        "rows": lambda x, m: clear(x, m).sum(1) / m.sum(),
        "sum of means over tokens": lambda x, m: (clear(x, m).sum(1) / length(m)).sum() / m.sum(),
        "sign": lambda x, m: -x[m].mean(),
    },
)


add(
    FRAGILE,
    "sequence_ratio",
    lambda f: f,
    {
        "tokens clamped": lambda log_prob, old_log_prob, mask: right(
            (log_prob - old_log_prob.detach()).clamp(-20, 20), torch.zeros_like(log_prob), mask
        ),
        "sum clamped before the root": lambda log_prob, old_log_prob, mask: (
            log_ratio(log_prob, old_log_prob.detach(), mask).sum(1).clamp(-20, 20) / length(mask)
        ).exp(),
    },
)


def sequence(f):
    return lambda log_prob, old_log_prob, mask: f(log_prob, old_log_prob.detach(), mask)


def log_ratio(p, q, m):
    return clear(p - q, m)


def right(p, q, m):
    return (log_ratio(p, q, m).sum(1) / length(m)).exp()


add(
    WRONG,
    "sequence_ratio",
    sequence,
    {
        "product": lambda p, q, m: log_ratio(p, q, m).sum(1).exp(),
        "mean of ratios": lambda p, q, m: clear((p - q).exp(), m).sum(1) / length(m),
        "padding counts as ratio 1": lambda p, q, m: log_ratio(p, q, m).exp().mean(1),
        "upside down": lambda p, q, m: right(q, p, m),
        "no mask": lambda p, q, m: (p - q).mean(1).exp(),
        "width": lambda p, q, m: log_ratio(p, q, m).mean(1).exp(),
        "logs": lambda p, q, m: log_ratio(p, q, m).sum(1) / length(m),
        "tokens": lambda p, q, m: log_ratio(p, q, m).exp(),
        "running": lambda p, q, m: log_ratio(p, q, m).cumsum(1).exp(),
        "one for all": lambda p, q, m: (p - q)[m].mean().exp(),
        "last token": lambda p, q, m: (p - q)[torch.arange(len(m)), length(m) - 1].exp(),
        "largest": lambda p, q, m: log_ratio(p, q, m).amax(1).exp(),
        "a column": lambda p, q, m: right(p, q, m)[:, None],
        "root": lambda p, q, m: (log_ratio(p, q, m).sum(1) / length(m).sqrt()).exp(),
        "difference": lambda p, q, m: p.exp().sum(1) - q.exp().sum(1),
        "sums divided": lambda p, q, m: clear(p, m).sum(1) / clear(q, m).sum(1),
        "mean probabilities": lambda p, q, m: clear(p.exp(), m).sum(1) / clear(q.exp(), m).sum(1),
        "clipped": lambda p, q, m: right(p, q, m).clamp(0.8, 1.2),
        "detached": lambda p, q, m: right(p, q, m).detach(),
        "power of the length": lambda p, q, m: right(p, q, m) ** length(m),
        "changes its input": lambda p, q, m: (p.sub_(q) * m).sum(1).div(length(m)).exp(),
    },
)
WRONG["sequence_ratio"].append(
    ("gradient into old", lambda log_prob, old_log_prob, mask: right(log_prob, old_log_prob, mask))
)


def weight(f):
    return lambda log_prob, behaviour_log_prob, cap: f(
        (log_prob - behaviour_log_prob).detach(), cap
    )


add(
    WRONG,
    "truncated_weight",
    weight,
    {
        "no cap": lambda d, c: d.exp(),
        "upside down": lambda d, c: (-d).exp().clamp(max=c),
        "both ends, the cap last": lambda d, c: d.exp().clamp(1 / c, c),
        "both ends": lambda d, c: d.exp().clamp(min(c, 1 / c), max(c, 1 / c)),
        "around 1": lambda d, c: d.exp().clamp(1 - c, 1 + c),
        "above 1": lambda d, c: d.exp().clamp(max=1 + c),
        "zero above": lambda d, c: d.exp() * (d.exp() <= c),
        "one above": lambda d, c: torch.where(d.exp() > c, 1.0, d.exp()),
        "dropped": lambda d, c: d[d.exp() <= c].exp(),
        "cap on logs": lambda d, c: d.clamp(max=c).exp(),
        "logs": lambda d, c: d.clamp(max=c),
        "larger": lambda d, c: d.exp().clamp(min=c),
        "scaled by the cap": lambda d, c: d.exp() / c,
        "softmax": lambda d, c: d.softmax(0).clamp(max=c),
        "mean 1": lambda d, c: (w := d.exp().clamp(max=c)) / w.mean(),
        "mean": lambda d, c: d.exp().clamp(max=c).mean(),
        "product": lambda d, c: d.sum().exp().clamp(max=c).expand(len(d)),
        "geometric mean": lambda d, c: d.mean().exp().clamp(max=c).expand(len(d)),
        "bool": lambda d, c: d.exp() > c,
        "differences": lambda d, c: (d.exp() - 1).clamp(max=c),
        "tanh": lambda d, c: c * torch.tanh(d.exp() / c),
        "halves": lambda d, c: torch.where(d.exp() > c, d.exp() / 2, d.exp()),
    },
)
WRONG["truncated_weight"] += [
    (
        "gradient into both",
        lambda log_prob, behaviour_log_prob, cap: (
            (log_prob - behaviour_log_prob).exp().clamp(max=cap)
        ),
    ),
    (
        "gradient into the policy",
        lambda log_prob, behaviour_log_prob, cap: (
            (log_prob - behaviour_log_prob.detach()).exp().clamp(max=cap)
        ),
    ),
    (
        "probabilities that are subtracted",
        lambda log_prob, behaviour_log_prob, cap: (
            (log_prob.exp() - behaviour_log_prob.exp()).detach().clamp(max=cap)
        ),
    ),
]
