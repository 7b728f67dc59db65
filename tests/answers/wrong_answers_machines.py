"""Wrong answers to the exercises of notebook 13; `wrong_answers.py` says how they are kept.

Written by the author of the checker's cases, after them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

WRONG: dict[str, list[tuple[str, Callable]]] = {}
FRAGILE: dict[str, list[tuple[str, Callable]]] = {}

MEANS: dict[str, Callable] = {
    "plain mean": lambda g, n: g.mean(0),
    "sum": lambda g, n: g.sum(0),
    "mean over parameters": lambda g, n: g.mean(1),
    "weighted over parameters": lambda g, n: (n[:, None] * g).sum(1) / n.sum(),
    "not divided": lambda g, n: n.to(g.dtype) @ g,
    "divided by workers": lambda g, n: n.to(g.dtype) @ g / len(n),
    "divided by the largest": lambda g, n: n.to(g.dtype) @ g / n.max(),
    "divided by all, not weighted": lambda g, n: g.sum(0) / n.sum(),
    "softmax": lambda g, n: n.double().softmax(0) @ g,
    "roots": lambda g, n: n.double().sqrt() @ g / n.double().sqrt().sum(),
    "largest worker": lambda g, n: g[n.argmax()],
    "smallest worker": lambda g, n: g[n.argmin()],
    "median": lambda g, n: g.median(0).values,
    "a row for each": lambda g, n: (n.double() @ g / n.sum()).expand(len(n), -1),
    "a column": lambda g, n: (n.double() @ g / n.sum())[:, None],
    "none": lambda g, n: None,
    "integers": lambda g, n: (n.double() @ g / n.sum()).long(),
    "changes its input": lambda g, n: g.mul_(n[:, None]).sum(0) / n.sum(),
}
WRONG["all_reduce_mean"] = [
    (why, lambda gradient, count, f=f: f(gradient, count)) for why, f in MEANS.items()
]
FRAGILE["all_reduce_mean"] = [
    ("0 times NaN", lambda gradient, count: count.double() @ gradient / count.sum()),
    ("NaN hidden", lambda gradient, count: count.double() @ gradient.nan_to_num() / count.sum()),
    (
        "rows with NaN left out",
        lambda gradient, count: (
            count.double()[ok := ~gradient.isnan().any(1)] @ gradient[ok] / count[ok].sum()
        ),
    ),
]


def lower(r, a, e):
    return torch.minimum(r * a, r.clamp(1 - e, 1 + e) * a)


def capped(w, c):
    return w.exp().clamp(max=c)


# Of log r, log w, A, epsilon and C.
LOSSES: dict[str, Callable] = {
    "no weight": lambda r, w, a, e, c: -lower(r.exp(), a, e).mean(),
    "around the actor": lambda r, w, a, e, c: -lower((r + w).exp(), a, e).mean(),
    "around the actor, weighted": lambda r, w, a, e, c: (
        -(capped(w, c) * lower((r + w).exp(), a, e)).mean()
    ),
    "no cap": lambda r, w, a, e, c: -(w.exp() * lower(r.exp(), a, e)).mean(),
    "upside down": lambda r, w, a, e, c: -(capped(-w, c) * lower(r.exp(), a, e)).mean(),
    "ratio upside down": lambda r, w, a, e, c: -(capped(w, c) * lower((-r).exp(), a, e)).mean(),
    "objective": lambda r, w, a, e, c: (capped(w, c) * lower(r.exp(), a, e)).mean(),
    "sum": lambda r, w, a, e, c: -(capped(w, c) * lower(r.exp(), a, e)).sum(),
    "each sample": lambda r, w, a, e, c: -(capped(w, c) * lower(r.exp(), a, e)),
    "no min": lambda r, w, a, e, c: -(capped(w, c) * r.exp().clamp(1 - e, 1 + e) * a).mean(),
    "no clip": lambda r, w, a, e, c: -(capped(w, c) * r.exp() * a).mean(),
    "mean 1": lambda r, w, a, e, c: (
        -(capped(w, c) * lower(r.exp(), a, e)).sum() / capped(w, c).sum()
    ),
    "both ends": lambda r, w, a, e, c: (
        -(w.exp().clamp(min(c, 1 / c), max(c, 1 / c)) * lower(r.exp(), a, e)).mean()
    ),
    "mask": lambda r, w, a, e, c: -(w.exp() * (w.exp() <= c) * lower(r.exp(), a, e)).mean(),
    "cap on the log": lambda r, w, a, e, c: -(w.clamp(max=c).exp() * lower(r.exp(), a, e)).mean(),
    "log of the weight": lambda r, w, a, e, c: -(w * lower(r.exp(), a, e)).mean(),
    "mean weight": lambda r, w, a, e, c: -(capped(w, c).mean() * lower(r.exp(), a, e)).mean(),
    "product over the batch": lambda r, w, a, e, c: (
        -(capped(w.sum(), c) * lower(r.exp(), a, e)).mean()
    ),
    "clip as wide as the cap": lambda r, w, a, e, c: (
        -(capped(w, c) * torch.minimum(r.exp() * a, r.exp().clamp(max=c) * a)).mean()
    ),
    "detached": lambda r, w, a, e, c: -(capped(w, c) * lower(r.exp().detach(), a, e)).mean(),
}
WRONG["decoupled_clipped_loss"] = [
    (
        why,
        lambda log_prob, old_log_prob, behaviour_log_prob, advantage, clip_epsilon, cap, f=f: f(
            log_prob - old_log_prob,
            old_log_prob - behaviour_log_prob,
            advantage,
            clip_epsilon,
            cap,
        ),
    )
    for why, f in LOSSES.items()
]

CHAIN = "policy gradient -> on-policy waste -> importance sampling -> surrogate"
WRONG["way_to_ppo"] = [
    ("a chain that ends early", lambda: CHAIN),
    ("one danger", lambda: f"{CHAIN} -> ratio explosion -> proximal -> PPO\nadvantage -> PPO"),
    ("no danger", lambda: f"{CHAIN} -> proximal -> PPO"),
    ("straight", lambda: [("policy gradient", "PPO")]),
    ("boxes without arrows", lambda: ["policy gradient", "PPO"]),
    ("three in a row", lambda: [("policy gradient", "on-policy waste", "importance sampling")]),
    ("a dict", lambda: {"policy gradient": "PPO"}),
    ("nothing", lambda: None),
    ("a number", lambda: 3),
]
