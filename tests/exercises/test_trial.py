"""A trial finds the problems of an answer and explains the first in the learner's terms."""

from __future__ import annotations

from dataclasses import replace

import torch

from ppo_lesson import maths
from ppo_lesson.exercises.checker import check
from ppo_lesson.exercises.exercise import Case, Exercise, Mistake, Property
from ppo_lesson.exercises.guard import Heard
from ppo_lesson.exercises.outcome import on_copies
from ppo_lesson.exercises.trial import Tried, attempt, decide


def _floats(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _naive(log_weight):
    weight = log_weight.exp()
    return weight.sum() ** 2 / weight.square().sum()


def _clamped(log_weight):
    return _naive(log_weight.clamp(-300, 300))


EXERCISE = Exercise(
    id="effective_sample_size",
    prompt="",
    reference=maths.effective_sample_size,
    cases=(
        Case({"log_weight": _floats(0.3, -0.5, 1.1, 0.2)}),
        Case({"log_weight": _floats(0.4, -0.2)}, "two samples"),
        Case({"log_weight": _floats(800.5, 799.0)}, "log weights are large", edge=True),
        Case({"log_weight": _floats(-800.5, -799.0)}, "log weights are small", edge=True),
    ),
    hints=("", "", ""),
    mistakes=(
        Mistake("You clamped.", _clamped),
        Mistake("You took exp at once.", _naive),
        Mistake("You returned a share.", lambda log_weight: _naive(log_weight) / len(log_weight)),
    ),
    properties=(
        Property(
            "Equal weights count every sample.",
            lambda f: abs(f(log_weight=_floats(1, 1)) - 2) < 1e-6,
        ),
    ),
)


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
        x = _floats(0.3, -0.5).requires_grad_()
        (gradient,) = torch.autograd.grad(f(x), x)
        return bool(gradient.abs().sum() > 0)

    assert gradient_is_not_zero(on_copies(maths.effective_sample_size))
