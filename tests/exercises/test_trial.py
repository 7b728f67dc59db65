"""A trial finds the problems of an answer and explains the first in the learner's terms."""

from __future__ import annotations

from dataclasses import replace

import torch

from ppo_lesson import maths
from ppo_lesson.exercises.checker import check
from ppo_lesson.exercises.exercise import Exercise, Property
from ppo_lesson.exercises.guard import Heard
from ppo_lesson.exercises.outcome import on_copies
from ppo_lesson.exercises.trial import Tried, attempt, decide
from tests.exercises.sample_size import EXERCISE, floats


def _verdict(answer, exercise: Exercise = EXERCISE):
    tried = Tried(exercise)
    attempt(tried, answer, Heard())
    return decide(tried)


def test_an_edge_without_a_known_slip_is_described():
    def zeros(log_weight):
        return maths.effective_sample_size(log_weight) * (log_weight.max() < 100)

    verdict = _verdict(zeros)
    assert verdict.status == "fragile"
    assert verdict.message == (
        "Right on ordinary numbers, but it breaks where log weights are large. "
        "Your function runs, but its value is not the right one."
    )


def test_an_answer_that_agrees_with_an_alternative_everywhere_is_correct():
    def halved(log_weight):
        return maths.effective_sample_size(log_weight) / 2

    exercise = Exercise(**{**vars(EXERCISE), "alternatives": (halved,)})
    assert _verdict(halved, exercise).status == "correct"
    assert _verdict(maths.effective_sample_size, exercise).status == "correct"

    def mixed(log_weight):
        return (
            halved(log_weight) if len(log_weight) == 2 else maths.effective_sample_size(log_weight)
        )

    assert _verdict(mixed, exercise).status == "wrong"


def test_properties_are_rules_where_many_answers_are_right():
    judged = Exercise(**{**vars(EXERCISE), "objection": lambda inputs, output: "", "mistakes": ()})
    assert _verdict(maths.effective_sample_size, judged).status == "correct"
    verdict = _verdict(lambda log_weight: log_weight.sum(), judged)
    assert verdict.status == "correct"  # 1 + 1: it has the property by chance
    verdict = _verdict(lambda log_weight: log_weight.sum() + 1, judged)
    assert (verdict.status, verdict.message) == ("wrong", "Equal weights count every sample.")


def test_properties_are_not_tried_on_what_returns_no_value():
    called = []

    def answer(log_weight):
        called.append(1)

    attempt(Tried(EXERCISE), answer, Heard())
    assert len(called) == len(EXERCISE.cases) + 1


def test_an_answer_that_works_in_place_leaves_the_cases_of_its_exercise_as_they_are():
    """A property calls the answer on tensors of its own, which may be those of a case."""
    kept = EXERCISE.cases[0].inputs["log_weight"]

    def in_place(log_weight):
        log_weight -= 1
        return maths.effective_sample_size(log_weight)

    exercise = replace(
        EXERCISE, properties=(Property("It is.", lambda f: bool(f(log_weight=kept) > 0)),)
    )
    before = kept.clone()
    check(exercise, in_place)
    assert torch.equal(kept, before)


def test_a_property_may_ask_for_a_gradient():
    def gradient_is_not_zero(f):
        x = floats(0.3, -0.5).requires_grad_()
        (gradient,) = torch.autograd.grad(f(x), x)
        return bool(gradient.abs().sum() > 0)

    assert gradient_is_not_zero(on_copies(maths.effective_sample_size))
