"""Wrong answers to the exercises of notebook 01; `wrong_answers.py` says how they are kept.

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


def score(f):
    return lambda logits, action: f(logits, action)


def hot(z, a):
    return F.one_hot(a, len(z)).to(z.dtype)


def score_others_by_sign(z, a):
    g = torch.full_like(z, -1.0) * (1 - z.softmax(0)[a])
    g[a] = 1 - z.softmax(0)[a]
    return g


def score_in_place(z, a):
    with torch.no_grad():
        z -= z.max()
    return hot(z, a) - z.softmax(0)


add(
    WRONG,
    "score",
    score,
    {
        "sign": lambda z, a: z.softmax(0) - hot(z, a),
        "one-hot missing": lambda z, a: -z.softmax(0),
        "softmax missing": lambda z, a: hot(z, a),
        "softmax over an axis of length one": lambda z, a: hot(z, a) - z[None].softmax(0)[0],
        "log softmax for softmax": lambda z, a: hot(z, a) - z.log_softmax(0),
        "logits for probabilities": lambda z, a: hot(z, a) - z,
        "sigmoid for softmax": lambda z, a: hot(z, a) - z.sigmoid(),
        "only the entry of the action": lambda z, a: hot(z, a) * (1 - z.softmax(0)),
        "only the entries of the others": lambda z, a: -z.softmax(0) * (1 - hot(z, a)),
        "gradient of the probability, not of its log": lambda z, a: (
            z.softmax(0)[a] * (hot(z, a) - z.softmax(0))
        ),
        "right for two actions only": score_others_by_sign,
        "every other action pushed equally": lambda z, a: (
            (hot(z, a) * len(z) - 1) / (len(z) - 1) * (1 - z.softmax(0)[a])
        ),
        "the likeliest action instead of the one taken": lambda z, a: (
            hot(z, z.argmax()) - z.softmax(0)
        ),
        "always action 0": lambda z, a: hot(z, torch.zeros_like(a)) - z.softmax(0),
        "action counted from 1": lambda z, a: hot(z, (a - 1) % len(z)) - z.softmax(0),
        "divided by the number of actions": lambda z, a: (hot(z, a) - z.softmax(0)) / len(z),
        "scaled to length one": lambda z, a: F.normalize(hot(z, a) - z.softmax(0), dim=0),
        "temperature of two": lambda z, a: hot(z, a) - (z / 2).softmax(0),
        "the log-probability itself": lambda z, a: z.log_softmax(0)[a],
        "an extra axis": lambda z, a: (hot(z, a) - z.softmax(0))[None],
        "absolute value": lambda z, a: (hot(z, a) - z.softmax(0)).abs(),
        "weights normalised by their plain sum": lambda z, a: hot(z, a) - z / z.sum(),
        "shifts the logits in place": score_in_place,
    },
)


def reinforce(f):
    return lambda log_prob, advantage: f(log_prob, advantage)


def reinforce_in_place(p, a):
    a = a.detach()
    a *= p.detach()  # detach shares its memory
    return -(a / p.detach() * p).mean()


def reinforce_centred_in_place(p, a):
    with torch.no_grad():
        a -= a.mean()
    return -(p * a.detach()).mean()


add(
    WRONG,
    "reinforce_loss",
    reinforce,
    {
        "minus missing": lambda p, a: (p * a.detach()).mean(),
        "sum for mean": lambda p, a: -(p * a.detach()).sum(),
        "gradient into the advantage": lambda p, a: -(p * a).mean(),
        "gradient into the advantage, spelt as a dot": lambda p, a: -torch.dot(p, a) / len(p),
        "probability for log-probability": lambda p, a: -(p.exp() * a.detach()).mean(),
        "detached altogether": lambda p, a: -(p * a).mean().detach(),
        "the wrong one detached": lambda p, a: -(p.detach() * a).mean(),
        "product of the means": lambda p, a: -p.mean() * a.detach().mean(),
        "broadcast to (N, N)": lambda p, a: -(p[:, None] * a.detach()).mean(),
        "right for positive advantages only": lambda p, a: -(p * a.detach().relu()).mean(),
        "absolute advantage": lambda p, a: -(p * a.detach().abs()).mean(),
        "squared advantage": lambda p, a: -(p * a.detach() ** 2).mean(),
        "sign of the advantage": lambda p, a: -(p * a.detach().sign()).mean(),
        "advantage centred": lambda p, a: -(p * (a - a.mean()).detach()).mean(),
        "advantage normalised": lambda p, a: (
            -(p * ((a - a.mean()) / (a.std(correction=0) + 1e-8)).detach()).mean()
        ),
        "one number per sample": lambda p, a: -p * a.detach(),
        "shape (1,)": lambda p, a: -(p * a.detach()).mean().reshape(1),
        "divides by N - 1": lambda p, a: -(p * a.detach()).sum() / max(len(p) - 1, 0.5),
        "divides by N twice": lambda p, a: -(p * a.detach()).mean() / len(p),
        "divides by the sum of advantages": lambda p, a: -(p * a.detach()).sum() / a.detach().sum(),
        "right gradient, wrong value": lambda p, a: -((p - p.detach()).exp() * a.detach()).mean(),
        "adds instead of multiplying": lambda p, a: -(p + a.detach()).mean(),
        "a Python float": lambda p, a: -(p * a).mean().item(),
        "ignores the advantage": lambda p, a: -p.mean(),
        "works only for two samples": lambda p, a: (
            -(p[0] * a[0].detach() + p[-1] * a[-1].detach()) / 2
        ),
        "loses the last sample": lambda p, a: -(p * a.detach())[:-1].sum() / len(p),
        "changes the advantage in place": reinforce_in_place,
        "centres the advantage in place": reinforce_centred_in_place,
    },
)


def tokens_of(f):
    return lambda logits, tokens, prompt_length: f(logits, tokens, prompt_length)


def picked(logp, tokens):
    return logp.gather(1, tokens[:, None])[:, 0]


def next_token(z, x):
    return picked(z.log_softmax(-1)[:-1], x[1:])


add(
    WRONG,
    "token_log_probs",
    tokens_of,
    {
        "label leak: logits[t] with tokens[t]": lambda z, x, n: picked(z.log_softmax(-1), x)[n:],
        "shifted the wrong way": lambda z, x, n: picked(z.log_softmax(-1), x.roll(1))[n:],
        "shifted by two": lambda z, x, n: picked(z.log_softmax(-1).roll(2, 0), x)[n:],
        "prompt included": lambda z, x, n: next_token(z, x),
        "last token of the prompt included": lambda z, x, n: next_token(z, x)[max(n - 2, 0) :],
        "first token of the response lost": lambda z, x, n: next_token(z, x)[n:],
        "last token of the response lost": lambda z, x, n: next_token(z, x)[n - 1 : -1],
        "prompt and response swapped": lambda z, x, n: next_token(z, x)[: len(x) - n],
        "cut from the end": lambda z, x, n: next_token(z, x)[-n:],
        "padded with a zero in front": lambda z, x, n: F.pad(next_token(z, x)[n - 1 :], (1, 0)),
        "raw logits": lambda z, x, n: picked(z[:-1], x[1:])[n - 1 :],
        "probabilities": lambda z, x, n: next_token(z, x)[n - 1 :].exp(),
        "softmax over time": lambda z, x, n: picked(z.log_softmax(0)[:-1], x[1:])[n - 1 :],
        "softmax over all entries": lambda z, x, n: picked(
            z.flatten().log_softmax(0).view_as(z)[:-1], x[1:]
        )[n - 1 :],
        "softmax twice": lambda z, x, n: next_token(z.softmax(-1), x)[n - 1 :],
        "cross-entropy, so the sign": lambda z, x, n: F.cross_entropy(
            z[:-1], x[1:], reduction="none"
        )[n - 1 :],
        "summed": lambda z, x, n: next_token(z, x)[n - 1 :].sum(),
        "mean over the response": lambda z, x, n: next_token(z, x)[n - 1 :].mean(),
        "running sum": lambda z, x, n: next_token(z, x)[n - 1 :].cumsum(0),
        "shape (L, 1)": lambda z, x, n: next_token(z, x)[n - 1 :, None],
        "all of the vocabulary": lambda z, x, n: z.log_softmax(-1)[n - 1 : -1],
        "the likeliest token": lambda z, x, n: z.log_softmax(-1)[n - 1 : -1].max(-1).values,
        "right for a prompt of one token only": lambda z, x, n: next_token(z, x)[0:],
        "right for a prompt of two tokens only": lambda z, x, n: next_token(z, x)[1:],
        "base two": lambda z, x, n: next_token(z, x)[n - 1 :] / math.log(2),
        "in reverse order": lambda z, x, n: next_token(z, x)[n - 1 :].flip(0),
    },
)
