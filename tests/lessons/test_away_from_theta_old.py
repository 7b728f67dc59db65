"""Right answers of notebook 05 are accepted however they are spelt; wrong ones are named."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from ppo_lesson.lessons.away_from_theta_old import LESSON

EXERCISES = {exercise.id: exercise for exercise in LESSON.exercises}


def logits(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


# gradient_share


def share_by_sorting(ratio, prob, advantage, top):
    pull = torch.sort(torch.abs(ratio * (1 - prob) * advantage), descending=True).values
    count = round(top * len(pull))
    return pull[:count].sum() / pull.sum()


def share_by_cumulated_sum(ratio, prob, advantage, top):
    pull = ((ratio * prob - ratio).abs() * advantage.abs()).sort().values.flip(0)
    return (pull.cumsum(0) / pull.sum())[round(top * pull.numel()) - 1]


def share_by_loop(ratio, prob, advantage, top):
    columns = zip(ratio.tolist(), prob.tolist(), advantage.tolist(), strict=True)
    pulls = [abs(r * (1 - p) * a) for r, p, a in columns]
    strongest = sorted(pulls)[-round(top * len(pulls)) :]
    return torch.tensor(math.fsum(strongest) / math.fsum(pulls), dtype=torch.float64)


def share_by_rank(ratio, prob, advantage, top):
    pull = (ratio * (1 - prob) * advantage).abs()
    rank = (pull[None, :] > pull[:, None]).sum(1)
    return torch.where(rank < top * len(pull) - 1e-6, pull, 0.0).sum() / pull.sum()


def share_of_samples(ratio, prob, advantage, top):
    return torch.tensor(top, dtype=torch.float64)


def share_of_ratios(ratio, prob, advantage, top):
    ordered = ratio.sort(descending=True).values
    return ordered[: round(top * len(ratio))].sum() / ordered.sum()


def share_of_signed_products(ratio, prob, advantage, top):
    ordered = (ratio * (1 - prob) * advantage).sort(descending=True).values
    return ordered[: round(top * len(ratio))].sum() / ordered.sum()


def share_unsorted(ratio, prob, advantage, top):
    pull = (ratio * (1 - prob) * advantage).abs()
    return pull[: round(top * len(pull))].sum() / pull.sum()


def share_sorted_upwards(ratio, prob, advantage, top):
    pull = (ratio * (1 - prob) * advantage).abs().sort().values
    return pull[: round(top * len(pull))].sum() / pull.sum()


def share_of_the_largest_ratios(ratio, prob, advantage, top):
    order = ratio.argsort(descending=True)[: round(top * len(ratio))]
    return (ratio * (1 - prob) * advantage).abs()[order].sum() / (
        ratio * (1 - prob) * advantage
    ).abs().sum()


def share_of_advantages(ratio, prob, advantage, top):
    ordered = advantage.abs().sort(descending=True).values
    return ordered[: round(top * len(ratio))].sum() / ordered.sum()


def share_not_divided(ratio, prob, advantage, top):
    return (
        (ratio * (1 - prob) * advantage)
        .abs()
        .sort(descending=True)
        .values[: round(top * len(ratio))]
        .sum()
    )


def share_without_the_score(ratio, prob, advantage, top):
    ordered = (ratio * advantage).abs().sort(descending=True).values
    return ordered[: round(top * len(ratio))].sum() / ordered.sum()


def share_with_prob_for_its_rest(ratio, prob, advantage, top):
    ordered = (ratio * prob * advantage).abs().sort(descending=True).values
    return ordered[: round(top * len(ratio))].sum() / ordered.sum()


def share_without_the_ratio(ratio, prob, advantage, top):
    ordered = ((1 - prob) * advantage).abs().sort(descending=True).values
    return ordered[: round(top * len(ratio))].sum() / ordered.sum()


def share_without_the_advantage(ratio, prob, advantage, top):
    ordered = (ratio * (1 - prob)).sort(descending=True).values
    return ordered[: round(top * len(ratio))].sum() / ordered.sum()


# exploding_ratio


def explosion_from_probabilities():
    return torch.tensor([0.9, 0.1]).log(), torch.tensor([0.01, 0.99]).log(), torch.tensor(0)


def explosion_of_a_token():
    current, old = torch.zeros(1000), torch.zeros(1000)
    current[7] = 6.0
    return [current, old, 7]


def explosion_of_old_logits_only():
    return logits(0.0, 0.0, 0.0), logits(3.0, 3.0, -4.0), 2


def explosion_of_whole_numbers():
    return torch.tensor([10, 0]), torch.tensor([0, 10]), torch.tensor([0])


RIGHT: dict[str, list[Callable]] = {
    "gradient_share": [share_by_sorting, share_by_cumulated_sum, share_by_loop, share_by_rank],
    "exploding_ratio": [
        explosion_from_probabilities,
        explosion_of_a_token,
        explosion_of_old_logits_only,
        explosion_of_whole_numbers,
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "gradient_share": [
        (share_of_samples, "share of samples"),
        (share_of_ratios, "ratios alone"),
        (share_of_signed_products, "absolute value is missing"),
        (share_unsorted, "first samples"),
        (share_sorted_upwards, "the sorting runs the other way"),
        (share_of_the_largest_ratios, "chose the samples by their ratio"),
        (share_of_advantages, "advantages alone"),
        (share_without_the_score, "factor 1 - prob is missing"),
        (share_with_prob_for_its_rest, "where 1 - prob belongs"),
        (share_without_the_ratio, "ratio is missing"),
        (share_without_the_advantage, "advantage is missing"),
        (share_not_divided, "to make it a share"),
    ],
    "exploding_ratio": [
        (lambda: (logits(-3, 2, 1), logits(6, 0, 1), 0), "upside down"),
        (lambda: (logits(0.98, 0.01, 0.01), logits(0.01, 0.98, 0.01), 0), "returned probabilities"),
        (lambda: (logits(9, 0, 0), logits(0, 9, 9), 3), "no such action"),
        (lambda: (logits(9, 0, 0), logits(0, 9, 9), -3), "no such action"),
        (lambda: (logits(800, 0), logits(0, 800), 0), "comes out as infinity"),
        (lambda: (logits(9, math.nan), logits(0, 9), 0), "infinity or a NaN"),
        (lambda: (logits(0, 0), logits(-math.inf, 0), 0), "infinity or a NaN"),
        (lambda: (logits(500, 0, 0), logits(2, 0, 0), 0), "1 in 50 or more"),
        (lambda: (logits(0, 3), logits(0, 5), 0), "raise its logit"),
        (lambda: (logits(51, 52), logits(1, 2), 0), "same policy"),
        (lambda: (logits(9, 0, 0), logits(0, 9, 0), 2), "not that of the action you named"),
        (lambda: (logits(9, 0), logits(0, 9, 0), 0), "the same shape (K,)"),
        (lambda: (logits(9, 0)[None], logits(0, 9)[None], 0), "the same shape (K,)"),
        (lambda: ([9.0, 0.0], [0.0, 9.0], 0), "as tensors"),
        (lambda: (logits(9, 0), logits(0, 9), 1.0), "whole number"),
        (lambda: (logits(9, 0), logits(0, 9)), "three things"),
        (lambda: 148.4, "three things"),
    ],
}


def test_the_explosion_is_judged_by_the_ratio_that_softmax_gives():
    objection = EXERCISES["exploding_ratio"].objection
    generator = torch.Generator().manual_seed(0)
    accepted = 0
    for _ in range(300):
        current, old = (
            5 * torch.randn(4, generator=generator, dtype=torch.float64) for _ in range(2)
        )
        for action in range(4):
            ratio = (current.softmax(0) / old.softmax(0))[action]
            accepted += int(ratio > 50)
            assert (objection({}, (current, old, action)) == "") == bool(ratio > 50)
    assert 100 < accepted < 1100
