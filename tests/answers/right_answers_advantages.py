"""Right answers to the exercises of notebook 07; `right_answers.py` says what OPEN means."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


def returns_backwards(reward, gamma):
    running = 0
    out = torch.zeros_like(reward)
    for t in reversed(range(len(reward))):
        running = reward[t] + gamma * running
        out[t] = running
    return out


def returns_insert(reward, gamma):
    returns, total = [], 0.0
    for r in reward.tolist()[::-1]:
        total = r + gamma * total
        returns.insert(0, total)
    return torch.tensor(returns, dtype=reward.dtype)


def returns_double_sum(reward, gamma):
    steps = len(reward)
    return torch.stack(
        [sum(gamma ** (k - t) * reward[k] for k in range(t, steps)) for t in range(steps)]
    )


def returns_matrix(reward, gamma):
    t = torch.arange(len(reward))
    power = (t[None, :] - t[:, None]).clamp(min=0)
    discount = torch.triu(torch.full((), gamma, dtype=reward.dtype) ** power)
    return discount @ reward


def returns_convolved(reward, gamma):
    kernel = torch.tensor([gamma**k for k in range(len(reward))], dtype=reward.dtype)
    padded = F.pad(reward, (0, len(reward) - 1))
    return F.conv1d(padded[None, None], kernel[None, None])[0, 0]


def episode_by_episode(returns):
    """Build gae from returns of one finished episode, here of its TD errors by gamma lambda."""

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        if reward.ndim == 2:
            parts = [x.unbind(1) for x in (reward, value, next_value, terminated, truncated)]
            columns = [answer(*p, gamma, gae_lambda) for p in zip(*parts, strict=True)]
            return torch.stack(columns, dim=1)
        delta = reward + gamma * next_value * ~terminated - value
        ends = (terminated | truncated).nonzero().flatten().tolist()
        bounds = sorted({0, *[end + 1 for end in ends], len(delta)})
        return torch.cat(
            [returns(delta[a:b], gamma * gae_lambda) for a, b in itertools.pairwise(bounds)]
        )

    return answer


RETURNS = [
    returns_backwards,
    returns_insert,
    returns_double_sum,
    returns_matrix,
    returns_convolved,
    lambda reward, gamma: torch.stack(
        [
            torch.dot(gamma ** torch.arange(len(reward) - t, dtype=reward.dtype), reward[t:])
            for t in range(len(reward))
        ]
    ),
]


def to_go_loop(reward, next_value, terminated, truncated, gamma):
    out = torch.empty_like(reward)
    following = next_value[-1]
    for t in range(len(reward) - 1, -1, -1):
        following = torch.where(truncated[t], next_value[t], following)
        following = torch.where(terminated[t], torch.zeros_like(following), following)
        following = reward[t] + gamma * following
        out[t] = following
    return out


def to_go_masks(reward, next_value, terminated, truncated, gamma):
    done, cut = terminated.to(reward.dtype), truncated.to(reward.dtype)
    rows, later = [], next_value[-1]
    for t in reversed(range(reward.shape[0])):
        later = (1 - done[t]) * (cut[t] * next_value[t] + (1 - cut[t]) * later)
        later = reward[t] + gamma * later
        rows.append(later)
    return torch.stack(list(reversed(rows)))


def one_column(reward, next_value, terminated, truncated, gamma):
    following, out = 0.0, []
    last = len(reward) - 1
    for t in range(last, -1, -1):
        if terminated[t]:
            following = 0.0
        elif truncated[t] or t == last:
            following = next_value[t]
        following = reward[t] + gamma * following
        out.append(following)
    return out[::-1]


def to_go_lists(reward, next_value, terminated, truncated, gamma):
    if reward.ndim == 1:
        lists = [x.tolist() for x in (reward, next_value, terminated, truncated)]
        return torch.tensor(one_column(*lists, gamma), dtype=reward.dtype)
    columns = zip(reward.T, next_value.T, terminated.T, truncated.T, strict=True)
    return torch.stack([to_go_lists(*column, gamma) for column in columns], dim=1)


def doubling(increment, carry):
    """Solve x_t = increment_t + carry_t x_{t+1} in log2(T) steps without a loop over time."""
    shift = 1
    while shift < len(increment):
        pad = torch.zeros_like(increment[:shift])
        increment = increment + carry * torch.cat([increment[shift:], pad])
        carry = carry * torch.cat([carry[shift:], pad])
        shift *= 2
    return increment


def to_go_doubling(reward, next_value, terminated, truncated, gamma):
    goes_on = ~(terminated | truncated)
    goes_on[-1] = False
    looks_ahead = (~goes_on & ~terminated).to(reward.dtype)
    return doubling(reward + gamma * looks_ahead * next_value, gamma * goes_on.to(reward.dtype))


def to_go_from_gae(reward, next_value, terminated, truncated, gamma):
    """With lambda = 1 and V = next_value shifted, every value inside an episode cancels."""
    value = torch.cat([torch.zeros_like(next_value[:1]), next_value[:-1]])
    return value + gae_own(reward, value, next_value, terminated, truncated, gamma, 1.0)


def by_lambda_returns(to_go):
    """Build gae from rewards to go of lambda-returns, R + gamma ((1 - lambda) V' + lambda G')."""

    def answer(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
        mixed = reward + gamma * (1 - gae_lambda) * next_value * ~terminated
        return to_go(mixed, next_value, terminated, truncated, gamma * gae_lambda) - value

    return answer


TO_GO = [
    to_go_loop,
    to_go_masks,
    to_go_lists,
    to_go_doubling,
    lambda reward, next_value, terminated, truncated, gamma: to_go_from_gae(
        reward, next_value, terminated, truncated, gamma
    ),
]


def to_go_cut_wins(reward, next_value, terminated, truncated, gamma):
    return to_go_masks(reward, next_value, terminated & ~truncated, truncated, gamma)


def to_go_last_always(reward, next_value, terminated, truncated, gamma):
    """Read the row's words to the letter: the last row looks ahead, whatever ended there."""
    ends = terminated.clone()
    ends[-1] = False
    return to_go_masks(reward, next_value, ends, truncated, gamma)


def gae_own(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    delta = reward + gamma * next_value * (~terminated) - value
    advantage, last = torch.zeros_like(reward), torch.zeros_like(reward[0])
    for t in reversed(range(len(reward))):
        last = delta[t] + gamma * gae_lambda * last * ~(terminated[t] | truncated[t])
        advantage[t] = last
    return advantage


def gae_non_terminal(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    advantages = torch.zeros_like(reward)
    last_gae = 0
    for step in range(reward.shape[0] - 1, -1, -1):
        non_terminal = 1.0 - terminated[step].to(reward.dtype)
        same_episode = non_terminal * (1.0 - truncated[step].to(reward.dtype))
        td = reward[step] + gamma * next_value[step] * non_terminal - value[step]
        last_gae = td + gamma * gae_lambda * same_episode * last_gae
        advantages[step] = last_gae
    return advantages


def gae_matrix(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    """Weigh every later TD error with the product of the carries between: one einsum."""
    delta = reward + torch.where(terminated, 0.0, gamma * next_value) - value
    carry = gamma * gae_lambda * (~terminated & ~truncated).to(reward.dtype)
    steps = len(reward)
    weight = torch.zeros(steps, *reward.shape, dtype=reward.dtype)
    for t in range(steps):
        weight[t, t] = 1.0
        weight[t, t + 1 :] = torch.cumprod(carry[t:-1], dim=0)
    return torch.einsum("tk...,k...->t...", weight, delta)


def gae_episodes(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    if reward.ndim == 2:
        parts = [x.unbind(1) for x in (reward, value, next_value, terminated, truncated)]
        columns = [gae_episodes(*p, gamma, gae_lambda) for p in zip(*parts, strict=True)]
        return torch.stack(columns, dim=1)
    ends = (terminated | truncated).nonzero().flatten().tolist()
    out, start = [], 0
    for stop in [*[e + 1 for e in ends], len(reward)]:
        delta = (reward + gamma * next_value * terminated.logical_not() - value)[start:stop]
        for t in range(len(delta)):
            power = (gamma * gae_lambda) ** torch.arange(len(delta) - t, dtype=reward.dtype)
            out.append((power * delta[t:]).sum())
        start = stop
    return torch.stack(out)


def gae_recursive(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    future = next_value.masked_fill(terminated, 0)
    head = reward[:1] + gamma * future[:1] - value[:1]
    if len(reward) == 1:
        return head
    tail = gae_recursive(
        reward[1:], value[1:], next_value[1:], terminated[1:], truncated[1:], gamma, gae_lambda
    )
    stays = ~(terminated[:1] | truncated[:1])
    return torch.cat([head + gamma * gae_lambda * stays * tail[:1], tail])


def gae_doubling(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    delta = reward + gamma * next_value.where(~terminated, torch.zeros_like(value)) - value
    return doubling(delta, gamma * gae_lambda * (~(terminated | truncated)).to(reward.dtype))


def gae_numpy(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    r, v, nv, d, c = (
        x.detach().numpy() for x in (reward, value, next_value, terminated, truncated)
    )
    out, last = np.zeros_like(r), np.zeros_like(r[0])
    for t in range(len(r))[::-1]:
        last = (
            r[t]
            + gamma * nv[t] * (1 - d[t])
            - v[t]
            + gamma * gae_lambda * last * ((1 - d[t]) * (1 - c[t]))
        )
        out[t] = last
    return torch.from_numpy(out)


RIGHT["gae"] = [
    gae_own,
    gae_non_terminal,
    gae_matrix,
    gae_episodes,
    gae_recursive,
    gae_doubling,
    gae_numpy,
    *map(episode_by_episode, RETURNS),
    *map(by_lambda_returns, TO_GO),  # right, as next_value[t] is value[t + 1] inside an episode
]


def gae_from_value(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    """Take the next row's value where the episode goes on, as CleanRL does."""
    goes_on = ~(terminated | truncated)
    following = next_value.clone()
    following[:-1] = torch.where(goes_on[:-1], value[1:], next_value[:-1])
    return gae_own(reward, value, following, terminated, truncated, gamma, gae_lambda)


def gae_lambda_return(reward, value, next_value, terminated, truncated, gamma, gae_lambda):
    """Go by lambda-returns; the same where next_value[t] is value[t + 1]."""
    rows, later = [], next_value[-1]
    for t in reversed(range(len(reward))):
        later = torch.where(truncated[t], next_value[t], later)
        mixed = (1 - gae_lambda) * next_value[t] + gae_lambda * later
        later = reward[t] + gamma * mixed * ~terminated[t]
        rows.append(later - value[t])
    return torch.stack(rows[::-1])


OPEN["gae"] = [
    (
        "uses value[t + 1] inside an episode: right for consistent data, as gymnasium's",
        gae_from_value,
    ),
    (
        "lambda-returns minus value: right where next_value[t] is value[t + 1] inside an episode",
        gae_lambda_return,
    ),
    (
        "where a step is both terminated and truncated it bootstraps",
        by_lambda_returns(to_go_cut_wins),
    ),
    ("bootstraps on a terminated last row", by_lambda_returns(to_go_last_always)),
]


def normalise_numpy(advantage):
    a = advantage.detach().numpy()
    return torch.from_numpy((a - np.mean(a)) / (np.std(a) + 1e-8))


def normalise_loop(advantage):
    a = advantage.tolist()
    mean = math.fsum(a) / len(a)
    std = math.sqrt(math.fsum((x - mean) ** 2 for x in a) / len(a))
    return torch.tensor([(x - mean) / (std + 1e-8) for x in a], dtype=advantage.dtype)


def normalise_std_mean(advantage):
    std, mean = torch.std_mean(advantage, correction=0)
    return torch.sub(advantage, mean).div(std.add(1e-8))


RIGHT["normalise_advantage"] = [
    lambda advantage: (advantage - advantage.mean()) / (advantage.std() + 1e-8),
    lambda advantage: (advantage - advantage.mean()) / (advantage.std(unbiased=False) + 1e-8),
    lambda advantage: (
        (advantage - advantage.mean())
        / (torch.sqrt(((advantage - advantage.mean()) ** 2).mean()) + 1e-8)
    ),
    lambda advantage: (advantage - torch.mean(advantage)) / (advantage.var(0).sqrt() + 1e-8),
    normalise_numpy,
    normalise_loop,
    normalise_std_mean,
]
OPEN["normalise_advantage"] = [
    (
        "epsilon under the root, by layer_norm",
        lambda advantage: F.layer_norm(advantage, advantage.shape, eps=1e-8),
    ),
    ("epsilon 1e-5", lambda advantage: (advantage - advantage.mean()) / (advantage.std() + 1e-5)),
    (
        "epsilon by a floor instead of a sum",
        lambda advantage: (
            (advantage - advantage.mean()) / advantage.std(correction=0).clamp(min=1e-8)
        ),
    ),
    (
        "zeros where all are equal",
        lambda advantage: (
            torch.zeros_like(advantage)
            if advantage.std(correction=0) == 0
            else (advantage - advantage.mean()) / advantage.std(correction=0)
        ),
    ),
]
