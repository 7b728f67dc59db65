"""A question is checked when it is made: what would mislead a learner is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

RIGHT = Option("p(x) / q(x)", "Then q cancels.", correct=True)
WRONG = Option("q(x) / p(x)", "That is upside down.")
OTHER = Option("1.", "The dice differ.")


def wrong_question(**changes: Any) -> Question:
    fields = {"id": "weight", "prompt": "Which?", "options": (WRONG, RIGHT, OTHER)}
    return Question(**(fields | changes))


def wrong_open_question(**changes: Any) -> OpenQuestion:
    fields = {"id": "why", "source": "concept 1", "prompt": "?", "model_answer": "!"}
    return OpenQuestion(**({**fields, "rubric": ("a", "b", "c")} | changes))


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Option(" ", "why"), "text: an option without a text"),
        (lambda: Option("a", ""), "feedback: none for the option 'a'"),
        (lambda: Option("$w$", "why"), "text: write formulas without dollars"),
        (lambda: wrong_question(id="Is Weight"), "id: expected words-with-hyphens"),
        (lambda: wrong_question(prompt=""), "prompt: weight has none"),
        (lambda: wrong_question(options=(WRONG, RIGHT)), "options: weight has 2, expected 3"),
        (lambda: wrong_question(options=(WRONG, OTHER, Option("b", "c"))), "has 0 right ones"),
        (
            lambda: wrong_question(options=(RIGHT, OTHER, Option("b", "c", True))),
            "has 2 right ones",
        ),
        (
            lambda: wrong_question(options=(RIGHT, WRONG, Option(WRONG.text, "c"))),
            r"options: weight says more than once \['q\(x\) / p\(x\)'\]",
        ),
        (
            lambda: wrong_question(options=(RIGHT, WRONG, Option("b", WRONG.feedback))),
            "feedback: weight says more than once",
        ),
        (lambda: wrong_open_question(source=""), "source: why names none"),
        (lambda: wrong_open_question(prompt=" "), "prompt: why has none"),
        (lambda: wrong_open_question(model_answer=""), "model_answer: why has none"),
        (lambda: wrong_open_question(rubric=()), "rubric: why needs a tuple of points"),
        (lambda: wrong_open_question(rubric="abc"), "rubric: why needs a tuple of points"),
        (lambda: wrong_open_question(rubric=("a", "")), "rubric: why needs a tuple of points"),
        (lambda: wrong_open_question(rubric=("a", "a")), "rubric: why says more than once"),
    ],
)
def test_a_value_that_makes_no_question_is_refused(make, complaint) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()


def test_the_values_above_make_questions_where_nothing_is_changed() -> None:
    assert wrong_question().answer is RIGHT
    assert wrong_open_question().rubric == ("a", "b", "c")
