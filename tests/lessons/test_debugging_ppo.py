from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np
import torch

from ppo_lesson.lessons.debugging_ppo import LESSON
from ppo_lesson.lessons.debugging_ppo.questions import QUESTIONS

NAN = torch.tensor(float("nan"), dtype=torch.float64)


def explained_with_n(value, value_target):
    spread = ((value_target - value_target.mean()) ** 2).mean()
    error = value_target - value
    if spread == 0:
        return NAN.clone()
    return 1 - ((error - error.mean()) ** 2).mean() / spread


def explained_with_n_minus_1(value, value_target):
    spread = value_target.var()
    explained = 1 - torch.var(value_target - value) / spread
    return torch.where(spread > 0, explained, torch.full_like(explained, torch.nan))


def explained_by_numpy(value, value_target):
    target, error = value_target.numpy(), (value_target - value).numpy()
    spread = np.var(target)
    return torch.tensor(np.nan if spread == 0 else 1 - np.var(error) / spread)


def explained_by_moments(value, value_target):
    def variance(x):
        return statistics.pvariance(x.tolist())

    if variance(value_target) == 0:
        return NAN.clone()
    return torch.tensor(1 - variance(value_target - value) / variance(value_target)).double()


def explained_from_covariance(value, value_target):
    (a, b), (_, c) = torch.cov(torch.stack([value, value_target]))
    return (2 * b - a) / c if c > 0 else NAN.clone()


def plain(value, value_target):
    return 1 - (value_target - value).var() / value_target.var()


RIGHT: dict[str, list[Callable]] = {
    "explained_variance": [
        explained_with_n,
        explained_with_n_minus_1,
        explained_by_numpy,
        explained_by_moments,
        explained_from_covariance,
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "explained_variance": [
        (
            lambda value, value_target: (
                1
                - ((value_target - value) ** 2).sum()
                / ((value_target - value_target.mean()) ** 2).sum()
            ),
            "constant offset",
        ),
        (lambda value, value_target: 1 - plain(value, value_target), "share that is left"),
        (
            lambda value, value_target: (value.std() / value_target.std()) ** 2,
            "that of the targets",
        ),
        (lambda value, value_target: plain(value_target, value), "variance of the predictions"),
        (
            lambda value, value_target: 1 - (value_target - value).std() / value_target.std(),
            "standard deviations",
        ),
        (
            lambda value, value_target: (
                torch.cov(torch.stack([value, value_target]))[0, 1]
                / value.std()
                / value_target.std()
            ).square(),
            "squared correlation",
        ),
        (
            lambda value, value_target: 1 - torch.var(value - value_target, correction=0),
            "did not divide",
        ),
        (lambda value, value_target: plain(value, value_target) / 2, "A perfect critic"),
    ],
}
FRAGILE: dict[str, list[tuple[Callable, str]]] = {
    "explained_variance": [
        (plain, "divided by a variance of 0"),
        (
            lambda value, value_target: (
                plain(value, value_target) if value_target.var() > 0 else torch.zeros(()).double()
            ),
            "returned a number",
        ),
        (
            lambda value, value_target: (
                1 - (value_target - value).var() / (value_target.var() + 1e-12)
            ),
            "breaks where all targets are equal",
        ),
    ],
}


def test_the_right_answer_is_the_longest_no_more_often_than_by_chance() -> None:
    asked = [q for q in (*LESSON.predictions, *QUESTIONS) if len(q.options) > 2]
    longest = [max(map(len, (o.text for o in q.options))) == len(q.answer.text) for q in asked]
    assert sum(longest) <= len(asked) / 3
