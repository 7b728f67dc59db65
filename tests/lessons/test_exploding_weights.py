"""Right answers of notebook 03 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate

import torch

# effective_sample_size


def size_by_largest(log_weight):
    weight = torch.exp(log_weight - torch.max(log_weight))
    return torch.sum(weight) ** 2 / torch.sum(weight**2)


def size_in_log_space(log_weight):
    return torch.exp(2 * torch.logsumexp(log_weight, 0) - torch.logsumexp(2 * log_weight, 0))


def size_by_variation(log_weight):
    weight = torch.exp(log_weight - log_weight.max())
    weight = weight / weight.mean()
    return len(weight) / (1 + weight.var(unbiased=False))


def size_by_loop(log_weight):
    largest = max(log_weight.tolist())
    weights = [math.exp(x - largest) for x in log_weight.tolist()]
    return torch.tensor(sum(weights) ** 2 / sum(w * w for w in weights), dtype=torch.float64)


def size_as_share(log_weight):
    share = torch.softmax(log_weight, 0)
    return 1 / (share @ share) / log_weight.numel()


def size_from_variance(log_weight):
    return log_weight.numel() / (1 + torch.var(torch.exp(log_weight)))


def size_from_population_variance(log_weight):
    weight = torch.exp(log_weight)
    return len(weight) / (1 + ((weight - weight.mean()) ** 2).mean())


def size_from_sample_variation(log_weight):
    weight = torch.softmax(log_weight, 0) * len(log_weight)
    return len(weight) / (1 + torch.std(weight) ** 2)


def size_without_square(log_weight):
    weight = torch.exp(log_weight)
    return weight.sum() / (weight @ weight)


def size_by_largest_share(log_weight):
    return 1 / torch.softmax(log_weight, 0).max()


def size_overflowing(log_weight):
    weight = torch.exp(log_weight)
    return torch.sum(weight).square() / torch.dot(weight, weight)


def size_overflowing_shares(log_weight):
    share = torch.exp(log_weight) / torch.exp(log_weight).sum()
    return 1 / (share**2).sum()


# unsupported


def unsupported_by_loop(target, proposal, value):
    triples = zip(target.tolist(), proposal.tolist(), value.tolist(), strict=True)
    return torch.tensor([q == 0 and p != 0 and f != 0 for p, q, f in triples])


def unsupported_by_product(target, proposal, value):
    return (proposal == 0) & (target * value != 0)


def unsupported_by_de_morgan(target, proposal, value):
    return ~((proposal > 0) | (target == 0) | value.eq(0))


def unsupported_by_integrand(target, proposal, value):
    return torch.where(proposal > 0, torch.zeros_like(value), (target * value).abs()) > 0


def supported(target, proposal, value):
    return (proposal != 0) | (target * value == 0)


def unsupported_with_roles_swapped(target, proposal, value):
    return (target == 0) & (proposal * value != 0)


def unsupported_as_numbers(target, proposal, value):
    return unsupported_by_product(target, proposal, value).to(torch.float64)


# truncated_estimate


def truncated_in_log_space(value, log_weight, limit):
    weight = torch.exp(torch.clamp(log_weight, max=math.log(limit)))
    return torch.mean(weight * value)


def truncated_after_exp(value, log_weight, limit):
    return torch.clamp(torch.exp(log_weight), max=limit) @ value / len(value)


def truncated_by_where(value, log_weight, limit):
    weight = torch.exp(log_weight)
    return (torch.where(weight > limit, limit, weight) * value).mean()


def truncated_by_loop(value, log_weight, limit):
    weights = [math.exp(min(x, math.log(limit))) for x in log_weight.tolist()]
    products = [w * f for w, f in zip(weights, value.tolist(), strict=True)]
    return torch.tensor(sum(products) / len(products), dtype=torch.float64)


def truncated_by_assignment(value, log_weight, limit):
    weight = torch.exp(log_weight)
    weight[weight > limit] = limit
    return torch.mean(weight * value)


def truncated_not_at_all(value, log_weight, limit):
    return torch.dot(torch.exp(log_weight), value) / value.numel()


def truncated_at_both_ends(value, log_weight, limit):
    bound = abs(math.log(limit))
    return (torch.exp(log_weight.clamp(-bound, bound)) * value).mean()


def truncated_and_dropped(value, log_weight, limit):
    weight = torch.exp(log_weight)
    weight[weight > limit] = 0
    return (weight * value).mean()


def truncated_and_filtered(value, log_weight, limit):
    kept = torch.exp(log_weight) <= limit
    return (torch.exp(log_weight[kept]) * value[kept]).sum() / kept.sum()


def truncated_products(value, log_weight, limit):
    return torch.minimum(torch.exp(log_weight) * value, torch.tensor(limit)).mean()


def truncated_and_normalised(value, log_weight, limit):
    weight = torch.exp(log_weight).clamp(max=limit)
    return (weight * value).sum() / weight.sum()


def truncated_logs_at_the_limit(value, log_weight, limit):
    return (torch.exp(torch.clamp(log_weight, max=limit)) * value).mean()


def truncated_from_below(value, log_weight, limit):
    return (torch.exp(log_weight).clamp(min=limit) * value).mean()


def truncated_sum(value, log_weight, limit):
    return torch.exp(log_weight).clamp(max=limit) @ value


def truncated_logs(value, log_weight, limit):
    return (log_weight.clamp(max=math.log(limit)) * value).sum() / len(value)


def truncated_values(value, log_weight, limit):
    return (torch.exp(log_weight) * value.clamp(max=limit)).mean()


def truncated_by_mask(value, log_weight, limit):
    weight = torch.exp(log_weight)
    return ((weight * (weight <= limit) + limit * (weight > limit)) * value).mean()


def truncated_by_relu(value, log_weight, limit):
    weight = torch.exp(log_weight)
    return ((weight - torch.relu(weight - limit)) * value).mean()


# per_decision_log_weight


def per_decision_by_loop(log_ratio):
    total, weights = 0.0, []
    for one in log_ratio:
        total = total + one
        weights.append(total)
    return torch.stack(weights)


def per_decision_by_matrix(log_ratio):
    num_steps = len(log_ratio)
    return torch.ones(num_steps, num_steps, dtype=log_ratio.dtype).tril() @ log_ratio


def per_decision_by_product(log_ratio):
    return torch.cumprod(torch.exp(log_ratio), dim=0).log()


def per_decision_by_accumulate(log_ratio):
    return torch.tensor(list(accumulate(log_ratio.tolist())), dtype=torch.float64)


def per_decision_reversed(log_ratio):
    return torch.stack([log_ratio[t:].sum() for t in range(len(log_ratio))])


def per_decision_mean(log_ratio):
    return torch.stack([log_ratio[: t + 1].mean() for t in range(len(log_ratio))])


def per_decision_exclusive(log_ratio):
    return torch.cat([torch.zeros(1, dtype=log_ratio.dtype), torch.cumsum(log_ratio, 0)[:-1]])


def per_decision_product_of_logs(log_ratio):
    return torch.stack([log_ratio[: t + 1].prod() for t in range(len(log_ratio))])


RIGHT: dict[str, list[Callable]] = {
    "effective_sample_size": [size_by_largest, size_in_log_space, size_by_variation, size_by_loop],
    "unsupported": [
        unsupported_by_loop,
        unsupported_by_product,
        unsupported_by_de_morgan,
        unsupported_by_integrand,
    ],
    "truncated_estimate": [
        truncated_in_log_space,
        truncated_after_exp,
        truncated_by_where,
        truncated_by_loop,
        truncated_by_assignment,
    ],
    "per_decision_log_weight": [
        per_decision_by_loop,
        per_decision_by_matrix,
        per_decision_by_accumulate,
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "effective_sample_size": [
        (size_as_share, "share ESS / N"),
        (size_from_variance, "mean is exactly one"),
        (size_from_population_variance, "mean is exactly one"),
        (size_from_sample_variation, "divides by N - 1"),
        (lambda log_weight: torch.softmax(log_weight, 0).square().sum(), "upside down"),
        (size_without_square, "is not squared"),
        (
            lambda log_weight: log_weight.sum().square() / (log_weight**2).sum(),
            "Adding the same number",
        ),
        (size_by_largest_share, "one over the largest share"),
    ],
    "unsupported": [
        (lambda target, proposal, value: proposal < target, "less often than the target"),
        (lambda target, proposal, value: target < proposal, "more often than the target"),
        (lambda target, proposal, value: (target > 0) & (proposal <= 0), "not look at the value"),
        (lambda target, proposal, value: (proposal <= 0) & value.bool(), "not look at the target"),
        (lambda target, proposal, value: ~proposal.bool(), "whatever the proposal never shows"),
        (
            lambda target, proposal, value: (proposal == 0) & (target > 0) & (value > 0),
            "negative value",
        ),
        (supported, "the wrong way round"),
        (unsupported_with_roles_swapped, "nothing is marked"),
        (unsupported_as_numbers, "float64"),
    ],
    "truncated_estimate": [
        (truncated_not_at_all, "no weight is cut off"),
        (truncated_at_both_ends, "You also lift the small weights"),
        (truncated_and_dropped, "You leave out the samples"),
        (truncated_and_filtered, "You leave out the samples"),
        (truncated_products, "You cut off weight times value"),
        (truncated_and_normalised, "sum of the truncated weights"),
        (truncated_logs_at_the_limit, "with the limit itself"),
        (truncated_from_below, "You take the larger"),
        (truncated_sum, "do not divide by N"),
        (truncated_logs, "the last step, exp, is missing"),
        (truncated_values, "changes nothing"),
    ],
    "per_decision_log_weight": [
        (lambda log_ratio: torch.full_like(log_ratio, log_ratio.sum().item()), "whole trajectory"),
        (per_decision_reversed, "to the end"),
        (per_decision_mean, "a mean over the steps"),
        (per_decision_exclusive, "own log-ratio is missing"),
        (per_decision_product_of_logs, "You multiply logarithms"),
        (lambda log_ratio: torch.cumprod(torch.exp(log_ratio), 0), "the weights themselves"),
        (lambda log_ratio: 1 * log_ratio, "ratio of its own step only"),
        (lambda log_ratio: torch.full_like(log_ratio, log_ratio.mean().item()), "last action has"),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "effective_sample_size": [
        (size_overflowing, "log weights that are still too large"),
        (size_overflowing_shares, "log weights that are still too large"),
    ],
    "truncated_estimate": [
        (truncated_by_mask, "infinity times 0"),
        (truncated_by_relu, "minus infinity"),
    ],
    "per_decision_log_weight": [(per_decision_by_product, "you multiply the ratios")],
}
