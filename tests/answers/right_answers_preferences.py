"""Right answers to the exercises of notebooks 10 and 11; `right_answers.py` says what OPEN means.

Unlike the others they were written by the author of the checker's cases, after them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch.distributions import Categorical

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


def behaviour_filtered(logits, token, temperature, top_k):
    """As generation code does it: scale in a copy, then filter in place."""
    scaled = logits / temperature
    threshold = torch.topk(scaled, top_k)[0][..., -1, None]
    scaled = scaled.masked_fill(scaled < threshold, -float("inf"))
    return torch.gather(F.log_softmax(scaled, -1), -1, token.unsqueeze(-1)).squeeze(-1)


def behaviour_among_the_kept(logits, token, temperature, top_k):
    value, index = logits.topk(top_k, dim=1)
    log_prob = (value / temperature).log_softmax(1)
    return (log_prob * (index == token[:, None])).sum(1)


def behaviour_with_bias(logits, token, temperature, top_k):
    rank = logits.argsort(1, descending=True).argsort(1)
    bias = torch.zeros_like(logits).masked_fill(rank >= top_k, -1e12)
    return -F.nll_loss((logits / temperature + bias).log_softmax(1), token, reduction="none")


def behaviour_mixed_precision(logits, token, temperature, top_k):
    return behaviour_filtered(logits.float(), token, temperature, top_k)


RIGHT["behaviour_log_prob"] = [
    behaviour_filtered,
    behaviour_among_the_kept,
    behaviour_with_bias,
    behaviour_mixed_precision,
    lambda logits, token, temperature, top_k: (
        logits.gather(1, token[:, None])[:, 0] / temperature
        - (logits.topk(top_k).values / temperature).logsumexp(1)
    ),
    lambda logits, token, temperature, top_k: Categorical(
        logits=torch.where(
            logits >= logits.topk(top_k).values.amin(1, True), logits / temperature, -torch.inf
        )
    ).log_prob(token),
]
RIGHT["bradley_terry_loss"] = [
    lambda chosen_reward, rejected_reward: (
        -F.logsigmoid(chosen_reward - rejected_reward).sum() / len(chosen_reward)
    ),
    lambda chosen_reward, rejected_reward: torch.mean(
        torch.logaddexp(chosen_reward, rejected_reward) - chosen_reward
    ),
    lambda chosen_reward, rejected_reward: F.cross_entropy(
        torch.stack([rejected_reward, chosen_reward], 1),
        torch.ones(len(chosen_reward), dtype=torch.long),
    ),
    lambda chosen_reward, rejected_reward: (
        F.relu(rejected_reward - chosen_reward).mean()
        + torch.log1p(torch.exp(-(chosen_reward - rejected_reward).abs())).mean()
    ),
]


def shaped_added_at_the_end(score, log_prob, ref_log_prob, mask, beta):
    kl = torch.where(mask, log_prob - ref_log_prob, torch.zeros_like(log_prob))
    rewards = -beta * kl
    last = mask.cumsum(1).argmax(1)
    rewards[range(len(score)), last] = rewards[range(len(score)), last] + score
    return rewards


def shaped_from_the_right(score, log_prob, ref_log_prob, mask, beta):
    rest = mask.flip(1).cumsum(1).flip(1)  # real tokens from here on
    return ((rest == 1) * score[:, None] + beta * (ref_log_prob - log_prob)) * mask


def shaped_row_by_row(score, log_prob, ref_log_prob, mask, beta):
    rows = []
    for s, p, q, m in zip(score, log_prob, ref_log_prob, mask, strict=True):
        n = int(m.sum())
        row = -beta * (p[:n] - q[:n])
        row[-1] += s
        rows.append(F.pad(row, (0, len(m) - n)))
    return torch.stack(rows)


def shaped_with_nonzero(score, log_prob, ref_log_prob, mask, beta):
    out = torch.zeros_like(log_prob)
    for b in range(len(mask)):
        real = mask[b].nonzero()[:, 0]
        out[b, real] = beta * ref_log_prob[b, real] - beta * log_prob[b, real]
        out[b, real[-1]] += score[b]
    return out


RIGHT["shaped_reward"] = [
    shaped_added_at_the_end,
    shaped_from_the_right,
    shaped_row_by_row,
    shaped_with_nonzero,
    lambda score, log_prob, ref_log_prob, mask, beta: (
        F.one_hot(mask.sum(1) - 1, mask.size(1)) * score.unsqueeze(1)
        - beta * (log_prob - ref_log_prob).masked_fill(~mask, 0)
    ),
]


def optimum_by_loop(ref_prob, reward, beta):
    top = max(reward.tolist())
    weight = [
        p * math.exp((r - top) / beta)
        for p, r in zip(ref_prob.tolist(), reward.tolist(), strict=True)
    ]
    return torch.tensor([w / sum(weight) for w in weight], dtype=ref_prob.dtype)


RIGHT["rlhf_optimum"] = [
    optimum_by_loop,
    lambda ref_prob, reward, beta: (reward / beta + ref_prob.log()).softmax(-1),
    lambda ref_prob, reward, beta: (reward / beta + ref_prob.log()).log_softmax(-1).exp(),
    lambda ref_prob, reward, beta: F.normalize(
        ref_prob * torch.softmax(reward / beta, 0), p=1, dim=0
    ),
]
OPEN["rlhf_optimum"] = [
    (
        "a tiny number inside the logarithm: a response without support gets a little",
        lambda ref_prob, reward, beta: ((ref_prob + 1e-6).log() + reward / beta).softmax(-1),
    ),
]

RIGHT["implicit_reward"] = [
    lambda log_prob, ref_log_prob, beta: beta * log_prob - beta * ref_log_prob,
    lambda log_prob, ref_log_prob, beta: -(ref_log_prob.detach() - log_prob) * beta,
    lambda log_prob, ref_log_prob, beta: beta * (log_prob - ref_log_prob.data),
    lambda log_prob, ref_log_prob, beta: torch.lerp(ref_log_prob, log_prob, beta) - ref_log_prob,
]


def dpo_as_libraries_write_it(
    chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
):
    pi_logratios = chosen_log_prob - rejected_log_prob
    ref_logratios = ref_chosen_log_prob - ref_rejected_log_prob
    return (-F.logsigmoid(beta * (pi_logratios - ref_logratios))).mean()


def dpo_from_rewards(
    chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
):
    chosen_reward = beta * (chosen_log_prob - ref_chosen_log_prob)
    rejected_reward = beta * (rejected_log_prob - ref_rejected_log_prob)
    return (torch.logaddexp(chosen_reward, rejected_reward) - chosen_reward).mean()


def dpo_as_classification(
    chosen_log_prob, rejected_log_prob, ref_chosen_log_prob, ref_rejected_log_prob, beta
):
    policy = torch.stack([chosen_log_prob, rejected_log_prob], 1)
    with torch.no_grad():
        reference = torch.stack([ref_chosen_log_prob, ref_rejected_log_prob], 1)
    first = torch.zeros(len(policy), dtype=torch.long)
    return F.cross_entropy(beta * (policy - reference), first)


RIGHT["dpo_loss"] = [dpo_as_libraries_write_it, dpo_from_rewards, dpo_as_classification]


def groups_flattened(reward):
    num_groups, size = reward.shape
    mean = reward.mean(1).repeat_interleave(size)
    std = reward.std(1).repeat_interleave(size)
    return ((reward.flatten() - mean) / (std + 1e-4)).view(num_groups, size)


RIGHT["group_relative_advantage"] = [
    groups_flattened,
    lambda reward: (
        (reward - reward.mean(dim=1, keepdim=True)) / (reward.std(dim=1, keepdim=True) + 1e-6)
    ),
    lambda reward: (
        (reward - reward.mean(1)[:, None]) / (reward.std(1, correction=0)[:, None] + 1e-8)
    ),
    lambda reward: torch.vmap(lambda r: (r - r.mean()) / (r.std(correction=0) + 1e-8))(reward),
    lambda reward: torch.nan_to_num(
        (reward - reward.mean(1, keepdim=True)) / reward.std(1, keepdim=True)
    ),
    lambda reward: (
        (reward - reward.mean(1, keepdim=True))
        / (reward.var(1, correction=0, keepdim=True) + 1e-12).sqrt()
    ),
]
