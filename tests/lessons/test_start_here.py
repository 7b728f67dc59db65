from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch

from ppo_lesson.lessons.start_here import LESSON
from ppo_lesson.lessons.start_here.exercises import expectation


def expectation_by_loop(prob, value):
    total = torch.zeros((), dtype=value.dtype)
    for p, f in zip(prob, value, strict=True):
        total = total + p * f
    return total


def expectation_around_the_first(prob, value):
    return value[0] + (prob * (value - value[0])).sum()


RIGHT: dict[str, list[Callable]] = {
    "expectation": [
        expectation_by_loop,
        expectation_around_the_first,
        lambda prob, value: prob @ value,
        lambda prob, value: torch.einsum("k,k->", prob, value),
        lambda prob, value: torch.tensordot(value, prob, dims=1) / prob.sum(),
    ],
}
WRONG: dict[str, list[tuple[Callable, str]]] = {
    "expectation": [
        (lambda prob, value: value.sum() / len(value), "all outcomes were equally likely"),
        (lambda prob, value: (prob @ value) / prob.numel(), "took the mean of the products"),
        (lambda prob, value: torch.mul(value, prob), "one product per outcome"),
        (lambda prob, value: torch.ones_like(prob) @ prob, "added up the probabilities"),
        (lambda prob, value: torch.ones_like(value) @ value, "added up the values"),
        (lambda prob, value: value[prob.argsort()[-1]], "value of the likeliest outcome"),
        (
            lambda prob, value: next(p * f for p, f in zip(prob, value, strict=True)),
            "Only the first outcome",
        ),
        (lambda prob, value: prob.square() @ value, "the expectation is that value"),
    ],
}
POINTER = re.compile(r"Read up: .*(notebook \d\d|Sutton and Barto, section).*\.$")


def test_expectation_of_a_fair_die_is_three_and_a_half() -> None:
    faces = torch.arange(1.0, 7.0)
    assert abs(expectation(torch.full((6,), 1 / 6), faces) - 3.5) < 1e-6


def test_shapes_that_would_broadcast_raise_and_are_named() -> None:
    with pytest.raises(ValueError, match=r"^value: expected shape"):
        expectation(torch.ones(3), torch.ones(3, 1))


def test_every_wrong_answer_of_the_self_test_points_to_where_to_read_up() -> None:
    assert len(LESSON.questions) == 8
    for question in LESSON.questions:
        for option in question.options:
            assert bool(POINTER.search(option.feedback)) != option.correct, option.text
