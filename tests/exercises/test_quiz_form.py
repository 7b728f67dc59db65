from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ppo_lesson.exercises import quiz_form

HOSTILE = "<script>alert('x')</script> & \"more\"\n\n<b> $p < q$"
FORMS = {
    "prompt": quiz_form.prompt(HOSTILE, HOSTILE),
    "status": quiz_form.status(HOSTILE, HOSTILE),
    "model answer": quiz_form.model_answer(HOSTILE),
    "stored": quiz_form.stored(
        HOSTILE, HOSTILE, answer=[HOSTILE], options=[HOSTILE], points=[HOSTILE], said=[HOSTILE]
    )["text/html"],
}


@pytest.mark.parametrize("page", FORMS.values(), ids=FORMS)
def test_every_text_is_escaped(page: str) -> None:
    root = ElementTree.fromstring(f"<div>{page}</div>")
    allowed = {"div", "style", "p", "strong", "ul", "li", "details", "summary"}
    assert {element.tag for element in root.iter()} <= allowed
    assert "<script>alert('x')</script> & \"more\"" in "".join(root.itertext())


def test_a_blank_line_begins_a_paragraph_and_a_newline_a_line() -> None:
    assert "<p>a<br>b</p><p>c</p>" in quiz_form.status("a\nb\n\nc")


def test_the_opening_stands_in_bold_before_the_first_paragraph() -> None:
    assert "<p><strong>Right.</strong> a</p><p>b</p>" in quiz_form.status("a\n\nb", "Right.")


def test_an_empty_status_is_empty_and_still_a_place_that_is_read_aloud() -> None:
    place = ElementTree.fromstring(quiz_form.status())
    assert place.attrib == {"role": "status", "aria-live": "polite"}
    assert len(place) == 0 and not place.text


def test_without_options_and_points_the_stored_form_has_no_list() -> None:
    assert "<ul>" not in quiz_form.stored("Question", "Why?", answer=["So."])["text/html"]


def test_the_text_form_tells_the_answer_and_what_was_said_about_it() -> None:
    form = quiz_form.stored(
        "Question",
        "Why?",
        answer=["So."],
        options=["a", "b"],
        chosen="b",
        said=["Right. So it is."],
    )
    assert form["text/plain"] == "Question. Why?\n- a\n- b (your answer)\nRight. So it is."
