"""Right answers to the exercises of notebook 01; `right_answers.py` says what OPEN means."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch.distributions import Categorical

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


def score_autograd(logits, action):
    leaf = logits.detach().clone().requires_grad_()
    return torch.autograd.grad(leaf.log_softmax(0)[action], leaf)[0]


def score_distribution(logits, action):
    z = logits.detach().requires_grad_(True)
    Categorical(logits=z).log_prob(action).backward()
    return z.grad


def score_loop(logits, action):
    z = logits.tolist()
    norm = sum(math.exp(x - max(z)) for x in z)
    out = torch.zeros_like(logits, requires_grad=False)
    for k, x in enumerate(z):
        out[k] = (1.0 if k == int(action) else 0.0) - math.exp(x - max(z)) / norm
    return out


def score_in_clone(logits, action):
    g = -torch.exp(logits - torch.logsumexp(logits, dim=-1)).clone()
    g[action] += 1
    return g


def score_cross_entropy(logits, action):
    with torch.enable_grad():
        z = logits.clone().detach().requires_grad_()
        loss = F.cross_entropy(z[None], action[None])
        (g,) = torch.autograd.grad(loss, z)
    return -g


def score_float32(logits, action):
    p = logits.float().softmax(-1)
    return (F.one_hot(action, p.shape[0]) - p).to(logits.dtype)


RIGHT["score"] = [
    lambda logits, action: F.one_hot(action, len(logits)).to(logits.dtype) - logits.softmax(0),
    lambda logits, action: torch.eye(len(logits), dtype=logits.dtype)[action] - logits.softmax(-1),
    lambda logits, action: torch.func.jacrev(lambda z: z.log_softmax(0))(logits)[action],
    lambda logits, action: (
        torch.where(torch.arange(logits.numel()) == action, 1.0, 0.0)
        - Categorical(logits=logits).probs
    ),
    score_autograd,
    score_distribution,
    score_loop,
    score_in_clone,
    score_cross_entropy,
    score_float32,
]


def score_plain_exp(logits, action):
    e = torch.exp(logits)
    return F.one_hot(action, len(logits)) - e / e.sum()


OPEN["score"] = [
    ("exp without taking the largest logit away: overflows at logits of 1000", score_plain_exp),
]


def reinforce_loop(log_prob, advantage):
    loss = 0.0
    for lp, a in zip(log_prob, advantage, strict=True):
        loss = loss - lp * a.item()
    return loss / len(log_prob)


def reinforce_no_grad(log_prob, advantage):
    with torch.no_grad():
        weight = -advantage / advantage.shape[0]
    return torch.sum(weight * log_prob)


RIGHT["reinforce_loss"] = [
    lambda log_prob, advantage: -(log_prob * advantage.detach()).mean(),
    lambda log_prob, advantage: torch.mean(-log_prob * advantage.data),
    lambda log_prob, advantage: -torch.dot(advantage.detach(), log_prob) / log_prob.numel(),
    lambda log_prob, advantage: (
        -torch.einsum("i,i->", log_prob, advantage.detach()) / log_prob.size(0)
    ),
    lambda log_prob, advantage: (log_prob * advantage.detach().neg()).sum().div(len(advantage)),
    lambda log_prob, advantage: (
        -torch.stack([p * a for p, a in zip(log_prob, advantage.detach(), strict=True)]).mean()
    ),
    lambda log_prob, advantage: (
        -(log_prob.float() * advantage.detach().float()).mean().to(log_prob.dtype)
    ),
    reinforce_loop,
    reinforce_no_grad,
]


def token_loop(logits, tokens, prompt_length):
    found = []
    for t in range(prompt_length, len(tokens)):
        row = logits[t - 1]
        found.append(row[tokens[t]] - row.logsumexp(-1))
    return torch.stack(found)


def token_gather(logits, tokens, prompt_length):
    logp = F.log_softmax(logits[:-1], dim=-1)
    picked = logp.gather(1, tokens[1:].unsqueeze(1)).squeeze(1)
    return picked[prompt_length - 1 :]


def token_sliced_first(logits, tokens, prompt_length):
    response = tokens[prompt_length:]
    rows = logits[prompt_length - 1 : len(tokens) - 1]
    return rows.log_softmax(-1)[torch.arange(len(response)), response]


def token_one_hot(logits, tokens, prompt_length):
    logp = logits - logits.logsumexp(1, keepdim=True)
    hot = F.one_hot(tokens, logits.shape[1]).to(logits.dtype)
    return torch.einsum("tv,tv->t", logp[:-1], hot[1:])[-(len(tokens) - prompt_length) :]


def token_masked(logits, tokens, prompt_length):
    labels = torch.roll(tokens, -1)
    all_logp = -F.cross_entropy(logits, labels, reduction="none")
    position = torch.arange(len(tokens))
    return all_logp[(position >= prompt_length - 1) & (position < len(tokens) - 1)]


RIGHT["token_log_probs"] = [
    token_loop,
    token_gather,
    token_sliced_first,
    token_one_hot,
    token_masked,
    lambda logits, tokens, prompt_length: Categorical(
        logits=logits[prompt_length - 1 : -1]
    ).log_prob(tokens[prompt_length:]),
    lambda logits, tokens, prompt_length: (
        -F.nll_loss(logits.log_softmax(1)[:-1], tokens[1:], reduction="none")[prompt_length - 1 :]
    ),
    lambda logits, tokens, prompt_length: torch.diagonal(
        logits[prompt_length - 1 : -1].log_softmax(-1)[:, tokens[prompt_length:]]
    ),
]
OPEN["token_log_probs"] = [
    (
        "log of softmax: -inf where a probability underflows",
        lambda logits, tokens, prompt_length: (
            logits.softmax(-1).log()[:-1].gather(1, tokens[1:, None])[prompt_length - 1 :, 0]
        ),
    ),
    (
        "no gradient (the table does not ask for one)",
        lambda logits, tokens, prompt_length: token_gather(logits.detach(), tokens, prompt_length),
    ),
]
