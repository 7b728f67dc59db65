from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ppo_lesson.exercises import form_html

HOSTILE = "<script>alert('x')</script> & \"more\"\n\n<b> $p < q$"
FORMS = {
    "prompt": form_html.prompt(HOSTILE, HOSTILE),
    "status": form_html.status(HOSTILE, HOSTILE),
    "model answer": form_html.model_answer(HOSTILE),
    "stored": form_html.stored(
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
    assert "<p>a<br>b</p><p>c</p>" in form_html.status("a\nb\n\nc")


def test_the_opening_stands_in_bold_before_the_first_paragraph() -> None:
    assert "<p><strong>Right.</strong> a</p><p>b</p>" in form_html.status("a\n\nb", "Right.")


def test_an_empty_status_is_empty_and_still_a_place_that_is_read_aloud() -> None:
    place = ElementTree.fromstring(form_html.status())
    assert place.attrib == {"role": "status", "aria-live": "polite"}
    assert len(place) == 0 and not place.text


def test_without_options_and_points_the_stored_form_has_no_list() -> None:
    assert "<ul>" not in form_html.stored("Question", "Why?", answer=["So."])["text/html"]


def test_the_text_form_tells_the_answer_and_what_was_said_about_it() -> None:
    form = form_html.stored(
        "Question",
        "Why?",
        answer=["So."],
        options=["a", "b"],
        chosen="b",
        said=["Right. So it is."],
    )
    assert form["text/plain"] == "Question. Why?\n- a\n- b (your answer)\nRight. So it is."
