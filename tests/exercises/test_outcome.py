"""An outcome says what one call did, in facts that can be compared."""

from __future__ import annotations

import torch

from ppo_lesson import maths
from ppo_lesson.exercises.exercise import Case, Exercise, fresh_inputs
from ppo_lesson.exercises.outcome import (
    FLOAT32_TOLERANCE,
    describe_kind,
    observe,
    same_gradient,
    same_outcome,
    same_value,
)

X = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
CASE = Case({"value": X, "value_target": torch.zeros(3, dtype=torch.float64)})
EXERCISE = Exercise(
    "value_loss", "", maths.value_loss, (CASE,), ("", "", ""), (), wrt=("value",)
)  # fmt: skip


def test_value_and_gradient_are_those_of_the_formula():
    outcome = observe(maths.value_loss, CASE, EXERCISE)
    assert outcome.kind == "a tensor"
    assert torch.allclose(outcome.value, X.square().mean() / 2)
    gradient = outcome.gradients["value"]
    assert gradient is not None and torch.allclose(gradient, X / 3)
    assert not outcome.value.requires_grad


def test_entries_of_a_vector_weigh_differently_in_the_gradient():
    forward = observe(lambda value, value_target: value * 1, CASE, EXERCISE)
    backward = observe(lambda value, value_target: value.flip(0).detach() + value - value.detach(),
                       CASE, EXERCISE)  # fmt: skip
    permuted = observe(lambda value, value_target: value.flip(0), CASE, EXERCISE)
    assert not same_outcome(permuted, backward, 1e-6)
    assert not same_outcome(permuted, forward, 1e-6)


def test_an_argument_whose_gradient_is_switched_off_counts_as_changed_and_hides_no_other_gradient():
    def switched_off(value, value_target):
        value_target.requires_grad_(False)
        return maths.value_loss(value, value_target)

    watching = Exercise(**{**vars(EXERCISE), "constants": ("value_target",)})
    outcome = observe(switched_off, CASE, watching)
    assert outcome.changed == ["value_target"]
    gradient = outcome.gradients["value"]
    assert gradient is not None and torch.allclose(gradient, X / 3)


def test_the_cases_own_tensors_are_never_handed_out():
    observe(lambda value, value_target: value.detach().zero_(), CASE, EXERCISE)
    assert X.tolist() == [0.5, -1.0, 2.0]


def test_a_generator_is_handed_out_in_the_same_state_every_time():
    generator = torch.Generator().manual_seed(3)
    draws = [torch.rand(1, generator=fresh_inputs({"g": generator})["g"]) for _ in range(2)]
    assert torch.equal(*draws)


def test_what_a_generator_function_yields_becomes_a_list_and_an_endless_one_is_cut():
    def endless(value, value_target):
        while True:
            yield 1

    assert observe(endless, CASE, EXERCISE).value[:2] == [1, 1]


def test_nan_equals_nan_and_a_difference_beyond_the_tolerance_is_one():
    nan = torch.tensor([float("nan"), 1.0], dtype=torch.float64)
    assert same_value(nan, nan.clone(), 1e-6)
    assert not same_value(X, X + 1e-4, 1e-6)
    assert same_value(X, X + 1e-8, 1e-6)


def test_float32_is_compared_to_its_own_precision():
    assert same_value((X + FLOAT32_TOLERANCE / 2).float(), X, 1e-6)
    assert not same_value((X + 3e-2).float(), X, 1e-6)


def test_shapes_kinds_and_lengths_must_agree():
    assert not same_value(X, X.reshape(3, 1), 1e-6)
    assert not same_value([X], [X, X], 1e-6)
    assert not same_value(X > 0, X, 1e-6)
    assert same_value([X, X.int()], (X, X.int()), 1e-6)
    assert same_value(2, torch.tensor(2.0), 1e-6)
    assert not same_value("2", 2, 1e-6)
    assert not same_gradient(X, X.reshape(3, 1), X, 1e-6)


def test_side_effects_are_part_of_an_outcome():
    def changes(value, value_target):
        result = maths.value_loss(value, value_target)
        value_target += 1
        return result

    clean, changing = (observe(f, CASE, EXERCISE) for f in (maths.value_loss, changes))
    assert changing.changed == ["value_target"] and clean.changed == []
    assert not same_outcome(clean, changing, 1e-6)


def test_an_exception_is_written_down_with_the_line_that_raised_it():
    def divides(value, value_target):
        return 1 / 0

    failure = observe(divides, CASE, EXERCISE).failure
    assert failure is not None
    assert (failure.name, failure.text, failure.line, failure.is_stub) == (
        "ZeroDivisionError",
        "division by zero",
        "return 1 / 0",
        False,
    )


def test_kinds_are_said_in_words():
    kinds = {
        "None": None,
        "a tensor": X,
        "a NumPy array": X.numpy(),
        "a Python number": 1.5,
        "a Python bool": True,
        "a list": [],
        "an OSError": OSError(),
        "a sparse tensor": X.to_sparse(),
        "a tensor without numbers": torch.empty(2, device="meta"),
        "a function": len,
    }
    assert {describe_kind(value): describe_kind(value) for value in kinds.values()} == {
        kind: kind for kind in kinds
    }


def test_calls_that_raise_did_the_same_where_they_raised_the_same():
    def raises(error):
        def answer(**_):
            raise error

        return observe(answer, CASE, EXERCISE)

    value, other, key = map(raises, (ValueError("one"), ValueError("two"), KeyError("one")))
    assert same_outcome(value, other, 1e-6)
    assert not same_outcome(value, key, 1e-6)
    assert not same_outcome(value, observe(maths.value_loss, CASE, EXERCISE), 1e-6)
