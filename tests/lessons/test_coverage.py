"""Everything the lecture wants is in the course, and every place that is named exists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppo_lesson.lessons import EXERCISES, LESSONS
from ppo_lesson.lessons.coverage import COVERAGE, table

ROOT = Path(__file__).parents[2]
THINGS = [thing for things in COVERAGE.values() for thing in things]
CELLS = {
    path.name[:2]: {cell["id"]: cell for cell in json.loads(path.read_text("utf-8"))["cells"]}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
}
ASKED = {
    question.id: lesson.notebook[:2]
    for lesson in LESSONS.values()
    for question in (*lesson.questions, *lesson.predictions, *lesson.open_questions)
}


def test_nothing_of_the_lecture_is_left_out():
    """Its page lists six objectives, seven concepts, five formulas and nine questions."""
    assert [len(things) for things in COVERAGE.values()] == [6, 7, 5, 9, 7]


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.what)
def test_every_place_exists(thing):
    assert thing.cells
    for place in thing.cells:
        notebook, cell_id = place.split("/")
        assert cell_id in CELLS[notebook], f"{thing.what}: no cell {cell_id} in {notebook}"
    for exercise in thing.exercises:
        assert exercise in EXERCISES, f"{thing.what}: no exercise {exercise}"
        cell_id = f"exercise-{exercise.replace('_', '-')}"
        assert any(cell_id in cells for cells in CELLS.values()), f"{exercise} is in no notebook"
    for question in thing.questions:
        assert question in CELLS[ASKED[question]], f"{thing.what}: {question} is not asked"


def test_every_proof_is_in_a_cell_that_computes():
    """Each thing has a cell of code among its places, or is the map of ideas."""
    for thing in THINGS:
        kinds = {CELLS[place[:2]][place[3:]]["cell_type"] for place in thing.cells}
        assert "code" in kinds or thing.cells == ("00/map",), thing.what


def test_every_question_of_the_lecture_is_answered_in_writing():
    questions = {question for thing in COVERAGE["self-assessment"] for question in thing.questions}
    sources = {
        question.source.split(",")[0]
        for lesson in LESSONS.values()
        for question in lesson.open_questions
        if question.id in questions
    }
    concepts = {f"concept {k}" for k in (1, 2, 3, 4)}
    assert sources == concepts | {"maths 1", "maths 2", "maths 3", "synthesis 1", "synthesis 2"}


def test_the_page_for_teachers_shows_the_table():
    assert table() in (ROOT / "TEACHING.md").read_text(encoding="utf-8")
