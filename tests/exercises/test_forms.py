from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import Button, Checkbox, RadioButtons, Textarea, Widget
from ipywidgets.widgets import widget as widgets
from nbformat.v4 import new_output

from ppo_lesson.commands.notebook_form import WIDGET, lasting_outputs
from ppo_lesson.exercises import forms
from ppo_lesson.exercises.forms import ask, predict
from ppo_lesson.exercises.progress import recall, record
from ppo_lesson.exercises.questions import OpenQuestion, Option, Question

RIGHT = Option("p(x) / q(x)", "Then q cancels.", correct=True)
WRONG = Option("q(x) / p(x)", "That is <upside> down.")
OTHER = Option("1.", "The dice differ.")
QUESTION = Question("weight", "Which weight has <b>x</b>?", (WRONG, RIGHT, OTHER))
OPEN = OpenQuestion("why", "concept 1", "Why weights?", "Because q cancels.", ("p/q", "a <sum>"))


class Shown:
    """A displayed question: its widgets as a learner uses them, and what is kept of it."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.view = view
        # ipywidgets 8 keeps them there; 7, which Colab has, in `Widget.widgets`.
        known = getattr(widgets, "_instances", None) or widgets.Widget.widgets
        self.box = known[view[WIDGET]["model_id"]]
        self.kept: list[dict[str, str]] = []  # as displayed, and each time it is replaced

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.kept.append(data)

    @property
    def html(self) -> str:
        return self.kept[-1]["text/html"]

    def parts(self, kind: type[Widget], box: Any = None) -> Iterator[Any]:
        for child in (box or self.box).children:
            if isinstance(child, kind):
                yield child
            if hasattr(child, "children"):
                yield from self.parts(kind, child)

    @property
    def radio(self) -> RadioButtons:
        return next(self.parts(RadioButtons))

    @property
    def status(self) -> str:
        values = [part.value for part in self.parts(forms.HTMLMath)]
        (status,) = [value for value in values if value.startswith('<div role="status" aria-live')]
        return status

    def can(self, name: str) -> bool:
        return not self.button(name).disabled

    def button(self, name: str) -> Button:
        return next(part for part in self.parts(Button) if part.description == name)

    def press(self, name: str) -> None:
        assert self.can(name)
        self.button(name).click()


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Shown]:
    """Collect what is displayed, to a learner who starts with nothing."""
    monkeypatch.setenv("PPO_LESSON_DATA", str(tmp_path / "data"))
    displayed: list[Shown] = []

    def display(data: dict[str, Any], *, raw: bool, display_id: bool = False) -> Shown | None:
        assert raw and display_id is (WIDGET not in data)
        if WIDGET in data:
            displayed.append(Shown(data))
            return None
        displayed[-1].kept.append(data)
        return displayed[-1]

    monkeypatch.setattr(forms, "display", display)
    return displayed


# ---- Questions with a right answer ---------------------------------------------------------------


def test_nothing_is_chosen_and_nothing_can_be_checked_at_first(shown) -> None:
    ask(QUESTION)
    assert shown[0].radio.options == tuple(option.text for option in QUESTION.options)
    assert shown[0].radio.index is None
    assert not shown[0].can("Check")


def test_each_choice_gets_its_own_feedback_and_may_be_tried_again(shown) -> None:
    ask(QUESTION)
    for index, opening, feedback in (
        (0, "Not yet.", "That is &lt;upside&gt; down."),
        (1, "Right.", "Then q cancels."),
        (2, "Not yet.", "The dice differ."),
    ):
        shown[0].radio.index = index
        assert "<p>" not in shown[0].status  # nothing is said about the choice before
        shown[0].press("Check")
        assert f"<p><strong>{opening}</strong> {feedback}</p>" in shown[0].status


def test_the_first_right_answer_is_recorded_and_stays(shown) -> None:
    ask(QUESTION)
    for index, answered in ((0, None), (1, True), (2, True)):
        shown[0].radio.index = index
        shown[0].press("Check")
        assert recall("questions", "weight") is answered


def test_the_last_answer_stands_there_again_with_what_was_said_about_it(shown) -> None:
    ask(QUESTION)
    for index, said in ((0, "Not yet."), (1, "Right."), (2, "Not yet.")):
        shown[0].radio.index = index
        shown[0].press("Check")
        ask(QUESTION)
        again = shown.pop()
        assert again.radio.index == index and again.can("Check")
        assert again.status == shown[0].status and f"<strong>{said}</strong>" in again.status
    assert recall("questions", "weight") is True  # once right stays right


def test_what_an_earlier_version_kept_stands_there_as_the_right_answer(shown) -> None:
    record("questions", "weight", True)
    ask(QUESTION)
    assert shown[0].radio.index == 1 and "<strong>Right.</strong>" in shown[0].status


@pytest.mark.parametrize("is_right", [False, True])
def test_an_answer_that_is_no_longer_an_option_is_not_shown(is_right, shown) -> None:
    record("choices", "weight", "p(x) * q(x)")
    record("questions", "weight", is_right)
    ask(QUESTION)
    assert shown[0].radio.index == (1 if is_right else None)


# ---- Predictions ---------------------------------------------------------------------------------


def test_a_prediction_is_fixed_when_it_is_locked_in_and_compared_afterwards(shown) -> None:
    predict(QUESTION)
    assert not any(shown[0].can(name) for name in ("Lock in", "Compare", "Ask me again"))
    shown[0].radio.index = 2
    assert not shown[0].can("Compare")
    shown[0].press("Lock in")
    assert shown[0].radio.disabled and not shown[0].can("Lock in")
    assert "Locked in: 1. Now run the cells below, then compare." in shown[0].status
    assert "dice differ" not in shown[0].status
    shown[0].press("Compare")
    assert "<p>Locked in: 1.</p><p><strong>Not right.</strong> The dice" in shown[0].status
    assert "The right answer: p(x) / q(x)" in shown[0].status


def test_a_right_prediction_is_called_right(shown) -> None:
    predict(QUESTION)
    shown[0].radio.index = 1
    shown[0].press("Lock in")
    shown[0].press("Compare")
    assert "<strong>Right.</strong> Then q cancels." in shown[0].status
    assert "The right answer" not in shown[0].status


def test_a_locked_prediction_is_locked_when_it_is_shown_again_until_it_is_reset(shown) -> None:
    predict(QUESTION)
    shown[0].radio.index = 1
    shown[0].press("Lock in")

    predict(QUESTION)
    assert shown[1].radio.index == 1 and shown[1].radio.disabled
    assert "Locked in: p(x) / q(x)." in shown[1].status
    assert not shown[1].can("Lock in") and shown[1].can("Compare")

    shown[1].press("Ask me again")
    assert shown[1].radio.index is None and not shown[1].radio.disabled
    assert not any(shown[1].can(name) for name in ("Lock in", "Compare", "Ask me again"))
    predict(QUESTION)
    assert shown[2].radio.index is None and not shown[2].radio.disabled


def test_a_locked_prediction_that_is_no_longer_an_option_is_asked_anew(shown) -> None:
    record("predictions", "weight", "p(x) * q(x)")
    predict(QUESTION)
    assert shown[0].radio.index is None and not shown[0].radio.disabled


def test_asking_a_question_does_not_answer_a_prediction_of_the_same_id(shown) -> None:
    ask(QUESTION)
    shown[0].radio.index = 1
    shown[0].press("Check")
    assert recall("predictions", "weight") is None


# ---- In one's own words --------------------------------------------------------------------------


def test_every_change_of_the_text_is_kept_and_shown_again(shown) -> None:
    ask(OPEN)
    (text,) = shown[0].parts(Textarea)
    for written in ("Because", "Because of q", "Because of <q>\n"):
        text.value = written
        assert recall("notes", "why") == written
        assert "Saved." in shown[0].status
    ask(OPEN)
    (again,) = shown[1].parts(Textarea)
    assert again.value == "Because of <q>\n" and shown[1].can("Compare with a model answer")


def test_a_model_answer_is_shown_after_something_was_written(shown) -> None:
    ask(OPEN)
    (text,) = shown[0].parts(Textarea)
    for written, is_text in (("", False), (" \n", False), ("Because", True)):
        text.value = written
        assert shown[0].can("Compare with a model answer") is is_text
    assert list(shown[0].parts(Checkbox)) == []
    shown[0].press("Compare with a model answer")
    assert [point.description for point in shown[0].parts(Checkbox)] == ["p/q", "a <sum>"]
    values = [part.value for part in shown[0].parts(forms.HTMLMath)]
    assert any("Because q cancels." in value for value in values)


def test_a_text_that_cannot_be_saved_says_so_in_its_place(shown, tmp_path, capsys) -> None:
    (tmp_path / "data").write_text("no folder")
    ask(OPEN)
    next(shown[0].parts(Textarea)).value = "Because"
    assert "Not saved" in shown[0].status
    assert next(shown[0].parts(Textarea)).value == "Because"


# ---- What is stored ------------------------------------------------------------------------------


@pytest.mark.parametrize(("show", "question"), [(ask, QUESTION), (predict, QUESTION), (ask, OPEN)])
def test_the_widget_and_what_is_kept_are_two_outputs_that_canonical_form_makes_one_of(
    show, question, shown
) -> None:
    show(question)
    assert set(shown[0].view) == {WIDGET}
    (kept,) = shown[0].kept  # of nobody who has not answered, whoever it is
    assert set(kept) == {"text/html", "text/plain"}
    displayed = [new_output("display_data", data) for data in (shown[0].view, kept)]
    assert lasting_outputs(displayed) == displayed[1:]


def test_what_is_kept_of_a_question_tells_the_answer_and_what_was_said(shown) -> None:
    ask(QUESTION)
    shown[0].radio.index = 0
    assert "your answer" not in shown[0].html
    shown[0].press("Check")
    page, _, fold = shown[0].html.partition("<details>")
    assert "<li>q(x) / p(x) (your answer)</li><li>p(x) / q(x)</li>" in page
    assert "<p>Not yet. That is &lt;upside&gt; down.</p>" in page
    assert "run this cell to change yours" in fold and "Then q cancels." in fold
    ask(QUESTION)
    assert shown[1].kept[-1] == shown[0].kept[-1]


def test_what_is_kept_of_a_prediction_tells_what_is_locked_in_and_then_the_verdict(shown) -> None:
    predict(QUESTION)
    unanswered = shown[0].kept[-1]
    shown[0].radio.index = 2
    shown[0].press("Lock in")
    page = shown[0].html.partition("<details>")[0]
    assert "<li>1. (your answer)</li>" in page and "<p>Locked in: 1.</p>" in page
    assert "The dice differ." not in page
    shown[0].press("Compare")
    page = shown[0].html.partition("<details>")[0]
    assert "<p>Locked in: 1.</p><p>Not right. The dice differ.</p>" in page
    shown[0].press("Ask me again")
    assert shown[0].kept[-1] == unanswered


def test_what_is_kept_of_an_open_question_is_the_whole_text(shown) -> None:
    ask(OPEN)
    unanswered = shown[0].kept[-1]
    (text,) = shown[0].parts(Textarea)
    text.value = "Because of <q>.\n\nYes."
    assert "<p>Your answer: Because of &lt;q&gt;.</p><p>Yes.</p>" in shown[0].html
    ask(OPEN)
    assert shown[1].kept[-1] == shown[0].kept[-1]
    text.value = " "
    assert shown[0].kept[-1] == unanswered


def test_the_text_form_asks_without_the_answer(shown) -> None:
    ask(QUESTION)
    assert shown[0].kept[0]["text/plain"] == (
        "Question. Which weight has <b>x</b>?\n- q(x) / p(x)\n- p(x) / q(x)\n- 1."
    )
    ask(OPEN)
    assert shown[1].kept[0]["text/plain"] == "In your own words, concept 1. Why weights?"


def test_the_html_form_folds_the_answer_away(shown) -> None:
    ask(QUESTION)
    page, _, fold = shown[0].html.partition("<details>")
    assert "Then q cancels." in fold and "Then q cancels." not in page
    ask(OPEN)
    page, _, fold = shown[1].html.partition("<details>")
    assert "Because q cancels." in fold and "a &lt;sum&gt;" in fold
    assert "Because q cancels." not in page
