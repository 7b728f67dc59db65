"""Right answers to notebooks 08 and 09; `right_answers.py` says what OPEN means."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical
from torch.utils.data import BatchSampler, DataLoader, RandomSampler

from ppo_lesson import maths, training

RIGHT: dict[str, list[Callable]] = {}
OPEN: dict[str, list[tuple[str, Callable]]] = {}


RIGHT["value_loss"] = [
    lambda value, value_target: 0.5 * F.mse_loss(value, value_target.detach()),
    lambda value, value_target: ((value - value_target.detach()) ** 2).mean() / 2,
    lambda value, value_target: (value_target.detach() - value).pow(2).sum() / (2 * len(value)),
    lambda value, value_target: (
        torch.dot(value - value_target.data, value - value_target.data) / (2 * value.numel())
    ),
    lambda value, value_target: (
        sum(0.5 * (v - g) ** 2 for v, g in zip(value, value_target.tolist(), strict=True))
        / value.shape[0]
    ),
    lambda value, value_target: (
        torch.linalg.vector_norm(value - value_target.detach()).square() / value.numel() / 2
    ),
]
OPEN["value_loss"] = [
    (
        "value_target not detached (a constant by the docstring, not by the table)",
        lambda value, value_target: F.mse_loss(value, value_target) / 2,
    ),
    (
        "Huber loss with a limit out of reach",
        lambda value, value_target: F.huber_loss(value, value_target.detach(), delta=1e6),
    ),
]


def clipped_value_max(value, value_target, old_value, clip_epsilon):
    target, old = value_target.detach(), old_value.detach()
    unclipped = (value - target) ** 2
    v_clipped = old + torch.clamp(value - old, -clip_epsilon, clip_epsilon)
    return 0.5 * torch.max(unclipped, (v_clipped - target) ** 2).mean()


def clipped_value_min_max(value, value_target, old_value, clip_epsilon):
    target, old = value_target.detach(), old_value.detach()
    clipped = torch.minimum(torch.maximum(value, old - clip_epsilon), old + clip_epsilon)
    errors = torch.stack([(value - target).abs(), (clipped - target).abs()])
    return errors.max(dim=0).values.square().mean() / 2


def clipped_value_where(value, value_target, old_value, clip_epsilon):
    target, old = value_target.detach(), old_value.detach()
    free = F.mse_loss(value, target, reduction="none")
    held = F.mse_loss(
        old + (value - old).clamp(-clip_epsilon, clip_epsilon), target, reduction="none"
    )
    return torch.where(free >= held, free, held).sum() * 0.5 / value.numel()


def clipped_value_loop(value, value_target, old_value, clip_epsilon):
    total = 0.0
    for v, g, old in zip(value, value_target.tolist(), old_value.tolist(), strict=True):
        move = torch.clamp(v - old, min=-clip_epsilon, max=clip_epsilon)
        total = total + torch.maximum((v - g) ** 2, (old + move - g) ** 2)
    return total / (2 * len(value))


RIGHT["clipped_value_loss"] = [
    clipped_value_max,
    clipped_value_min_max,
    clipped_value_where,
    clipped_value_loop,
]


def clipped_value_plain(value, value_target, old_value, clip_epsilon):
    v_clipped = old_value + torch.clamp(value - old_value, -clip_epsilon, clip_epsilon)
    return 0.5 * torch.max((value - value_target) ** 2, (v_clipped - value_target) ** 2).mean()


OPEN["clipped_value_loss"] = [
    (
        "value_target and old_value not detached (constants by the docstring, not by the table)",
        clipped_value_plain,
    ),
]

RIGHT["entropy"] = [
    lambda logits: Categorical(logits=logits).entropy(),
    lambda logits: torch.special.entr(logits.softmax(-1)).sum(-1),
    lambda logits: -torch.xlogy(logits.softmax(1), logits.softmax(1)).sum(1),
    lambda logits: torch.stack([Categorical(logits=row).entropy() for row in logits]),
    lambda logits: -(logits.softmax(-1) * logits.log_softmax(-1).clamp(min=-1e6)).sum(dim=-1),
]
OPEN["entropy"] = [
    (
        "p log p: NaN for a logit of -inf (named by the docstring, not by the table)",
        lambda logits: -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1),
    ),
    (
        "logsumexp minus the mean logit: NaN for a logit of -inf",
        lambda logits: logits.logsumexp(1) - torch.einsum("nk,nk->n", logits.softmax(1), logits),
    ),
    (
        "cross-entropy of the policy with itself: NaN for a logit of -inf",
        lambda logits: F.cross_entropy(logits, logits.softmax(1), reduction="none"),
    ),
    (
        "log of softmax: NaN where a probability underflows",
        lambda logits: -(logits.softmax(-1) * logits.softmax(-1).log()).sum(-1),
    ),
    (
        "1e-8 inside the log, as many tutorials do: wrong in the eighth digit",
        lambda logits: -(logits.softmax(-1) * (logits.softmax(-1) + 1e-8).log()).sum(-1),
    ),
    (
        "no gradient (the table does not ask for one)",
        lambda logits: Categorical(logits=logits.detach()).entropy(),
    ),
]


def deal_slices(num_samples, size, generator):
    order = torch.randperm(num_samples, generator=generator)
    return [order[start : start + size] for start in range(0, num_samples, size)]


def deal_sorted(num_samples, size, generator):
    order = torch.rand(num_samples, generator=generator, dtype=torch.float64).argsort()
    batches = []
    while len(order) > 0:
        batches.append(order[:size])
        order = order[size:]
    return batches


def deal_swaps(num_samples, size, generator):
    order = list(range(num_samples))
    for i in range(num_samples - 1, 0, -1):
        j = int(torch.randint(i + 1, (1,), generator=generator))
        order[i], order[j] = order[j], order[i]
    return [torch.tensor(order[k : k + size]) for k in range(0, num_samples, size)]


def deal_numpy(num_samples, size, generator):
    seed = int(torch.randint(2**31, (), generator=generator))
    order = np.random.default_rng(seed).permutation(num_samples)
    cuts = np.arange(size, num_samples, size)
    return [torch.from_numpy(part) for part in np.split(order, cuts)]


RIGHT["minibatches"] = [
    deal_slices,
    deal_sorted,
    deal_swaps,
    deal_numpy,
    lambda num_samples, size, generator: list(
        torch.randperm(num_samples, generator=generator).split(size)
    ),
    lambda num_samples, size, generator: list(
        DataLoader(torch.arange(num_samples), size, shuffle=True, generator=generator)
    ),
    lambda num_samples, size, generator: [
        torch.as_tensor(rows)
        for rows in BatchSampler(
            RandomSampler(range(num_samples), generator=generator), size, False
        )
    ],
]


def deal_yielding(num_samples, size, generator):
    order = torch.randperm(num_samples, generator=generator)
    for start in range(0, num_samples, size):
        yield order[start : start + size]


OPEN["minibatches"] = [
    ("a generator function: works in `for rows in minibatches(...)`", deal_yielding),
    (
        "a tuple of tensors",
        lambda num_samples, size, generator: torch.randperm(num_samples, generator=generator).split(
            size
        ),
    ),
    (
        "lists of integers",
        lambda num_samples, size, generator: [
            rows.tolist() for rows in deal_slices(num_samples, size, generator)
        ],
    ),
]


def explained_where(value, value_target):
    spread = value_target.var(correction=0)
    share = 1 - (value_target - value).var(correction=0) / spread
    constant = value_target.max() == value_target.min()
    return torch.where(constant, torch.full_like(share, torch.nan), share)


def explained_numpy(value, value_target):
    y_pred, y_true = value.detach().numpy(), value_target.detach().numpy()
    if np.ptp(y_true) == 0:
        return torch.tensor(float("nan"), dtype=value.dtype)
    return torch.tensor(1 - np.var(y_true - y_pred) / np.var(y_true), dtype=value.dtype)


def explained_sums(value, value_target):
    error = value_target - value
    residual = ((error - error.mean()) ** 2).sum()
    total = ((value_target - value_target.mean()) ** 2).sum()
    if value_target.max() == value_target.min():
        return torch.tensor(torch.nan, dtype=value.dtype)
    return (total - residual) / total


def explained_std(value, value_target):
    if len(set(value_target.tolist())) == 1:
        return value_target.new_tensor(float("nan"))
    return 1 - ((value - value_target).std() / value_target.std()) ** 2


def explained_cov(value, value_target):
    if bool((value_target == value_target[0]).all()):
        return torch.full((), float("nan"), dtype=value.dtype)
    c = torch.cov(torch.stack([value, value_target]))
    return (2 * c[0, 1] - c[0, 0]) / c[1, 1]


RIGHT["explained_variance"] = [
    explained_where,
    explained_numpy,
    explained_sums,
    explained_std,
    explained_cov,
]


def explained_numpy_zero(value, value_target):
    y_pred, y_true = value.detach().numpy(), value_target.detach().numpy()
    var_y = np.var(y_true)
    return torch.tensor(np.nan if var_y == 0 else 1 - np.var(y_true - y_pred) / var_y)


OPEN["explained_variance"] = [
    (
        "the same with torch.var",
        lambda value, value_target: (
            torch.full_like(value_target[0], torch.nan)
            if value_target.var() == 0
            else 1 - (value_target - value).var() / value_target.var()
        ),
    ),
    (
        "CleanRL's test for a variance of 0: rounding defeats it, as for three targets of 0.1",
        explained_numpy_zero,
    ),
]


# --- ppo_update ---


def update_in_one_breath(policy, optimizer, batch, config, generator, policy_loss):
    for _ in range(config.num_epochs):
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator):
            part = batch.select(index)
            logits = policy.logits(part.obs)
            log_prob = maths.action_log_prob(logits, part.action)
            loss = policy_loss(log_prob, part.old_log_prob, part.advantage, config.clip_epsilon)
            loss += config.value_coefficient * maths.value_loss(
                policy.value(part.obs), part.value_target
            )
            loss -= config.entropy_coefficient * maths.entropy(logits).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(policy.parameters(), config.max_gradient_norm)
            optimizer.step()


def update_like_cleanrl(policy, optimizer, batch, config, generator, policy_loss):
    norms = []
    for _epoch in range(config.num_epochs):
        order = torch.randperm(batch.obs.shape[0], generator=generator)
        for start in range(0, len(order), config.minibatch_size):
            mb = order[start : start + config.minibatch_size]
            dist = Categorical(logits=policy.logits(batch.obs[mb]))
            pg_loss = policy_loss(
                dist.log_prob(batch.action[mb]),
                batch.old_log_prob[mb],
                batch.advantage[mb],
                config.clip_epsilon,
            )
            v_loss = 0.5 * ((policy.value(batch.obs[mb]) - batch.value_target[mb]) ** 2).mean()
            entropy = dist.entropy().mean()
            loss = pg_loss - config.entropy_coefficient * entropy
            loss = loss + v_loss * config.value_coefficient
            optimizer.zero_grad(set_to_none=False)
            loss.backward()
            norms.append(
                float(nn.utils.clip_grad_norm_(policy.parameters(), 0.0 + config.max_gradient_norm))
            )
            optimizer.step()
    return norms


def update_that_forgets_after_the_step(policy, optimizer, batch, config, generator, policy_loss):
    def loss_of(index):
        obs, action, old_log_prob, advantage, _, target = batch.select(index)
        log_probs = F.log_softmax(policy.logits(obs), dim=-1)
        log_prob = log_probs.gather(1, action[:, None]).squeeze(1)
        entropy = -(log_probs.exp() * log_probs).sum(-1).mean()
        return (
            policy_loss(log_prob, old_log_prob, advantage, config.clip_epsilon)
            + config.value_coefficient * F.mse_loss(policy.value(obs), target) / 2
            - config.entropy_coefficient * entropy
        )

    epoch = 0
    while epoch < config.num_epochs:
        for index in maths.minibatches(len(batch.obs), config.minibatch_size, generator):
            loss_of(index).backward()
            shorten_by_hand(list(policy.parameters()), config.max_gradient_norm)
            optimizer.step()
            policy.zero_grad()
        epoch += 1
    return policy


def shorten_by_hand(parameters, longest):
    norm = sum((p.grad**2).sum() for p in parameters) ** 0.5
    if norm > longest:
        for p in parameters:
            p.grad *= longest / norm


def update_by_two_backward_passes(policy, optimizer, batch, config, generator, policy_loss):
    for _ in range(config.num_epochs):
        for i in maths.minibatches(batch.action.numel(), config.minibatch_size, generator):
            optimizer.zero_grad()
            all_logits = policy.logits(batch.obs)  # of the whole batch, and then the minibatch's
            chosen = all_logits.log_softmax(-1)[torch.arange(len(batch.action)), batch.action]
            surrogate = policy_loss(
                chosen[i], batch.old_log_prob[i], batch.advantage[i], config.clip_epsilon
            )
            bonus = maths.entropy(all_logits[i]).mean()
            (surrogate - config.entropy_coefficient * bonus).backward()
            error = maths.value_loss(policy.value(batch.obs[i]), batch.value_target[i])
            (config.value_coefficient * error).backward()
            nn.utils.clip_grad_norm_(list(policy.parameters()), config.max_gradient_norm)
            optimizer.step()


def update_with_the_packages_helpers(policy, optimizer, batch, config, generator, policy_loss):
    for _ in range(config.num_epochs):
        for index in maths.minibatches(len(batch.action), config.minibatch_size, generator):
            loss = training.ppo_loss(policy, batch.select(index), config, policy_loss)
            training.gradient_step(optimizer, loss, config.max_gradient_norm)


RIGHT["ppo_update"] = [
    update_in_one_breath,
    update_like_cleanrl,
    update_that_forgets_after_the_step,
    update_by_two_backward_passes,
    update_with_the_packages_helpers,
]
