"""Right answers of notebook 12 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from ppo_lesson.lessons.grpo_and_after import LESSON

EXERCISES = {exercise.id: exercise for exercise in LESSON.exercises}


# group_relative_advantage


def groups_by_loop(reward):
    rows = []
    for group in reward:
        rows.append((group - group.mean()) / (group.std() + 1e-4))
    return torch.stack(rows)


def groups_transposed(reward):
    columns = reward.T
    return ((columns - columns.mean(0)) / (columns.std(0, correction=0) + 1e-6)).T


def groups_by_layer_norm(reward):
    return F.layer_norm(reward, reward.shape[-1:], eps=1e-12)


def groups_by_choice(reward):
    centred = reward - reward.mean(1, keepdim=True)
    std = reward.std(1, keepdim=True)
    return torch.where(std > 0, centred / std.clamp(min=1e-12), 0.0)


def groups_without_floor(reward):
    centred = reward - reward.mean(1, keepdim=True)
    return centred / centred.pow(2).mean(1, keepdim=True).sqrt()


def groups_against_the_others(reward):
    others = (reward.sum(1, keepdim=True) - reward) / (reward.shape[1] - 1)
    return (reward - others) / (reward.std(1, keepdim=True) + 1e-8)


def groups_along(mean_axis, std_axis, floor=1e-8):
    def answer(reward):
        mean, std = (
            reward.mean(mean_axis, keepdim=True),
            reward.std(std_axis, keepdim=True),
        )
        return (reward - mean) / (std + floor)

    return answer


# response_mean_loss


def responses_by_loop(token_loss, mask):
    means = [row[real].mean() for row, real in zip(token_loss, mask, strict=True)]
    return torch.stack(means).mean()


def responses_as_libraries_write_it(token_loss, mask):
    return ((token_loss * mask).sum(-1) / mask.sum(-1).clamp(min=1.0)).mean()


def responses_by_weights(token_loss, mask):
    weight = mask / mask.sum(1, keepdim=True) / len(mask)
    return (token_loss * weight).sum()


def responses_by_nanmean(token_loss, mask):
    return token_loss.masked_fill(~mask, math.nan).nanmean(1).mean()


def responses_pooled(token_loss, mask):
    return token_loss[mask].mean()


# token_mean_loss


def tokens_by_loop(token_loss, mask):
    total, count = torch.zeros((), dtype=token_loss.dtype), 0
    for row, real in zip(token_loss, mask, strict=True):
        total, count = total + row[real].sum(), count + int(real.sum())
    return total / count


def tokens_by_index(token_loss, mask):
    return token_loss[mask].mean()


def tokens_as_libraries_write_it(token_loss, mask):
    return (token_loss * mask).sum() / mask.sum().clamp(min=1.0)


def tokens_by_flat_product(token_loss, mask):
    real = mask.flatten().to(token_loss.dtype)
    return token_loss.flatten() @ real / real.sum()


# sequence_ratio


def sequence_by_loop(log_prob, old_log_prob, mask):
    ratios = []
    for new, old, real in zip(log_prob, old_log_prob.detach(), mask, strict=True):
        ratios.append(torch.exp((new[real] - old[real]).mean()))
    return torch.stack(ratios)


def sequence_as_libraries_write_it(log_prob, old_log_prob, mask):
    log_ratio = log_prob - old_log_prob.detach()
    return ((log_ratio * mask).sum(-1) / mask.sum(-1).clamp(min=1.0)).exp()


def sequence_by_two_means(log_prob, old_log_prob, mask):
    new, old = (
        torch.where(mask, logs, 0.0).sum(1) / mask.sum(1)
        for logs in (log_prob, old_log_prob.detach())
    )
    return torch.exp(new - old)


def sequence_without_graph_of_old(log_prob, old_log_prob, mask):
    with torch.no_grad():
        old = old_log_prob.masked_fill(~mask, 0.0)
    return torch.exp((log_prob.masked_fill(~mask, 0.0) - old).sum(1).div(mask.sum(1)))


def sequence_product(log_prob, old_log_prob, mask):
    return torch.exp(((log_prob - old_log_prob.detach()) * mask).sum(-1))


def sequence_mean_of_ratios(log_prob, old_log_prob, mask):
    ratio = torch.exp(log_prob - old_log_prob.detach()) * mask
    return ratio.sum(1) / mask.sum(1)


def sequence_by_products(log_prob, old_log_prob, mask):
    ratio = torch.exp((log_prob - old_log_prob.detach()).masked_fill(~mask, 0.0))
    return torch.pow(torch.prod(ratio, -1), 1.0 / mask.sum(-1))


def sequence_by_probabilities(log_prob, old_log_prob, mask):
    new = torch.exp(log_prob.masked_fill(~mask, 0.0)).prod(1)
    old = torch.exp(old_log_prob.detach().masked_fill(~mask, 0.0)).prod(1)
    return (new / old) ** (1 / mask.sum(1))


def sequence_by_token_probabilities(log_prob, old_log_prob, mask):
    ratio = torch.exp(log_prob) / torch.exp(old_log_prob.detach())
    return torch.exp(torch.where(mask, torch.log(ratio), 0.0).sum(1) / mask.sum(1))


def sequence_of_clamped_tokens(log_prob, old_log_prob, mask):
    log_ratio = torch.clamp(log_prob - old_log_prob.detach(), -20, 20)
    return ((log_ratio * mask).sum(-1) / mask.sum(-1)).exp()


# truncated_weight


def weight_in_log_space(log_prob, behaviour_log_prob, cap):
    log_weight = torch.clamp(log_prob - behaviour_log_prob, max=math.log(cap))
    return torch.exp(log_weight).detach()


def weight_after_exp(log_prob, behaviour_log_prob, cap):
    with torch.no_grad():
        return torch.clamp(torch.exp(log_prob - behaviour_log_prob), max=cap)


def weight_by_where(log_prob, behaviour_log_prob, cap):
    weight = torch.exp(log_prob.detach() - behaviour_log_prob.detach())
    return torch.where(weight > cap, cap, weight)


def weight_by_loop(log_prob, behaviour_log_prob, cap):
    pairs = zip(log_prob.tolist(), behaviour_log_prob.tolist(), strict=True)
    weights = [math.exp(min(p - q, math.log(cap))) for p, q in pairs]
    return torch.tensor(weights, dtype=torch.float64)


def weight_by_minimum(log_prob, behaviour_log_prob, cap):
    weight = torch.exp(log_prob - behaviour_log_prob).detach()
    return torch.minimum(weight, torch.full_like(weight, cap))


def weight_by_mask(log_prob, behaviour_log_prob, cap):
    weight = torch.exp(log_prob - behaviour_log_prob).detach()
    return weight * (weight <= cap) + cap * (weight > cap)


def weight_by_relu(log_prob, behaviour_log_prob, cap):
    weight = torch.exp(log_prob - behaviour_log_prob).detach()
    return weight - F.relu(weight - cap)


def weight_by_probabilities(log_prob, behaviour_log_prob, cap):
    weight = torch.exp(log_prob.detach()) / torch.exp(behaviour_log_prob.detach())
    return weight.clamp(max=cap)


def capped(combine):
    """Build an answer from a function of the ratio and the cap."""
    return lambda log_prob, behaviour_log_prob, cap: combine(
        torch.exp((log_prob - behaviour_log_prob).detach()), cap
    )


RIGHT: dict[str, list[Callable]] = {
    "group_relative_advantage": [
        groups_by_loop,
        groups_transposed,
        groups_by_layer_norm,
        groups_by_choice,
    ],
    "response_mean_loss": [
        responses_by_loop,
        responses_as_libraries_write_it,
        responses_by_weights,
        responses_by_nanmean,
    ],
    "token_mean_loss": [
        tokens_by_loop,
        tokens_by_index,
        tokens_as_libraries_write_it,
        tokens_by_flat_product,
    ],
    "sequence_ratio": [
        sequence_by_loop,
        sequence_as_libraries_write_it,
        sequence_by_two_means,
        sequence_without_graph_of_old,
    ],
    "truncated_weight": [
        weight_in_log_space,
        weight_after_exp,
        weight_by_where,
        weight_by_loop,
        weight_by_minimum,
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "group_relative_advantage": [
        (lambda reward: (reward - reward.mean()) / (reward.std() + 1e-8), "whole batch"),
        (groups_along(0, 0), "run down the columns"),
        (groups_along(-1, 0), "run down the columns"),
        (groups_along(-1, (0, 1)), "standard deviation is that of the whole batch"),
        (lambda reward: reward - reward.mean(1, keepdim=True), "did not scale"),
        (lambda reward: reward / (reward.std(1, keepdim=True) + 1e-8), "did not subtract"),
        (
            lambda reward: (
                (reward - reward.mean(1, keepdim=True)) * reward.shape[1] / (reward.shape[1] - 1)
            ),
            "leave one out",
        ),
        (lambda reward: -groups_by_layer_norm(reward), "worst response"),
        (groups_against_the_others, "mean of the *others*. That is"),
    ],
    "response_mean_loss": [
        (responses_pooled, "You pool the tokens"),
        (lambda token_loss, mask: token_loss.mean(1).mean(), "The mask is missing"),
        (
            lambda token_loss, mask: (token_loss.sum(1) / mask.sum(1)).mean(),
            "what you add up includes the padding",
        ),
        (
            lambda token_loss, mask: (token_loss * mask / mask.sum(1, keepdim=True)).mean(),
            "You divide twice",
        ),
        (lambda token_loss, mask: (token_loss * mask).mean(1).mean(), "width of the table"),
        (lambda token_loss, mask: (token_loss * mask).sum(1).mean(), "in proportion to its length"),
        (
            lambda token_loss, mask: (token_loss * mask).sum() / len(mask) / mask.sum(1).max(),
            "the longest length",
        ),
        (
            lambda token_loss, mask: ((token_loss * mask).sum(1) / mask.sum(1)).sum(),
            "does not divide by B",
        ),
        (lambda token_loss, mask: token_loss[mask].sum(), "never divide"),
        (
            lambda token_loss, mask: token_loss.masked_fill(~mask, math.nan).nanmean(1),
            "one mean per response",
        ),
        (
            lambda token_loss, mask: torch.nanmean(
                token_loss.masked_fill(~mask, math.nan).nanmean(0)
            ),
            "average over the responses at each place",
        ),
        (
            lambda token_loss, mask: torch.stack(
                [row[row.nonzero()].sum() / max(1, len(row.nonzero())) for row in token_loss * mask]
            ).mean(),
            "whose loss is not 0",
        ),
        (lambda token_loss, mask: -responses_by_loop(token_loss, mask), "The sign is"),
        (
            lambda token_loss, mask: responses_by_loop(token_loss, mask).detach(),
            "no gradient",
        ),
    ],
    "token_mean_loss": [
        (responses_by_loop, "You average within each response first"),
        (lambda token_loss, mask: token_loss.sum() / token_loss.numel(), "The mask is missing"),
        (lambda token_loss, mask: token_loss.sum() / mask.sum(), "includes the padding"),
        (lambda token_loss, mask: (token_loss * mask / mask.sum()).mean(), "You divide twice"),
        (lambda token_loss, mask: torch.where(mask, token_loss, 0.0).mean(), "width of the table"),
        (lambda token_loss, mask: token_loss[mask].sum() / len(mask), "number of responses"),
        (
            lambda token_loss, mask: token_loss[mask].sum() / mask.double().sum(1).mean(),
            "the mean length",
        ),
        (lambda token_loss, mask: (token_loss * mask).sum(), "never divide"),
        (lambda token_loss, mask: (token_loss * mask).sum(1) / mask.sum(), "one number per"),
        (
            lambda token_loss, mask: (
                (real := token_loss[mask]).sum() / real.count_nonzero().clamp(min=1)
            ),
            "whose loss is not 0",
        ),
        (lambda token_loss, mask: -token_loss[mask].mean(), "The sign is"),
    ],
    "sequence_ratio": [
        (sequence_product, "You left the root out"),
        (sequence_mean_of_ratios, "You averaged the ratios"),
        (
            lambda log_prob, old_log_prob, mask: (
                1 / sequence_by_two_means(log_prob, old_log_prob, mask)
            ),
            "upside down",
        ),
        (
            lambda log_prob, old_log_prob, mask: torch.exp(
                (log_prob - old_log_prob.detach()).mean(dim=1)
            ),
            "The mask is missing",
        ),
        (
            lambda log_prob, old_log_prob, mask: torch.exp(
                ((log_prob - old_log_prob.detach()) * mask).mean(dim=1)
            ),
            "width of the table",
        ),
        (
            lambda log_prob, old_log_prob, mask: sequence_by_two_means(
                log_prob, old_log_prob, mask
            ).log(),
            "The exponential is missing",
        ),
        (
            lambda log_prob, old_log_prob, mask: (
                (log_prob - old_log_prob.detach())[mask].mean().exp()
            ),
            "one mean over the whole batch",
        ),
        (
            lambda log_prob, old_log_prob, mask: torch.exp(
                (log_prob - old_log_prob.detach()) * mask
            ),
            "ratios of the tokens",
        ),
        (
            lambda log_prob, old_log_prob, mask: (
                ((log_prob - old_log_prob) * mask).sum(1).div(mask.sum(1)).exp()
            ),
            "a gradient flows into old_log_prob",
        ),
        (
            lambda log_prob, old_log_prob, mask: (
                (log_prob * mask).sum(1) / (old_log_prob.detach() * mask).sum(1)
            ),
            "You divided one logarithm by the other",
        ),
    ],
    "truncated_weight": [
        (
            lambda log_prob, behaviour_log_prob, cap: weight_in_log_space(
                behaviour_log_prob, log_prob, cap
            ),
            "upside down",
        ),
        (capped(lambda weight, cap: weight), "No weight is cut off"),
        (
            capped(lambda weight, cap: weight.clamp(min(cap, 1 / cap), max(cap, 1 / cap))),
            "You also lift the small weights",
        ),
        (
            capped(lambda weight, cap: weight.clamp(1 / cap, cap)),  # the cap, if that is below 1
            "You also lift the small weights",
        ),
        (
            capped(lambda weight, cap: weight.clamp(max=cap).clamp(min=1 / cap)),
            "You also lift the small weights",
        ),
        (capped(lambda weight, cap: weight.clamp(1 - cap, 1 + cap)), "interval around 1"),
        (capped(lambda weight, cap: weight * (weight <= cap)), "That is masking"),
        (capped(lambda weight, cap: weight[weight <= cap]), "shorter than the batch"),
        (
            lambda log_prob, behaviour_log_prob, cap: (
                (log_prob - behaviour_log_prob).detach().clamp(max=cap).exp()
            ),
            "with the cap itself",
        ),
        (capped(lambda weight, cap: weight.clamp(min=cap)), "You take the larger"),
        (
            capped(lambda weight, cap: (cut := weight.clamp(max=cap)) / cut.sum() * len(cut)),
            "to a mean of 1",
        ),
        (capped(lambda weight, cap: weight.clamp(max=cap).log()), "the last step, exp"),
        (
            capped(lambda weight, cap: weight.prod().clamp(max=cap).repeat(len(weight))),
            "the ratios of all samples",
        ),
        (
            lambda log_prob, behaviour_log_prob, cap: torch.exp(
                log_prob - behaviour_log_prob
            ).clamp(max=cap),
            "a gradient flows through the weight",
        ),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "group_relative_advantage": [
        (groups_without_floor, "without the tiny number"),
        (groups_along(-1, -1, floor=0.0), "without the tiny number"),
        (lambda reward: groups_without_floor(reward) + 1e-8, "in parentheses"),
    ],
    "sequence_ratio": [
        (sequence_by_products, "multiply the ratios first"),
        (sequence_by_probabilities, "probability of the whole response"),
        (sequence_by_token_probabilities, "go through probabilities"),
        (sequence_of_clamped_tokens, "clamp the log-ratio of each token"),
    ],
    "truncated_weight": [
        (weight_by_mask, "infinity times 0"),
        (weight_by_relu, "minus infinity"),
        (weight_by_probabilities, "go through probabilities"),
    ],
}


def test_the_groups_of_a_case_differ_in_level_and_spread():
    """Else mean or standard deviation of the whole batch would be as good as the group's."""
    rewards = [case.inputs["reward"] for case in EXERCISES["group_relative_advantage"].cases]
    several = [reward for reward in rewards if len(reward) > 1]
    assert max(float(reward.mean(1).diff().abs().max()) for reward in several) > 5
    assert max(float(reward.std(1).max() / reward.std(1).min()) for reward in several) > 5


def test_padding_holds_numbers_that_would_be_noticed():
    for name in ("response_mean_loss", "token_mean_loss"):
        for case in EXERCISES[name].cases:
            padding = case.inputs["token_loss"][~case.inputs["mask"]]
            assert (padding.abs() > 1).all(), case.label


def test_the_exercises_take_the_time_that_the_notebook_has():
    assert sum(exercise.minutes for exercise in LESSON.exercises) == 20
