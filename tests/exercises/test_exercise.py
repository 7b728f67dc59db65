"""An exercise refuses cases that would make its check wrong."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson import maths
from ppo_lesson.exercises.checker import check
from ppo_lesson.exercises.exercise import Case, Exercise

X = torch.tensor([1.0, 2.0], dtype=torch.float64)


def _exercise(*cases: Case, **fields) -> Exercise:
    return Exercise("value_loss", "", maths.value_loss, cases, ("", "", ""), (), **fields)


def test_cases_with_the_references_arguments_are_accepted():
    exercise = _exercise(Case({"value": X, "value_target": X}), wrt=("value",))
    assert exercise.wrt == ("value",)


@pytest.mark.parametrize(
    ("case", "fields", "words"),
    [
        (Case({"value": X}), {}, "expected the inputs"),
        (Case({"value": X, "target": X}), {}, "expected the inputs"),
        (Case({"value": X, "value_target": X}, edge=True), {}, "an edge needs a label"),
        (Case({"value": X, "value_target": X.float()}), {}, "expected float64"),
        (Case({"value": X, "value_target": X}), {"wrt": ("values",)}, "name float tensors"),
        (Case({"value": X, "value_target": X > 1}), {"constants": ("value_target",)}, "name float"),
    ],
)
def test_a_slip_in_a_case_is_refused(case, fields, words):
    with pytest.raises(ValueError, match=f"value_loss: .*{words}"):
        _exercise(case, **fields)


def test_an_answer_that_works_in_place_is_played_and_what_it_leaves_behind_is_judged():
    def play(function, *, length):
        numbers = torch.zeros(length, dtype=torch.float64)
        function(numbers)
        return [numbers]

    def fill(numbers):
        numbers += 1

    exercise = Exercise("fill", "", fill, (Case({"length": 2}),), ("", "", ""), (), play=play)
    assert exercise.input_names == ("length",)
    assert check(exercise, fill).status == "correct"
    verdict = check(exercise, lambda numbers: numbers.add_(2))
    assert verdict.status == "wrong"
    assert [heading for heading, _ in verdict.details] == ["Smallest input that fails"]
    with pytest.raises(ValueError, match="expected the inputs"):
        Exercise("fill", "", fill, (Case({"numbers": X}),), ("", "", ""), (), play=play)
