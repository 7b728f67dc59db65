"""An exercise refuses cases that would make its check wrong."""

from __future__ import annotations

import pytest
import torch

from ppo_lesson import maths
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
