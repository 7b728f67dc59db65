"""Right answers of notebook 02 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

# importance_weights


def weights_by_loop(log_target, log_proposal):
    pairs = zip(log_target.tolist(), log_proposal.tolist(), strict=True)
    return torch.tensor([math.exp(p - q) for p, q in pairs], dtype=torch.float64)


def weights_by_quotient(log_target, log_proposal):
    return torch.exp(log_target) / torch.exp(log_proposal)


def weights_in_place_on_a_copy(log_target, log_proposal):
    weight = log_target.clone()
    weight -= log_proposal
    return weight.exp_()


def weights_by_expm1(log_target, log_proposal):
    return torch.expm1(torch.sub(log_target, log_proposal)) + 1


def weights_summing_to_one(log_target, log_proposal):
    weight = torch.exp(log_target) / torch.exp(log_proposal)
    return weight / weight.sum()


def weights_with_mean_one(log_target, log_proposal):
    weight = torch.exp(log_target - log_proposal)
    return weight / torch.mean(weight)


def weights_squared(log_target, log_proposal):
    return (2 * (log_target - log_proposal)).exp()


def weights_cut_at_one(log_target, log_proposal):
    return (log_target - log_proposal).exp().clamp(max=1)


# importance_estimate


def estimate_by_loop(value, weight):
    total = torch.zeros((), dtype=torch.float64)
    for k in range(len(value)):
        total += value[k] * weight[k]
    return total / len(value)


def estimate_skipping_zero_weights(value, weight):
    drawn = weight != 0
    return (value[drawn] * weight[drawn]).sum() / drawn.sum()


# self_normalised_estimate


def relative(log_weight):
    return torch.exp(log_weight - log_weight.max())


def normalised_by_largest(value, log_weight):
    weight = relative(log_weight)
    return torch.dot(weight, value) / weight.sum()


def normalised_by_norm(value, log_weight):
    return torch.nn.functional.normalize(relative(log_weight), p=1, dim=0) @ value


def normalised_by_logsumexp(value, log_weight):
    return ((log_weight - torch.logsumexp(log_weight, dim=0)).exp() * value).sum()


def normalised_by_loop(value, log_weight):
    largest = max(log_weight.tolist())
    top = bottom = 0.0
    for one_value, one_log_weight in zip(value.tolist(), log_weight.tolist(), strict=True):
        weight = math.exp(one_log_weight - largest)
        top += weight * one_value
        bottom += weight
    return torch.tensor(top / bottom, dtype=torch.float64)


def normalised_relative_to_first(value, log_weight):
    ratio = torch.exp(log_weight - log_weight[0])
    return torch.mean(ratio * value) / torch.mean(ratio)


def normalised_too_late(value, log_weight):
    share = torch.exp(log_weight) / torch.exp(log_weight).sum()
    return share @ value


def normalised_by_means(value, log_weight):
    weight = torch.exp(log_weight)
    return torch.mean(weight * value) / torch.mean(weight)


def normalised_clamped(value, log_weight):
    weight = torch.exp(torch.clamp(log_weight, min=-20, max=20))
    return (weight / weight.sum() * value).sum()


def normalised_mean_over_sum(value, log_weight):
    weight = relative(log_weight)
    return torch.mean(weight * value) / torch.sum(weight)


def normalised_without_values(value, log_weight):
    return torch.softmax(log_weight, 0).sum()


RIGHT: dict[str, list[Callable]] = {
    "importance_weights": [
        weights_by_loop,
        weights_in_place_on_a_copy,
        weights_by_expm1,
        lambda log_target, log_proposal: 1 / torch.exp(log_proposal - log_target),
    ],
    "importance_estimate": [
        estimate_by_loop,
        lambda value, weight: torch.dot(weight, value) / value.numel(),
        lambda value, weight: torch.einsum("i,i->", weight, value / len(value)),
        lambda value, weight: (torch.diag(weight) @ value).mean(),
    ],
    "self_normalised_estimate": [
        normalised_by_largest,
        normalised_by_logsumexp,
        normalised_by_loop,
        normalised_by_norm,
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "importance_weights": [
        (lambda log_target, log_proposal: log_proposal.exp() / log_target.exp(), "upside down"),
        (
            lambda log_target, log_proposal: -(log_proposal.exp() - log_target.exp()),
            "difference of two probabilities",
        ),
        (lambda log_target, log_proposal: torch.sub(log_target, log_proposal), "the last step"),
        (weights_summing_to_one, "so that they sum to one"),
        (weights_with_mean_one, "so that their mean is one"),
        (lambda log_target, log_proposal: torch.div(log_target, log_proposal), "one logarithm by"),
        (lambda log_target, log_proposal: torch.exp(log_target), "target's probability alone"),
        (weights_squared, "value is not the right one"),
        (weights_cut_at_one, "into its reciprocal"),
    ],
    "importance_estimate": [
        (lambda value, weight: value @ (weight / weight.sum()), "self-normalised estimate"),
        (lambda value, weight: weight.sum() / len(value), "values play no part"),
        (lambda value, weight: weight @ value, "added the samples up"),
        (lambda value, weight: value.sum() / len(weight), "weights play no part"),
        (lambda value, weight: torch.outer(value, weight).mean(), "multiplied two means"),
        (lambda value, weight: torch.mean(value * weight.reciprocal()), "divided by the weights"),
        (estimate_skipping_zero_weights, "left samples of weight zero out"),
        (lambda value, weight: torch.median(value * weight), "ordinary mean of the values"),
    ],
    "self_normalised_estimate": [
        (lambda value, log_weight: torch.exp(log_weight) @ value / len(value), "plain estimate"),
        (lambda value, log_weight: torch.dot(value, torch.exp(log_weight)), "are not normalised"),
        (normalised_mean_over_sum, "divided twice"),
        (
            lambda value, log_weight: value @ (log_weight / torch.sum(log_weight)),
            "logarithms as if they were the weights",
        ),
        (lambda value, log_weight: torch.sum(value) / len(value), "weights play no part"),
        (normalised_without_values, "the estimate is that value"),
        (lambda value, log_weight: value @ relative(log_weight), "are not normalised"),
        (
            lambda value, log_weight: value @ relative(log_weight) / len(value),
            "has changed all weights by one factor",
        ),
        (
            lambda value, log_weight: torch.dot(value, torch.log_softmax(log_weight, 0)),
            "logarithms of the shares",
        ),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "importance_weights": [(weights_by_quotient, "you go through probabilities")],
    "self_normalised_estimate": [
        (normalised_too_late, "log weights that are still too large"),
        (normalised_by_means, "log weights that are still too large"),
        (normalised_relative_to_first, "log weights that are still too large"),
        (normalised_clamped, "makes different weights equal"),
        (
            lambda value, log_weight: torch.softmax(log_weight.clamp(max=700), 0) @ value,
            "makes different weights equal",
        ),
    ],
}
