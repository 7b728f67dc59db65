"""Each rule of the checker objects to one thing, and in words a learner can act on.

What a rule is needed for is shown in test_checker.py, where each is taken away.
"""

from __future__ import annotations

import pytest
import torch

from ppo_lesson.exercises import rules
from ppo_lesson.exercises.exercise import Case, Exercise
from ppo_lesson.exercises.outcome import Outcome, observe

X = torch.tensor([1.0, -2.0], dtype=torch.float64)
CASE = Case({"x": X})


def square(x):
    return x.square()


def _exercise(reference, **fields) -> Exercise:
    return Exercise("square", "", reference, (CASE,), ("", "", ""), (), **fields)


def _objections(answer, reference=square, **fields) -> list[str]:
    exercise = _exercise(reference, **fields)
    found, expected = (observe(f, CASE, exercise) for f in (answer, reference))
    return [
        rule.__name__ for rule in rules.ALL if _complains(rule, exercise, CASE, found, expected)
    ]


def _complains(rule, exercise, case, found: Outcome, expected: Outcome) -> bool:
    try:
        return rule(exercise, case, found, expected) != ""
    except (AttributeError, KeyError):  # rules above it have turned this answer down
        return False


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (lambda x: 1 / 0, "raises_nothing"),
        (lambda x: None, "returns_right_kind"),
        (lambda x: x.square().reshape(2, 1), "has_right_shape"),
        (lambda x: x.square() > 1, "has_right_dtype"),
        (lambda x: x.square_(), "leaves_inputs_alone"),
        (lambda x: x.square() + 0 * torch.rand(2), "leaves_globals_alone"),
        (lambda x: x.log(), "is_finite"),
        (lambda x: x.abs(), "has_right_value"),
    ],
)
def test_an_answer_is_turned_down_first_by_the_rule_made_for_it(answer, rule):
    assert _objections(square) == []
    assert _objections(answer)[0] == rule


def test_gradients_are_asked_for_where_the_exercise_says_so():
    assert _objections(lambda x: x.detach() ** 2) == []
    assert _objections(lambda x: x.detach() ** 2, wrt=("x",)) == ["has_right_gradient"]
    assert _objections(square, reference=lambda x: x.detach() ** 2, constants=("x",)) == [
        "spares_constants"
    ]


def test_a_number_may_come_as_a_tensor_without_axes():
    def number(x):
        return 2.0

    assert _objections(lambda x: torch.tensor(2.0), reference=number) == []
    assert _objections(lambda x: 2, reference=number) == []
    assert _objections(lambda x: True, reference=number)[0] == "returns_right_kind"
    assert _objections(lambda x: torch.tensor([2.0]), reference=number)[0] == "returns_right_kind"


def test_booleans_are_asked_for_where_the_reference_returns_them():
    assert _objections(lambda x: x > 0, reference=lambda x: x > 0) == []
    assert "has_right_dtype" in _objections(lambda x: (x > 0).double(), reference=lambda x: x > 0)


def test_an_objection_hears_the_inputs_and_the_output_and_its_failure_is_the_answers():
    def objection(inputs, output) -> str:
        return "" if output["key"] > inputs["x"].sum() else "Too small."

    exercise = _exercise(square, objection=objection)
    found = Outcome(value=[1], kind="a list")
    message = rules.meets_no_objection(exercise, CASE, found, found)
    assert message == "Your function returned a list of a form that was not asked for."
