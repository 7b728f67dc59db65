"""A slide shows what its cells show, and its notes say what to ask and what goes wrong."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from ppo_lesson.commands import page_html, slide_html
from ppo_lesson.explorers.explorer import MIME
from ppo_lesson.lessons import EXERCISES, LESSONS
from ppo_lesson.lessons.routes import Slide

PREDICTION = LESSONS["05_away_from_theta_old"].predictions[0]
IN_WORDS = LESSONS["05_away_from_theta_old"].open_questions[0]
PICTURE = new_output("display_data", {"image/png": "AB", "text/plain": "figure"})
TABLE = new_output("display_data", {"text/html": "<table><tr><td>1</td></tr></table>"})
NUMBER = new_output("stream", name="stdout", text="it: 3\n")
STUB = "def my_score(logits, action):\n    '''Say.'''\n    raise NotImplementedError\n"


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """Leave formulas as they are written: how they are drawn is not the matter here."""
    monkeypatch.setattr(page_html, "formula", lambda latex, *, block: f"[{latex.strip()}]")
    monkeypatch.setattr(page_html, "markdown", lambda text: f"<p>{text}</p>")


@pytest.fixture
def course() -> slide_html.Course:
    cells = [
        new_code_cell("x", id="plot", outputs=[NUMBER, TABLE, PICTURE]),
        new_markdown_cell("*Two lines.*\n\nSo it is: $$a$$ and $$b$$", id="text"),
        new_code_cell("predict(x)", id=PREDICTION.id),
        new_code_cell("ask(x)", id=IN_WORDS.id),
        new_code_cell(STUB, id="exercise-score"),
        new_code_cell("explorers.clip_lab()", id="lab",
                      outputs=[new_output("execute_result", {MIME: {}})]),
    ]  # fmt: skip
    return slide_html.Course(
        {"05": {cell.id: cell for cell in cells}},
        {PREDICTION.id: PREDICTION, IN_WORDS.id: IN_WORDS},
        {"clip_lab": (600, 280)},
    )


def test_a_cell_shows_what_it_puts_out_or_a_part_of_it(course):
    everything = slide_html.shown("05/plot", course)
    assert [block.split('"')[1] for block in everything] == ["numbers", "table", "picture"]
    (picture,) = slide_html.shown("05/plot:picture", course)
    assert 'alt="Two lines."' in picture  # the caption below the cell
    assert slide_html.shown("05/plot:picture1", course) == [picture]
    assert slide_html.shown("05/text", course) == ["[a]", "[b]"]
    assert slide_html.shown("05/text:formula2", course) == ["[b]"]
    assert "Two lines" not in slide_html.shown("05/text:text", course)[0]
    assert "highlight" in slide_html.shown("05/plot:code", course)[0]


@pytest.mark.parametrize(
    "place", ["05/gone", "06/plot", "05/text:formula3", "05/text:table", "05/plot:picture2"]
)
def test_a_place_with_nothing_to_show_is_named(course, place):
    with pytest.raises(ValueError, match=f"^{place}: expected"):
        slide_html.shown(place, course)


def test_a_question_shows_its_options_and_marks_the_right_one_a_step_later(course):
    (page,) = slide_html.shown(f"05/{PREDICTION.id}", course)
    assert page.count("<li") == len(PREDICTION.options) and page.count("fragment") == 1
    right = page.split('class="fragment mark">')[1].partition("</li>")[0]
    assert right == page_html.plain(PREDICTION.answer.text)
    assert PREDICTION.answer.feedback not in page


def test_a_part_of_a_cell_that_asks_is_no_question(course):
    place = f"05/{PREDICTION.id}:picture"
    course.cells["05"][PREDICTION.id].outputs = [PICTURE]
    assert "<img" in slide_html.shown(place, course)[0]
    assert "Who is for" not in slide_html.notes(Slide("Look", (place,)), course)


def test_the_notes_of_a_question_tell_what_each_wrong_option_means(course):
    notes = slide_html.notes(Slide("Guess", (f"05/{PREDICTION.id}",)), course)
    assert "Who is for A, B, C" in notes
    for option in PREDICTION.options:
        assert page_html.plain(option.feedback) in notes


def test_the_notes_of_an_exercise_name_slips_and_give_the_first_hint(course):
    notes = slide_html.notes(Slide("Write", ("05/exercise-score",)), course)
    exercise = EXERCISES["score"]
    assert page_html.plain(exercise.hints[0].replace("`", "")) in notes
    assert page_html.plain(exercise.mistakes[0].sentence.replace("`", "")) in notes
    (task,) = slide_html.shown("05/exercise-score", course)
    assert exercise.prompt in task and "my_score" in task and "NotImplemented" not in task


def test_an_open_question_has_its_answer_in_the_notes_alone(course):
    place = f"05/{IN_WORDS.id}"
    (page,) = slide_html.shown(place, course)
    notes = slide_html.notes(Slide("Write", (place,)), course)
    assert IN_WORDS.rubric[0] not in page and page_html.plain(IN_WORDS.rubric[0]) in notes


def test_what_the_teacher_does_and_asks_stands_in_the_notes_and_not_on_the_slide(course):
    slide = Slide("Look", ("05/plot",), ask="What do you see?", wrong="Nobody looks.", minutes=3,
                  do="**Run above**, then point.")  # fmt: skip
    page, _, notes = slide_html.section(slide, course).partition('<aside class="notes">')
    assert "What do you see?" not in page and "What do you see?" in notes
    assert "<strong>Do.</strong> Run above, then point." in notes and "then point" not in page
    assert "Nobody looks." in notes and "Notebook 05, cell plot" in notes
    assert 'data-timing="180"' in page


def test_the_notes_name_a_cell_once_of_which_a_slide_shows_two_parts(course):
    slide = Slide("Look", ("05/plot:picture", "05/plot:text"), do="Run `x`, then **point**.")
    notes = slide_html.notes(slide, course)
    assert notes.count("cell plot") == 1 and "Run x, then point." in notes


def test_an_explorer_gets_the_room_that_a_slide_has(course):
    (page,) = slide_html.shown("05/lab", course)
    assert 'data-explorer="clip_lab"' in page and "scale(2.0000)" in page
    assert slide_html.explorers_of((Slide("Move", ("05/lab", "05/plot")),), course) == ["clip_lab"]
