"""A slip is named if it did what the answer did, and no slip of another kind is."""

from __future__ import annotations

import torch

from ppo_lesson import maths
from ppo_lesson.exercises.checker import verdict_on
from ppo_lesson.exercises.exercise import Case, Exercise, Mistake
from tests.exercises.sample_size import EXERCISE, clamped, naive


def test_the_slip_that_did_the_same_is_named():
    verdict = verdict_on(
        EXERCISE,
        lambda log_weight: torch.softmax(log_weight, 0).square().sum() ** -1 / len(log_weight),
    )
    assert (verdict.status, verdict.message) == ("wrong", "You returned a share.")


def test_of_slips_that_break_on_edges_only_the_one_that_breaks_alike_is_named():
    assert verdict_on(EXERCISE, naive).message == "You took exp at once."
    assert verdict_on(EXERCISE, clamped).message == "You clamped."
    assert verdict_on(EXERCISE, naive).status == verdict_on(EXERCISE, clamped).status == "fragile"


def test_a_slip_on_edges_is_never_held_against_an_answer_that_is_wrong_on_ordinary_numbers():
    verdict = verdict_on(
        EXERCISE, lambda log_weight: maths.effective_sample_size(log_weight).item()
    )
    assert verdict.message == "Your function returned a Python number; it should return a tensor."


def test_a_value_of_another_kind_on_an_edge_is_not_taken_for_the_slip():
    def answer(log_weight):
        value = naive(log_weight)
        return value if value.isfinite() else float("nan")

    verdict = verdict_on(EXERCISE, answer)
    assert verdict.status == "fragile"
    assert verdict.message.endswith("a Python number; it should return a tensor.")


def test_what_breaks_on_one_edge_is_not_told_the_cause_of_what_breaks_on_both():
    """NaN on both edges, NaN on the first, infinity on the first: three causes."""
    small, large = (torch.tensor([x], dtype=torch.float64) for x in (0.0, 1000.0))

    def breaking(*values: float):
        """Return the input, or one of these values where it is 0, or 1000."""
        at_small, at_large = values
        return lambda x: torch.where(x == 0, at_small, torch.where(x == 1000, at_large, x)).double()

    nan, inf = float("nan"), float("inf")
    answers = {
        "on both": breaking(nan, nan),
        "infinite on one": breaking(inf, 1000.0),
        "on one": breaking(nan, 1000.0),
    }
    exercise = Exercise(
        id="same",
        prompt="",
        reference=lambda x: x.clone(),
        cases=(
            Case({"x": torch.tensor([1.0, 2.0], dtype=torch.float64)}),
            Case({"x": small}, "x is 0", edge=True),
            Case({"x": large}, "x is 1000", edge=True),
        ),
        hints=("", "", ""),
        mistakes=tuple(Mistake(sentence, answer) for sentence, answer in answers.items()),
    )
    verdicts = {sentence: verdict_on(exercise, answer) for sentence, answer in answers.items()}
    assert {verdict.status for verdict in verdicts.values()} == {"fragile"}
    assert [verdict.message for verdict in verdicts.values()] == list(answers)
